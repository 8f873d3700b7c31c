//! [`DayIndex`]: fingerprints of the records of a day, from which the next read determines what changed.
//!
//! It holds only hashes: which fields a record has and whether their text is unchanged, never the text.

use std::collections::{BTreeMap, HashSet};
use std::hash::Hasher as _;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read, Write};

use serde::{Deserialize, Serialize};
use twox_hash::{XxHash3_64, XxHash3_128};

use super::download::hash;

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
    /// Adds a record. It may still change if it is `young` or in progress.
    pub(crate) fn add(&mut self, id: &str, json: &str, young: bool) {
        let mut unsettled = young;
        let mut fields = vec![0; self.fields.len()];
        let parts: Parts<'_> = serde_json::from_str(json).unwrap_or_default();
        for (name, value) in parts.0 {
            unsettled |= name == "in_progress" && value.get() == "true";
            let position = self.position(&name);
            if fields.len() <= position {
                fields.resize(position + 1, 0);
            }
            fields[position] = short(value.get());
        }
        let known = Fingerprint {
            text: XxHash3_128::oneshot(json.as_bytes()),
            fields,
            unsettled,
        };
        self.records.insert(id.to_owned(), known);
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

    /// Adds the fingerprints of some records to a hash.
    pub(crate) fn hash_of(&self, ids: &HashSet<u64>, content: &mut XxHash3_64) {
        let records = self.records.iter();
        for (_, known) in records.filter(|(id, _)| ids.contains(&hash(id))) {
            content.write(&known.text.to_le_bytes());
        }
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

/// Returns a 32-bit hash. 0 is reserved for absent fields.
fn short(text: &str) -> u32 {
    let hash = XxHash3_64::oneshot(text.as_bytes());
    u32::try_from(hash >> 32)
        .expect("the upper half of 64 bits")
        .max(1)
}

/// The fields of a record.
#[derive(Default)]
struct Parts<'a>(Vec<(std::borrow::Cow<'a, str>, &'a serde_json::value::RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Parts<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Parts<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                let mut parts = Vec::new();
                while let Some((Name(name), value)) = map.next_entry()? {
                    parts.push((name, value));
                }
                Ok(Parts(parts))
            }
        }
        json.deserialize_map(Visitor)
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] std::borrow::Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn index(records: &[(&str, &str, bool)]) -> DayIndex {
        let mut index = DayIndex::default();
        for (id, json, unsettled) in records {
            index.add(id, json, *unsettled);
        }
        index
    }

    #[test]
    fn a_change_names_its_fields() {
        let before = index(&[
            ("a", r#"{"id":"a","state":{"x":1},"turns":[]}"#, false),
            ("b", r#"{"id":"b"}"#, false),
            ("gone", r#"{"id":"gone"}"#, false),
        ]);
        let after = index(&[
            ("new", r#"{"note":1,"id":"new"}"#, false),
            ("a", r#"{"id":"a","turns":[{}],"metrics":{}}"#, false),
            ("b", r#"{"id":"b"}"#, false),
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
    fn an_unsettled_record_that_changed_is_re_read() {
        let before = index(&[("a", r#"{"n":1}"#, true), ("b", r#"{"n":1}"#, true)]);
        let mut after = index(&[("a", r#"{"n":2}"#, false), ("b", r#"{"n":1}"#, false)]);
        after.invalidate(&before);
        assert!(after.records["a"].unsettled);
        assert!(!after.records["b"].unsettled);
        let mut again = index(&[("a", r#"{"n":2}"#, false)]);
        again.invalidate(&after);
        assert_eq!(again.unsettled(), 0);
    }

    #[test]
    fn a_record_may_change_while_it_is_young_or_in_progress() {
        let index = index(&[
            ("young", "{}", true),
            ("in progress", r#"{"in_progress": true }"#, false),
            ("final", r#"{"in_progress":false}"#, false),
            ("text", r#"{"in_progress":"true"}"#, false),
            ("nested", r#"{"state":{"in_progress":true}}"#, false),
        ]);
        let unsettled = index.records.iter().filter(|(_, known)| known.unsettled);
        let ids: Vec<_> = unsettled.map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["in progress", "young"]);
    }

    #[test]
    fn an_index_survives_a_round_trip() {
        let whole = index(&[("a", r#"{"id":"a","é":[1]}"#, true), ("b\n", "{}", false)]);
        let mut bytes = Vec::new();
        whole.write(&mut bytes).unwrap();
        assert_eq!(DayIndex::read(&bytes[..]).unwrap(), whole);
        let mut ids = Vec::new();
        DayIndex::ids(&bytes[..], |id| ids.push(id)).unwrap();
        assert_eq!(ids, [hash("a"), hash("b\n")]);
        assert!(DayIndex::read(&bytes[..bytes.len() / 2]).is_err());
    }
}
