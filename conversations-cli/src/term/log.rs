//! The log of every request, for support cases: `--verbose` and `--log-file`.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use clap::Args;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer, Registry, fmt};

use crate::failure::Failure;
use crate::term::escape::printable;
use crate::term::progress_line;
use crate::term::secrets;
use crate::term::stderr::say;

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
            let log = LogFile {
                file,
                name: path.display().to_string(),
                is_incomplete: false,
            };
            let log = form().with_writer(Mutex::new(log));
            logs.push(log.with_filter(own()).boxed());
        }
        let subscriber = Registry::default().with(logs);
        tracing::subscriber::set_global_default(subscriber)
            .map_err(|error| Failure::other(format!("cannot start logging: {error}")))
    }
}

/// Returns the line of a log without API keys and search texts: ids, which the user and the server choose, may be one
/// by mistake.
fn filtered(line: &[u8]) -> Cow<'_, [u8]> {
    // A line without a secret keeps its bytes, whatever they are.
    match secrets::without_secrets(&String::from_utf8_lossy(line)) {
        Cow::Borrowed(_) => Cow::Borrowed(line),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// The log file. The library formats a line of the log at once, and ignores errors of its writer.
struct LogFile {
    file: File,
    name: String,
    /// Whether a line could not be written, which is reported once.
    is_incomplete: bool,
}

impl Write for LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let written = self.file.write_all(&filtered(line));
        if let Err(error) = written
            && !std::mem::replace(&mut self.is_incomplete, true)
        {
            let name = printable(&self.name);
            say(format_args!(
                "warning: the log is incomplete: cannot write {name}: {error}"
            ));
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
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
        progress_line::write_above(&filtered(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
