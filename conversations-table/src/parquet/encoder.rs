//! [`Encoder`]: encodes batches of rows on a thread of its own.
//!
//! To encode columns takes about half as long as to split records into them, so the caller splits the next records
//! meanwhile.

use std::{
    io::{self, Write},
    panic,
    sync::mpsc::{SyncSender, sync_channel},
    thread::{self, JoinHandle},
};

use arrow_array::RecordBatch;
use parquet::arrow::ArrowWriter;

use crate::TableError;

/// A row group ends when its encoded columns take this much memory: large enough for readers to scan, small enough to
/// buffer.
const ROW_GROUP_BYTES: usize = 4 * 1024 * 1024;

pub(super) struct Encoder<W: Write + Send + 'static> {
    /// `None` after the end, whether it is a success or not.
    running: Option<Running<W>>,
}

struct Running<W: Write + Send + 'static> {
    batches: SyncSender<RecordBatch>,
    thread: JoinHandle<Result<ArrowWriter<W>, TableError>>,
}

impl<W: Write + Send + 'static> Encoder<W> {
    pub(super) fn start(mut writer: ArrowWriter<W>) -> Result<Self, TableError> {
        // Without a queue: two batches are in memory, one under construction and one being encoded.
        let (batches, received) = sync_channel::<RecordBatch>(0);
        let thread = thread::Builder::new().name("parquet".to_owned());
        let thread = thread.spawn(move || {
            for batch in received {
                writer.write(&batch)?;
                if writer.in_progress_size() >= ROW_GROUP_BYTES {
                    writer.flush()?;
                }
            }
            Ok(writer)
        })?;
        Ok(Self {
            running: Some(Running { batches, thread }),
        })
    }

    /// Encodes a batch. Returns the error of an earlier one, if it failed.
    pub(super) fn encode(&mut self, batch: RecordBatch) -> Result<(), TableError> {
        let running = self.running.as_ref().ok_or_else(has_failed)?;
        if running.batches.send(batch).is_ok() {
            return Ok(());
        }
        self.end().and(Err(has_failed()))
    }

    /// Writes the footer, and returns the output.
    pub(super) fn finish(mut self) -> Result<W, TableError> {
        Ok(self.end()?.into_inner()?)
    }

    fn end(&mut self) -> Result<ArrowWriter<W>, TableError> {
        let Running { batches, thread } = self.running.take().ok_or_else(has_failed)?;
        drop(batches);
        let ended = thread.join();
        ended.unwrap_or_else(|panic| panic::resume_unwind(panic))
    }
}

fn has_failed() -> TableError {
    io::Error::other("writing the table has already failed").into()
}

impl<W: Write + Send + 'static> Drop for Encoder<W> {
    /// Waits until the thread has dropped the output: it may be a file that removes itself.
    fn drop(&mut self) {
        if let Some(Running { batches, thread }) = self.running.take() {
            drop(batches);
            // A panic of the thread was printed, and this one may be unwinding, too.
            let _ = thread.join();
        }
    }
}
