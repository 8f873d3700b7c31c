//! Arguments of `conversations migrate`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use conversations_api_ext::Environment;
use conversations_api_ext::migrate::FieldPath;

use crate::args::{ApiVersion, SETTINGS, SourceArguments};

const VERDICTS: &str = "\
Exit codes:
  0    ready
  9    ready, with notes that somebody should look at
  10   not ready
  4, 5, 6  a side failed, as for the other commands; the report says how far it got
All others are those of `conversations --help`.";

/// Leave v1: compare both versions, and see which steps are left
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

/// Compare the conversations of two versions, and say whether numbers would change
///
/// Reads the same range from both versions and pairs conversations by id. What the vendor documents as written
/// differently counts as equal and is listed by rule; all else is listed by field with ids of examples. Nothing
/// of what was said is shown. A conversation that differs is read again before it is judged.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  conversations migrate check --demo
  conversations migrate check --start 2026-04-01 --end 2026-05-01
  conversations migrate check --client-env sandbox --require variant_name
  conversations migrate check --start 2025-01-01 --sample 200 --slice 30m
  conversations migrate check --start 2026-04-01 --resume parity.json

v1 and v2 take a key of their own: POLYAI_LEGACY_API_KEY, or --legacy-api-key-file.

{VERDICTS}"), after_long_help = format!("\
Examples:
  conversations migrate check --demo
  conversations migrate check --start 2026-04-01 --end 2026-05-01
  conversations migrate check --client-env sandbox --require variant_name
  conversations migrate check --start 2025-01-01 --sample 200 --slice 30m
  conversations migrate check --start 2026-04-01 --resume parity.json

{SETTINGS}
  POLYAI_LEGACY_API_KEY  the key of v1 and v2 (or --legacy-api-key-file)

{VERDICTS}"))]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) sides: SidesArguments,

    /// live, sandbox or pre-release
    #[arg(long, value_name = "ENVIRONMENT", default_value = "live")]
    pub(crate) client_env: Environment,

    /// From this time on: a date (midnight UTC) or RFC 3339 [default: a week before the end]
    #[arg(long, value_name = "TIME")]
    pub(crate) start: Option<String>,

    /// Up to, and without, this time [default: an hour ago, when calls have come to rest]
    #[arg(long, value_name = "TIME")]
    pub(crate) end: Option<String>,

    /// Only this variant
    #[arg(long, value_name = "ID", conflicts_with = "variant_name")]
    pub(crate) variant_id: Option<String>,

    /// Only the variant of this name
    #[arg(long, value_name = "NAME")]
    pub(crate) variant_name: Option<String>,

    /// Compare so many slices of the range, drawn at random, instead of all of it
    #[arg(long, value_name = "N")]
    pub(crate) sample: Option<u32>,

    /// How long each slice of a sample is
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = humantime::parse_duration, requires = "sample")]
    pub(crate) slice: Duration,

    /// Which slices are drawn; the same seed draws the same ones
    #[arg(long, value_name = "N", default_value_t = 7, requires = "sample")]
    pub(crate) seed: u64,

    /// Show the two values of fields that differ: what callers said, and their numbers
    #[arg(long)]
    pub(crate) show_values: bool,

    /// Keep the report so far in this file, and go on from it if it is there
    #[arg(long, value_name = "FILE")]
    pub(crate) resume: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) shown: ShownArguments,

    #[command(flatten)]
    pub(crate) source: SourceArguments,
}

/// Go through the vendor's steps from v1 to v3, check those that can be checked, and say who does the rest
///
/// Asks each version for one conversation, then compares sandbox and live over the last days.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  conversations migrate plan --demo
  conversations migrate plan --days 30 --require variant_name
  conversations migrate plan --format markdown -o plan.md

v1 takes a key of its own: POLYAI_LEGACY_API_KEY, or --legacy-api-key-file.

{VERDICTS}
A step that is still to be done is no reason against ready; one whose check failed is."))]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    pub(crate) sides: SidesArguments,

    /// How many days to compare, up to an hour ago
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub(crate) days: u16,

    #[command(flatten)]
    pub(crate) shown: ShownArguments,

    #[command(flatten)]
    pub(crate) source: SourceArguments,
}

/// The two versions that are compared.
#[derive(Debug, Args)]
pub(crate) struct SidesArguments {
    /// The version to leave
    #[arg(long, value_enum, value_name = "VERSION", default_value_t = ApiVersion::V1)]
    pub(crate) from: ApiVersion,

    /// The version to go to
    #[arg(long, value_enum, value_name = "VERSION", default_value_t = ApiVersion::V3)]
    pub(crate) to: ApiVersion,

    /// Fields that your code depends on, e.g. state.order_id,variant_name: a change there means not ready
    #[arg(long, value_name = "FIELD,…", value_delimiter = ',')]
    pub(crate) require: Vec<FieldPath>,

    /// File with the key of v1 and v2 and nothing else [variable with the key itself: POLYAI_LEGACY_API_KEY]
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Connection",
        conflicts_with = "demo"
    )]
    pub(crate) legacy_api_key_file: Option<PathBuf>,

    /// Scheme and host of the version to leave, where they are others
    #[arg(
        long,
        value_name = "URL",
        help_heading = "Connection",
        conflicts_with = "demo"
    )]
    pub(crate) from_base_url: Option<String>,
}

/// How the outcome is shown.
#[derive(Debug, Args)]
pub(crate) struct ShownArguments {
    /// text for people, json for programs, markdown for a ticket
    #[arg(long, value_enum, default_value_t = Shown::Text, hide_possible_values = true)]
    pub(crate) format: Shown,

    /// Where to write it [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shown {
    Text,
    Json,
    Markdown,
}
