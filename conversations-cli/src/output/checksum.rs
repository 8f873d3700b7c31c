//! [`Checksum`]: detects accidental changes of the bytes of a file.

use std::fmt;

use twox_hash::XxHash3_128;

/// The XXH3 checksum of bytes, in 128 bits. Displayed as `xxh128:` and the digits that `xxh128sum` prints.
#[derive(Default)]
pub(crate) struct Checksum(XxHash3_128);

impl Checksum {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "xxh128:{:032x}", self.0.finish_128())
    }
}
