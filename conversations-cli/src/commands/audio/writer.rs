//! [`RecordingWriter`]: writes a recording on a thread that may block.

use std::convert::Infallible;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::index::Row;
use crate::failure::Failure;
use crate::output::Output;

/// Maximum number of chunks between network and disk.
const AHEAD: usize = 8;

/// The threads that write recordings.
///
/// They are not those of the runtime, which are few: with all of them waiting for bytes, nothing could resolve the name
/// of the host that the bytes come from.
pub(super) struct Writers {
    /// Each thread holds a clone until it has ended.
    running: mpsc::Sender<Infallible>,
    ended: mpsc::Receiver<Infallible>,
    published: Published,
}

/// The rows of the recordings that are complete at the destination. The threads add them, because only they know of a
/// recording that was completed while the run was interrupted.
#[derive(Clone, Default)]
pub(super) struct Published(Arc<Mutex<Vec<Row>>>);

impl Published {
    fn add(&self, row: Row) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rows.push(row);
    }

    pub(super) fn take(&self) -> Vec<Row> {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut rows)
    }
}

impl Writers {
    pub(super) fn new() -> Self {
        let (running, ended) = mpsc::channel(1);
        Self {
            running,
            ended,
            published: Published::default(),
        }
    }

    pub(super) fn published(&self) -> Published {
        self.published.clone()
    }

    /// Starts a thread that writes to `output`.
    pub(super) fn start(&self, output: Output) -> Result<RecordingWriter, Failure> {
        let (chunks, received) = mpsc::channel(AHEAD);
        let (report, outcome) = oneshot::channel();
        let (running, published) = (self.running.clone(), self.published.clone());
        thread::Builder::new()
            .name("recording".to_owned())
            .spawn(move || {
                // The output is dropped, and with it what is incomplete, before the thread counts as ended.
                let written = write(output, received, &published);
                let _ = report.send(written);
                drop(running);
            })
            .map_err(|error| Failure::other(format!("cannot start a thread: {error}")))?;
        Ok(RecordingWriter {
            chunks: Some(chunks),
            outcome,
        })
    }

    /// Waits until every thread has ended. All [`RecordingWriter`]s must have been dropped.
    pub(super) async fn join(mut self) {
        drop(self.running);
        while self.ended.recv().await.is_some() {}
    }
}

enum Message {
    Chunk(Bytes),
    /// There are no more chunks, and this is the row of the recording.
    End(Row),
}

/// Writes one recording. If dropped before [`finish`](Self::finish), nothing of it is left.
pub(super) struct RecordingWriter {
    /// `None` once the thread is known to have ended.
    chunks: Option<mpsc::Sender<Message>>,
    outcome: oneshot::Receiver<Result<(), Failure>>,
}

impl RecordingWriter {
    /// Writes a chunk. Fails with the error that stopped the thread, if any.
    pub(super) async fn write(&mut self, chunk: Bytes) -> Result<(), Failure> {
        self.send(Message::Chunk(chunk)).await
    }

    /// Publishes the output, and adds its row to the published ones.
    pub(super) async fn finish(mut self, row: Row) -> Result<(), Failure> {
        self.send(Message::End(row)).await?;
        self.outcome().await
    }

    async fn send(&mut self, message: Message) -> Result<(), Failure> {
        if let Some(chunks) = &self.chunks
            && chunks.send(message).await.is_ok()
        {
            return Ok(());
        }
        self.chunks = None;
        self.outcome().await?;
        Err(Failure::other(
            "the output ended before the whole recording was written",
        ))
    }

    async fn outcome(&mut self) -> Result<(), Failure> {
        let outcome = (&mut self.outcome).await;
        outcome.map_err(|_| Failure::other("writing the output panicked; please report this"))?
    }
}

fn write(
    mut output: Output,
    mut chunks: mpsc::Receiver<Message>,
    published: &Published,
) -> Result<(), Failure> {
    while let Some(message) = chunks.blocking_recv() {
        match message {
            Message::Chunk(chunk) => {
                let written = output.write_all(&chunk);
                written.map_err(|error| Failure::output(output.name(), &error))?;
            }
            Message::End(row) => {
                output.finish()?;
                published.add(row);
                return Ok(());
            }
        }
    }
    Ok(())
}
