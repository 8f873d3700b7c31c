//! Prints conversations: as a table for people, or as records for programs.

use std::io::{self, BufWriter, IsTerminal as _, Write};

use clap::{Args, ValueEnum};
use conversations_api_ext::{Record, Redaction};

use crate::args::redact::RedactArguments;
use crate::commands::search::snippet::Snippets;
use crate::failure::Failure;
use crate::term::escape::{Terminal, printable};
use crate::term::stdout;
use crate::term::table::{self, ProjectNames, Row};
use crate::term::text_store::{TextId, TextStore};

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

/// The number of rows that are formatted at a time.
const CHUNK: usize = 1000;

/// Conversations to print. Only what is printed is kept of a record: a row of a table takes a few hundred bytes, and
/// JSON that does not fit in memory waits in a file.
pub(crate) struct Rows<'a> {
    format: RowsFormat,
    redaction: Option<Redaction>,
    snippets: Option<&'a Snippets<'a>>,
    json: TextStore,
}

/// One conversation, in the format in which it will be printed.
pub(crate) enum Shown {
    Row(Row),
    Json(TextId),
}

impl<'a> Rows<'a> {
    pub(crate) fn new(arguments: &RowsArguments, snippets: Option<&'a Snippets<'a>>) -> Self {
        Self {
            format: arguments.format,
            redaction: arguments.redact.redaction(),
            snippets,
            json: TextStore::default(),
        }
    }

    /// Returns a record as it will be printed. `projects` adds a column with the project name.
    pub(crate) fn keep(
        &mut self,
        record: &Record,
        projects: Option<&ProjectNames>,
    ) -> Result<Shown, Failure> {
        let redaction = self.redaction.as_ref();
        Ok(match self.format {
            RowsFormat::Table | RowsFormat::Csv => {
                let snippet = self.snippets.map(|all| all.of(record, redaction));
                Shown::Row(Row::new(record, snippet, projects))
            }
            RowsFormat::Json | RowsFormat::Jsonl => {
                let line = stdout::one_line(record.raw(), redaction)?;
                Shown::Json(self.json.add(&line).map_err(not_stored)?)
            }
        })
    }

    /// Forgets a conversation that will not be printed after all.
    pub(crate) fn forget(&mut self, shown: Shown) {
        if let Shown::Json(id) = shown {
            self.json.remove(id);
        }
    }

    /// Writes the conversations to standard output, in the order given.
    pub(crate) fn print(mut self, all: Vec<Shown>) -> Result<(), Failure> {
        let (mut rows, mut texts) = (Vec::new(), Vec::new());
        for shown in all {
            match shown {
                Shown::Row(row) => rows.push(row),
                Shown::Json(id) => texts.push(id),
            }
        }
        match self.format {
            RowsFormat::Table if io::stdout().is_terminal() => {
                stdout::print(&table::for_terminal(&rows, Terminal::of_stdout()))
            }
            RowsFormat::Table => {
                stdout::print(&table::heading(&rows))?;
                let mut chunks = rows.chunks(CHUNK);
                chunks.try_for_each(|rows| stdout::print(&table::tab_separated(rows)))
            }
            RowsFormat::Csv => {
                let (first, rest) = rows.split_at(rows.len().min(CHUNK));
                csv(first, true)?;
                rest.chunks(CHUNK).try_for_each(|rows| csv(rows, false))
            }
            form => {
                let mut out = BufWriter::new(io::stdout().lock());
                self.raw(&texts, form == RowsFormat::Json, &mut out)
            }
        }
    }

    fn raw(
        &mut self,
        texts: &[TextId],
        is_list: bool,
        out: &mut impl Write,
    ) -> Result<(), Failure> {
        let (start, between, end) = if is_list {
            ("[", ",\n", "]\n")
        } else {
            ("", "\n", if texts.is_empty() { "" } else { "\n" })
        };
        let failed = |error: io::Error| Failure::output("standard output", &error);
        out.write_all(start.as_bytes()).map_err(failed)?;
        for (index, id) in texts.iter().enumerate() {
            let before = if index == 0 { "" } else { between };
            let line = self.json.get(id).map_err(not_stored)?;
            let line = stdout::harmless(&line, stdout::Kind::Json);
            write!(out, "{before}{line}").map_err(failed)?;
        }
        out.write_all(end.as_bytes())
            .and_then(|()| out.flush())
            .map_err(failed)
    }
}

fn csv(rows: &[Row], has_heading: bool) -> Result<(), Failure> {
    let csv = table::csv(rows, has_heading);
    let csv = csv.map_err(|error| Failure::other(format!("cannot write CSV: {error}")))?;
    stdout::print(&String::from_utf8_lossy(&csv))
}

fn not_stored(error: io::Error) -> Failure {
    let folder = std::env::temp_dir();
    Failure::other(format!(
        "cannot keep records in a temporary file in {}: {error}",
        printable(&folder.to_string_lossy())
    ))
    .with("set TMPDIR to a folder with more room, or use --limit")
}
