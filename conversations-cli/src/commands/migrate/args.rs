//! Arguments of `conversations migrate`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use conversations_api_ext::Environment;
use conversations_api_ext::migrate::FieldPath;

use crate::args::{ApiVersion, SETTINGS, SourceArguments, hidden, one_project};

const VERDICTS: &str = "\
Exit codes:
  0    ready
  9    ready, with notes to review
  10   not ready
  4, 5, 6  a version cannot be read; the report shows how far the comparison got
For other exit codes, see `conversations --help`.";

/// Migrate from v1 to v3: compare both versions, and show the remaining steps
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations migrate plan
  conversations migrate check --start 2026-04-01 --end 2026-05-01
  conversations migrate check --demo")]
pub(crate) struct MigrateArguments {
    #[command(subcommand)]
    pub(crate) command: MigrateCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MigrateCommand {
    Check(CheckArguments),
    Plan(PlanArguments),
}

/// Compare the conversations of two versions, and report whether results would change
///
/// Reads the same time range from both versions and matches conversations by id. Documented differences count as
/// equal and are listed by rule; other differences are listed by field with example ids. No transcripts are shown. A
/// conversation that differs is re-read before it is reported.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  conversations migrate check --demo
  conversations migrate check --start 2026-04-01 --end 2026-05-01
  conversations migrate check --client-env sandbox --require variant_name
  conversations migrate check --start 2025-01-01 --sample 200 --slice 30m
  conversations migrate check --start 2026-04-01 --resume parity.json

v1 and v2 require a key of their own: POLYAI_LEGACY_API_KEY or --legacy-api-key-file.

{VERDICTS}"), after_long_help = format!("\
Examples:
  conversations migrate check --demo
  conversations migrate check --start 2026-04-01 --end 2026-05-01
  conversations migrate check --client-env sandbox --require variant_name
  conversations migrate check --start 2025-01-01 --sample 200 --slice 30m
  conversations migrate check --start 2026-04-01 --resume parity.json

{SETTINGS}
  POLYAI_LEGACY_API_KEY  API key of v1 and v2 (or --legacy-api-key-file)

{VERDICTS}"))]
#[command(mut_arg("project", one_project), mut_arg("projects", hidden))]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) versions: VersionsArguments,

    /// Environment: live, sandbox or pre-release
    #[arg(long, value_name = "ENVIRONMENT", default_value = "live")]
    pub(crate) client_env: Environment,

    /// Start of the time range (inclusive): a date (midnight UTC) or RFC 3339 [default: 7 days before the end]
    #[arg(long, value_name = "TIME")]
    pub(crate) start: Option<String>,

    /// End of the time range (exclusive), in the same formats as --start [default: 1 hour ago]
    #[arg(long, value_name = "TIME")]
    pub(crate) end: Option<String>,

    /// Include only the variant with this id
    #[arg(long, value_name = "ID", conflicts_with = "variant_name")]
    pub(crate) variant_id: Option<String>,

    /// Include only the variant with this name
    #[arg(long, value_name = "NAME")]
    pub(crate) variant_name: Option<String>,

    /// Compare N random slices of the time range instead of all of it
    #[arg(long, value_name = "N")]
    pub(crate) sample: Option<u32>,

    /// Length of each slice of a sample
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = humantime::parse_duration, requires = "sample")]
    pub(crate) slice: Duration,

    /// Seed of the sample; the same seed selects the same slices
    #[arg(long, value_name = "N", default_value_t = 7, requires = "sample")]
    pub(crate) seed: u64,

    /// Show the values that differ, including transcripts and phone numbers
    #[arg(long)]
    pub(crate) show_values: bool,

    /// Save the report to this file as it progresses, and resume from it if it exists
    #[arg(long, value_name = "PATH")]
    pub(crate) resume: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) report: ReportArguments,

    #[command(flatten)]
    pub(crate) source: SourceArguments,
}

/// Show the migration steps from v1 to v3, and check those that can be checked
///
/// Requests one conversation from each version, then compares sandbox and live over the last days.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  conversations migrate plan --demo
  conversations migrate plan --days 30 --require variant_name
  conversations migrate plan --format markdown -o plan.md

v1 requires a key of its own: POLYAI_LEGACY_API_KEY or --legacy-api-key-file.

{VERDICTS}
Steps of people do not affect the verdict. Without the keys of both versions, nothing is compared: not ready."))]
#[command(mut_arg("project", one_project), mut_arg("projects", hidden))]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    pub(crate) versions: VersionsArguments,

    /// Number of days to compare, ending 1 hour ago
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub(crate) days: u16,

    #[command(flatten)]
    pub(crate) report: ReportArguments,

    #[command(flatten)]
    pub(crate) source: SourceArguments,
}

/// The two versions that are compared.
#[derive(Debug, Args)]
pub(crate) struct VersionsArguments {
    /// Version to migrate from
    #[arg(long, value_enum, value_name = "VERSION", default_value_t = ApiVersion::V1)]
    pub(crate) from: ApiVersion,

    /// Version to migrate to
    #[arg(long, value_enum, value_name = "VERSION", default_value_t = ApiVersion::V3)]
    pub(crate) to: ApiVersion,

    /// Fields that your code depends on, e.g. state.order_id,variant_name; a change in one of them means not ready
    #[arg(long, value_name = "FIELD,…", value_delimiter = ',')]
    pub(crate) require: Vec<FieldPath>,

    /// File that contains only the API key of v1 and v2 [env: POLYAI_LEGACY_API_KEY, the key itself]
    #[arg(
        long,
        value_name = "PATH",
        help_heading = "Connection",
        conflicts_with = "demo"
    )]
    pub(crate) legacy_api_key_file: Option<PathBuf>,

    /// Base URL (scheme and host) of the version to migrate from, if it is different
    #[arg(
        long,
        value_name = "URL",
        help_heading = "Connection",
        conflicts_with = "demo"
    )]
    pub(crate) from_base_url: Option<String>,
}

/// The format and destination of a report.
#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// Output format: text, json or markdown
    #[arg(long, value_enum, default_value_t = ReportFormat::Text, hide_possible_values = true)]
    pub(crate) format: ReportFormat,

    /// Output file [default: standard output]
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Text,
    Json,
    Markdown,
}
