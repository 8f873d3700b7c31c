//! `conversations doctor`: whether a project can be read, what is missing in its conversations, what to do.

mod examination;
mod words;

use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use conversations_api_ext::{Cause, Client, Environment, Query, TimeRange, V1, V2, V3};

use crate::answer;
use crate::arguments::{ApiVersion, SourceArguments};
use crate::failure::{Exit, Failure};
use crate::progress::Progress;
use crate::source::Source;
use crate::terminal::Terminal;
use examination::Examination;

/// Whoever calls a doctor waits in front of the screen.
const PATIENCE: Duration = Duration::from_secs(20);
/// Where no time range is given, conversations of this time are looked at.
const RECENT: TimeDelta = TimeDelta::days(7);

/// Find out whether a project can be read, what its conversations lack, and what to do about it
///
/// Two requests for at most 50 conversations each: key, region, host, answer time, the clocks of both sides,
/// whether transcripts are switched on, which documented fields never occur and which undocumented ones do.
/// Nothing that anybody said is shown. Without a time range the last 7 days are looked at, and all of time if
/// there is nothing in them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations doctor
  conversations doctor --client-env sandbox --start 2026-04-01
  conversations doctor --format json | jq -r '.projects[].findings[].what'
  conversations doctor --demo

The exit code is that of the worst finding: 0 if all is well, 4 for the key, 5 for a project that is not there,
6 for a server that cannot be reached or fails, 2 for a request that is not accepted, 3 for malformed records,
1 for anything else that needs somebody to do something.

Settings and the other exit codes are those of `conversations export --help`. A page that does not come is
asked for again for 20 s at most.")]
pub(crate) struct DoctorArguments {
    /// text: for people; json: one object
    #[arg(long, value_enum, default_value_t = Form::Text, hide_possible_values = true)]
    format: Form,

    /// Version of the API
    #[arg(long, value_enum, default_value_t = ApiVersion::V3)]
    api_version: ApiVersion,

    /// live, sandbox or pre-release
    #[arg(long, value_name = "ENVIRONMENT", default_value_t)]
    client_env: Environment,

    /// Look at conversations from this time on: a date (midnight UTC) or RFC 3339
    #[arg(long, value_name = "TIME")]
    start: Option<String>,

    /// Up to, and without, this time
    #[arg(long, value_name = "TIME")]
    end: Option<String>,

    #[command(flatten)]
    source: SourceArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
}

pub(crate) async fn run(mut arguments: DoctorArguments) -> Result<ExitCode, Failure> {
    let given = TimeRange::new(arguments.start.as_deref(), arguments.end.as_deref())?;
    let patience = &mut arguments.source.connection.give_up_after;
    *patience = (*patience).min(PATIENCE);
    let source = Source::open(&arguments.source).await?;
    let ranges = ranges(given, arguments.source.demo, Utc::now())?;
    let progress = Progress::new(arguments.source.quiet);
    let examinations = examine_each(&[&source.client], &arguments, &ranges).await?;
    drop(progress);
    match arguments.format {
        Form::Text => answer::print(&words::text(&examinations, Terminal::of_stdout()))?,
        Form::Json => answer::print(&format!("{:#}\n", words::json(&examinations)))?,
    }
    Ok(code(&examinations))
}

/// What to look at, one after the other until there is something.
fn ranges(
    given: TimeRange,
    demo: bool,
    now: DateTime<Utc>,
) -> Result<Vec<(TimeRange, &'static str)>, Failure> {
    let all = (TimeRange::unbounded(), "of all time");
    Ok(if given != TimeRange::unbounded() {
        vec![(given, "of the time range")]
    } else if demo {
        vec![all]
    } else {
        vec![(TimeRange::since(now - RECENT)?, "of the last 7 days"), all]
    })
}

/// One project after the other: what one lacks says nothing of the next.
async fn examine_each(
    clients: &[&Client],
    arguments: &DoctorArguments,
    ranges: &[(TimeRange, &'static str)],
) -> Result<Vec<Examination>, Failure> {
    let mut examinations = Vec::with_capacity(clients.len());
    for client in clients {
        examinations.push(examine(client, arguments, ranges).await?);
    }
    Ok(examinations)
}

async fn examine(
    client: &Client,
    arguments: &DoctorArguments,
    ranges: &[(TimeRange, &'static str)],
) -> Result<Examination, Failure> {
    let mut last = None;
    for (range, when) in ranges {
        let environment = arguments.client_env;
        let examination = match arguments.api_version {
            ApiVersion::V1 => {
                let query = Query::<V1>::v1()
                    .environment(environment)
                    .time_range(*range);
                Examination::of(client, query, when).await?
            }
            ApiVersion::V2 => {
                let query = Query::<V2>::v2()
                    .environment(environment)
                    .time_range(*range);
                Examination::of(client, query.include_latency(true), when).await?
            }
            ApiVersion::V3 => {
                let query = Query::<V3>::v3()
                    .environment(environment)
                    .time_range(*range);
                Examination::of(client, query.include_latency(true), when).await?
            }
        };
        let is_empty = examination.is_empty();
        last = Some(examination);
        if !is_empty {
            break;
        }
    }
    last.ok_or_else(|| Failure::other("there is nothing to look at"))
}

/// The worst of what was found, in the order in which one would repair it.
fn code(examinations: &[Examination]) -> ExitCode {
    let found: Vec<Exit> = examinations
        .iter()
        .flat_map(|examination| examination.diagnosis.findings())
        .filter_map(|finding| exit(finding.cause()))
        .collect();
    let order = [
        Exit::Authentication,
        Exit::NotFound,
        Exit::Server,
        Exit::Usage,
        Exit::LeftOut,
        Exit::Other,
    ];
    let worst = order.into_iter().find(|exit| found.contains(exit));
    worst.map_or(ExitCode::SUCCESS, ExitCode::from)
}

fn exit(cause: Cause) -> Option<Exit> {
    if cause.is_note() {
        return None;
    }
    Some(match cause {
        Cause::KeyRejected | Cause::KeyForbidden => Exit::Authentication,
        Cause::ProjectNotFound => Exit::NotFound,
        Cause::QueryRefused => Exit::Usage,
        Cause::RateLimited
        | Cause::ServerFailing
        | Cause::NotReachable
        | Cause::TooSlow
        | Cause::OtherServer => Exit::Server,
        Cause::Malformed => Exit::LeftOut,
        _ => Exit::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_conversations_are_looked_at_before_all_others() {
        let now = "2026-04-08T12:00:00Z".parse().unwrap();
        let asked = |given, demo| {
            let ranges = ranges(given, demo, now).unwrap();
            ranges
                .into_iter()
                .map(|(range, _)| range)
                .collect::<Vec<_>>()
        };
        let recent = TimeRange::since("2026-04-01T12:00:00Z").unwrap();
        let all = TimeRange::unbounded();
        assert_eq!(asked(all, false), [recent, all]);
        assert_eq!(asked(all, true), [all]);
        assert_eq!(asked(recent, true), [recent]);
    }

    #[test]
    fn notes_are_no_reason_to_fail() {
        assert_eq!(exit(Cause::InProgress), None);
        assert_eq!(exit(Cause::TranscriptsOff), Some(Exit::Other));
        assert_eq!(exit(Cause::TooSlow), Some(Exit::Server));
    }
}
