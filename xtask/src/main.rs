//! Chores of this workspace. `cargo xtask regen` brings everything that follows from the documents in
//! `openapi/` up to date; `cargo xtask regen --check` fails if anything is stale; `cargo xtask document v3`
//! prints what a client is generated from.

mod change;
mod derived;
mod error;
mod regen;
mod tree;

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use conversations_codegen::{ApiVersion, OpenapiDir};

use crate::error::Error;

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
    /// Print a version's document with its overlays applied, as JSON, for programs that read OpenAPI
    Document {
        /// v1, v2 or v3
        #[arg(value_parser = version)]
        version: ApiVersion,
    },
}

fn version(name: &str) -> Result<ApiVersion, String> {
    let known = ApiVersion::ALL
        .into_iter()
        .find(|known| known.name() == name);
    known.ok_or_else(|| "there are v1, v2 and v3".to_owned())
}

/// The document that the client of `version` is generated from.
fn document(root: &Path, version: ApiVersion) -> Result<String, Error> {
    let document = OpenapiDir::new(root.join("openapi")).document(version)?;
    Ok(format!("{:#}\n", document.tree()))
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the workspace");
    let outcome = match Arguments::parse().chore {
        Chore::Regen { check: false } => regen::regen(root),
        Chore::Regen { check: true } => regen::check(root),
        Chore::Document { version } => document(root, version),
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
