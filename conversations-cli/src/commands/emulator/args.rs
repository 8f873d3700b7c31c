//! Arguments of `conversations emulator`.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::SystemTime;

use chrono::DateTime;
use clap::{Args, Subcommand};
use conversations_emulator::Clock;

/// Run a local emulator of the Conversations API
///
/// When it is ready, prints its address and keys as one line of JSON, then serves requests until interrupted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations emulator --port 8080
  conversations emulator --data april.jsonl --key secret --legacy-key older
  conversations emulator --seed 11 --records 100000 --descending
  conversations emulator --fault plan.json --clock 2026-04-01T09:00:00Z
  conversations emulator proxy --upstream http://127.0.0.1:8080 --fault a.json
  conversations emulator schema > fault-plan.schema.json

Tests control it with the endpoints under /_emulator/: health, reset, reseed, journal, clock, plans, faults and \
records. A request selects its fault plan with the header x-emulator-plan.")]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct EmulatorArguments {
    #[command(subcommand)]
    pub(super) command: Option<EmulatorCommand>,

    /// Port on 127.0.0.1; 0 selects a free one
    #[arg(long, default_value_t = 0)]
    pub(super) port: u16,

    /// Port of the agents host, which serves details and recordings; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(super) agents_port: u16,

    /// Serve the conversations in this JSONL file instead of generated ones
    #[arg(long, value_name = "PATH", conflicts_with_all = ["seed", "records"])]
    pub(super) data: Option<PathBuf>,

    /// Seed of the generated conversations; the same seed generates the same ones
    #[arg(long, default_value_t = 7)]
    pub(super) seed: u64,

    /// Number of conversations to generate
    #[arg(long, default_value_t = 5000, value_name = "N")]
    pub(super) records: usize,

    /// API key to accept; use a test key, never a real one [default: a test key]
    #[arg(long)]
    pub(super) key: Option<String>,

    /// API key to accept on v1 and v2 [default: that of --key]
    #[arg(long, value_name = "KEY")]
    pub(super) legacy_key: Option<String>,

    /// Key that the agents host accepts [default: the key of v3]
    #[arg(long, value_name = "KEY")]
    pub(super) agents_key: Option<String>,

    #[command(flatten)]
    pub(super) faults: FaultArguments,

    /// Finish conversations in progress after a few requests, as chosen by this seed
    #[arg(long, value_name = "SEED")]
    pub(super) transitions: Option<u64>,

    /// Include conversations that start exactly at the end of the time range
    #[arg(long)]
    pub(super) end_inclusive: bool,

    /// Return the newest conversations first
    #[arg(long)]
    pub(super) descending: bool,

    /// Send uncompressed responses, even if a client accepts gzip
    #[arg(long)]
    pub(super) no_gzip: bool,

    /// Page v2 by offset only, like projects without chunked response streaming
    #[arg(long)]
    pub(super) v2_without_cursor: bool,

    /// Respond like a project with transcripts disabled
    #[arg(long)]
    pub(super) no_transcripts: bool,

    /// Ignore `Range` in requests for recordings
    #[arg(long)]
    pub(super) no_ranges: bool,

    /// Send responses exactly as in the published schemas, without the quirks of real servers
    #[arg(long)]
    pub(super) as_published: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum EmulatorCommand {
    Proxy(ProxyArguments),
    /// Print the JSON Schema of fault plans
    Schema,
}

/// Forward requests to another server, and inject faults
///
/// When it is ready, prints its address as one line of JSON, then forwards requests until interrupted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations emulator proxy --upstream http://127.0.0.1:8080 --fault a.json")]
pub(super) struct ProxyArguments {
    /// Server to forward requests to, over plain HTTP
    #[arg(long, value_name = "URL")]
    pub(super) upstream: String,

    /// Port on 127.0.0.1; 0 selects a free one
    #[arg(long, default_value_t = 0)]
    pub(super) port: u16,

    #[command(flatten)]
    pub(super) faults: FaultArguments,
}

/// The faults to inject, and the clock.
#[derive(Debug, Args)]
pub(super) struct FaultArguments {
    /// JSON file with a fault plan; with NAME=, for requests that select the plan NAME; repeatable
    #[arg(long, value_name = "[NAME=]PATH")]
    pub(super) fault: Vec<PlanFile>,

    /// Clock: `system`, or an RFC 3339 time at which it stands still until it is advanced
    #[arg(long, default_value = "system", value_parser = clock)]
    pub(super) clock: Clock,

    /// Disable the endpoints under /_emulator/
    #[arg(long)]
    pub(super) no_admin: bool,
}

/// A fault plan on disk, and its name.
#[derive(Debug, Clone)]
pub(super) struct PlanFile {
    pub(super) name: String,
    pub(super) file: PathBuf,
}

impl FromStr for PlanFile {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, file) = text
            .split_once('=')
            .unwrap_or((conversations_emulator::fault::DEFAULT_PLAN, text));
        Ok(Self {
            name: name.into(),
            file: file.into(),
        })
    }
}

fn clock(text: &str) -> Result<Clock, String> {
    if text == "system" {
        return Ok(Clock::system());
    }
    DateTime::parse_from_rfc3339(text)
        .map(|at| Clock::at(SystemTime::from(at)))
        .map_err(|_| "use `system`, or a time such as 2026-04-01T09:00:00Z".into())
}
