//! Chores of this workspace. `cargo xtask regen` brings everything that follows from the documents in
//! `openapi/` up to date; `cargo xtask regen --check` fails if anything is stale; with `--from`, a newly
//! published document takes the place of the present one.

mod change;
mod compile;
mod derived;
mod error;
mod fetch;
mod incoming;
mod outcome;
mod regen;
mod report;
mod stage;
mod surface;
mod transaction;
mod tree;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use conversations_codegen::ApiVersion;

use crate::incoming::Request;
use crate::outcome::Outcome;

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
    #[command(after_long_help = "\
Exit codes of `regen VERSION --from`:
   0  nothing changed
   1  refused, or stale: the tree is as it was
   2  wrong usage
  10  taken; nobody who uses the clients has to change anything
  11  taken; somebody who uses the clients has to change something
Without --from: 0 done or up to date, 1 failed or stale.")]
    Regen(Regen),
}

#[derive(Args)]
struct Regen {
    /// The version that a new document is for; v2 has v3's document
    #[arg(requires = "from")]
    version: Option<Published>,
    /// Take a new document from a file, an address (http, https) or standard input (-)
    #[arg(
        long,
        value_name = "FILE|URL|-",
        requires = "version",
        conflicts_with = "check"
    )]
    from: Option<String>,
    /// The day the new document was published, for its opening comment
    #[arg(long, value_name = "YYYY-MM-DD", requires = "from", value_parser = date)]
    published: Option<String>,
    /// Correct overlay targets that match nothing in the new document where only one answer is possible
    #[arg(long, requires = "from")]
    fix_overlays: bool,
    /// Take the new document although our code does not compile with it yet
    #[arg(long, requires = "from")]
    unfinished: bool,
    /// Write the report as Markdown, for the pull request
    #[arg(long, value_name = "FILE.md", requires = "from")]
    report: Option<PathBuf>,
    /// Change nothing; fail, with the difference, if anything is stale
    #[arg(long)]
    check: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Published {
    V1,
    V3,
}

fn date(text: &str) -> Result<String, String> {
    let form: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    if form == "0000-00-00" {
        Ok(text.to_owned())
    } else {
        Err("a day is written as 2026-05-11".to_owned())
    }
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the workspace");
    let Chore::Regen(arguments) = Arguments::parse().chore;
    let outcome = match arguments {
        Regen { check: true, .. } => regen::check(root),
        Regen {
            version: Some(version),
            from: Some(from),
            published,
            fix_overlays,
            unfinished,
            report,
            ..
        } => incoming::run(
            root,
            &Request {
                version: match version {
                    Published::V1 => ApiVersion::V1,
                    Published::V3 => ApiVersion::V3,
                },
                from,
                published,
                fix_overlays,
                unfinished,
                report,
            },
        ),
        _ => regen::regen(root),
    };
    match outcome {
        Ok((outcome, report)) => {
            // Whoever stops reading has read enough; what was found is still the exit code.
            let _ = std::io::stdout().write_all(report.as_bytes());
            outcome.into()
        }
        Err(error) => {
            eprintln!("error: {error}");
            Outcome::Refused.into()
        }
    }
}
