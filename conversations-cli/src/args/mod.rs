//! Groups of arguments that several commands share, and the parsers of their values.

pub(crate) mod redact;
pub(crate) mod time;

use std::path::PathBuf;
use std::time::Duration;

use chrono::Utc;
use clap::{Arg, Args, ValueEnum};
use conversations_api_ext::{Environment, Region, TimeRange};
use conversations_table::Tz;

use crate::args::redact::RedactArguments;
use crate::failure::Failure;
use crate::output::Format;

pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    success
  1    any other error
  2    invalid command line, setting or filter
  3    completed, but malformed records were skipped or quarantined
  4    the API key was rejected (401) or cannot read this project (403)
  5    account, project (404) or conversation not found
  6    the server is unreachable, failing or rate limiting requests
  7    the output cannot be written
  8    another run is writing to the same output
  9    migrate: ready, with notes to review
  10   migrate: not ready
  130  interrupted; to resume or start over, run the same command again";

pub(crate) const SETTINGS: &str = "\
Settings are read from flags, then from the environment, then from a file named
.env in the working directory:
  POLYAI_API_KEY      API key (--api-key-file reads it from a file instead)
  POLYAI_REGION       us-1, uk-1 or euw-1
  POLYAI_ACCOUNT_ID   \"Workspace ID\" in Agent Studio
  POLYAI_PROJECT_ID   \"Agent ID\" in Agent Studio
  POLYAI_BASE_URL     base URL, instead of a region
  POLYAI_AGENTS_BASE_URL, POLYAI_AGENTS_API_KEY
                      base URL and API key for single conversations and
                      recordings [default: that of the region, POLYAI_API_KEY]
A base URL from .env is used only with a key from .env, and one from the
environment never with a key from .env.
Read from the environment only:
  HTTPS_PROXY         URL of a proxy, also ALL_PROXY; NO_PROXY lists exceptions
  SSL_CERT_FILE       root certificates in PEM format (not on macOS or Windows)";

pub(crate) const PROJECTS: &str = "\
The file of --projects has a table for each project. It contains no keys, only
where to read them:
  [[project]]
  name = \"sales\"                # {name} in the output [default: the id]
  region = \"us-1\"               # or base_url
  account = \"ws-fd112d8f\"
  project = \"PROJECT-58RP822I\"
  key_variable = \"SALES_KEY\"    # or key_file
For single conversations and recordings, it may also have agents_base_url and
agents_key_variable.";

/// The flags of a connection, by their ids.
pub(crate) const CONNECTION_FLAGS: [&str; 10] = [
    "demo",
    "region",
    "base_url",
    "agents_base_url",
    "account",
    "project",
    "projects",
    "api_key_file",
    "retry_timeout",
    "max_requests_per_minute",
];

/// The flags of requests for conversations.
pub(crate) const REQUEST_FLAGS: [&str; 5] = [
    "api_version",
    "page_size",
    "include_latency",
    "include_turn_metadata",
    "include_context_state",
];

/// The flags that select conversations.
pub(crate) const FILTER_FLAGS: [&str; 7] = [
    "client_env",
    "start",
    "end",
    "channel",
    "variant_id",
    "variant_name",
    "in_progress",
];

/// Describes `--project` for a command that reads one project.
pub(crate) fn one_project(flag: Arg) -> Arg {
    flag.help("Project id, \"Agent ID\" in Agent Studio [env: POLYAI_PROJECT_ID]")
}

/// Omits a flag from the help of a command that rejects it with a message of its own.
pub(crate) fn hidden(flag: Arg) -> Arg {
    flag.hide(true)
}

/// The format in which records are written.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output format")]
pub(crate) struct LayoutArguments {
    /// Output format: jsonl (one record per line, as received), csv (one row per conversation) or parquet (typed
    /// columns with nested turns) [default: by file extension, else jsonl; for sync parquet]
    #[arg(long, value_enum, hide_possible_values = true)]
    pub(crate) format: Option<Format>,

    /// Compress with gzip [default: if the file name ends in .gz]
    #[arg(long, conflicts_with = "zstd")]
    pub(crate) gzip: bool,

    /// Compress with zstd [default: if the file name ends in .zst]
    #[arg(long)]
    pub(crate) zstd: bool,

    /// Write one CSV row per turn instead of one per conversation
    #[arg(long, conflicts_with = "columns")]
    pub(crate) turns: bool,

    /// Prefix each CSV cell that a spreadsheet would interpret as a formula (one that begins with `=`, `+`, `-` or
    /// `@`) with an apostrophe
    #[arg(long)]
    pub(crate) csv_safe: bool,

    /// Columns to write to CSV or Parquet, in this order: fields of a conversation, direction, local_date,
    /// local_hour, metric_NAME, metrics, extra [default: all]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,

    #[command(flatten)]
    pub(crate) redact: RedactArguments,

    /// Time zone of the dates in --start and --end, e.g. Europe/London; also adds the columns local_date and
    /// local_hour in this time zone to CSV and Parquet [default: UTC]
    #[arg(long, value_name = "ZONE", value_parser = time_zone)]
    pub(crate) time_zone: Option<Tz>,
}

impl LayoutArguments {
    /// Returns the time zone of the dates in `--start` and `--end`.
    pub(crate) fn zone(&self) -> Tz {
        self.time_zone.unwrap_or(Tz::UTC)
    }
}

/// Where conversations are read from, and how much is printed.
#[derive(Debug, Clone, Args)]
pub(crate) struct SourceArguments {
    /// Use generated sample data of April 2026; requires no key and no network
    #[arg(long, conflicts_with_all = ["region", "base_url", "agents_base_url", "account", "project", "projects", "api_key_file"])]
    pub(crate) demo: bool,

    /// Suppress progress output and summaries; errors and skipped data are still reported
    #[arg(short, long)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) connection: ConnectionArguments,
}

/// The number of concurrent requests.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ParallelArguments {
    /// Maximum number of time windows to fetch concurrently, 1 to 32; more than 1 requires --start
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(crate) parallel: u8,
}

/// The server, the project and the API key.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectionArguments {
    /// Region of the API: us-1, uk-1 or euw-1 [env: POLYAI_REGION]
    #[arg(long, value_name = "REGION", conflicts_with = "base_url")]
    pub(crate) region: Option<Region>,

    /// Base URL (scheme and host) instead of a region, e.g. of an emulator [env: POLYAI_BASE_URL]
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,

    /// Base URL for single conversations and recordings [default: that of the region]
    /// [env: POLYAI_AGENTS_BASE_URL]
    #[arg(long, value_name = "URL")]
    pub(crate) agents_base_url: Option<String>,

    /// Account id, "Workspace ID" in Agent Studio [env: POLYAI_ACCOUNT_ID]
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,

    /// Project id, "Agent ID" in Agent Studio; repeatable [env: POLYAI_PROJECT_ID]
    #[arg(long, value_name = "ID")]
    pub(crate) project: Vec<String>,

    /// TOML file that lists projects with their regions and key sources; a project that fails does not stop the
    /// others
    #[arg(long, value_name = "PATH", conflicts_with_all = ["region", "base_url", "agents_base_url", "account", "project", "api_key_file"])]
    pub(crate) projects: Option<PathBuf>,

    /// Maximum time to spend retrying while no request succeeds (e.g. 10m; 0s disables retries)
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = humantime::parse_duration)]
    pub(crate) retry_timeout: Duration,

    /// Maximum number of requests per minute and project, including retries [default: unlimited]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_requests_per_minute: Option<u32>,

    /// File that contains only the API key; `-` is standard input [env: POLYAI_API_KEY, the key itself]
    #[arg(long, value_name = "PATH")]
    pub(crate) api_key_file: Option<PathBuf>,
}

/// The conversations to request, and the fields to include.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Filters")]
pub(crate) struct FilterArguments {
    /// API version: v1, v2 or v3 [default: v3]
    #[arg(long, value_enum, value_name = "VERSION", hide_possible_values = true)]
    pub(crate) api_version: Option<ApiVersion>,

    /// Environment: live, sandbox, pre-release or all; repeatable [default: live; with --demo all]
    #[arg(long, value_name = "ENVIRONMENT", value_parser = environments)]
    pub(crate) client_env: Vec<Environments>,

    /// Start of the time range (inclusive): 2026-04-01, 2026-04, today, yesterday, 7d (midnight 7 days ago), 12h (12
    /// hours ago) or RFC 3339. Dates begin at midnight in --time-zone if the command has it, else in UTC
    #[arg(long, value_name = "TIME")]
    pub(crate) start: Option<String>,

    /// End of the time range (exclusive), in the same formats as --start
    #[arg(long, value_name = "TIME")]
    pub(crate) end: Option<String>,

    /// Include only this channel, e.g. VOICE-SIP, WEBCHAT or CHAT; repeatable (v2 and v3)
    #[arg(long, value_name = "CHANNEL")]
    pub(crate) channel: Vec<String>,

    /// Include only the variant with this id
    #[arg(long, value_name = "ID", conflicts_with = "variant_name")]
    pub(crate) variant_id: Option<String>,

    /// Include only the variant with this name
    #[arg(long, value_name = "NAME")]
    pub(crate) variant_name: Option<String>,

    /// Include only conversations in progress (true) or only finished ones (false)
    #[arg(long, value_name = "BOOL")]
    pub(crate) in_progress: Option<bool>,

    /// Number of conversations per request: 1 to 1000, on v1 up to 5000
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) page_size: u32,

    /// Request the latency of each turn (v2 and v3)
    #[arg(long)]
    pub(crate) include_latency: bool,

    /// Request generative AI metadata of each turn (v2 and v3)
    #[arg(long)]
    pub(crate) include_turn_metadata: bool,

    /// Request the dialogue state of each conversation (v1)
    #[arg(long)]
    pub(crate) include_context_state: bool,
}

impl FilterArguments {
    pub(crate) fn version(&self) -> ApiVersion {
        self.api_version.unwrap_or(ApiVersion::V3)
    }

    /// Returns the time range of `--start` and `--end`.
    pub(crate) fn range(&self, zone: Tz) -> Result<TimeRange, Failure> {
        time::range(self.start.as_deref(), self.end.as_deref(), zone, Utc::now())
    }

    /// Requests latency fields if the API version supports them.
    pub(crate) fn ask_for_latency(&mut self) {
        self.include_latency |= self.version() != ApiVersion::V1;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ApiVersion {
    V1,
    V2,
    V3,
}

/// The value of `--client-env`: one environment, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Environments {
    One(Environment),
    All,
}

impl Environments {
    /// Returns the default of commands that read all available data: all environments for a demo.
    pub(crate) const fn unless_named(demo: bool) -> Self {
        if demo {
            Self::All
        } else {
            Self::One(Environment::Live)
        }
    }
}

fn environments(text: &str) -> Result<Environments, conversations_api_ext::Error> {
    if text == "all" {
        return Ok(Environments::All);
    }
    text.parse().map(Environments::One)
}

pub(crate) fn time_zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| {
        "unknown time zone; use a name of the IANA database, such as Europe/London, America/New_York or UTC"
            .to_owned()
    })
}
