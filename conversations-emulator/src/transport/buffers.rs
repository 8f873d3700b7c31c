//! Buffers that are used again once their bytes have been sent.
//!
//! A page is sent in many pieces. With a new buffer for each, the allocator hands the memory back to the
//! operating system and asks for it again, piece by piece, which costs more than writing the page.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// Buffers remembered; more than connections hold at a time.
const MOST: usize = 32;

/// The pieces that were sent last.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    sent: Mutex<VecDeque<Bytes>>,
}

impl Buffers {
    fn sent(&self) -> MutexGuard<'_, VecDeque<Bytes>> {
        // Pieces are put in and taken out whole.
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An empty buffer, if possible one whose bytes nobody needs any more.
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

    /// Makes a piece of a buffer, which comes back when the piece has been sent.
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
    fn a_buffer_comes_back_once_its_piece_is_gone_and_not_before() {
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
