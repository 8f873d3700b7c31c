//! A pool of buffers that are reused once their bytes have been sent.
//!
//! A page is sent in many pieces. With a new buffer for each, the allocator would return the memory to
//! the operating system and request it again for each piece, which costs more than writing the page.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// Maximum number of pooled buffers; more than connections hold at a time.
const MOST: usize = 32;

/// The pieces that were sent last.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    sent: Mutex<VecDeque<Bytes>>,
}

impl Buffers {
    fn sent(&self) -> MutexGuard<'_, VecDeque<Bytes>> {
        // Pieces are added and removed as a whole.
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An empty buffer, reusing one whose bytes are no longer needed if possible.
    pub(crate) fn take(&self, capacity: usize) -> Vec<u8> {
        let mut sent = self.sent();
        let free = sent.iter().position(Bytes::is_unique);
        match free.and_then(|free| sent.remove(free)) {
            Some(mut free) => {
                free.clear();
                free.into()
            }
            None => Vec::with_capacity(capacity),
        }
    }

    /// Turns a buffer into a piece; the buffer returns to the pool once the piece has been sent.
    pub(crate) fn piece(&self, buffer: Vec<u8>) -> Bytes {
        let piece = Bytes::from(buffer);
        let mut sent = self.sent();
        if sent.len() == MOST {
            sent.pop_front();
        }
        sent.push_back(piece.clone());
        piece
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_reused_only_after_its_piece_was_dropped() {
        let buffers = Buffers::default();
        let mut first = buffers.take(1_000);
        first.extend_from_slice(b"first");
        let place = first.as_ptr();
        let piece = buffers.piece(first);
        let second = buffers.take(1_000);
        assert_ne!(second.as_ptr(), place);
        assert_eq!(piece, "first");
        drop(piece);
        let again = buffers.take(1_000);
        assert_eq!((again.as_ptr(), again.len()), (place, 0));
        assert!(again.capacity() >= 1_000);
    }
}
