//! [`Entries`]: the fingerprints of the records of a chunk, in the same order.
//!
//! They are computed once, when a record arrives. A day is then compared with the known one without decompressing its
//! records, and a day that has not changed is never decompressed.

use std::io;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use object_store::PutPayload;
use twox_hash::{XxHash3_64, XxHash3_128};

use super::fields::each_field;
use super::object_reader::ObjectReader;
use super::packed_records::checksum;
use super::sort_key::Key;

/// The fingerprint of one record.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) started: Option<i64>,
    pub(crate) id: &'a str,
    pub(crate) in_progress: bool,
    /// The hash of the JSON.
    pub(crate) text: u128,
    fields: &'a [u8],
}

impl Entry<'_> {
    /// Returns a hash per field, in the order of [`Entries::names`]; 0 if the record does not have the field.
    pub(crate) fn fields(&self) -> impl Iterator<Item = u32> {
        let (fields, _) = self.fields.as_chunks();
        fields.iter().map(|hash| u32::from_le_bytes(*hash))
    }
}

/// Returns the hash of a record's JSON.
pub(crate) fn text_hash(json: &[u8]) -> u128 {
    XxHash3_128::oneshot(json)
}

/// Collects the entries of a chunk.
#[derive(Debug, Default)]
pub(crate) struct EntryBuffer {
    /// The names of all fields that any record has, in order of first occurrence.
    names: Vec<Vec<u8>>,
    fields: Vec<u32>,
    bytes: Vec<u8>,
}

impl EntryBuffer {
    pub(crate) fn add(&mut self, key: &Key, in_progress: bool, json: &[u8]) {
        let Self {
            names,
            fields,
            bytes,
        } = self;
        fields.clear();
        let mut expected = 0;
        each_field(json, |name, value| {
            let Some(position) = position(names, name, expected) else {
                return;
            };
            expected = position + 1;
            if fields.len() < expected {
                fields.resize(expected, 0);
            }
            fields[position] = short(value);
        });
        let flags = u8::from(key.started.is_some()) | u8::from(in_progress) << 1;
        bytes.push(flags);
        bytes.extend_from_slice(&key.started.unwrap_or_default().to_le_bytes());
        bytes.extend_from_slice(&text_hash(json).to_le_bytes());
        push_bytes(bytes, key.id.as_bytes());
        bytes.extend_from_slice(&length(fields.len()));
        bytes.extend(fields.iter().flat_map(|hash| hash.to_le_bytes()));
    }

    /// Returns these entries as bytes.
    pub(crate) fn content(&self) -> Bytes {
        let mut content = Vec::with_capacity(self.bytes.len() + 1024);
        content.extend_from_slice(&length(self.names.len()));
        for name in &self.names {
            push_bytes(&mut content, name);
        }
        content.extend_from_slice(&self.bytes);
        content.into()
    }

    /// Returns a chunk of these entries and their packed records.
    pub(crate) fn pack(&self, records: Vec<Bytes>) -> PutPayload {
        let content = self.content();
        let packed = records.iter().map(|part| part.len() as u64).sum();
        let mut head = BytesMut::with_capacity(HEAD);
        head.put_u64_le(content.len() as u64);
        head.put_u64_le(packed);
        head.put_u64_le(checksum(packed, &content));
        [head.freeze(), content]
            .into_iter()
            .chain(records)
            .collect()
    }
}

/// The maximum number of names of fields. A change of another field is noticed by the hash of the record: one whose
/// keys are its data may have a million of them, and each is searched for.
const MAX_NAMES: usize = 1000;

/// Finds or adds a name; returns `None` if there are too many. Most records have the same fields in the same order, so the
/// search begins at the expected one.
fn position(names: &mut Vec<Vec<u8>>, name: &[u8], expected: usize) -> Option<usize> {
    if names.get(expected).is_some_and(|known| known == name) {
        return Some(expected);
    }
    let known = names.iter().position(|known| known == name);
    known.or_else(|| {
        (names.len() < MAX_NAMES).then(|| {
            names.push(name.to_owned());
            names.len() - 1
        })
    })
}

/// Returns a 32-bit hash. 0 is reserved for absent fields.
fn short(json: &[u8]) -> u32 {
    let hash = XxHash3_64::oneshot(json);
    u32::try_from(hash >> 32)
        .expect("the upper half of 64 bits")
        .max(1)
}

fn length(length: usize) -> [u8; 4] {
    let length = u32::try_from(length);
    length
        .expect("ids and field names are part of a record in memory")
        .to_le_bytes()
}

fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&length(bytes.len()));
    out.extend_from_slice(bytes);
}

/// The length of what precedes the entries: their length, that of the packed records, and the checksum of both. Without
/// the second, records that are cut off between two blocks would be fewer and whole.
const HEAD: usize = 24;

/// Reads the entries of a chunk.
pub(crate) struct Entries {
    /// The names of the fields.
    pub(crate) names: Vec<String>,
    content: Bytes,
    /// The position of the next entry.
    at: usize,
}

impl Entries {
    /// Reads the entries of a chunk, which its packed records follow.
    pub(crate) fn open(chunk: &mut ObjectReader) -> io::Result<Self> {
        let mut head = chunk.take(HEAD)?;
        let length = usize::try_from(head.get_u64_le()).map_err(|_| damaged())?;
        let packed = head.get_u64_le();
        let expected = head.get_u64_le();
        let content = chunk.take(length)?;
        if checksum(packed, &content) != expected || chunk.left() != packed {
            return Err(damaged());
        }
        Self::read(content)
    }

    /// Reads entries from bytes.
    pub(crate) fn read(content: Bytes) -> io::Result<Self> {
        let mut rest = &*content;
        let count = get_length(&mut rest)?;
        let names = (0..count).map(|_| field_name(get_bytes(&mut rest)?));
        let names = names.collect::<io::Result<_>>()?;
        let at = content.len() - rest.len();
        Ok(Self { names, content, at })
    }

    pub(crate) fn next(&mut self) -> io::Result<Option<Entry<'_>>> {
        let mut rest = &self.content[self.at..];
        if rest.is_empty() {
            return Ok(None);
        }
        if rest.len() < 1 + 8 + 16 {
            return Err(damaged());
        }
        let flags = rest.get_u8();
        let started = rest.get_i64_le();
        let text = rest.get_u128_le();
        let id = str::from_utf8(get_bytes(&mut rest)?).map_err(|_| damaged())?;
        let count = get_length(&mut rest)?;
        let fields = get(&mut rest, count.checked_mul(4).ok_or_else(damaged)?)?;
        self.at = self.content.len() - rest.len();
        Ok(Some(Entry {
            started: (flags & 1 != 0).then_some(started),
            id,
            in_progress: flags & 2 != 0,
            text,
            fields,
        }))
    }
}

/// Returns the name of a field without escapes.
fn field_name(written: &[u8]) -> io::Result<String> {
    let quoted = [b"\"", written, b"\""].concat();
    // A name with half a surrogate pair is valid JSON, but not text.
    serde_json::from_slice(&quoted)
        .or_else(|_| String::from_utf8(written.to_owned()))
        .map_err(|_| damaged())
}

fn get<'a>(rest: &mut &'a [u8], length: usize) -> io::Result<&'a [u8]> {
    rest.split_off(..length).ok_or_else(damaged)
}

fn get_length(rest: &mut &[u8]) -> io::Result<usize> {
    let length = get(rest, 4)?.get_u32_le();
    usize::try_from(length).map_err(|_| damaged())
}

fn get_bytes<'a>(rest: &mut &'a [u8]) -> io::Result<&'a [u8]> {
    let length = get_length(rest)?;
    get(rest, length)
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a chunk is damaged")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk() -> Bytes {
        let mut entries = EntryBuffer::default();
        let first = Key::new(Some(-7), "a");
        entries.add(&first, true, br#"{"id":"a","n":1}"#);
        entries.add(
            &Key::new(None, "é"),
            false,
            r#"{"\u006e":1,"é":[]}"#.as_bytes(),
        );
        entries.pack(vec![Bytes::from("records")]).into()
    }

    /// The key, whether it is in progress, and the hashes of its text and fields.
    type Owned = (Key, bool, u128, Vec<u32>);

    fn read(packed: Bytes) -> io::Result<(Vec<String>, Vec<Owned>, Bytes)> {
        let mut chunk = ObjectReader::from(packed);
        let mut entries = Entries::open(&mut chunk)?;
        let mut all = Vec::new();
        while let Some(entry) = entries.next()? {
            let key = Key::new(entry.started, entry.id);
            let fields = entry.fields().collect();
            all.push((key, entry.in_progress, entry.text, fields));
        }
        let records = b"records".len();
        Ok((entries.names, all, chunk.take(records).unwrap_or_default()))
    }

    #[test]
    fn entries_survive_a_round_trip() {
        let (names, entries, records) = read(chunk()).unwrap();
        assert_eq!(names, ["id", "n", "n", "é"]);
        assert_eq!(records, "records");
        let first = br#"{"id":"a","n":1}"#;
        let hashes = vec![short(br#""a""#), short(b"1")];
        let expected = (Key::new(Some(-7), "a"), true, text_hash(first), hashes);
        assert_eq!(entries[0], expected);
        let second = r#"{"\u006e":1,"é":[]}"#.as_bytes();
        let hashes = vec![0, 0, short(b"1"), short(b"[]")];
        let expected = (Key::new(None, "é"), false, text_hash(second), hashes);
        assert_eq!(entries[1], expected);
    }

    #[test]
    fn entries_with_a_changed_byte_or_cut_off_are_an_error() {
        let whole = chunk();
        let entries = whole.len() - b"records".len();
        for position in 0..whole.len() {
            let mut damaged = whole.to_vec();
            damaged[position] ^= 1;
            let is_entry = position < entries;
            assert_eq!(read(damaged.into()).is_err(), is_entry, "byte {position}");
            assert!(read(whole.slice(..position)).is_err(), "{position} bytes");
        }
    }

    #[test]
    fn of_a_record_whose_keys_are_data_only_some_fields_are_compared() {
        let keys = (0..3 * MAX_NAMES).map(|n| format!(r#""k{n}":{n}"#));
        let odd = format!("{{{}}}", keys.collect::<Vec<_>>().join(","));
        let mut entries = EntryBuffer::default();
        entries.add(&Key::new(None, "odd"), false, odd.as_bytes());
        entries.add(&Key::new(None, "plain"), false, br#"{"k1":1,"new":2}"#);
        let (names, all, _) = read(entries.pack(Vec::new()).into()).unwrap();
        assert_eq!(names.len(), MAX_NAMES);
        assert_eq!(all[0].2, text_hash(odd.as_bytes()));
        assert_eq!(all[0].3.len(), MAX_NAMES);
        assert_eq!(all[1].3, [0, short(b"1")]);
    }
}
