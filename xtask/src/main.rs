//! Chores of this workspace. `cargo xtask regen` brings everything that follows from the documents in
//! `openapi/` up to date; `cargo xtask regen --check` fails if anything is stale; with `--from`, a newly
//! published document takes the place of the present one. `cargo xtask diff` says what differs between two
//! documents, `cargo xtask checks` lists what it looks for, `cargo xtask document v3` prints what a client is
//! generated from.

mod checks;
mod diff;
mod error;
mod git;
mod import;
mod outcome;
mod progress;
mod regen;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use conversations_codegen::{ApiVersion, OpenapiDir};

use crate::import::Request;
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
    /// Say what differs between two API documents: on the wire, in the generated Rust, in our code
    Diff(diff::Arguments),
    /// List the checks that `diff` makes, with level and reason
    Checks(checks::Arguments),
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
fn document(root: &Path, version: ApiVersion) -> Result<(Outcome, String), error::Error> {
    let document = OpenapiDir::new(root.join("openapi")).document(version)?;
    Ok((Outcome::Unchanged, format!("{:#}\n", document.tree())))
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

impl Regen {
    fn run(self, root: &Path) -> Result<(Outcome, String), error::Error> {
        match self {
            Self { check: true, .. } => regen::check(root),
            Self {
                version: Some(version),
                from: Some(from),
                published,
                fix_overlays,
                unfinished,
                report,
                ..
            } => import::run(
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
        }
    }
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
    let outcome = match Arguments::parse().chore {
        Chore::Regen(arguments) => arguments.run(root),
        Chore::Diff(arguments) => return diff::run(root, &arguments),
        Chore::Document { version } => document(root, version),
        Chore::Checks(arguments) => Ok((Outcome::Unchanged, checks::run(&arguments))),
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
