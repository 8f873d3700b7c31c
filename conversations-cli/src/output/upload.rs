//! [`Upload`]: an object that appears when it is complete.

use std::io::{self, Write};

use object_store::path::Path as ObjectPath;
use object_store::{ObjectStoreExt as _, WriteMultipart};
use tokio::runtime::Handle;

use crate::output::store::Store;

/// Size of a part. With S3's limit of 10,000 parts, an object can have 78 GiB.
const PART: usize = 8 * 1024 * 1024;
/// Size of a part of a file, which has no such limit.
const FILE_PART: usize = 1024 * 1024;
/// Maximum number of parts uploaded concurrently.
const AHEAD: usize = 4;

/// Uploads parts while they are written. Use it on a thread that may block, not on a runtime thread.
pub(crate) struct Upload {
    runtime: Handle,
    /// `None` once the upload is complete.
    parts: Option<WriteMultipart>,
}

impl Upload {
    /// Starts an upload. Nothing is visible in the store before [`finish`](Self::finish).
    /// `is_local` is for a store that is a local folder.
    pub(crate) async fn start(
        store: &Store,
        path: &ObjectPath,
        is_local: bool,
    ) -> object_store::Result<Self> {
        let upload = store.put_multipart(path).await?;
        let part = if is_local { FILE_PART } else { PART };
        Ok(Self {
            runtime: Handle::current(),
            parts: Some(WriteMultipart::new_with_chunk_size(upload, part)),
        })
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        let parts = self.parts.take().expect("only finishing takes it");
        self.runtime.block_on(parts.finish())?;
        Ok(())
    }
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let parts = self.parts.as_mut().expect("only finishing takes it");
        self.runtime.block_on(parts.wait_for_capacity(AHEAD))?;
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
    /// Aborts the upload: parts of an abandoned one cost their owner money until they are deleted.
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            self.runtime.spawn(parts.abort());
        }
    }
}
