//! [`PayloadWriter`]: collects the content of an object.

use std::io::{self, Write};

use object_store::{PutPayload, PutPayloadMut};

/// The size of the blocks: after a buffer of megabytes was freed, the allocator keeps as much free memory for each
/// thread.
const BLOCK: usize = 256 * 1024;

pub(super) struct PayloadWriter(PutPayloadMut);

impl PayloadWriter {
    pub(super) fn new() -> Self {
        Self(PutPayloadMut::new().with_block_size(BLOCK))
    }

    pub(super) fn finish(self) -> PutPayload {
        self.0.freeze()
    }
}

impl Write for PayloadWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
