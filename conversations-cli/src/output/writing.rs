//! [`Writing`]: a thread of its own that turns records into the output.
//!
//! Encoding then takes no time from fetching, and may wait for a disk, a pipe or a store.

use std::thread::JoinHandle;

use conversations_api_ext::Record;
use conversations_table::{TableError, TableReport};
use tokio::sync::mpsc;

use super::{Layout, Output, Reached, Sink};
use crate::failure::Failure;

/// Records travel in batches: passing one on costs more than some are worth.
const BATCH: usize = 128;
const BATCH_BYTES: usize = 512 * 1024;
/// Batches under way: enough to keep both sides busy, few enough to hold in memory.
const AHEAD: usize = 4;

/// What the thread is told.
enum Told {
    Records(Vec<Record>),
    /// A later run can resume from here.
    Note(Reached),
    /// There is no more.
    End,
}

/// An output that has every record, and what its table could not hold as it was sent.
type Written = (Output, TableReport);

pub(crate) struct Writing {
    /// `None` once the thread is known to have ended.
    sender: Option<mpsc::Sender<Told>>,
    thread: Option<JoinHandle<Result<Option<Written>, Failure>>>,
    batch: Vec<Record>,
    bytes: usize,
}

impl Writing {
    pub(crate) fn start(output: Output, layout: &Layout) -> Result<Self, Failure> {
        let name = output.name().to_owned();
        // The end of the run reports what becomes of a file that a later run can resume.
        let staged = output.is_staged() && !output.is_resumable();
        let failed = move |error: TableError| match error {
            TableError::Io(error) if staged => {
                Failure::unwritable(&name, super::nothing_left(&error))
            }
            TableError::Io(error) => Failure::output(&name, &error),
            TableError::NoSuchColumn { .. } => Failure::usage(error.to_string()),
            other => Failure::unwritable(&name, other),
        };
        let mut sink = Sink::new(output, layout).map_err(&failed)?;
        let (sender, mut batches) = mpsc::channel::<Told>(AHEAD);
        let thread = std::thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || {
                while let Some(told) = batches.blocking_recv() {
                    match told {
                        Told::Records(batch) => {
                            for record in &batch {
                                sink.write_record(record).map_err(&failed)?;
                            }
                        }
                        Told::Note(reached) => {
                            let noted = sink.note(reached);
                            noted.map_err(|error| failed(TableError::Io(error)))?;
                        }
                        Told::End => {
                            let report = sink.report();
                            let output = sink.finish().map_err(&failed)?;
                            return Ok(Some((output, report)));
                        }
                    }
                }
                Ok(None)
            })
            .map_err(|error| {
                Failure::other(format!("the program cannot start a thread: {error}"))
            })?;
        Ok(Self {
            sender: Some(sender),
            thread: Some(thread),
            batch: Vec::with_capacity(BATCH),
            bytes: 0,
        })
    }

    /// Hands a record over. Fails with what stopped the thread, if anything did.
    pub(crate) async fn write(&mut self, record: Record) -> Result<(), Failure> {
        self.bytes += record.raw_bytes().len();
        self.batch.push(record);
        if self.batch.len() >= BATCH || self.bytes >= BATCH_BYTES {
            self.send_batch().await?;
        }
        Ok(())
    }

    /// Notes how far the fetch is, once what was handed over has been written.
    pub(crate) async fn note(&mut self, reached: Reached) -> Result<(), Failure> {
        self.send_batch().await?;
        self.send(Told::Note(reached)).await
    }

    /// Hands over what is left, waits for the thread, and puts the output in its place.
    pub(crate) async fn finish(mut self) -> Result<TableReport, Failure> {
        self.send_batch().await?;
        self.send(Told::End).await?;
        match self.join().await? {
            Some((output, report)) => {
                wait_for(move || output.finish()).await??;
                Ok(report)
            }
            None => Err(Failure::other("the output ended before its records did")),
        }
    }

    /// Waits until the thread has cleared away what it had of the output.
    pub(crate) async fn abandon(mut self) {
        self.sender = None;
        if self.thread.is_some() {
            // Whatever stopped the thread, there is an earlier reason to give up.
            let _ = self.join().await;
        }
    }

    async fn send_batch(&mut self) -> Result<(), Failure> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.bytes = 0;
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.send(Told::Records(batch)).await
    }

    async fn send(&mut self, told: Told) -> Result<(), Failure> {
        if let Some(sender) = &self.sender
            && sender.send(told).await.is_ok()
        {
            return Ok(());
        }
        self.sender = None;
        match self.join().await {
            Ok(_) => Err(Failure::other("the output ended before its records did")),
            Err(failure) => Err(failure),
        }
    }

    async fn join(&mut self) -> Result<Option<Written>, Failure> {
        let thread = self.thread.take();
        let thread = thread.ok_or_else(|| Failure::other("the output has failed before"))?;
        match wait_for(move || thread.join()).await? {
            Ok(outcome) => outcome,
            Err(_) => Err(panicked()),
        }
    }
}

async fn wait_for<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let waited = tokio::task::spawn_blocking(work).await;
    waited.map_err(|_| panicked())
}

fn panicked() -> Failure {
    Failure::other("writing the output panicked; please report this")
}
