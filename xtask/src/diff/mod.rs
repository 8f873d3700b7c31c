//! `cargo xtask diff OLD NEW`: compares two documents. Writes nothing to the workspace.

pub(crate) mod comparison;
pub(crate) mod operand;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use conversations_changes::Report;

use crate::diff::comparison::compare;
use crate::diff::operand::Side;
use crate::error::Error;
use crate::outcome::Outcome;

const AFTER: &str = "\
OLD and NEW are each
  v1, v3             the document in openapi/
  v3@REVISION        that document as git has it, such as v3@HEAD~1 or v3@main
  a path             any OpenAPI 3.0 document, YAML or JSON

Documents are compared as published; the Rust column shows what is generated from them with the
overlays of their revision. What a reviewer accepted in openapi/waivers.yaml does not break.

Exit codes:
   0  nothing changed
   1  refused: one of the two is not a document, or cannot be read
   2  wrong usage
  10  compatible: callers, readers and dependent crates go on as before
  11  breaking: some of them have to change";

#[derive(clap::Args, Debug)]
#[command(after_long_help = AFTER)]
pub(crate) struct Arguments {
    /// Old document
    old: String,
    /// New document
    new: String,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Also write a Markdown report, for a pull request
    #[arg(long, value_name = "FILE.md")]
    report: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Text for a terminal, 100 columns wide
    Text,
    /// Markdown for a pull request
    Markdown,
    /// JSON
    Json,
    /// Annotations for a GitHub workflow
    Github,
}

/// Compares, prints the report, and returns its verdict as the exit code.
pub(crate) fn run(root: &Path, arguments: &Arguments) -> ExitCode {
    match report(root, arguments) {
        Ok((report, text)) => {
            // A reader that closes the pipe early, such as `head`, does not change the verdict.
            let _ = io::stdout().write_all(text.as_bytes());
            Outcome::from(report.verdict()).into()
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn report(root: &Path, arguments: &Arguments) -> Result<(Report, String), Error> {
    let old = Side::read(root, &arguments.old)?;
    let new = Side::read(root, &arguments.new)?;
    let report = compare(root, &old, &new, &[])?;
    if let Some(path) = &arguments.report {
        fs::write(path, report.markdown()).map_err(Error::file("cannot write", path))?;
    }
    let text = match arguments.format {
        Format::Text => report.text(),
        Format::Markdown => report.markdown(),
        Format::Json => format!("{:#}\n", report.json()),
        Format::Github => report.github(&new.file, &new.text),
    };
    Ok((report, text))
}
