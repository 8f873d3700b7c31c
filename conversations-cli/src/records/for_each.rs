//! [`each`]: passes records of the API one by one to a callback.

use std::ops::{AddAssign, ControlFlow};
use std::process::ExitCode;

use conversations_api_ext::{BoundedRange, Environment, ErrorKind, Record};

use crate::failure::{Exit, Failure};
use crate::records::fetch::Fetch;
use crate::term::plural::plural;
use crate::term::progress::Progress;

/// The number of records read and skipped.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ReadCounts {
    pub(crate) records: u64,
    pub(crate) malformed: u64,
}

impl ReadCounts {
    /// Returns the exit code of a command that has printed what it read.
    pub(crate) fn exit(self) -> Exit {
        if self.malformed > 0 {
            Exit::Skipped
        } else {
            Exit::Success
        }
    }

    /// Returns the same as a process exit code.
    pub(crate) fn code(self) -> ExitCode {
        self.exit().into()
    }
}

impl AddAssign for ReadCounts {
    fn add_assign(&mut self, other: Self) {
        self.records += other.records;
        self.malformed += other.malformed;
    }
}

/// Reads one environment after the other until `visit` returns `Break`. Malformed records are counted
/// and skipped, with a warning for the first few; repeated ones are counted and reported. `range` is the time range
/// that progress is measured by, if there is one.
pub(crate) async fn each(
    environments: &[Environment],
    open: impl Fn(Environment) -> Result<Fetch, Failure>,
    range: Option<BoundedRange>,
    progress: &Progress,
    mut visit: impl FnMut(Record) -> ControlFlow<()>,
) -> Result<ReadCounts, Failure> {
    let mut read = ReadCounts::default();
    let mut duplicates = 0;
    for (index, environment) in environments.iter().enumerate() {
        progress.environment(index, environments.len(), range);
        let mut records = open(*environment)?;
        loop {
            match records.next_record().await {
                Ok(Some(record)) => {
                    read.records += 1;
                    progress.read(&record);
                    if visit(record).is_break() {
                        return Ok(read);
                    }
                }
                Ok(None) => break,
                Err(error) if error.kind() == ErrorKind::MalformedRecord => {
                    read.malformed += 1;
                    progress.warn_of_record(&error);
                }
                Err(error) => return Err(records.failure(&error)),
            }
        }
        duplicates += records.duplicates();
    }
    if duplicates > 0 {
        let repeated = plural(duplicates, "conversation");
        progress.note(format_args!(
            "{repeated} received more than once: each was used once"
        ));
    }
    Ok(read)
}
