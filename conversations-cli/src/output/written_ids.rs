//! [`WrittenIds`]: the records in a partial output.

use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, BufRead as _, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;

use super::compression::Compression;
use super::file::BUFFER;

/// Hashes of the ids of records written by an earlier run, 8 bytes per record. The probability that any of a million
/// new ids collides with any of a million written ids is one in eighteen million.
pub(crate) struct WrittenIds {
    hasher: RandomState,
    sorted: Vec<u64>,
}

impl WrittenIds {
    /// Reads the ids from JSONL with `count` lines, without those of the first `skipped`.
    pub(super) fn read(
        content: impl Read,
        compression: Compression,
        skipped: u64,
        count: u64,
    ) -> io::Result<Self> {
        let content = BufReader::with_capacity(BUFFER, content);
        let unpacked: Box<dyn Read + '_> = match compression {
            Compression::None => Box::new(content),
            Compression::Gzip => Box::new(MultiGzDecoder::new(content)),
            Compression::Zstd => Box::new(zstd::Decoder::with_buffer(content)?),
        };
        let mut lines = BufReader::with_capacity(BUFFER, unpacked);
        let hasher = RandomState::new();
        let mut sorted =
            Vec::with_capacity(usize::try_from(count.saturating_sub(skipped)).unwrap_or(0));
        let mut line = Vec::new();
        let mut number = 0;
        while lines.read_until(b'\n', &mut line)? > 0 {
            number += 1;
            if number > skipped {
                let record: Identified = serde_json::from_slice(&line)?;
                sorted.push(hasher.hash_one(record.id));
            }
            line.clear();
        }
        if number != count {
            return Err(io::Error::from(io::ErrorKind::InvalidData));
        }
        sorted.sort_unstable();
        Ok(Self { hasher, sorted })
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        let hash = self.hasher.hash_one(id);
        self.sorted.binary_search(&hash).is_ok()
    }
}

#[derive(Deserialize)]
struct Identified {
    id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = "{\"id\":\"a\"}\n{\"x\":1,\"id\":\"b\\u0062\"}\n{\"id\":\"c\"}\n";

    fn read(skipped: u64, count: u64) -> io::Result<WrittenIds> {
        WrittenIds::read(LINES.as_bytes(), Compression::None, skipped, count)
    }

    #[test]
    fn ids_are_those_of_the_lines_that_are_not_skipped() {
        let written = read(1, 3).unwrap();
        let found = ["a", "bb", "c", "d"].map(|id| written.contains(id));
        assert_eq!(found, [false, true, true, false]);
    }

    #[test]
    fn a_file_with_another_number_of_lines_is_not_the_one_that_was_written() {
        assert!(read(0, 2).is_err() && read(0, 4).is_err() && read(0, 3).is_ok());
    }
}
