//! The `conversations` program: exports, lists and searches PolyAI conversations, and runs an emulator of the API.

mod args;
mod cli;
mod clock;
mod commands;
mod failure;
mod interrupt;
mod output;
mod records;
mod source;
mod term;

use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};

use cli::{Arguments, Command};
use failure::{Exit, Failure};
use term::escape::printable;
use term::stderr::say;

/// Maximum number of blocking threads. With fewer than three, a checkpoint of a Delta table never ends: one waits for it,
/// one takes over from the receiving thread, which waits for what the checkpoint is made of, and one reads that. Each
/// thread keeps memory that it has freed, so more would only increase memory use.
const BLOCKING: usize = 3;

/// Number of threads that receive what `sync` fetches. The thread that writes days takes longer than one, and each
/// thread keeps memory that it has freed.
const SYNC_WORKERS: usize = 1;

fn main() -> ExitCode {
    source::api_key::hide_keys();
    let Ok(matches) = Arguments::command().try_get_matches() else {
        return not_understood();
    };
    if is_quiet(&matches) {
        source::settings::report_no_retries();
    }
    let arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => return rejected(&error),
    };
    // Output files contain people's phone calls, so only their owner may read them.
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let checked = arguments.check(&matches);
    if let Err(failure) = checked.and_then(|()| arguments.log.start()) {
        return failure.report();
    }
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if matches!(arguments.command, Command::Sync(_)) {
        runtime.worker_threads(SYNC_WORKERS);
    }
    let runtime = match runtime.enable_all().max_blocking_threads(BLOCKING).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return Failure::other(format!("cannot start threads: {error}")).report();
        }
    };
    let outcome = runtime.block_on(async {
        let outcome = arguments.command.run().await;
        output::end_uploads().await;
        outcome
    });
    // Requests of an interrupted fetch may still be in flight; do not wait for their responses.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

/// Prints the requested help, or what is wrong with the command line. clap echoes arguments unchanged, so they are
/// parsed again with control characters removed: otherwise an argument could control the terminal.
fn not_understood() -> ExitCode {
    let arguments = std::env::args_os().map(|argument| printable(&argument.to_string_lossy()));
    match Arguments::command().try_get_matches_from(arguments) {
        Err(error) => rejected(&error),
        Ok(_) => Failure::usage("an argument contains control characters").report(),
    }
}

/// Prints the requested help, or what is wrong with the command line. clap's own printer would repeat an API key that
/// was given as the value of another flag by mistake.
fn rejected(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        error.exit();
    }
    say(error.render().to_string().trim_end());
    Exit::Usage.into()
}

/// Returns whether the command has a `--quiet` flag and it is set.
fn is_quiet(matches: &ArgMatches) -> bool {
    let own = matches.try_get_one::<bool>("quiet").ok().flatten().copied();
    let below = || {
        matches
            .subcommand()
            .is_some_and(|(_, below)| is_quiet(below))
    };
    own.unwrap_or_else(below)
}
