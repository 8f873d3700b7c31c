//! Arguments of `conversations emulator`.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::SystemTime;

use chrono::DateTime;
use clap::{Args, Subcommand};
use conversations_emulator::Clock;

/// Serve a Conversations API on this machine, for any client in any language
///
/// Prints one line of JSON with address and key when it is ready, and serves until it is interrupted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations emulator --port 8080
  conversations emulator --data april.jsonl --key secret --legacy-key older
  conversations emulator --seed 11 --records 100000 --descending
  conversations emulator --fault plan.json --clock 2026-04-01T09:00:00Z
  conversations emulator proxy --upstream http://127.0.0.1:8080 --fault a.json
  conversations emulator schema > fault-plan.schema.json

Tests steer it by the paths below /_emulator/: health, reset, reseed, journal, clock, plans, faults and \
records. A request chooses its fault plan by the header x-emulator-plan.")]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct EmulatorArguments {
    #[command(subcommand)]
    pub(super) command: Option<EmulatorCommand>,

    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(super) port: u16,

    /// Serve the conversations of this file, one JSON object a line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seed", "records"])]
    pub(super) data: Option<PathBuf>,

    /// Which made-up conversations; the same seed makes the same ones
    #[arg(long, default_value_t = 7)]
    pub(super) seed: u64,

    /// How many of them
    #[arg(long, default_value_t = 5000, value_name = "N")]
    pub(super) records: usize,

    /// The key that it accepts; one of its own, never a real one
    #[arg(long)]
    pub(super) key: Option<String>,

    /// The key that v1 and v2 accept, if it is another
    #[arg(long, value_name = "KEY")]
    pub(super) legacy_key: Option<String>,

    #[command(flatten)]
    pub(super) faults: FaultArguments,

    /// Let calls in progress end after a few looks at them, chosen by this seed
    #[arg(long, value_name = "SEED")]
    pub(super) transitions: Option<u64>,

    /// Count a conversation that starts at the end of the range as inside
    #[arg(long)]
    pub(super) end_inclusive: bool,

    /// Answer newest first
    #[arg(long)]
    pub(super) descending: bool,

    /// Answer uncompressed, also where a client accepts gzip
    #[arg(long)]
    pub(super) no_gzip: bool,

    /// Page v2 by offset only, as for projects without chunked response streaming
    #[arg(long)]
    pub(super) v2_without_cursor: bool,

    /// Answer as a project with transcripts switched off does
    #[arg(long)]
    pub(super) no_transcripts: bool,

    /// Answer bodies as the published schemas have them, without the oddities of real ones
    #[arg(long)]
    pub(super) as_published: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum EmulatorCommand {
    Proxy(ProxyArguments),
    /// Print the JSON Schema of fault plans
    Schema,
}

/// Let requests through to another server, except for what a fault plan does to them
///
/// Prints one line of JSON with its address when it is ready, and forwards until it is interrupted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations emulator proxy --upstream http://127.0.0.1:8080 --fault a.json")]
pub(super) struct ProxyArguments {
    /// The server behind it, reached by plain HTTP
    #[arg(long, value_name = "URL")]
    pub(super) upstream: String,

    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(super) port: u16,

    #[command(flatten)]
    pub(super) faults: FaultArguments,
}

/// What goes wrong, and by which time.
#[derive(Debug, Args)]
pub(super) struct FaultArguments {
    /// What goes wrong, as JSON; NAME=FILE for requests that choose the plan NAME. May be repeated
    #[arg(long, value_name = "[NAME=]FILE")]
    pub(super) fault: Vec<PlanFile>,

    /// `system`, or a time in RFC 3339 at which the clock stands until it is moved
    #[arg(long, default_value = "system", value_parser = clock)]
    pub(super) clock: Clock,

    /// Serve no paths below /_emulator/
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
        .map_err(|_| "write `system`, or a time such as 2026-04-01T09:00:00Z".into())
}
