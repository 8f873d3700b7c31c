//! `conversations migrate check`: compares two API versions and prints a report with a verdict.

use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use chrono::{DateTime, TimeDelta, Utc};
use conversations_api_ext::migrate::{Compare, Report};
use conversations_api_ext::{BoundedRange, IntoTime as _, Variant};
use serde_json::json;

use super::args::{CheckArguments, ReportFormat};
use super::versions::{Selection, Versions};
use super::{exit, report_output};
use crate::failure::Failure;
use crate::term::escape::printable;
use crate::term::progress::Progress;
use crate::term::stderr::say;

const DAYS: i64 = 7;

pub(super) async fn run(arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    let versions = Versions::open(&arguments.versions, &arguments.source).await?;
    let selection = selection(arguments, versions.default_end())?;
    let mut compare = versions.compare(&selection)?.values(arguments.show_values);
    for field in &arguments.versions.require {
        compare = compare.require(field.clone());
    }
    if let Some(slices) = arguments.sample {
        let length = TimeDelta::from_std(arguments.slice)
            .map_err(|_| Failure::usage("--slice is too long"))?;
        compare = compare.sample(slices, length, arguments.seed)?;
    }
    if let Some(path) = &arguments.resume
        && let Some(report) = stored(path)?
    {
        compare = compare.resume(report)?;
    }
    let report = watched(compare, arguments, selection.range).run().await;
    if let Some(path) = &arguments.resume {
        store(path, &report)?;
    }
    let text = match arguments.report.format {
        ReportFormat::Text => report.to_string(),
        ReportFormat::Markdown => report.markdown(),
        ReportFormat::Json => format!("{:#}\n", json(&report)),
    };
    report_output::write(&text, &arguments.report)?;
    match report.failure.as_ref().and_then(|failure| {
        // The report contains the message, so only the exit code remains.
        failure.error.as_deref()
    }) {
        Some(error) => Ok(Failure::of(error).exit().into()),
        None => Ok(exit(report.verdict())),
    }
}

/// Returns the report and its verdict as JSON.
pub(super) fn json(report: &Report) -> serde_json::Value {
    let reasons: Vec<_> = report
        .reasons()
        .iter()
        .map(|reason| json!({"verdict": reason.verdict(), "text": reason.to_string()}))
        .collect();
    json!({"verdict": report.verdict(), "reasons": reasons, "report": report})
}

fn selection(arguments: &CheckArguments, default_end: DateTime<Utc>) -> Result<Selection, Failure> {
    let end = match &arguments.end {
        Some(end) => end.into_time()?,
        None => default_end,
    };
    let start = match &arguments.start {
        Some(start) => start.into_time()?,
        None => end - TimeDelta::days(DAYS),
    };
    let (id, name) = (&arguments.variant_id, &arguments.variant_name);
    Ok(Selection {
        environment: arguments.client_env,
        range: BoundedRange::new(start, end)?,
        variant: (id.clone().map(Variant::Id)).or(name.clone().map(Variant::Name)),
    })
}

/// Shows progress, and stores the report so far if the comparison can be resumed.
fn watched(compare: Compare, arguments: &CheckArguments, range: BoundedRange) -> Compare {
    let progress = Progress::new(arguments.source.quiet);
    progress.environment(0, 1, Some(range));
    let resume = arguments.resume.clone();
    let mut warned = false;
    compare.watch(move |report| {
        let seen = report.before.records.max(report.after.records);
        progress.at(seen, report.covered_to);
        if let Some(path) = &resume
            && let Err(failure) = store(path, report)
            && !std::mem::replace(&mut warned, true)
        {
            say(format_args!("warning: {failure}"));
        }
    })
}

fn stored(path: &Path) -> Result<Option<Report>, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::unreadable(path, &error)),
    };
    serde_json::from_str(&text).map(Some).map_err(|_| {
        Failure::usage(format!(
            "cannot read {}: it is not a report of `migrate check --resume`",
            printable(&path.to_string_lossy())
        ))
        .with("to start over, remove the file")
    })
}

fn store(path: &Path, report: &Report) -> Result<(), Failure> {
    serde_json::to_string(report)
        .map_err(io::Error::other)
        .and_then(|json| crate::output::file::replace(path, json.as_bytes()))
        .map_err(|error| Failure::unwritable(&path.display(), error))
}
