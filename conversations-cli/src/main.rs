//! `conversations`: fetches the records of PolyAI conversations into files, lists them, and serves an
//! emulator of the API to try things on.

mod answer;
mod arguments;
mod clock;
mod doctor;
mod emulator;
mod export;
mod failure;
mod fetch;
mod file;
mod filters;
mod input;
mod interrupt;
mod kept;
mod layout;
mod list;
mod manual;
mod migrate;
mod output;
mod progress;
mod projects;
mod quarantine;
mod reading;
mod redact;
mod rows;
mod say;
mod schema;
mod search;
mod secrets;
mod settings;
mod shard;
mod show;
mod snippet;
mod source;
mod stats;
mod store;
mod summary;
mod sync;
mod table;
mod terminal;
mod warnings;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};
use failure::{Exit, Failure};

/// Each thread keeps memory that it has freed, so few of them may wait for files and pack records. At most two wait
/// for one another: what ends an output, and the store that it goes to.
const BLOCKING: usize = 3;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return not_understood(&error),
    };
    // What this program writes holds people's phone calls: for its owner's eyes only.
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
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
    let outcome = runtime.block_on(async {
        match arguments.command {
            Command::Export(export) => export::run(&export).await,
            Command::Sync(sync) => sync::run(&sync).await,
            Command::List(list) => list::run(&list).await,
            Command::Migrate(migrate) => migrate::run(&migrate).await,
            Command::Search(arguments) => search::search(&arguments).await,
            Command::Sample(arguments) => search::sample(&arguments).await,
            Command::Show(show) => show::run(&show).await,
            Command::Stats(stats) => stats::run(&stats).await,
            Command::Schema(schema) => schema::run(&schema),
            Command::Doctor(doctor) => doctor::run(doctor).await,
            Command::Emulator(emulator) => emulator::run(&emulator).await,
            Command::Completions(completions) => manual::completions(&completions),
            Command::Man(man) => manual::man(&man),
        }
    });
    // An interrupted fetch may have requests under way; nobody waits for their answers.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

/// Prints what is wrong with the command line, or the help that it asks for.
fn not_understood(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    // clap repeats arguments as they are. Without anything hostile in them, it prints with its own styles.
    if terminal::neutralized(&text, false) == text.as_str() {
        error.exit()
    }
    say::say(text.trim_end());
    Exit::Usage.into()
}
