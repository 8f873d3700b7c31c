//! [`DayIndex`]: fingerprints of the records of a day, from which the next read determines what changed.
//!
//! It holds only hashes: which fields a record has and whether their text is unchanged, never the text.

use std::collections::BTreeMap;
use std::hash::Hasher as _;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read, Write};

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::entries::Entry;
use super::id_hash::hash;

/// The records of a day by their ids.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct DayIndex {
    /// The names of all fields that any record has, in order of first occurrence.
    fields: Vec<String>,
    pub(crate) records: BTreeMap<String, Fingerprint>,
}

/// The fingerprint of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    /// The hash of the whole text.
    text: u128,
    /// A hash per field, in the order of [`DayIndex::fields`]; 0 if the record does not have the field.
    fields: Vec<u32>,
    /// Whether the record may still change.
    pub(crate) unsettled: bool,
}

/// How a record changed between two reads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Inserted,
    Unchanged,
    /// The names of the fields that were changed, added or removed.
    Updated(Vec<String>),
}

impl DayIndex {
    /// Returns the positions of the fields with these names, which are added if they are new.
    pub(crate) fn positions(&mut self, names: &[String]) -> Vec<usize> {
        names.iter().map(|name| self.position(name)).collect()
    }

    /// Adds a record. `positions` are those of the fields of its entry. It may still change if it is `young` or in
    /// progress.
    pub(crate) fn add(&mut self, entry: Entry, positions: &[usize], young: bool) {
        let mut fields = vec![0; self.fields.len()];
        // A name may occur twice, with and without escapes.
        for (position, hash) in positions.iter().zip(entry.fields) {
            if hash != 0 {
                fields[*position] = hash;
            }
        }
        let known = Fingerprint {
            text: entry.text,
            fields,
            unsettled: young || entry.in_progress,
        };
        self.records.insert(entry.key.id, known);
    }

    fn position(&mut self, name: &str) -> usize {
        match self.fields.iter().position(|known| known == name) {
            Some(position) => position,
            None => {
                self.fields.push(name.to_owned());
                self.fields.len() - 1
            }
        }
    }

    /// Returns how the record `id` changed since `earlier`.
    pub(crate) fn change(&self, id: &str, earlier: &Self) -> Change {
        let Some(now) = self.records.get(id) else {
            return Change::Unchanged;
        };
        let Some(then) = earlier.records.get(id) else {
            return Change::Inserted;
        };
        if now.text == then.text {
            return Change::Unchanged;
        }
        let of_field = |index: &Self, known: &Fingerprint, name: &str| {
            let position = index.fields.iter().position(|field| field == name);
            position
                .and_then(|position| known.fields.get(position).copied())
                .unwrap_or(0)
        };
        let mut names: Vec<_> = self.fields.iter().chain(&earlier.fields).collect();
        names.sort_unstable();
        names.dedup();
        let changed = names
            .into_iter()
            .filter(|name| of_field(self, now, name) != of_field(earlier, then, name));
        Change::Updated(changed.cloned().collect())
    }

    /// Marks as unsettled records that were unsettled before and have changed since: a record is final only if a
    /// second read finds it unchanged.
    pub(crate) fn invalidate(&mut self, earlier: &Self) {
        for (id, known) in &mut self.records {
            if let Some(then) = earlier.records.get(id) {
                known.unsettled |= then.unsettled && known.text != then.text;
            }
        }
    }

    /// Returns the ids in `earlier` that are missing here.
    pub(crate) fn missing<'a>(&'a self, earlier: &'a Self) -> impl Iterator<Item = &'a str> {
        let ids = earlier.records.keys().map(String::as_str);
        ids.filter(|id| !self.records.contains_key(*id))
    }

    /// Adds a record with its fingerprint from `earlier`.
    pub(crate) fn keep(&mut self, id: &str, earlier: &Self) {
        let Some(then) = earlier.records.get(id) else {
            return;
        };
        let mut fields = vec![0; self.fields.len()];
        for (name, hash) in earlier.fields.iter().zip(&then.fields) {
            let position = self.position(name);
            if fields.len() <= position {
                fields.resize(position + 1, 0);
            }
            fields[position] = *hash;
        }
        let known = Fingerprint {
            fields,
            ..then.clone()
        };
        self.records.insert(id.to_owned(), known);
    }

    /// Returns the hash of the content of all records.
    pub(crate) fn content(&self) -> u64 {
        let mut content = XxHash3_64::new();
        for known in self.records.values() {
            content.write(&known.text.to_le_bytes());
        }
        content.finish()
    }

    /// Reads only the ids of an index.
    pub(crate) fn ids(input: impl Read, mut each: impl FnMut(u64)) -> io::Result<()> {
        let lines = BufReader::new(zstd::Decoder::new(input)?).lines();
        for line in lines.skip(1) {
            let line = line?;
            let text = line.strip_prefix('[').unwrap_or_default();
            let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
            let id = values.next().transpose()?;
            each(hash(&id.ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidData, "a line has no id")
            })?));
        }
        Ok(())
    }

    pub(crate) fn unsettled(&self) -> u64 {
        self.records
            .values()
            .filter(|known| known.unsettled)
            .count() as u64
    }

    pub(crate) fn write(&self, out: impl Write) -> io::Result<()> {
        // Hashes hardly compress, at whatever level.
        let mut out = BufWriter::new(zstd::Encoder::new(out, 1)?);
        serde_json::to_writer(&mut out, &self.fields)?;
        out.write_all(b"\n")?;
        for (id, known) in &self.records {
            let text = format!("{:032x}", known.text);
            let line = (id, text, known.unsettled, &known.fields);
            serde_json::to_writer(&mut out, &line)?;
            out.write_all(b"\n")?;
        }
        out.into_inner()?.finish()?;
        Ok(())
    }

    pub(crate) fn read(input: impl Read) -> io::Result<Self> {
        let mut lines = BufReader::new(zstd::Decoder::new(input)?).lines();
        let empty = || io::Error::new(io::ErrorKind::UnexpectedEof, "the index is empty");
        let fields = serde_json::from_str(&lines.next().ok_or_else(empty)??)?;
        let mut records = BTreeMap::new();
        for line in lines {
            let (id, text, unsettled, fields): (String, String, bool, Vec<u32>) =
                serde_json::from_str(&line?)?;
            let text = u128::from_str_radix(&text, 16)
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a hash is not one"))?;
            let known = Fingerprint {
                text,
                fields,
                unsettled,
            };
            records.insert(id, known);
        }
        Ok(Self { fields, records })
    }
}

#[cfg(test)]
mod tests {
    use conversations_api_ext::Record;

    use super::super::entries::Entries;
    use super::super::external_sort::SortBuffer;
    use super::*;

    /// Returns the index of records and whether they are young. Each is in a chunk of its own.
    fn index(records: &[(&'static str, bool)]) -> DayIndex {
        let mut index = DayIndex::default();
        for (json, young) in records {
            let mut buffer = SortBuffer::default();
            buffer.add(Record::from_json(*json).unwrap());
            let (mut entries, _) = Entries::open(buffer.pack().unwrap().packed).unwrap();
            let positions = index.positions(&entries.names);
            index.add(entries.next().unwrap().unwrap(), &positions, *young);
        }
        index
    }

    #[test]
    fn a_change_names_its_fields() {
        let before = index(&[
            (r#"{"id":"a","state":{"x":1},"turns":[]}"#, false),
            (r#"{"id":"b"}"#, false),
            (r#"{"id":"gone"}"#, false),
        ]);
        let after = index(&[
            (r#"{"note":1,"id":"new"}"#, false),
            (r#"{"id":"a","turns":[{}],"metrics":{}}"#, false),
            (r#"{"id":"b"}"#, false),
        ]);
        assert_eq!(after.change("new", &before), Change::Inserted);
        assert_eq!(after.change("b", &before), Change::Unchanged);
        let Change::Updated(fields) = after.change("a", &before) else {
            panic!("a has changed")
        };
        assert_eq!(fields, ["metrics", "state", "turns"]);
        assert_eq!(after.missing(&before).collect::<Vec<_>>(), ["gone"]);
        let mut kept = after;
        kept.keep("gone", &before);
        assert_eq!(kept.change("gone", &before), Change::Unchanged);
        assert_eq!(kept.records["gone"].text, before.records["gone"].text);
    }

    #[test]
    fn a_field_keeps_its_hash_however_its_name_is_written_and_wherever_it_is() {
        let before = index(&[(r#"{"id":"a","n":1,"m":2}"#, false)]);
        let after = index(&[
            (r#"{"x":[],"id":"b"}"#, false),
            (r#"{"\u006e":1,"m":3,"id":"a"}"#, false),
            (r#"{"n":4,"id":"c"}"#, false),
        ]);
        let fields = vec!["m".to_owned()];
        assert_eq!(after.change("a", &before), Change::Updated(fields));
    }

    #[test]
    fn an_unsettled_record_that_changed_is_re_read() {
        let [a1, a2] = [r#"{"id":"a","n":1}"#, r#"{"id":"a","n":2}"#];
        let b = r#"{"id":"b","n":1}"#;
        let before = index(&[(a1, true), (b, true)]);
        let mut after = index(&[(a2, false), (b, false)]);
        after.invalidate(&before);
        assert!(after.records["a"].unsettled);
        assert!(!after.records["b"].unsettled);
        let mut again = index(&[(a2, false)]);
        again.invalidate(&after);
        assert_eq!(again.unsettled(), 0);
    }

    #[test]
    fn a_record_may_change_while_it_is_young_or_in_progress() {
        let index = index(&[
            (r#"{"id":"young"}"#, true),
            (r#"{"id":"in progress","in_progress": true }"#, false),
            (r#"{"id":"final","in_progress":false}"#, false),
            (r#"{"id":"as text","in_progress":"true"}"#, false),
            (r#"{"id":"nested","state":{"in_progress":true}}"#, false),
        ]);
        let unsettled = index.records.iter().filter(|(_, known)| known.unsettled);
        let ids: Vec<_> = unsettled.map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["as text", "in progress", "young"]);
    }

    #[test]
    fn the_content_is_that_of_the_records_in_whatever_order_they_are_added() {
        let [a, b] = [(r#"{"id":"a"}"#, false), (r#"{"id":"b"}"#, false)];
        assert_eq!(index(&[a, b]).content(), index(&[b, a]).content());
        assert_ne!(index(&[a, b]).content(), index(&[a]).content());
    }

    #[test]
    fn an_index_survives_a_round_trip() {
        let whole = index(&[(r#"{"id":"a","é":[1]}"#, true), (r#"{"id":"b\n"}"#, false)]);
        let mut bytes = Vec::new();
        whole.write(&mut bytes).unwrap();
        assert_eq!(DayIndex::read(&bytes[..]).unwrap(), whole);
        let mut ids = Vec::new();
        DayIndex::ids(&bytes[..], |id| ids.push(id)).unwrap();
        assert_eq!(ids, [hash("a"), hash("b\n")]);
        assert!(DayIndex::read(&bytes[..bytes.len() / 2]).is_err());
    }
}
