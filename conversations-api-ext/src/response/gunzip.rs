//! [`Gunzip`]: decompresses a response while it arrives.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use flate2::{Decompress, FlushDecompress, Status};
use tokio::time::Instant;

use crate::response::body_error::BodyError;

/// Decompresses gzip with any number of members: a server may send a body as several (RFC 1952, section 2.2).
///
/// A compressed body arrives in chunks of a few kilobytes. The output of several is combined into one chunk: otherwise
/// the reader is woken for every few records, which costs more than decoding them, and half of the records span two
/// chunks, so that they are copied and their first copy stays in memory.
pub(crate) struct Gunzip {
    inflate: Decompress,
    input: Bytes,
    at: At,
    /// The rest of the current block: `filled` bytes of output that were not returned yet, and room for more. A record
    /// keeps its whole block alive, so chunks share a block until it is full.
    block: BytesMut,
    filled: usize,
    /// When the output must be returned, although there is room for more.
    deadline: Option<Instant>,
    /// Whether output was returned before.
    has_begun: bool,
}

/// The position of the next input byte in the body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// At the start of the body.
    Start,
    Member,
    /// After a member; another may follow.
    Between,
    /// After the last member, in other data.
    Behind,
}

/// The maximum time to hold output while the body continues: too short to be noticed, and longer than a block takes to
/// arrive.
const HOLD: Duration = Duration::from_millis(20);
/// The size of a block, and the maximum size of a decompressed chunk: large enough that few records span two.
pub(super) const BLOCK: usize = 128 * 1024;
/// The room that is too small to continue a block: a chunk would end soon, in a record.
const MIN_ROOM: usize = 4 * 1024;
/// The base-2 logarithm of gzip's window size.
const WINDOW_BITS: u8 = 15;
pub(super) const MAGIC: u8 = 0x1f;

impl Gunzip {
    pub(crate) fn new() -> Self {
        Self {
            inflate: Decompress::new_gzip(WINDOW_BITS),
            input: Bytes::new(),
            at: At::Start,
            block: BytesMut::new(),
            filled: 0,
            deadline: None,
            has_begun: false,
        }
    }

    /// Adds input; all earlier input must have been read.
    pub(crate) fn feed(&mut self, input: Bytes) {
        self.input = input;
    }

    /// Decompresses the input until there is no more of it, or no more room.
    pub(crate) fn decompress(&mut self) -> Result<(), BodyError> {
        while self.at != At::Behind && (self.filled == 0 || self.filled < self.block.len()) {
            if self.at == At::Between {
                match self.input.first() {
                    None => break,
                    Some(&MAGIC) => self.inflate = Decompress::new_gzip(WINDOW_BITS),
                    // Padding. If it is a damaged member instead, the page is incomplete and is retried.
                    Some(_) => {
                        self.at = At::Behind;
                        break;
                    }
                }
            }
            if self.at != At::Member && self.input.is_empty() {
                break;
            }
            self.at = At::Member;
            if self.filled == 0 && self.block.len() < MIN_ROOM {
                self.block = BytesMut::zeroed(BLOCK);
            }
            let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self
                .inflate
                .decompress(
                    &self.input,
                    &mut self.block[self.filled..],
                    FlushDecompress::None,
                )
                .map_err(|error| {
                    BodyError::Corrupt(error.message().unwrap_or("invalid data").to_owned())
                })?;
            let part = |total: u64, before: u64| {
                usize::try_from(total - before).expect("part of a chunk in memory")
            };
            let read = part(self.inflate.total_in(), read);
            let written = part(self.inflate.total_out(), written);
            let _ = self.input.split_to(read);
            self.filled += written;
            if written > 0 {
                self.deadline.get_or_insert_with(|| Instant::now() + HOLD);
            }
            match status {
                Status::StreamEnd => self.at = At::Between,
                // The decompressor may hold more output than there is room for, so stop only without progress.
                _ if read == 0 && written == 0 => break,
                _ => {}
            }
        }
        if self.at == At::Behind {
            self.input.clear();
        }
        Ok(())
    }

    /// Returns whether the output is to be returned without waiting for more. The first always is, because it has the
    /// first records.
    pub(crate) fn is_due(&self) -> bool {
        self.filled > 0 && (!self.has_begun || self.filled == self.block.len())
    }

    /// Returns when the output must be returned, although there is room for more; `None` if there is no output.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Takes the output so far; empty if there is none.
    pub(crate) fn take(&mut self) -> Bytes {
        self.has_begun = true;
        self.deadline = None;
        let filled = std::mem::take(&mut self.filled);
        self.block.split_to(filled).freeze()
    }

    /// Returns whether the body may end here.
    pub(crate) fn may_end(&self) -> bool {
        self.at != At::Member
    }
}
