//! Formats checks as text and JSON.

use std::fmt::Write as _;

use chrono::TimeDelta;
use conversations_api_ext::{AgentsBaseUrl, Finding, Region};
use serde_json::{Value, json};

use super::project_check::{ProjectCheck, ProjectReport, Sample};
use crate::failure::Failure;
use crate::output::summary::drift_json;
use crate::term::escape::{Terminal, printable, wrapped};
use crate::term::plural::plural;

const LABEL: usize = 11;
/// Smaller clock differences cannot be measured, because `Date` headers have no fractions of seconds.
const SAME_CLOCK: TimeDelta = TimeDelta::seconds(2);

pub(super) fn text(reports: &[ProjectReport], terminal: Terminal) -> String {
    let mut out = String::new();
    for (index, report) in reports.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let mut page = TextLayout {
            out: &mut out,
            terminal,
        };
        let name = report.name.as_deref();
        match &report.outcome {
            Ok(check) => page.project(name, check),
            Err(failure) => page.unavailable(name, failure),
        }
    }
    if reports.len() > 1 {
        let healthy = reports.iter().filter(|report| report.is_healthy());
        let _ = writeln!(
            out,
            "\n{} of {} projects are ok",
            healthy.count(),
            reports.len()
        );
    }
    out
}

struct TextLayout<'a> {
    out: &'a mut String,
    terminal: Terminal,
}

impl TextLayout<'_> {
    fn project(&mut self, name: Option<&str>, check: &ProjectCheck) {
        let project = check.client.project().to_string();
        let is_healthy = check.diagnosis.is_healthy();
        self.heading(name.unwrap_or(&project), is_healthy);
        if name.is_some() {
            self.field("project", &project);
        }
        let base_url = check.client.base_url();
        let region = base_url.region().map(Region::name);
        let region = region.map_or("custom host".to_owned(), |name| format!("region {name}"));
        self.field(
            "host",
            &format!("{} ({region}, {})", base_url.as_str(), check.version),
        );
        self.field(
            "key",
            match check.key_is_accepted() {
                Some(true) => "accepted",
                Some(false) => "rejected",
                None => "unknown: no usable response",
            },
        );
        if let Some(agents) = check.client.agents_base_url() {
            let result = match check.diagnosis.agents() {
                Some(Ok(())) => "returns single conversations".to_owned(),
                Some(Err(error)) => error.to_string(),
                None => "not checked: there is no conversation to request".to_owned(),
            };
            self.field("agents host", &format!("{agents}: {result}"));
        }
        match &check.sample {
            Some(sample) => self.sample(sample, check.when),
            None => {
                if let Some(error) = check.diagnosis.error() {
                    self.field("error", &error.to_string());
                }
            }
        }
        for finding in check.diagnosis.findings() {
            self.finding(finding);
        }
    }

    /// Adds a project that cannot be reached with its settings.
    fn unavailable(&mut self, name: Option<&str>, failure: &Failure) {
        self.heading(name.unwrap_or("project"), false);
        self.field("error", &failure.to_string());
    }

    fn heading(&mut self, name: &str, is_healthy: bool) {
        let name = self.terminal.strong(&printable(name));
        let state = if is_healthy {
            self.terminal.marked("ok")
        } else {
            self.terminal.alarming("needs attention")
        };
        let _ = writeln!(self.out, "{name}: {state}");
    }

    fn sample(&mut self, sample: &Sample, when: &str) {
        let elapsed = sample.elapsed.as_secs_f64();
        self.field(
            "response",
            &format!(
                "first byte after {:.2} s, {} {when} in {elapsed:.2} s",
                sample.first_byte.as_secs_f64(),
                plural(sample.conversations as u64, "conversation")
            ),
        );
        self.field("clock", &clock(sample.clock_ahead));
        self.field(
            "transcripts",
            match sample.transcripts {
                Some(true) => "enabled",
                Some(false) => "disabled",
                None => "unknown: no conversation has turns",
            },
        );
        if sample.turns > 0 {
            let latency = format!("on {} of {} turns", sample.turns_with_latency, sample.turns);
            self.field("latency", &latency);
        }
        if sample.conversations > 0 {
            let fields = match &sample.missing[..] {
                [] => "all documented fields occur".to_owned(),
                missing => format!("missing from all conversations: {}", missing.join(", ")),
            };
            self.field("fields", &fields);
            let drift: Vec<_> = sample
                .drift
                .met()
                .map(|met| format!("{}: {}", met.path(), met.what()))
                .collect();
            let drift = if drift.is_empty() {
                "none".to_owned()
            } else {
                drift.join("; ")
            };
            self.field("drift", &drift);
        }
    }

    fn finding(&mut self, finding: &Finding) {
        let cause = finding.cause();
        let kind = if cause.is_note() {
            self.terminal.faint("note")
        } else {
            self.terminal.alarming("problem")
        };
        let kind_width = if cause.is_note() { 4 } else { 7 };
        let mut what = cause.to_string();
        if finding.conversations() > 0 {
            let more = if finding.conversations() > finding.examples().len() {
                ", …"
            } else {
                ""
            };
            let ids = finding.examples().join(", ");
            let _ = write!(
                what,
                ": {} ({ids}{more})",
                plural(finding.conversations() as u64, "conversation")
            );
        }
        self.out.push('\n');
        self.wrapped(&format!("{kind}  "), kind_width + 2, &what);
        self.wrapped("  ", 2, &finding.remedy());
    }

    fn field(&mut self, label: &str, value: &str) {
        let label = self.terminal.faint(&self.terminal.fitted(label, LABEL));
        self.wrapped(&format!("  {label}  "), LABEL + 4, value);
    }

    fn wrapped(&mut self, margin: &str, indent: usize, text: &str) {
        let width = self.terminal.width.saturating_sub(indent);
        let paragraphs = text.lines().map(printable);
        let lines = paragraphs.flat_map(|line| {
            let lines = wrapped(&line, width);
            lines
                .into_iter()
                .map(std::borrow::Cow::into_owned)
                .collect::<Vec<_>>()
        });
        for (index, line) in lines.enumerate() {
            let _ = match index {
                0 => writeln!(self.out, "{margin}{line}"),
                _ => writeln!(self.out, "{:indent$}{line}", ""),
            };
        }
    }
}

fn clock(ahead: Option<TimeDelta>) -> String {
    match ahead {
        None => "unknown: the response has no Date header".to_owned(),
        Some(ahead) if ahead.abs() <= SAME_CLOCK => "in sync with the server".to_owned(),
        Some(ahead) => {
            let which = if ahead > TimeDelta::zero() {
                "ahead of"
            } else {
                "behind"
            };
            format!("{} s {which} the server", ahead.num_seconds().abs())
        }
    }
}

/// Formats all checks as one object with a list of projects.
pub(super) fn json(reports: &[ProjectReport]) -> Value {
    let projects = reports.iter().map(|report| {
        let name = &report.name;
        let check = match &report.outcome {
            Ok(check) => check,
            Err(failure) => {
                let error = failure.to_string();
                return json!({"name": name, "is_healthy": false, "error": error, "findings": []});
            }
        };
        let client = &check.client;
        let findings = check.diagnosis.findings().iter().map(|finding| {
            json!({
                "cause": format!("{:?}", finding.cause()),
                "message": finding.cause().to_string(),
                "is_note": finding.cause().is_note(),
                "conversations": finding.conversations(),
                "examples": finding.examples(),
                "remedy": finding.remedy(),
            })
        });
        json!({
            "name": name,
            "account_id": client.project().account().as_str(),
            "project_id": client.project().project().as_str(),
            "base_url": client.base_url().as_str(),
            "region": client.base_url().region().map(Region::name),
            "api_version": check.version,
            "is_healthy": check.diagnosis.is_healthy(),
            "key_is_accepted": check.key_is_accepted(),
            "agents_base_url": client.agents_base_url().map(AgentsBaseUrl::as_str),
            "agents_is_ok": check.diagnosis.agents().map(|result| result.is_ok()),
            "agents_error": check.diagnosis.agents().and_then(Result::err).map(ToString::to_string),
            "error": check.diagnosis.error().map(ToString::to_string),
            "sample": check.sample.as_ref().map(sample_json),
            "findings": findings.collect::<Vec<_>>(),
        })
    });
    json!({ "projects": projects.collect::<Vec<_>>() })
}

fn sample_json(sample: &Sample) -> Value {
    let milliseconds = |time: std::time::Duration| (time.as_secs_f64() * 1000.0).round();
    json!({
        "conversations": sample.conversations,
        "first_byte_ms": milliseconds(sample.first_byte),
        "elapsed_ms": milliseconds(sample.elapsed),
        "clock_ahead_seconds": sample.clock_ahead.map(|ahead| ahead.num_seconds()),
        "correlation_id": sample.correlation_id,
        "transcripts": sample.transcripts,
        "turns": sample.turns,
        "turns_with_latency": sample.turns_with_latency,
        "missing_fields": sample.missing,
        "drift": drift_json(&sample.drift),
    })
}
