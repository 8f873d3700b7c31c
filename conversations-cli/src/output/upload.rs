//! [`Upload`]: an object that appears when it is complete.

use std::io::{self, Write};
use std::sync::LazyLock;
use std::time::Duration;

use object_store::path::Path as ObjectPath;
use object_store::{ObjectStoreExt as _, WriteMultipart};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::watch;
use tokio::task::block_in_place;

use crate::output::store::{self, Store};

/// Size of a part. With S3's limit of 10,000 parts, an object can have 78 GiB.
const PART: usize = 8 * 1024 * 1024;
/// Size of a part of a file, which has no such limit.
const FILE_PART: usize = 1024 * 1024;
/// Maximum number of parts uploaded concurrently.
const AHEAD: usize = 4;

/// Maximum time to abort an upload.
const ABORT: Duration = Duration::from_secs(4);
/// Maximum time to wait at the end of the program for the uploads of other threads to end: longer than an abort, which
/// needs the runtime.
const END: Duration = Duration::from_secs(5);

/// The uploads of the process.
#[derive(Default)]
struct Uploads {
    /// The number of uploads in progress.
    open: usize,
    /// Whether the program ends, so that no part of an upload is awaited any more.
    is_ending: bool,
}

static UPLOADS: LazyLock<watch::Sender<Uploads>> = LazyLock::new(watch::Sender::default);

/// Counts an upload in progress.
struct Open;

impl Open {
    fn count() -> Self {
        UPLOADS.send_modify(|uploads| uploads.open += 1);
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        UPLOADS.send_modify(|uploads| uploads.open -= 1);
    }
}

/// Waits until the uploads that an interrupted command has left on other threads are aborted or complete.
pub(crate) async fn end_uploads() {
    UPLOADS.send_modify(|uploads| uploads.is_ending = true);
    let mut uploads = UPLOADS.subscribe();
    // This only saves the owner costs, so an upload that does not end in time is left.
    let _ = tokio::time::timeout(END, uploads.wait_for(|uploads| uploads.open == 0)).await;
}

/// Uploads parts while they are written. Use it on a thread that may block, not on a runtime thread.
pub(crate) struct Upload {
    runtime: Handle,
    /// `None` once the upload is complete.
    parts: Option<WriteMultipart>,
    uploads: watch::Receiver<Uploads>,
    /// Dropped after the upload has ended.
    _open: Option<Open>,
}

impl Upload {
    /// Starts an upload. Nothing is visible in the store before [`finish`](Self::finish).
    /// `is_local` is for a store that is a local folder.
    pub(crate) async fn start(
        store: &Store,
        path: &ObjectPath,
        is_local: bool,
    ) -> object_store::Result<Self> {
        // Before the request: an upload that the store has begun is to be aborted, even if the program ends meanwhile.
        // In a local folder, the next run removes what is left.
        let open = (!is_local).then(Open::count);
        if UPLOADS.borrow().is_ending {
            return Err(object_store::Error::Generic {
                store: "upload",
                source: "interrupted".into(),
            });
        }
        let upload = store.put_multipart(path).await?;
        let part = if is_local { FILE_PART } else { PART };
        Ok(Self {
            runtime: Handle::current(),
            parts: Some(WriteMultipart::new_with_chunk_size(upload, part)),
            uploads: UPLOADS.subscribe(),
            _open: open,
        })
    }

    pub(crate) fn finish(self) -> io::Result<()> {
        let runtime = self.runtime.clone();
        runtime.block_on(self.complete())
    }

    /// Like [`finish`](Self::finish), without blocking the thread.
    pub(crate) async fn complete(mut self) -> io::Result<()> {
        // A task: a command that is interrupted meanwhile must not leave parts in the store.
        let runtime = self.runtime.clone();
        let finished = runtime.spawn(async move {
            let parts = self.parts.take().expect("only finishing takes it");
            parts.finish().await.map(drop)
        });
        let finished = finished.await.map_err(io::Error::other)?;
        finished.map_err(|error| explained(&error))
    }
}

fn explained(error: &object_store::Error) -> io::Error {
    io::Error::other(store::explain(error))
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let parts = self.parts.as_mut().expect("only finishing takes it");
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                _ = self.uploads.wait_for(|uploads| uploads.is_ending) => {
                    Err(io::Error::other("interrupted"))
                }
                waited = parts.wait_for_capacity(AHEAD) => waited.map_err(|error| explained(&error)),
            }
        })?;
        // Uploading a part requires a runtime context.
        let _runtime = self.runtime.enter();
        parts.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Upload {
    /// Aborts the upload, and waits until the store has done so: parts of an abandoned one cost their owner money until
    /// they are deleted.
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            let abort = async { tokio::time::timeout(ABORT, parts.abort()).await };
            if self.runtime.runtime_flavor() == RuntimeFlavor::CurrentThread {
                self.runtime.spawn(abort);
            } else {
                // This may be a runtime thread.
                let _ = block_in_place(|| self.runtime.block_on(abort));
            }
        }
    }
}
