//! Sorts a day's records in chunks that fit in memory, and merges the chunks.

use std::io::{self, BufRead as _, BufReader, Cursor, Write};

use bytes::Bytes;
use conversations_api_ext::Record;

use super::entries::EntryBuffer;
use super::sort_key::Key;

/// A buffer of records for the next chunk.
#[derive(Debug, Default)]
pub(crate) struct SortBuffer {
    records: Vec<(Key, Record)>,
    bytes: usize,
}

/// Maximum size of a chunk. The records of a day fit in one chunk for most projects, and memory holds several.
const FULL: usize = 4 * 1024 * 1024;

impl SortBuffer {
    pub(crate) fn add(&mut self, record: Record) {
        self.bytes += record.raw_bytes().len();
        self.records.push((Key::of(&record), record));
    }

    pub(crate) fn is_full(&self) -> bool {
        self.bytes >= FULL
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Returns the records as one sorted chunk and clears the buffer.
    pub(crate) fn take(&mut self) -> io::Result<Chunk> {
        self.records
            .sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let first = self.records.first().map(|(key, _)| key.clone());
        let mut entries = EntryBuffer::default();
        let mut out = encoder()?;
        for (key, record) in self.records.drain(..) {
            let json = record.raw_bytes();
            entries.add(&key, record.in_progress(), json);
            write(&mut out, key.started, &key.id, json)?;
        }
        self.bytes = 0;
        let packed = entries.pack(&out.finish()?);
        Ok(Chunk { first, packed })
    }
}

/// The zstd level. Nearly all chunks are read back and deleted in the same run, so time counts more than size.
const LEVEL: i32 = -1;

/// Returns an encoder whose output has a checksum: a damaged chunk must not be resumed.
fn encoder() -> io::Result<zstd::Encoder<'static, Vec<u8>>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL)?;
    encoder.include_checksum(true)?;
    Ok(encoder)
}

fn write(out: &mut impl Write, started: Option<i64>, id: &str, json: &[u8]) -> io::Result<()> {
    let started = started.map_or_else(String::new, |started| started.to_string());
    // Length-prefixed, because a record may contain line breaks between its tokens.
    writeln!(out, "{started} {} {}", id.len(), json.len())?;
    out.write_all(id.as_bytes())?;
    out.write_all(json)
}

/// Packs undated records.
pub(crate) fn pack<'a>(records: impl Iterator<Item = (&'a str, &'a str)>) -> io::Result<Vec<u8>> {
    let mut out = encoder()?;
    for (id, json) in records {
        write(&mut out, None, id, json.as_bytes())?;
    }
    out.finish()
}

/// Sorted records.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    pub(crate) first: Option<Key>,
    /// The entries and the compressed records, as [`Entries::open`](super::entries::Entries::open) separates them.
    pub(crate) packed: Bytes,
}

/// One record of a chunk.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) key: Key,
    pub(crate) json: String,
}

impl Item {
    pub(crate) fn id(&self) -> &str {
        &self.key.id
    }

    pub(crate) fn started(&self) -> Option<i64> {
        self.key.started
    }
}

/// Reads the packed records of a chunk from their start.
pub(crate) struct Items {
    input: BufReader<zstd::Decoder<'static, Cursor<Bytes>>>,
}

/// Several records.
const BUFFER: usize = 64 * 1024;

impl Items {
    pub(crate) fn new(packed: Bytes) -> io::Result<Self> {
        let input = zstd::Decoder::with_buffer(Cursor::new(packed))?;
        let input = BufReader::with_capacity(BUFFER, input);
        Ok(Self { input })
    }

    pub(crate) fn next(&mut self) -> io::Result<Option<Item>> {
        let mut header = String::new();
        if self.input.read_line(&mut header)? == 0 {
            return Ok(None);
        }
        let broken = || io::Error::new(io::ErrorKind::InvalidData, "a chunk is damaged");
        let mut parts = header.trim_end().splitn(3, ' ');
        let mut part = || parts.next().ok_or_else(broken);
        let started = part()?;
        let started = if started.is_empty() {
            None
        } else {
            Some(started.parse().map_err(|_| broken())?)
        };
        let id = part()?.parse().map_err(|_| broken())?;
        let json = part()?.parse().map_err(|_| broken())?;
        let id = self.text(id)?;
        let json = self.text(json)?;
        let key = Key { started, id };
        Ok(Some(Item { key, json }))
    }

    fn text(&mut self, length: usize) -> io::Result<String> {
        let mut bytes = vec![0; length];
        io::Read::read_exact(&mut self.input, &mut bytes)?;
        String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

/// Merges chunks into one sorted sequence. A chunk is fetched when it is needed and dropped when it is read, so for
/// a server that responds in order about one is in memory at a time.
pub(crate) struct Merge<F> {
    fetch: F,
    /// The chunks not opened yet, sorted by first key; the next one is last.
    waiting: Vec<(Option<Key>, u32)>,
    open: Vec<(Item, Items)>,
}

impl<F: FnMut(u32) -> io::Result<Bytes>> Merge<F> {
    /// Creates a merge. `fetch` returns the packed records of the chunk with this number.
    pub(crate) fn new(mut chunks: Vec<(Option<Key>, u32)>, fetch: F) -> Self {
        chunks.sort_unstable();
        chunks.reverse();
        Self {
            fetch,
            waiting: chunks,
            open: Vec::new(),
        }
    }

    pub(crate) fn next(&mut self) -> io::Result<Option<Item>> {
        loop {
            let least = self.open.iter().map(|(item, _)| &item.key).min();
            let due = match (self.waiting.last(), least) {
                (Some((first, _)), Some(least)) => first.as_ref().is_none_or(|key| key <= least),
                (waiting, _) => waiting.is_some(),
            };
            if !due {
                break;
            }
            if let Some((_, number)) = self.waiting.pop() {
                let mut items = Items::new((self.fetch)(number)?)?;
                if let Some(item) = items.next()? {
                    self.open.push((item, items));
                }
            }
        }
        let least = self
            .open
            .iter()
            .enumerate()
            .min_by(|(_, (one, _)), (_, (other, _))| one.key.cmp(&other.key));
        let Some((place, _)) = least else {
            return Ok(None);
        };
        let following = self.open[place].1.next()?;
        Ok(Some(match following {
            Some(item) => std::mem::replace(&mut self.open[place].0, item),
            None => self.open.swap_remove(place).0,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a packed chunk of items given as (start, id).
    fn chunk(items: &[(i64, &str)]) -> (Option<Key>, Bytes) {
        let mut out = zstd::Encoder::new(Vec::new(), 1).unwrap();
        let key = |(started, id): &(i64, &str)| Key {
            started: Some(*started),
            id: (*id).to_owned(),
        };
        for (started, id) in items {
            let json = format!("{{\n\"id\": \"{id}\"}}");
            write!(out, "{started} {} {}\n{id}{json}", id.len(), json.len()).unwrap();
        }
        (items.first().map(key), out.finish().unwrap().into())
    }

    #[test]
    fn chunks_in_any_order_are_merged_and_few_are_in_memory() {
        let chunks = [
            chunk(&[(50, "e"), (60, "f")]),
            chunk(&[(10, "a"), (20, "b")]),
            chunk(&[(20, "c"), (55, "x")]),
            chunk(&[]),
        ];
        let keys = chunks.iter().enumerate();
        let keys = keys
            .map(|(number, (first, _))| (first.clone(), number as u32))
            .collect();
        let mut merge = Merge::new(keys, |number| Ok(chunks[number as usize].1.clone()));
        let mut ids = Vec::new();
        let mut most = 0;
        while let Some(item) = merge.next().unwrap() {
            most = most.max(merge.open.len());
            ids.push(item.id().to_owned());
        }
        assert_eq!(ids, ["a", "b", "c", "e", "x", "f"]);
        assert_eq!(most, 2);
    }

    #[test]
    fn a_chunk_with_a_changed_byte_is_never_read_as_other_records() {
        let records = [("a", r#"{"id":"a"}"#), ("b", r#"{"id":"b"}"#)];
        let packed = pack(records.into_iter()).unwrap();
        let read = |packed: Vec<u8>| {
            let mut items = Items::new(packed.into())?;
            let mut read = Vec::new();
            while let Some(item) = items.next()? {
                read.push(item);
            }
            Ok::<_, io::Error>(read)
        };
        let whole = read(packed.clone()).unwrap();
        assert_eq!(whole.len(), 2);
        for position in 0..packed.len() {
            let mut damaged = packed.clone();
            damaged[position] ^= 1;
            let found = read(damaged);
            assert!(found.is_err() || found.unwrap() == whole, "byte {position}");
        }
    }

    #[test]
    fn a_truncated_chunk_is_an_error() {
        let (_, packed) = chunk(&[(10, "a"), (20, "b")]);
        let short = packed.slice(..packed.len() - 4);
        let mut items = match Items::new(short) {
            Ok(items) => items,
            Err(_) => return,
        };
        let mut read = || loop {
            if items.next()?.is_none() {
                return Ok::<_, io::Error>(());
            }
        };
        assert!(read().is_err());
    }
}
