//! Sorts a day's records in chunks that fit in memory, and merges the chunks.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use conversations_api_ext::Record;
use object_store::PutPayload;

use super::entries::EntryBuffer;
use super::object_reader::ObjectReader;
use super::packed_records::{PackedRecords, Packer, Part};
use super::sort_key::Key;

/// A buffer of records for the next chunk.
#[derive(Debug, Default)]
pub(crate) struct SortBuffer {
    records: Vec<(Key, Record)>,
    bytes: usize,
}

/// Maximum size of a chunk. The records of a day fit in one chunk for most projects. Memory holds two chunks of each day
/// being fetched: the next one, and the one being written.
const FULL: usize = 2 * 1024 * 1024;

impl SortBuffer {
    pub(crate) fn add(&mut self, record: Record) {
        self.bytes += record.raw_bytes().len();
        self.records.push((Key::of(&record), record));
    }

    pub(crate) fn is_full(&self) -> bool {
        self.bytes >= FULL
    }

    /// Returns the least key; `None` if the buffer is empty.
    pub(crate) fn first(&self) -> Option<&Key> {
        self.records.iter().map(|(key, _)| key).min()
    }

    /// Sorts the records, and returns their entries.
    fn sort(&mut self) -> EntryBuffer {
        self.records
            .sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let mut entries = EntryBuffer::default();
        for (key, record) in &self.records {
            entries.add(key, record.in_progress(), record.raw_bytes());
        }
        entries
    }

    /// Returns the records as one chunk for the folder: the entries and the packed records, as
    /// [`Entries::open`](super::entries::Entries::open) separates them.
    pub(crate) fn pack(mut self) -> io::Result<PutPayload> {
        let entries = self.sort();
        let mut packer = Packer::new()?;
        for (key, record) in self.records {
            packer.add(key.started, &key.id, record.raw_bytes())?;
        }
        Ok(entries.pack(packer.finish()?))
    }

    /// Returns the records as one chunk that stays in memory, where packing them would only cost time.
    pub(crate) fn finish(mut self) -> MemoryChunk {
        MemoryChunk {
            entries: self.sort().content(),
            records: self.records.into(),
        }
    }
}

/// Sorted records in memory.
#[derive(Debug, Clone)]
pub(crate) struct MemoryChunk {
    /// Their entries, as [`Entries::read`](super::entries::Entries::read) reads them.
    pub(crate) entries: Bytes,
    records: Arc<[(Key, Record)]>,
}

impl MemoryChunk {
    pub(crate) fn first(&self) -> Option<&Key> {
        self.records.first().map(|(key, _)| key)
    }

    pub(crate) fn items(&self) -> Items {
        Items::InMemory(Arc::clone(&self.records), 0)
    }
}

/// One record of a chunk.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) key: Key,
    json: Json,
}

#[derive(Debug)]
enum Json {
    Received(Record),
    Unpacked(Part),
}

impl Item {
    #[cfg(test)]
    pub(crate) fn new(started: Option<i64>, record: Record) -> Self {
        let id = record.id().to_owned();
        Self {
            key: Key { started, id },
            json: Json::Received(record),
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.key.id
    }

    pub(crate) fn started(&self) -> Option<i64> {
        self.key.started
    }

    pub(crate) fn json(&self) -> &str {
        match &self.json {
            Json::Received(record) => record.raw(),
            Json::Unpacked(part) => part.as_str(),
        }
    }
}

/// Reads the records of a chunk from their start.
pub(crate) enum Items {
    /// The records, and the position of the next one.
    InMemory(Arc<[(Key, Record)]>, usize),
    Packed(Box<PackedRecords>),
}

impl Items {
    /// Reads packed records.
    pub(crate) fn new(packed: ObjectReader) -> io::Result<Self> {
        Ok(Self::Packed(Box::new(PackedRecords::new(packed)?)))
    }

    pub(crate) fn next(&mut self) -> io::Result<Option<Item>> {
        Ok(match self {
            Self::InMemory(records, next) => records.get(*next).map(|(key, record)| {
                *next += 1;
                Item {
                    key: key.clone(),
                    json: Json::Received(record.clone()),
                }
            }),
            Self::Packed(records) => records.next()?.map(|(key, part)| Item {
                key,
                json: Json::Unpacked(part),
            }),
        })
    }
}

/// Merges chunks into one sorted sequence. A chunk is opened when it is needed and dropped when it is read, so for a
/// server that responds in order about one is in memory at a time.
pub(crate) struct Merge<F> {
    open_chunk: F,
    /// The chunks not opened yet, sorted by first key; the next one is last.
    waiting: Vec<(Option<Key>, u32)>,
    open: Vec<(Item, Items)>,
}

impl<F: FnMut(u32) -> io::Result<Items>> Merge<F> {
    /// Creates a merge. `open_chunk` returns the records of the chunk with this number.
    pub(crate) fn new(mut chunks: Vec<(Option<Key>, u32)>, open_chunk: F) -> Self {
        chunks.sort_unstable();
        chunks.reverse();
        Self {
            open_chunk,
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
                let mut items = (self.open_chunk)(number)?;
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
        let Some((index, _)) = least else {
            return Ok(None);
        };
        let following = self.open[index].1.next()?;
        Ok(Some(match following {
            Some(item) => std::mem::replace(&mut self.open[index].0, item),
            None => self.open.swap_remove(index).0,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::entries::Entries;
    use super::*;

    fn buffer(items: &[(i64, &str)]) -> SortBuffer {
        let mut buffer = SortBuffer::default();
        for (started, id) in items {
            let started = chrono::DateTime::from_timestamp_micros(*started).unwrap();
            let json = format!("{{\n\"id\": \"{id}\", \"started_at\": \"{started}\"}}");
            buffer.add(Record::from_json(json).unwrap());
        }
        buffer
    }

    #[test]
    fn chunks_in_any_order_are_merged_and_few_are_in_memory() {
        let packed = [
            &[(60, "f"), (50, "e")][..],
            &[(10, "a"), (20, "b")],
            &[(20, "c"), (55, "x")],
            &[],
        ];
        let buffers = packed.map(buffer);
        let keys = buffers.each_ref().map(|buffer| buffer.first().cloned());
        let packed = buffers.map(|buffer| buffer.pack().unwrap());
        let last = buffer(&[(70, "z"), (15, "y")]).finish();
        let keys = keys.into_iter().chain([last.first().cloned()]).zip(0..);
        let mut merge = Merge::new(keys.collect(), |number| {
            let Some(chunk) = packed.get(number as usize) else {
                return Ok(last.items());
            };
            let mut chunk = ObjectReader::from(Bytes::from(chunk.clone()));
            Entries::open(&mut chunk)?;
            Items::new(chunk)
        });
        let mut ids = Vec::new();
        let mut most = 0;
        while let Some(item) = merge.next().unwrap() {
            most = most.max(merge.open.len());
            assert!(
                item.json()
                    .starts_with(&format!("{{\n\"id\": \"{}\"", item.id()))
            );
            ids.push(item.id().to_owned());
        }
        assert_eq!(ids, ["a", "y", "b", "c", "e", "x", "f", "z"]);
        assert_eq!(most, 3);
    }
}
