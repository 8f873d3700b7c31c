//! [`Upload`]: an object that appears when it is complete.

use std::io::{self, Write};

use object_store::path::Path as ObjectPath;
use object_store::{ObjectStoreExt as _, WriteMultipart};
use tokio::runtime::Handle;

use crate::output::store::Store;

/// Size of a part: with the 10,000 parts that S3 allows, room for 78 GiB.
const PART: usize = 8 * 1024 * 1024;
/// Parts under way at once.
const AHEAD: usize = 4;

/// Sends parts while they are written. Use it on a thread that may wait, not on one of the runtime's.
pub(crate) struct Upload {
    runtime: Handle,
    /// `None` once it is complete.
    parts: Option<WriteMultipart>,
}

impl Upload {
    /// Begins an upload. Nothing can be seen in the store before [`finish`](Self::finish).
    pub(crate) async fn start(store: &Store, path: &ObjectPath) -> object_store::Result<Self> {
        let upload = store.put_multipart(path).await?;
        Ok(Self {
            runtime: Handle::current(),
            parts: Some(WriteMultipart::new_with_chunk_size(upload, PART)),
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
        // Sending a part needs the runtime at hand.
        let _runtime = self.runtime.enter();
        parts.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Upload {
    /// Parts that nobody will ask for again cost their owner money until they are cleared away.
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            self.runtime.spawn(parts.abort());
        }
    }
}
