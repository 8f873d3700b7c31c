//! Chores of this workspace. `cargo xtask regen` brings everything that follows from the documents in
//! `openapi/` up to date; `cargo xtask regen --check` fails if anything is stale. `cargo xtask diff` says
//! what differs between two documents, `cargo xtask checks` lists what it looks for.

mod change;
mod checks;
mod comparison;
mod derived;
mod diff;
mod error;
mod git;
mod operand;
mod regen;
mod tree;

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Chores of this workspace"
)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Regenerate what follows from the documents in openapi/, and say what changed
    Regen {
        /// Change nothing; fail, with the difference, if anything is stale
        #[arg(long)]
        check: bool,
    },
    /// Say what differs between two API documents: on the wire, in the generated Rust, in our code
    Diff(diff::Arguments),
    /// List the checks that `diff` makes, with level and reason
    Checks(checks::Arguments),
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the workspace");
    let outcome = match Arguments::parse().chore {
        Chore::Regen { check: false } => regen::regen(root),
        Chore::Regen { check: true } => regen::check(root),
        Chore::Diff(arguments) => return diff::run(root, &arguments),
        Chore::Checks(arguments) => Ok(checks::run(&arguments)),
    };
    match outcome {
        Ok(report) => {
            print!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
