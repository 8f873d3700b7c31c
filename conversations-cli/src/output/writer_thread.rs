//! [`WriterThread`]: writes records to the output on a dedicated thread.
//!
//! Encoding then does not slow down fetching, and may block on a disk, a pipe or a store.

use std::thread::JoinHandle;

use conversations_api_ext::Record;
use conversations_table::{TableError, TableReport};
use tokio::sync::mpsc;

use super::{Layout, Output, ResumePoint, Sink};
use crate::failure::Failure;

/// Maximum number of records per batch: sending a single record costs more than encoding a small one.
const BATCH: usize = 128;
const BATCH_BYTES: usize = 512 * 1024;
/// Maximum number of queued batches: enough to keep both sides busy, few enough to hold in memory.
const AHEAD: usize = 4;

/// A message to the thread.
enum Message {
    Records(Vec<Record>),
    /// Store this resume point.
    Note(Box<ResumePoint>),
    /// There are no more records.
    End,
}

/// A complete output, and which values its table could not hold exactly.
type Written = (Output, TableReport);

pub(crate) struct WriterThread {
    /// `None` once the thread is known to have ended.
    sender: Option<mpsc::Sender<Message>>,
    thread: Option<JoinHandle<Result<Option<Written>, Failure>>>,
    batch: Vec<Record>,
    bytes: usize,
}

impl WriterThread {
    pub(crate) fn start(output: Output, layout: &Layout) -> Result<Self, Failure> {
        let name = output.name().to_owned();
        // For a resumable file, the end of the run reports what happens to it.
        let staged = output.is_staged() && !output.is_resumable();
        let failed = move |error: TableError| match error {
            TableError::Io(error) if staged => Failure::unwritable(&name, super::removed(&error)),
            TableError::Io(error) => Failure::output(&name, &error),
            TableError::NoSuchColumn { .. } => Failure::usage(error.to_string()),
            other => Failure::unwritable(&name, other),
        };
        let mut sink = Sink::new(output, layout).map_err(&failed)?;
        let (sender, mut batches) = mpsc::channel::<Message>(AHEAD);
        let thread = std::thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || {
                while let Some(message) = batches.blocking_recv() {
                    match message {
                        Message::Records(batch) => {
                            for record in &batch {
                                sink.write_record(record).map_err(&failed)?;
                            }
                        }
                        Message::Note(resume_point) => {
                            let noted = sink.note(*resume_point);
                            noted.map_err(|error| failed(TableError::Io(error)))?;
                        }
                        Message::End => {
                            let report = sink.report();
                            let output = sink.finish().map_err(&failed)?;
                            return Ok(Some((output, report)));
                        }
                    }
                }
                Ok(None)
            })
            .map_err(|error| Failure::other(format!("cannot start a thread: {error}")))?;
        Ok(Self {
            sender: Some(sender),
            thread: Some(thread),
            batch: Vec::with_capacity(BATCH),
            bytes: 0,
        })
    }

    /// Sends a record to the thread. Fails with the error that stopped the thread, if any.
    pub(crate) async fn write(&mut self, record: Record) -> Result<(), Failure> {
        self.bytes += record.raw_bytes().len();
        self.batch.push(record);
        if self.batch.len() >= BATCH || self.bytes >= BATCH_BYTES {
            self.send_batch().await?;
        }
        Ok(())
    }

    /// Sends a resume point, to be stored after the records sent before it.
    pub(crate) async fn note(&mut self, resume_point: ResumePoint) -> Result<(), Failure> {
        self.send_batch().await?;
        self.send(Message::Note(Box::new(resume_point))).await
    }

    /// Sends the remaining records, waits for the thread, and publishes the output.
    pub(crate) async fn finish(mut self) -> Result<TableReport, Failure> {
        self.send_batch().await?;
        self.send(Message::End).await?;
        match self.join().await? {
            Some((output, report)) => {
                wait_for(move || output.finish()).await??;
                Ok(report)
            }
            None => Err(Failure::other(
                "the output ended before all records were written",
            )),
        }
    }

    /// Waits until the thread has removed the incomplete output.
    pub(crate) async fn abandon(mut self) {
        self.sender = None;
        if self.thread.is_some() {
            // Ignore the thread's error: the run already has an earlier one to report.
            let _ = self.join().await;
        }
    }

    async fn send_batch(&mut self) -> Result<(), Failure> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.bytes = 0;
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.send(Message::Records(batch)).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Failure> {
        if let Some(sender) = &self.sender
            && sender.send(message).await.is_ok()
        {
            return Ok(());
        }
        self.sender = None;
        match self.join().await {
            Ok(_) => Err(Failure::other(
                "the output ended before all records were written",
            )),
            Err(failure) => Err(failure),
        }
    }

    async fn join(&mut self) -> Result<Option<Written>, Failure> {
        let thread = self.thread.take();
        let thread = thread.ok_or_else(|| Failure::other("the output has already failed"))?;
        match wait_for(move || thread.join()).await? {
            Ok(outcome) => outcome,
            Err(_) => Err(panicked()),
        }
    }
}

/// Runs `work`, which may block, on another thread.
pub(crate) async fn wait_for<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let waited = tokio::task::spawn_blocking(work).await;
    waited.map_err(|_| panicked())
}

fn panicked() -> Failure {
    Failure::other("writing the output panicked; please report this")
}
