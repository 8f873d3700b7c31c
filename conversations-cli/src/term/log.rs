//! The log of every request, for support cases: `--verbose` and `--log-file`.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use clap::Args;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer, Registry, fmt};

use crate::failure::Failure;
use crate::term::progress_line;

/// Where requests are logged.
#[derive(Debug, Args)]
#[command(next_help_heading = "Logging")]
pub(crate) struct LogArguments {
    /// Log the status, time, size and correlation id of each request to standard error, never the key or a
    /// transcript
    #[arg(short, long, global = true)]
    verbose: bool,

    /// Append the log to this file, e.g. for a support case
    #[arg(long, global = true, value_name = "PATH")]
    log_file: Option<PathBuf>,
}

/// Only the client crate logs: other libraries would log headers, and URLs that contain search texts.
const OURS: &str = "conversations_api_ext";

impl LogArguments {
    /// Returns the path of the log file.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.log_file.as_deref()
    }

    /// Starts logging for the rest of the program.
    pub(crate) fn start(&self) -> Result<(), Failure> {
        if !self.verbose && self.log_file.is_none() {
            return Ok(());
        }
        let own = || Targets::new().with_target(OURS, LevelFilter::DEBUG);
        let form = || fmt::layer().with_ansi(false).with_target(false);
        let mut logs: Vec<Box<dyn Layer<Registry> + Send + Sync>> = Vec::new();
        if self.verbose {
            logs.push(form().with_writer(AboveProgress).with_filter(own()).boxed());
        }
        if let Some(path) = &self.log_file {
            let file = OpenOptions::new().create(true).append(true).open(path);
            let file = file.map_err(|error| Failure::unwritable(&path.display(), error))?;
            let file = form().with_writer(Mutex::new(file));
            logs.push(file.with_filter(own()).boxed());
        }
        let subscriber = Registry::default().with(logs);
        tracing::subscriber::set_global_default(subscriber)
            .map_err(|error| Failure::other(format!("cannot start logging: {error}")))
    }
}

/// A writer to standard error that prints above the progress line.
struct AboveProgress;

impl MakeWriter<'_> for AboveProgress {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

impl Write for AboveProgress {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = Ok(());
        progress_line::above(|| written = io::stderr().lock().write_all(bytes));
        written.map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
