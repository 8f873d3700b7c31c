//! `conversations`: fetches the records of PolyAI conversations into files, lists them, and serves an
//! emulator of the API to try things on.

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

use cli::Arguments;
use failure::Failure;
use term::escape::printable;

/// Each thread keeps memory that it has freed, so few of them may wait for files and compress records. Two threads
/// suffice: the output writer and the object-store uploader it blocks on.
const BLOCKING: usize = 3;

fn main() -> ExitCode {
    let Ok(matches) = Arguments::command().try_get_matches() else {
        return not_understood();
    };
    if is_quiet(&matches) {
        source::settings::report_no_retries();
    }
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    // What this program writes holds people's phone calls: for its owner's eyes only.
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    if let Err(failure) = arguments.log.start() {
        return failure.report();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING)
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            return Failure::other(format!("the program cannot start its threads: {error}"))
                .report();
        }
    };
    let outcome = runtime.block_on(arguments.command.run());
    // An interrupted fetch may have requests under way; nobody waits for their answers.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

/// Prints the help that is asked for, or what is wrong with the command line. clap repeats arguments as they are, so
/// it is given them again without what would control a terminal.
fn not_understood() -> ExitCode {
    let arguments = std::env::args_os().map(|argument| printable(&argument.to_string_lossy()));
    match Arguments::command().try_get_matches_from(arguments) {
        Err(error) => error.exit(),
        Ok(_) => Failure::usage("an argument holds control characters").report(),
    }
}

/// Whether the command has a `--quiet`, and it is given.
fn is_quiet(matches: &ArgMatches) -> bool {
    let own = matches.try_get_one::<bool>("quiet").ok().flatten().copied();
    let below = || {
        matches
            .subcommand()
            .is_some_and(|(_, below)| is_quiet(below))
    };
    own.unwrap_or_else(below)
}
