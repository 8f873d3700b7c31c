//! Groups of arguments that several commands share, and the parsers of their values.

pub(crate) mod moment;
pub(crate) mod redact;

use std::path::PathBuf;
use std::time::Duration;

use chrono::Utc;
use clap::{Args, ValueEnum};
use conversations_api_ext::{Environment, Region, TimeRange};
use conversations_table::Tz;

use crate::args::redact::RedactArguments;
use crate::failure::Failure;
use crate::output::Format;

pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    something else failed
  2    the command line, a setting or a filter is wrong
  3    completed, but malformed records were written to the quarantine file
  4    the API key was not accepted (401) or may not read this project (403)
  5    no such account, project (404) or conversation here
  6    the server is unreachable, failing or limiting requests
  7    the output could not be written
  8    another run is writing there
  9    migrate: ready, with notes that somebody should look at
  10   migrate: not ready
  130  interrupted; run the same command again to resume or start over";

pub(crate) const SETTINGS: &str = "\
Settings come from flags, else from the environment, else from a file named .env
in the working directory:
  POLYAI_API_KEY      the key itself; --api-key-file names a file instead
  POLYAI_REGION       us-1, uk-1 or euw-1
  POLYAI_ACCOUNT_ID   \"Workspace ID\" in Agent Studio
  POLYAI_PROJECT_ID   \"Agent ID\" in Agent Studio
  POLYAI_BASE_URL     instead of a region
A base URL in .env is used only with a key that is in .env as well, and one in
the environment not with a key in .env.
From the environment only:
  HTTPS_PROXY         proxy, also ALL_PROXY; NO_PROXY lists hosts without one
  SSL_CERT_FILE       trusted root certificates in PEM form; not on macOS, Windows";

pub(crate) const PROJECTS: &str = "\
The file of --projects has a part for each, which says where its key is:
  [[project]]
  name = \"sales\"                # {name} in the output; the id if there is none
  region = \"us-1\"               # or base_url
  account = \"ws-fd112d8f\"
  project = \"PROJECT-58RP822I\"
  key_variable = \"SALES_KEY\"    # or key_file";

/// How records are written.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Form")]
pub(crate) struct LayoutArguments {
    /// jsonl: each record as received, one a line; csv: a row a conversation; parquet: typed, turns nested
    /// [default: by the name of the output, else jsonl; of sync parquet]
    #[arg(long, value_enum, hide_possible_values = true)]
    pub(crate) format: Option<Format>,

    /// Compress with gzip [default: if the name ends in .gz]
    #[arg(long, conflicts_with = "zstd")]
    pub(crate) gzip: bool,

    /// Compress with zstd [default: if the name ends in .zst]
    #[arg(long)]
    pub(crate) zstd: bool,

    /// CSV with a row for each turn
    #[arg(long, conflicts_with = "columns")]
    pub(crate) turns: bool,

    /// Put an apostrophe before each CSV cell that a spreadsheet would take for a formula (one that begins with
    /// `=`, `+`, `-` or `@`)
    #[arg(long)]
    pub(crate) csv_safe: bool,

    /// These columns in this order: fields of a conversation, direction, local_date, local_hour,
    /// metric_NAME, metrics, extra; for CSV and Parquet [default: all]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,

    #[command(flatten)]
    pub(crate) redact: RedactArguments,

    /// Time zone of the dates in --start and --end, and of the columns local_date and local_hour, which it adds to
    /// CSV and Parquet; e.g. Europe/London [default: UTC]
    #[arg(long, value_name = "ZONE", value_parser = time_zone)]
    pub(crate) time_zone: Option<Tz>,
}

impl LayoutArguments {
    /// Returns the time zone of the dates in `--start` and `--end`.
    pub(crate) fn zone(&self) -> Tz {
        self.time_zone.unwrap_or(Tz::UTC)
    }
}

/// Whom to ask, and how much to say meanwhile.
#[derive(Debug, Clone, Args)]
pub(crate) struct SourceArguments {
    /// Use made-up conversations of April 2026: no key, no network
    #[arg(long, conflicts_with_all = ["region", "base_url", "account", "project", "projects", "api_key_file"])]
    pub(crate) demo: bool,

    /// Say nothing but errors and the answer
    #[arg(short, long)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) connection: ConnectionArguments,
}

/// How much is fetched at once.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ParallelArguments {
    /// Maximum number of windows of the time range to fetch at once, 1 to 32; more than one needs --start
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(crate) parallel: u8,
}

/// Where the API is and who asks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectionArguments {
    /// us-1, uk-1 or euw-1 [variable: POLYAI_REGION]
    #[arg(long, value_name = "REGION", conflicts_with = "base_url")]
    pub(crate) region: Option<Region>,

    /// Scheme and host instead of a region, e.g. of an emulator [variable: POLYAI_BASE_URL]
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,

    /// Account, "Workspace ID" in Agent Studio [variable: POLYAI_ACCOUNT_ID]
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,

    /// Project, "Agent ID" in Agent Studio; several by repetition [variable: POLYAI_PROJECT_ID]
    #[arg(long, value_name = "ID")]
    pub(crate) project: Vec<String>,

    /// Several projects, each with its region and where its key is, from a file such as conversations.toml;
    /// one that fails stops no other
    #[arg(long, value_name = "FILE", conflicts_with_all = ["region", "base_url", "account", "project", "api_key_file"])]
    pub(crate) projects: Option<PathBuf>,

    /// Maximum time to spend retrying while no request succeeds, e.g. 10m; 0s disables retries
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = humantime::parse_duration)]
    pub(crate) retry_timeout: Duration,

    /// Maximum number of requests to send to a project in any minute, retries included [default: no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_requests_per_minute: Option<u32>,

    /// File with the API key and nothing else; `-` is standard input [variable with the key itself: POLYAI_API_KEY]
    #[arg(long, value_name = "FILE")]
    pub(crate) api_key_file: Option<PathBuf>,
}

/// Which conversations, and how they are asked for.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Filters")]
pub(crate) struct FilterArguments {
    /// Version of the API: v1, v2 or v3 [default: v3]
    #[arg(long, value_enum, value_name = "VERSION", hide_possible_values = true)]
    pub(crate) api_version: Option<ApiVersion>,

    /// live, sandbox or pre-release, repeatable, or all [default: live; with --demo all]
    #[arg(long, value_name = "ENVIRONMENT", value_parser = environments)]
    pub(crate) client_env: Vec<Environments>,

    /// Start of the time range: 2026-04-01, 2026-04, today, yesterday, 7d (the start of the day 7 days ago), 12h, or
    /// RFC 3339. Dates begin at midnight in --time-zone, where there is that flag, else in UTC
    #[arg(long, value_name = "TIME")]
    pub(crate) start: Option<String>,

    /// End of the time range, excluded; written as --start is
    #[arg(long, value_name = "TIME")]
    pub(crate) end: Option<String>,

    /// Only this channel, e.g. VOICE-SIP, WEBCHAT, CHAT; repeatable; v2 and v3
    #[arg(long, value_name = "CHANNEL")]
    pub(crate) channel: Vec<String>,

    /// Only this variant
    #[arg(long, value_name = "ID", conflicts_with = "variant_name")]
    pub(crate) variant_id: Option<String>,

    /// Only the variant of this name
    #[arg(long, value_name = "NAME")]
    pub(crate) variant_name: Option<String>,

    /// true: only calls in progress; false: only finished ones
    #[arg(long, value_name = "BOOL")]
    pub(crate) in_progress: Option<bool>,

    /// Conversations a request: 1 to 1000, on v1 to 5000
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) page_size: u32,

    /// Ask for the latency of each turn; v2 and v3
    #[arg(long)]
    pub(crate) include_latency: bool,

    /// Ask for generative AI details of each turn; v2 and v3
    #[arg(long)]
    pub(crate) include_turn_metadata: bool,

    /// Ask for the dialogue state of each conversation; v1
    #[arg(long)]
    pub(crate) include_context_state: bool,
}

impl FilterArguments {
    pub(crate) fn version(&self) -> ApiVersion {
        self.api_version.unwrap_or(ApiVersion::V3)
    }

    /// Returns the time range of `--start` and `--end`.
    pub(crate) fn range(&self, zone: Tz) -> Result<TimeRange, Failure> {
        moment::range(self.start.as_deref(), self.end.as_deref(), zone, Utc::now())
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
        "there is no such time zone; names are those of the IANA database, such as Europe/London, \
         America/New_York or UTC"
            .to_owned()
    })
}
