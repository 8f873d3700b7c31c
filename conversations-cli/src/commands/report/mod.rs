//! `conversations report`: one HTML page with charts, a table of conversations and transcripts.

mod args;
mod bars;
mod data;
mod lines;
mod numbers;
mod page;
mod period;
mod recordings;
mod row;
mod sample;
mod scale;
mod transcript;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use conversations_api_ext::Redaction;

use crate::commands::stats::{Counts, Fields, Gaps, InputReader, Statistics};
use crate::failure::Failure;
use crate::output::distinct::check_not_read;
use crate::output::options::format_of_name;
use crate::output::{Output, Target};
use crate::records::reader::FieldSelection;
use crate::term::plural::plural;
use crate::term::stderr::say;

pub(crate) use args::ReportArguments;
use args::ReportFormat;
use page::Page;
use period::Period;
use recordings::Recordings;
use row::{Row, Transcripts};
use sample::Sample;

/// All that the page shows.
struct Report<'a> {
    arguments: &'a ReportArguments,
    statistics: Statistics,
    /// What the statistics lack, those of the period before included.
    gaps: Gaps,
    /// The period before, and its statistics.
    previous: Option<(Period, Statistics)>,
    /// The conversations of the table.
    rows: Vec<Row>,
    /// The number of conversations that the table is a sample of.
    all: u64,
    transcripts: Transcripts,
}

pub(crate) async fn run(arguments: &ReportArguments) -> Result<ExitCode, Failure> {
    let quiet = arguments.source.quiet;
    let is_json = arguments.format == ReportFormat::Json;
    let output = arguments
        .output
        .clone()
        .unwrap_or_else(|| PathBuf::from(if is_json { "-" } else { "report.html" }));
    // Before anything is fetched: an output that cannot be written is known at once.
    check_not_read(&output, &arguments.input.from)?;
    check_name(&output, arguments.format)?;
    let recordings = arguments.recordings.as_deref();
    let recordings = recordings
        .map(|folder| Recordings::find(folder, &output))
        .transpose()?;
    let target = Target::find(&output)?;
    let input = &arguments.input;
    let range = arguments.filters.range(input.time_zone)?;
    if arguments.compare && !input.from.is_empty() && range.end().is_none() {
        return Err(Failure::usage("--compare with --from requires --end")
            .with("without it, the period ends now, and the files may end before"));
    }
    let period = arguments
        .compare
        .then(|| Period::before(range, input.time_zone, chrono::Utc::now()))
        .flatten();
    let transcripts = if arguments.no_transcripts || is_json {
        Transcripts::None
    } else if arguments.with_transcripts {
        Transcripts::Full
    } else {
        Transcripts::Masked
    };
    let reader = InputReader {
        input,
        parallel: arguments.parallel,
        source: &arguments.source,
        filters: &arguments.filters,
        fields: match transcripts {
            Transcripts::None => FieldSelection::Statistics {
                metrics: !input.metric.is_empty(),
            },
            Transcripts::Masked | Transcripts::Full => FieldSelection::All,
        },
        range: period.map(|period| period.and_after(range)).transpose()?,
    };
    let size = if is_json { 0 } else { arguments.table_size };
    let mut counts = Counts::new(input.time_zone, &input.metric);
    let mut before = Counts::new(input.time_zone, &input.metric);
    let mut sample = Sample::new(size as usize);
    let redaction = arguments.redact.redaction();
    let mask = Redaction::default();
    let mut unmasked = 0;
    let outcome = reader
        .each(|json, fields, started| {
            let masked = redaction
                .as_ref()
                .map(|all| all.json(json).unwrap_or_default());
            let masked_fields = masked.as_deref().map(Fields::read);
            let fields = match &masked_fields {
                None => fields,
                Some(Some(masked)) => masked,
                Some(None) => {
                    unmasked += 1;
                    return;
                }
            };
            if period
                .zip(started)
                .is_some_and(|(period, at)| period.contains(at))
            {
                before.add(fields, started);
                return;
            }
            counts.add(fields, started);
            sample.offer(&fields.id, || {
                let json = masked.as_deref().unwrap_or(json);
                Row::new(fields, started, input, json, transcripts, &mask)
            });
        })
        .await?;
    if unmasked > 0 {
        let unmasked = plural(unmasked, "conversation");
        return Err(Failure::other(format!(
            "cannot mask {unmasked}; please report this"
        )));
    }
    counts.check(quiet)?;
    let (statistics, gaps) = (counts.statistics(), outcome.gaps());
    let previous = period.map(|period| (period, before.statistics()));
    let content = match arguments.format {
        ReportFormat::Json => {
            let mut json = statistics.json(Some(&gaps));
            if let Some((period, previous)) = &previous {
                json["previous"] = previous.json(None);
                json["previous"]["range"] = period.bounds().into();
            }
            format!("{json:#}\n").into_bytes()
        }
        ReportFormat::Html => {
            let all = sample.seen();
            let mut rows = sample.into_sorted();
            if let Some(recordings) = &recordings {
                recordings.link(&mut rows);
            }
            let report = Report {
                arguments,
                statistics,
                gaps,
                previous,
                rows,
                all,
                transcripts,
            };
            Page::new(report).html()?
        }
    };
    let bytes = content.len();
    Output::put(target, content).await?;
    if !quiet && !is_json && output != Path::new("-") {
        say(format_args!(
            "{} in {}, {:.1} MB",
            plural(counts.conversations, "conversation"),
            output.display(),
            megabytes(bytes)
        ));
    }
    Ok(outcome.exit(quiet).into())
}

/// Rejects the name of an export for an HTML page: other commands take it for conversations, and what has the name
/// already is more likely an export than an earlier report.
fn check_name(output: &Path, format: ReportFormat) -> Result<(), Failure> {
    if format == ReportFormat::Html && format_of_name(output).is_some() {
        return Err(Failure::usage(format!(
            "--output {} has the file extension of an export, and the report is an HTML page",
            output.display()
        ))
        .with("name it .html, or add --format json for the numbers alone"));
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "the size of a file")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
