//! `conversations doctor`: checks whether projects can be read and what their conversations lack, and gives advice.

mod format;
mod project_check;

use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use conversations_api_ext::{Cause, Client, Environment, Query, TimeRange, V1, V2, V3};
use conversations_table::Tz;
use futures_util::StreamExt as _;

use crate::args::time;
use crate::args::{ApiVersion, SourceArguments};
use crate::failure::{Exit, Failure};
use crate::source::Source;
use crate::source::projects::{self, NamedProject};
use crate::term::escape::Terminal;
use crate::term::progress::Progress;
use crate::term::stdout;
use project_check::{ProjectCheck, ProjectReport};

/// Retry timeout. It is short because the user waits for the result at the terminal.
const MAX_RETRY_TIMEOUT: Duration = Duration::from_secs(20);
/// The time range to examine if none is given.
const RECENT: TimeDelta = TimeDelta::days(7);
/// Number of projects checked concurrently: few enough that they do not affect each other's response times.
const AT_ONCE: usize = 4;

/// Diagnose connection, permission and data problems, and suggest fixes
///
/// Sends three requests per project, for at most 50 conversations and one of them by its id, and checks the key, region, host, response time and
/// clock, whether transcripts are enabled, which documented fields are missing and which undocumented fields occur.
/// No transcripts are shown. Without a time range, the last 7 days are checked, or all time if they are empty.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations doctor
  conversations doctor --client-env sandbox --start 2026-04-01
  conversations doctor --projects conversations.toml
  conversations doctor --format json | jq -r '.projects[].findings[].message'
  conversations doctor --demo

The exit code is that of the most severe problem: 0 if there is none, 4 for the key, 5 for a project that was not \
found, 6 for a server that is unreachable or failing, 2 for a rejected request, 3 for malformed records, 1 for any \
other problem.

For settings and other exit codes, see `conversations export --help`. Failed requests are retried for at most 20 s.")]
pub(crate) struct DoctorArguments {
    /// Output format: text, or json (one object with an array `projects`)
    #[arg(long, value_enum, default_value_t = DoctorFormat::Text, hide_possible_values = true)]
    format: DoctorFormat,

    /// API version
    #[arg(long, value_enum, value_name = "VERSION", default_value_t = ApiVersion::V3)]
    api_version: ApiVersion,

    /// Environment: live, sandbox or pre-release
    #[arg(long, value_name = "ENVIRONMENT", default_value_t)]
    client_env: Environment,

    /// Start of the time range to check (inclusive): 2026-04-01, 2026-04, today, yesterday, 7d (midnight 7 days ago),
    /// 12h (12 hours ago) or RFC 3339. Dates begin at midnight UTC
    #[arg(long, value_name = "TIME")]
    start: Option<String>,

    /// End of the time range (exclusive), in the same formats as --start
    #[arg(long, value_name = "TIME")]
    end: Option<String>,

    #[command(flatten)]
    source: SourceArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DoctorFormat {
    Text,
    Json,
}

pub(crate) async fn run(mut arguments: DoctorArguments) -> Result<ExitCode, Failure> {
    let (start, end) = (arguments.start.as_deref(), arguments.end.as_deref());
    let given = time::range(start, end, Tz::UTC, Utc::now())?;
    let timeout = &mut arguments.source.connection.retry_timeout;
    *timeout = (*timeout).min(MAX_RETRY_TIMEOUT);
    let ranges = ranges(given, arguments.source.demo, Utc::now())?;
    let several = projects::several(&arguments.source.connection)?;
    let progress = Progress::new(arguments.source.quiet);
    let reports = match several {
        Some(projects) => examine_each(projects, &arguments, &ranges).await,
        None => {
            let source = Source::open(&arguments.source).await?;
            let check = examine(&source.client, &arguments, &ranges).await?;
            vec![ProjectReport {
                name: None,
                outcome: Ok(check),
            }]
        }
    };
    drop(progress);
    match arguments.format {
        DoctorFormat::Text => stdout::print(&format::text(&reports, Terminal::of_stdout()))?,
        DoctorFormat::Json => stdout::print_json(&format!("{:#}\n", format::json(&reports)))?,
    }
    Ok(code(&reports))
}

/// Returns the time ranges to examine, one after the other until one has conversations.
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

/// Examines several projects concurrently and returns them in the given order. A failure of one does not stop the
/// others.
async fn examine_each(
    projects: Vec<NamedProject>,
    arguments: &DoctorArguments,
    ranges: &[(TimeRange, &'static str)],
) -> Vec<ProjectReport> {
    let reports = projects.into_iter().map(|project| async {
        let outcome = match project.client {
            Ok(client) => examine(&client, arguments, ranges).await,
            Err(failure) => Err(failure),
        };
        ProjectReport {
            name: Some(project.name),
            outcome,
        }
    });
    let reports = futures_util::stream::iter(reports);
    reports.buffered(AT_ONCE).collect().await
}

async fn examine(
    client: &Client,
    arguments: &DoctorArguments,
    ranges: &[(TimeRange, &'static str)],
) -> Result<ProjectCheck, Failure> {
    let mut last = None;
    for (range, when) in ranges {
        let environment = arguments.client_env;
        let check = match arguments.api_version {
            ApiVersion::V1 => {
                let query = Query::<V1>::v1()
                    .environment(environment)
                    .time_range(*range);
                ProjectCheck::of(client, query, when).await?
            }
            ApiVersion::V2 => {
                let query = Query::<V2>::v2()
                    .environment(environment)
                    .time_range(*range);
                ProjectCheck::of(client, query.include_latency(true), when).await?
            }
            ApiVersion::V3 => {
                let query = Query::<V3>::v3()
                    .environment(environment)
                    .time_range(*range);
                ProjectCheck::of(client, query.include_latency(true), when).await?
            }
        };
        let is_empty = check.is_empty();
        last = Some(check);
        if !is_empty {
            break;
        }
    }
    last.ok_or_else(|| Failure::other("no time range to check"))
}

/// Returns the exit code of the most fundamental problem found, in the order in which one would fix them.
fn code(reports: &[ProjectReport]) -> ExitCode {
    let found: Vec<Exit> = reports
        .iter()
        .flat_map(|report| match &report.outcome {
            Ok(check) => check.problems().map(exit).collect(),
            Err(failure) => vec![failure.exit()],
        })
        .collect();
    let order = [
        Exit::Authentication,
        Exit::NotFound,
        Exit::Server,
        Exit::Usage,
        Exit::Skipped,
        Exit::Other,
    ];
    let worst = order.into_iter().find(|exit| found.contains(exit));
    worst.map_or(ExitCode::SUCCESS, ExitCode::from)
}

fn exit(cause: Cause) -> Exit {
    match cause {
        Cause::KeyRejected | Cause::KeyForbidden => Exit::Authentication,
        Cause::ProjectNotFound => Exit::NotFound,
        Cause::QueryRefused => Exit::Usage,
        Cause::RateLimited
        | Cause::ServerFailing
        | Cause::NotReachable
        | Cause::TooSlow
        | Cause::OtherServer => Exit::Server,
        Cause::Malformed => Exit::Skipped,
        _ => Exit::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_conversations_are_checked_before_all_others() {
        let now = "2026-04-08T12:00:00Z".parse().unwrap();
        let checked = |given, demo| {
            let ranges = ranges(given, demo, now).unwrap();
            ranges
                .into_iter()
                .map(|(range, _)| range)
                .collect::<Vec<_>>()
        };
        let recent = TimeRange::since("2026-04-01T12:00:00Z").unwrap();
        let all = TimeRange::unbounded();
        assert_eq!(checked(all, false), [recent, all]);
        assert_eq!(checked(all, true), [all]);
        assert_eq!(checked(recent, true), [recent]);
    }

    #[test]
    fn the_cause_determines_the_exit_code() {
        assert_eq!(exit(Cause::TranscriptsOff), Exit::Other);
        assert_eq!(exit(Cause::TooSlow), Exit::Server);
    }
}
