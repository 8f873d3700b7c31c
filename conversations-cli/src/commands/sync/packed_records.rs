//! [`Packer`] and [`PackedRecords`]: records compressed in blocks.
//!
//! A block is compressed and decompressed in one step, which takes less time than a stream, and its records are read
//! without copying them. Few blocks are in memory at a time, however many chunks are read at once.

use std::io::{self, Write as _};
use std::ops::Range;
use std::sync::Arc;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use twox_hash::XxHash3_64;
use zstd::zstd_safe::compress_bound;

use super::object_reader::ObjectReader;
use super::sort_key::Key;

/// A block ends with the record that brings it to this size: small enough for the cache of a core, large enough to
/// compress well.
const BLOCK: usize = 256 * 1024;

/// The zstd level. Nearly all records are read back and deleted in the same run, so time counts more than size.
const LEVEL: i32 = -3;

/// The length of what precedes a block: its length before and after compression, and its checksum.
const HEAD: usize = 24;

/// Compresses records.
pub(crate) struct Packer {
    compressor: zstd::bulk::Compressor<'static>,
    block: Vec<u8>,
    compressed: Vec<u8>,
    /// Not one buffer, which would be moved while it grows and take a megabyte for each chunk being packed.
    packed: Vec<Bytes>,
}

impl Packer {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            compressor: zstd::bulk::Compressor::new(LEVEL)?,
            block: Vec::new(),
            compressed: Vec::new(),
            packed: Vec::new(),
        })
    }

    pub(crate) fn add(&mut self, started: Option<i64>, id: &str, json: &[u8]) -> io::Result<()> {
        write(&mut self.block, started, id, json)?;
        if self.block.len() >= BLOCK {
            self.end_block()?;
        }
        Ok(())
    }

    fn end_block(&mut self) -> io::Result<()> {
        let Self {
            compressor,
            block,
            compressed,
            packed,
        } = self;
        compressed.clear();
        compressed.reserve(compress_bound(block.len()));
        compressor.compress_to_buffer(block, compressed)?;
        let length = block.len() as u64;
        let mut part = BytesMut::with_capacity(HEAD + compressed.len());
        part.put_u64_le(length);
        part.put_u64_le(compressed.len() as u64);
        part.put_u64_le(checksum(length, compressed));
        part.put_slice(compressed);
        packed.push(part.freeze());
        block.clear();
        Ok(())
    }

    /// Returns the blocks.
    pub(crate) fn finish(mut self) -> io::Result<Vec<Bytes>> {
        if !self.block.is_empty() {
            self.end_block()?;
        }
        Ok(self.packed)
    }
}

fn write(out: &mut Vec<u8>, started: Option<i64>, id: &str, json: &[u8]) -> io::Result<()> {
    if let Some(started) = started {
        write!(out, "{started}")?;
    }
    // Length-prefixed, because a record may contain line breaks between its tokens.
    writeln!(out, " {} {}", id.len(), json.len())?;
    out.extend_from_slice(id.as_bytes());
    out.extend_from_slice(json);
    Ok(())
}

/// Packs undated records as one zstd frame: they are few, and are kept.
pub(crate) fn pack<'a>(records: impl Iterator<Item = (&'a str, &'a str)>) -> io::Result<Vec<u8>> {
    let mut block = Vec::new();
    for (id, json) in records {
        write(&mut block, None, id, json.as_bytes())?;
    }
    let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
    compressor.include_checksum(true)?;
    compressor.compress(&block)
}

/// Returns the checksum of a block: a damaged one must not be resumed. It includes the length of the records, by which
/// memory is allocated.
pub(super) fn checksum(length: u64, block: &[u8]) -> u64 {
    XxHash3_64::oneshot_with_seed(length, block)
}

/// The JSON of a record, as a part of its block.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    block: Arc<String>,
    range: Range<usize>,
}

impl Part {
    pub(crate) fn as_str(&self) -> &str {
        &self.block[self.range.clone()]
    }
}

/// Reads packed records from their start.
pub(crate) struct PackedRecords {
    decompressor: zstd::bulk::Decompressor<'static>,
    rest: ObjectReader,
    block: Arc<String>,
    at: usize,
}

impl PackedRecords {
    pub(crate) fn new(packed: ObjectReader) -> io::Result<Self> {
        Ok(Self {
            decompressor: zstd::bulk::Decompressor::new()?,
            rest: packed,
            block: Arc::default(),
            at: 0,
        })
    }

    /// Reads what [`pack`] has packed.
    pub(crate) fn unpack(packed: &[u8]) -> io::Result<Self> {
        let block = String::from_utf8(zstd::decode_all(packed)?).map_err(|_| damaged())?;
        Ok(Self {
            block: Arc::new(block),
            ..Self::new(Bytes::new().into())?
        })
    }

    pub(crate) fn next(&mut self) -> io::Result<Option<(Key, Part)>> {
        while self.at == self.block.len() {
            if self.rest.left() == 0 {
                return Ok(None);
            }
            let block = String::from_utf8(self.block()?).map_err(|_| damaged())?;
            self.block = Arc::new(block);
            self.at = 0;
        }
        let rest = &self.block[self.at..];
        let header = rest.split_once('\n').ok_or_else(damaged)?.0;
        let mut parts = header.splitn(3, ' ');
        let mut part = || parts.next().ok_or_else(damaged);
        let started = match part()? {
            "" => None,
            started => Some(started.parse().map_err(|_| damaged())?),
        };
        let id: usize = part()?.parse().map_err(|_| damaged())?;
        let json: usize = part()?.parse().map_err(|_| damaged())?;
        let start = self.at + header.len() + 1;
        let middle = start.checked_add(id).ok_or_else(damaged)?;
        let end = middle.checked_add(json).ok_or_else(damaged)?;
        let id = self
            .block
            .get(start..middle)
            .ok_or_else(damaged)?
            .to_owned();
        self.block.get(middle..end).ok_or_else(damaged)?;
        self.at = end;
        let part = Part {
            block: Arc::clone(&self.block),
            range: middle..end,
        };
        Ok(Some((Key { started, id }, part)))
    }

    /// Decompresses the next block.
    fn block(&mut self) -> io::Result<Vec<u8>> {
        let mut head = self.rest.take(HEAD)?;
        let [length, packed, expected] = [(); 3].map(|()| head.get_u64_le());
        let packed = usize::try_from(packed).map_err(|_| damaged())?;
        let packed = self.rest.take(packed)?;
        if checksum(length, &packed) != expected {
            return Err(damaged());
        }
        let length = usize::try_from(length).map_err(|_| damaged())?;
        self.decompressor.decompress(&packed, length)
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "packed records are damaged")
}

#[cfg(test)]
mod tests {
    use super::*;

    type Open = fn(&[u8]) -> io::Result<PackedRecords>;

    fn blocks(packed: &[u8]) -> io::Result<PackedRecords> {
        PackedRecords::new(Bytes::copy_from_slice(packed).into())
    }

    fn read(open: Open, packed: &[u8]) -> io::Result<Vec<(Option<i64>, String, String)>> {
        let mut records = open(packed)?;
        let mut all = Vec::new();
        while let Some((Key { started, id }, json)) = records.next()? {
            all.push((started, id, json.as_str().to_owned()));
        }
        Ok(all)
    }

    #[test]
    fn records_of_any_size_survive_a_round_trip() {
        let large = "x".repeat(3 * BLOCK);
        let records = [
            (Some(-7), "a", "{\n\"é\": 1}"),
            (None, "é\n", large.as_str()),
            (Some(8), "c", "{}"),
        ];
        let mut packer = Packer::new().unwrap();
        for (started, id, json) in records {
            packer.add(started, id, json.as_bytes()).unwrap();
        }
        let expected = records.map(|(started, id, json)| (started, id.to_owned(), json.to_owned()));
        let packed = packer.finish().unwrap().concat();
        assert_eq!(read(blocks, &packed).unwrap(), expected);
        assert_eq!(read(blocks, &[]).unwrap(), []);
        let none = pack(std::iter::empty()).unwrap();
        assert_eq!(read(PackedRecords::unpack, &none).unwrap(), []);
        let undated = pack([("a", "{}"), ("b", large.as_str())].into_iter());
        let expected = [("a", "{}"), ("b", large.as_str())];
        let expected = expected.map(|(id, json)| (None, id.to_owned(), json.to_owned()));
        assert_eq!(
            read(PackedRecords::unpack, &undated.unwrap()).unwrap(),
            expected
        );
    }

    #[test]
    fn packed_records_with_a_changed_byte_or_cut_off_are_never_read_as_others() {
        let records = [("a", r#"{"id":"a"}"#), ("b", r#"{"id":"b"}"#)];
        let mut packer = Packer::new().unwrap();
        for (id, json) in records {
            packer.add(Some(7), id, json.as_bytes()).unwrap();
        }
        let cases: [(Open, Vec<u8>); 2] = [
            (blocks, packer.finish().unwrap().concat()),
            (PackedRecords::unpack, pack(records.into_iter()).unwrap()),
        ];
        for (open, packed) in cases {
            let whole = read(open, &packed).unwrap();
            assert_eq!(whole.len(), 2);
            for position in 0..packed.len() {
                let mut damaged = packed.clone();
                damaged[position] ^= 1;
                let found = read(open, &damaged);
                assert!(found.is_err() || found.unwrap() == whole, "byte {position}");
                assert!(position == 0 || read(open, &packed[..position]).is_err());
            }
        }
    }
}
