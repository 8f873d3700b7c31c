//! Maintenance commands of this workspace. `cargo xtask regen` updates everything that is generated from
//! the documents in `openapi/`; `cargo xtask regen --check` fails if anything is stale; with `--from`,
//! it imports a newly published document. `cargo xtask diff` compares two documents, `cargo xtask
//! checks` lists the checks it makes, `cargo xtask document v3` prints the document that a client is
//! generated from.

mod checks;
mod diff;
mod error;
mod git;
mod import;
mod openapi_files;
mod outcome;
mod progress;
mod regen;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use conversations_codegen::{ClientModule, OpenapiDir, with_lenient_responses};

use crate::import::Request;
use crate::outcome::Outcome;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Maintenance commands of this workspace"
)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Regenerate everything derived from the documents in openapi/, and print the changes
    #[command(after_long_help = "\
Exit codes of `regen VERSION --from`:
   0  nothing changed
   1  refused, or stale: the tree is as it was
   2  wrong usage
  10  taken; nobody who uses the clients has to change anything
  11  taken; somebody who uses the clients has to change something
Without --from: 0 done or up to date, 1 failed or stale.")]
    Regen(Regen),
    /// Compare two API documents: on the wire, in the generated Rust, in our code
    Diff(diff::Arguments),
    /// List the checks that `diff` makes, with level and reason
    Checks(checks::Arguments),
    /// Print the document that a client is generated from, with overlays and lenient responses, as JSON
    Document {
        /// v1, v2, v3 or agents
        #[arg(value_parser = module)]
        module: ClientModule,
        /// Leave the schemas as published
        #[arg(long)]
        published_schemas: bool,
    },
}

fn module(name: &str) -> Result<ClientModule, String> {
    let known = ClientModule::ALL
        .into_iter()
        .find(|known| known.name() == name);
    known.ok_or_else(|| "the clients are v1, v2, v3 and agents".to_owned())
}

/// The document that the client `module` is generated from, or the same with the schemas as published.
fn document(
    root: &Path,
    module: ClientModule,
    published_schemas: bool,
) -> Result<(Outcome, String), error::Error> {
    let dir = OpenapiDir::new(root.join("openapi"));
    let document = match published_schemas {
        true => dir.document_with_published_schemas(module)?,
        false => with_lenient_responses(&dir.document(module)?),
    };
    Ok((Outcome::Unchanged, format!("{:#}\n", document.tree())))
}

#[derive(Args)]
struct Regen {
    /// Version of the new document; v2 uses v3's document
    #[arg(requires = "from")]
    version: Option<Published>,
    /// Import a new document from a file, a URL (http, https) or standard input (-)
    #[arg(
        long,
        value_name = "FILE|URL|-",
        requires = "version",
        conflicts_with = "check"
    )]
    from: Option<String>,
    /// Publication date of the new document, for its header comment
    #[arg(long, value_name = "YYYY-MM-DD", requires = "from", value_parser = date)]
    published: Option<String>,
    /// Correct stale overlay targets that have exactly one replacement in the new document
    #[arg(long, requires = "from")]
    fix_overlays: bool,
    /// Accept the new document although the workspace does not compile with it yet
    #[arg(long, requires = "from")]
    unfinished: bool,
    /// Write a Markdown report, for the pull request
    #[arg(long, value_name = "FILE.md", requires = "from")]
    report: Option<PathBuf>,
    /// Change nothing; fail with the differences if anything is stale
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
                        Published::V1 => ClientModule::V1,
                        Published::V3 => ClientModule::V3,
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
        Err("a date must be in the form 2026-05-11".to_owned())
    }
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a directory of the workspace");
    let outcome = match Arguments::parse().chore {
        Chore::Regen(arguments) => arguments.run(root),
        Chore::Diff(arguments) => return diff::run(root, &arguments),
        Chore::Document {
            module,
            published_schemas,
        } => document(root, module, published_schemas),
        Chore::Checks(arguments) => Ok((Outcome::Unchanged, checks::run(&arguments))),
    };
    match outcome {
        Ok((outcome, report)) => {
            // A reader that closes the pipe early does not change the exit code.
            let _ = std::io::stdout().write_all(report.as_bytes());
            outcome.into()
        }
        Err(error) => {
            eprintln!("error: {error}");
            Outcome::Refused.into()
        }
    }
}
