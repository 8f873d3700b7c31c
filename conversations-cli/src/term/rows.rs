//! Prints conversations: as a table for people, or as records for programs.

use std::io::{self, BufWriter, IsTerminal as _, Write};

use clap::{Args, ValueEnum};
use conversations_api_ext::{Record, Redaction};

use crate::args::redact::RedactArguments;
use crate::commands::search::snippet::Snippets;
use crate::failure::Failure;
use crate::term::stdout;
use crate::term::table::{self, ProjectNames, Row};

/// The format in which conversations are printed.
#[derive(Debug, Args)]
pub(crate) struct RowsArguments {
    /// Output format: table (tab-separated in a pipe), json (an array of the records as received), jsonl (one record
    /// per line, as received) or csv (the columns of the table)
    #[arg(long, value_enum, default_value_t = RowsFormat::Table, hide_possible_values = true)]
    format: RowsFormat,

    #[command(flatten)]
    redact: RedactArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RowsFormat {
    Table,
    Json,
    Jsonl,
    Csv,
}

/// Writes the records to standard output, in the order given. `projects` adds a column with the project name.
pub(crate) fn print(
    records: &[Record],
    arguments: &RowsArguments,
    snippets: Option<&Snippets<'_>>,
    projects: Option<&ProjectNames>,
) -> Result<(), Failure> {
    let redaction = arguments.redact.redaction();
    let redaction = redaction.as_ref();
    let rows = || -> Vec<Row> {
        let row =
            |record: &Record| Row::new(record, snippets.map(|s| s.of(record, redaction)), projects);
        records.iter().map(row).collect()
    };
    match arguments.format {
        RowsFormat::Table => stdout::print(&table::text(&rows(), io::stdout().is_terminal())),
        RowsFormat::Csv => {
            let csv = table::csv(&rows());
            let csv = csv.map_err(|error| Failure::other(format!("cannot write CSV: {error}")))?;
            stdout::print(&String::from_utf8_lossy(&csv))
        }
        form => {
            let mut out = BufWriter::new(io::stdout().lock());
            raw(records, form == RowsFormat::Json, redaction, &mut out)
        }
    }
}

fn raw(
    records: &[Record],
    is_list: bool,
    redaction: Option<&Redaction>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let (start, between, end) = if is_list {
        ("[", ",\n", "]\n")
    } else {
        ("", "\n", if records.is_empty() { "" } else { "\n" })
    };
    let failed = |error: io::Error| Failure::output("standard output", &error);
    out.write_all(start.as_bytes()).map_err(failed)?;
    for (index, record) in records.iter().enumerate() {
        let before = if index == 0 { "" } else { between };
        let line = stdout::one_line(record.raw(), redaction)?;
        let line = stdout::harmless(&line, stdout::Kind::Json);
        write!(out, "{before}{line}").map_err(failed)?;
    }
    out.write_all(end.as_bytes())
        .and_then(|()| out.flush())
        .map_err(failed)
}
