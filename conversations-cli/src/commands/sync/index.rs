//! [`DayIndex`]: fingerprints of the records of a day, from which the next read determines what changed.
//!
//! It holds only hashes: which fields a record has and whether their text is unchanged, never the text.

use std::collections::HashSet;
use std::hash::Hasher as _;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read, Write};

use twox_hash::XxHash3_64;

use super::entries::Entry;
use super::id_hash::hash;
use super::index_block::{Block, Known, narrow};

/// The records of a day, sorted by id.
#[derive(Debug, Default)]
pub(crate) struct DayIndex {
    /// The names of all fields that any record has, in order of first occurrence.
    fields: Vec<String>,
    blocks: Vec<Block>,
    /// The records in the order of their ids: the block of each, and its position there.
    order: Vec<(u32, u32)>,
}

/// How a record changed between two reads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Inserted,
    Unchanged,
    /// The names of the fields that were changed, added or removed.
    Updated(Vec<String>),
}

/// An index under construction, to which records are added in any order.
#[derive(Debug, Default)]
pub(crate) struct IndexBuilder(DayIndex);

impl IndexBuilder {
    /// Returns the positions of the fields with these names, which are added if they are new.
    pub(crate) fn positions(&mut self, names: &[String]) -> Vec<usize> {
        names.iter().map(|name| self.0.position(name)).collect()
    }

    /// Adds a record. `positions` are those of the fields of its entry. It may still change if it is `young` or in
    /// progress.
    pub(crate) fn add(&mut self, entry: &Entry<'_>, positions: &[usize], young: bool) {
        let hashes = positions.iter().copied().zip(entry.fields());
        let unsettled = young || entry.in_progress;
        self.0
            .push(entry.id, entry.text.to_le_bytes(), unsettled, hashes);
    }

    pub(crate) fn finish(self) -> DayIndex {
        let Self(mut index) = self;
        index.sort();
        index
    }
}

impl DayIndex {
    /// Adds a record with these field hashes, each with the position of its field.
    fn push(
        &mut self,
        id: &str,
        text: [u8; 16],
        unsettled: bool,
        hashes: impl Iterator<Item = (usize, u32)>,
    ) {
        if self.blocks.last().is_none_or(Block::is_full) {
            self.blocks.push(Block::default());
        }
        let number = self.blocks.len() - 1;
        let at = self.blocks[number].push(id, text, unsettled, hashes);
        self.order.push((narrow(number), at));
    }

    fn sort(&mut self) {
        let Self { blocks, order, .. } = self;
        let id = |(block, at): &(u32, u32)| blocks[*block as usize].id(*at);
        order.sort_unstable_by(|one, other| id(one).cmp(id(other)));
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

    fn at(&self, (block, at): (u32, u32)) -> Known<'_> {
        self.blocks[block as usize].get(at)
    }

    fn find(&self, id: &str) -> Option<Known<'_>> {
        let found = self.order.binary_search_by(|at| self.at(*at).id.cmp(id));
        found.ok().map(|number| self.at(self.order[number]))
    }

    fn records(&self) -> impl Iterator<Item = Known<'_>> {
        self.order.iter().map(|at| self.at(*at))
    }

    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// Returns the ids, sorted.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.records().map(|record| record.id)
    }

    /// Returns each id with how its record changed since `earlier`.
    pub(crate) fn changes<'a>(
        &'a self,
        earlier: &'a Self,
    ) -> impl Iterator<Item = (&'a str, Change)> {
        self.records().map(|now| {
            let change = match earlier.find(now.id) {
                None => Change::Inserted,
                Some(then) if now.text == then.text => Change::Unchanged,
                Some(then) => Change::Updated(self.changed_fields(now, earlier, then)),
            };
            (now.id, change)
        })
    }

    fn changed_fields(&self, now: Known<'_>, earlier: &Self, then: Known<'_>) -> Vec<String> {
        let of_field = |index: &Self, known: Known<'_>, name: &str| {
            let position = index.fields.iter().position(|field| field == name);
            position
                .and_then(|position| known.hashes.get(position).copied())
                .unwrap_or(0)
        };
        let mut names: Vec<_> = self.fields.iter().chain(&earlier.fields).collect();
        names.sort_unstable();
        names.dedup();
        let changed = names
            .into_iter()
            .filter(|name| of_field(self, now, name) != of_field(earlier, then, name));
        changed.cloned().collect()
    }

    /// Marks as unsettled records that were unsettled before and have changed since: a record is final only if a
    /// second read finds it unchanged.
    pub(crate) fn invalidate(&mut self, earlier: &Self) {
        for block in &mut self.blocks {
            block.invalidate(|known| {
                let then = earlier.find(known.id);
                then.is_some_and(|then| then.unsettled && then.text != known.text)
            });
        }
    }

    /// Returns the ids in `earlier` that are missing here.
    pub(crate) fn missing<'a>(&'a self, earlier: &'a Self) -> impl Iterator<Item = &'a str> {
        earlier.ids().filter(|id| self.find(id).is_none())
    }

    /// Adds the records of `earlier` with these id hashes, and their fingerprints.
    pub(crate) fn keep(&mut self, kept: &HashSet<u64>, earlier: &Self) {
        let names = earlier.fields.iter();
        let positions: Vec<_> = names.map(|name| self.position(name)).collect();
        for then in earlier.records().filter(|it| kept.contains(&hash(it.id))) {
            let hashes = positions.iter().zip(then.hashes);
            let hashes = hashes.map(|(position, hash)| (*position, *hash));
            self.push(then.id, then.text, then.unsettled, hashes);
        }
        self.sort();
    }

    /// Returns the hash of the content of all records.
    pub(crate) fn content(&self) -> u64 {
        let mut content = XxHash3_64::new();
        for known in self.records() {
            content.write(&known.text);
        }
        content.finish()
    }

    /// Reads only the ids of an index.
    pub(crate) fn read_ids(input: impl Read, mut each: impl FnMut(u64)) -> io::Result<()> {
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
        self.records().filter(|known| known.unsettled).count() as u64
    }

    pub(crate) fn write(&self, out: impl Write) -> io::Result<()> {
        // Hashes hardly compress, at whatever level.
        let mut out = BufWriter::new(zstd::Encoder::new(out, 1)?);
        serde_json::to_writer(&mut out, &self.fields)?;
        out.write_all(b"\n")?;
        for known in self.records() {
            let text = format!("{:032x}", u128::from_le_bytes(known.text));
            let line = (known.id, text, known.unsettled, known.hashes);
            serde_json::to_writer(&mut out, &line)?;
            out.write_all(b"\n")?;
        }
        out.into_inner()?.finish()?;
        Ok(())
    }

    pub(crate) fn read(input: impl Read) -> io::Result<Self> {
        let mut lines = BufReader::new(zstd::Decoder::new(input)?).lines();
        let empty = || io::Error::new(io::ErrorKind::UnexpectedEof, "the index is empty");
        let mut index = Self {
            fields: serde_json::from_str(&lines.next().ok_or_else(empty)??)?,
            ..Self::default()
        };
        for line in lines {
            let (id, text, unsettled, hashes): (String, String, bool, Vec<u32>) =
                serde_json::from_str(&line?)?;
            let text = u128::from_str_radix(&text, 16)
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a hash is not one"))?;
            if hashes.len() > index.fields.len() {
                let why = "a record has more fields than the index";
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
            index.push(&id, text.to_le_bytes(), unsettled, (0..).zip(hashes));
        }
        index.sort();
        Ok(index)
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
        let mut index = IndexBuilder::default();
        for (json, young) in records {
            let mut buffer = SortBuffer::default();
            buffer.add(Record::from_json(*json).unwrap());
            let mut entries = Entries::read(buffer.finish().entries).unwrap();
            let positions = index.positions(&entries.names);
            index.add(&entries.next().unwrap().unwrap(), &positions, *young);
        }
        index.finish()
    }

    fn change(id: &str, now: &DayIndex, before: &DayIndex) -> Change {
        let mut changes = now.changes(before);
        changes.find(|(changed, _)| *changed == id).unwrap().1
    }

    fn unsettled(index: &DayIndex) -> Vec<&str> {
        let unsettled = index.records().filter(|known| known.unsettled);
        unsettled.map(|known| known.id).collect()
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
        assert_eq!(change("new", &after, &before), Change::Inserted);
        assert_eq!(change("b", &after, &before), Change::Unchanged);
        let Change::Updated(fields) = change("a", &after, &before) else {
            panic!("a has changed")
        };
        assert_eq!(fields, ["metrics", "state", "turns"]);
        assert_eq!(after.missing(&before).collect::<Vec<_>>(), ["gone"]);
        let mut kept = after;
        kept.keep(&HashSet::from([hash("gone")]), &before);
        assert_eq!(change("gone", &kept, &before), Change::Unchanged);
        assert_eq!(kept.ids().collect::<Vec<_>>(), ["a", "b", "gone", "new"]);
        let [now, then] = [&kept, &before].map(|index| index.find("gone").unwrap().text);
        assert_eq!(now, then);
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
        assert_eq!(change("a", &after, &before), Change::Updated(fields));
    }

    #[test]
    fn an_unsettled_record_that_changed_is_re_read() {
        let [a1, a2] = [r#"{"id":"a","n":1}"#, r#"{"id":"a","n":2}"#];
        let b = r#"{"id":"b","n":1}"#;
        let before = index(&[(a1, true), (b, true)]);
        let mut after = index(&[(a2, false), (b, false)]);
        after.invalidate(&before);
        assert_eq!(unsettled(&after), ["a"]);
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
        assert_eq!(unsettled(&index), ["as text", "in progress", "young"]);
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
        let read = DayIndex::read(&bytes[..]).unwrap();
        let mut again = Vec::new();
        read.write(&mut again).unwrap();
        assert_eq!(again, bytes);
        assert_eq!(unsettled(&read), ["a"]);
        assert!(
            read.changes(&whole)
                .all(|(_, change)| change == Change::Unchanged)
        );
        let mut ids = Vec::new();
        DayIndex::read_ids(&bytes[..], |id| ids.push(id)).unwrap();
        assert_eq!(ids, [hash("a"), hash("b\n")]);
        assert!(DayIndex::read(&bytes[..bytes.len() / 2]).is_err());
    }

    #[test]
    fn many_records_are_found_and_kept_like_a_few() {
        let json = |n: u32| format!(r#"{{"id":"c{n}","n":{n},"f{}":1}}"#, n % 40);
        let index = |numbers: &mut dyn Iterator<Item = u32>| {
            let mut index = IndexBuilder::default();
            for n in numbers {
                let mut buffer = SortBuffer::default();
                buffer.add(Record::from_json(json(n)).unwrap());
                let mut entries = Entries::read(buffer.finish().entries).unwrap();
                let positions = index.positions(&entries.names);
                index.add(&entries.next().unwrap().unwrap(), &positions, false);
            }
            index.finish()
        };
        let (before, mut now) = (index(&mut (0..3000)), index(&mut (1000..4000).rev()));
        assert!(before.blocks.len() > 2 && now.blocks.len() > 2);
        assert!(now.ids().is_sorted() && now.len() == 3000);
        let count = |now: &DayIndex, change: &Change| {
            let changes = now.changes(&before);
            changes.filter(|(_, it)| it == change).count()
        };
        assert_eq!(count(&now, &Change::Unchanged), 2000);
        assert_eq!(count(&now, &Change::Inserted), 1000);
        let missing: HashSet<u64> = now.missing(&before).map(hash).collect();
        assert_eq!(missing.len(), 1000);
        now.keep(&missing, &before);
        assert!(now.ids().is_sorted());
        assert_eq!(now.content(), index(&mut (0..4000)).content());
        let field = |index: &DayIndex, name: &str, id: &str| {
            let position = index.fields.iter().position(|field| field == name).unwrap();
            index.find(id).unwrap().hashes[position]
        };
        assert_eq!(field(&now, "f7", "c7"), field(&before, "f7", "c7"));
    }
}
