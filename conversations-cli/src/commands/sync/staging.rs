//! [`Staging`]: compares a completely received day with the known one and writes the result.

use std::collections::HashSet;
use std::hash::Hasher as _;
use std::io;

use chrono::{DateTime, NaiveDate, Utc};
use object_store::PutPayload;
use tokio::runtime::Handle;
use twox_hash::XxHash3_64;

use super::copy_rows;
use super::day_result::DayResult;
use super::download::ChunkLocation;
use super::duplicates::Duplicates;
use super::entries::{Entries, Entry};
use super::external_sort::{Item, Items, Merge};
use super::id_hash::hash;
use super::index::{Change, DayIndex, IndexBuilder};
use super::packed_records::pack;
use super::partition::Partition;
use super::paths::Paths;
use super::payload_writer::PayloadWriter;
use super::plan::extension;
use super::report::Counts;
use super::run_context::RunContext;
use super::state::{DataFile, Day};
use super::table_file::{TableFile, write_table};
use super::uploads::Uploads;
use crate::failure::Failure;

/// Minimum number of records of a day that is left unchanged if it loses more than half of them: a server failure is
/// more likely than that many deletion requests. A day of any size that loses all records is also left unchanged.
const MANY: u64 = 20;

/// A completely received day. Processing it blocks the calling thread.
pub(crate) struct Staging<'a> {
    pub(crate) context: &'a RunContext,
    pub(crate) handle: Handle,
    pub(crate) date: NaiveDate,
    pub(crate) began: DateTime<Utc>,
    pub(crate) chunks: Vec<ChunkLocation>,
    /// The ids that were received more than once, as 64-bit hashes.
    pub(crate) repeated: HashSet<u64>,
    pub(crate) exclude: HashSet<u64>,
}

impl Staging<'_> {
    /// Returns the result and what must be complete before it is valid.
    pub(crate) fn run(
        &self,
        earlier: Option<Day>,
        mut counts: Counts,
    ) -> Result<(DayResult, Uploads), Failure> {
        // Loaded here, on the one thread that writes days, so that one index is in memory and not one for each day.
        let known = self.handle.block_on(self.context.known(earlier.as_ref()))?;
        let mut merge = self.merge();
        let duplicates = Duplicates::resolve(&self.repeated, || merge.next());
        let duplicates = duplicates.map_err(|error| self.damaged(&error))?;
        counts.conflicting_duplicates = duplicates.conflicts;
        let (mut index, undated, undated_open) = self
            .compare_entries(&duplicates, &mut counts)
            .map_err(|error| self.damaged(&error))?;
        self.stage_undated(&undated)?;
        let missing_ids: Vec<u64> = index.missing(&known).map(hash).collect();
        let new_ids: Vec<u64> = known.missing(&index).map(hash).collect();
        let left = |day: Day, counts: Counts| DayResult {
            day,
            counts,
            is_new: false,
            inserted: Vec::new(),
            missing: missing_ids.clone(),
            kept: Vec::new(),
            held: true,
            not_added: new_ids.clone(),
            repaired: false,
            has_undated: !undated.is_empty(),
        };
        let gone = missing_ids.iter().filter(|id| !self.exclude.contains(id));
        let gone = gone.count() as u64;
        // Without the index only the number of the known records is known.
        let is_unindexed = known.len() == 0;
        let before_count = earlier.as_ref().map_or(0, |day| day.records);
        let gone = if is_unindexed {
            before_count.saturating_sub((index.len() + self.exclude.len()) as u64)
        } else {
            gone
        };
        let mut before = earlier.as_ref().and_then(|day| day.data.clone());
        let mut repaired = earlier.as_ref().is_some_and(Day::has_lost_its_file);
        let mut kept = HashSet::new();
        let is_held = counts.malformed == 0
            && !self.context.accept_vanished
            && is_implausible(gone, before_count, index.len());
        let held_back = if is_held { gone } else { 0 };
        counts.held_back += held_back;
        // Which records are missing is unknown, or they cannot be copied.
        let leave = |day: Option<Day>, counts: &Counts, missing: u64| {
            let day = day.expect("has the records that are missing");
            let only_skipped = only_skipped(counts, if is_held { 0 } else { missing });
            let day = if is_held {
                Day { held_back, ..day }
            } else {
                self.incomplete(day, counts, missing)
            };
            (left(day, only_skipped), Uploads::default())
        };
        if is_unindexed && gone > 0 && (counts.malformed > 0 || is_held) {
            return Ok(leave(earlier, &counts, gone));
        }
        if counts.malformed > 0 || is_held {
            if !missing_ids.is_empty()
                && let Some(file) = before.take()
            {
                before = self.intact(file)?;
                repaired |= before.is_none();
            }
            // The rows of a file that is missing or damaged cannot be copied.
            if before.is_some() {
                kept = missing_ids.iter().copied().collect();
                kept.retain(|id| !self.exclude.contains(id));
            } else if is_held {
                return Ok(leave(earlier, &counts, gone));
            }
        }
        if !kept.is_empty() {
            index.keep(&kept, &known);
        }
        index.invalidate(&known);
        counts.kept = if is_held { 0 } else { kept.len() as u64 };
        counts.vanished = (missing_ids.len() - kept.len()) as u64;
        for (id, change) in index.changes(&known) {
            match change {
                Change::Inserted => counts.inserted += 1,
                Change::Unchanged => counts.unchanged += u64::from(!kept.contains(&hash(id))),
                Change::Updated(fields) => {
                    counts.updated += 1;
                    for name in fields {
                        *counts.fields.entry(name).or_default() += 1;
                    }
                }
            }
        }
        let records = index.len() as u64;
        let content = format!("{:016x}", index.content());
        let unsettled = index.unsettled() + undated_open;
        let mut uploads = Uploads::default();
        let index_name = if records == 0 {
            None
        } else {
            let (name, packed) = self.pack_index(&index)?;
            uploads.index = Some((self.context.folder.paths.at(&name), packed));
            Some(name)
        };
        // The file takes as much memory again to write.
        drop((index, known));
        let extension = extension(&self.context.layout);
        let mut unchanged = before.clone().filter(|file| file.hash == content);
        if let Some(file) = unchanged.take() {
            unchanged = self.intact(file)?;
            repaired |= unchanged.is_none();
        }
        let data = match unchanged {
            Some(file) => Some(file),
            None if records == 0 && before.is_none() => None,
            // Publish an empty file for a day that became empty: a context that has listed the old file would fail
            // without it.
            None => {
                let staged = Paths::staged(self.date.into(), &content, extension);
                let written = self.write(&staged, &duplicates, &kept, before.as_ref())?;
                let Some(written) = written else {
                    return Ok(leave(earlier, &counts, kept.len() as u64));
                };
                uploads.file = Some(written.output);
                Some(DataFile {
                    name: Paths::data(self.date, extension),
                    records,
                    bytes: written.bytes,
                    hash: content,
                    checksum: Some(written.checksum),
                })
            }
        };
        let missing = missing_ids
            .into_iter()
            .filter(|id| !kept.contains(id))
            .collect();
        let mut kept: Vec<u64> = kept.into_iter().collect();
        kept.sort_unstable();
        let result = DayResult {
            day: Day {
                // When the run began: a change made since then is found by the next run.
                read_at: self.began,
                unsettled,
                records,
                data,
                index: index_name,
                malformed: counts.malformed,
                outside_range: counts.outside_range,
                held_back,
            },
            is_new: is_unindexed,
            inserted: if is_unindexed { Vec::new() } else { new_ids },
            missing,
            kept,
            held: false,
            not_added: Vec::new(),
            repaired,
            has_undated: !undated.is_empty(),
            counts,
        };
        Ok((result, uploads))
    }

    /// Warns that the response for a day has malformed records while `missing` known ones are not in it, and returns
    /// the day as it was, to be re-read.
    fn incomplete(&self, day: Day, counts: &Counts, missing: u64) -> Day {
        self.context.progress.warn(format_args!(
            "{} malformed records of {}, and {missing} stored ones are missing: the day is left as it was",
            counts.malformed, self.date
        ));
        Day {
            malformed: counts.malformed,
            outside_range: counts.outside_range,
            ..day
        }
    }

    /// Stages the undated records that arrived with the day.
    fn stage_undated(&self, undated: &[Item]) -> Result<(), Failure> {
        if undated.is_empty() {
            return Ok(());
        }
        let records = undated.iter().map(|item| (item.id(), item.json()));
        let packed = pack(records).map_err(|error| self.damaged(&error))?;
        let folder = &self.context.folder;
        let path = folder.paths.staged_undated(self.date);
        self.handle.block_on(folder.put(&path, packed))
    }

    /// Returns the index of the dated records, the undated records, which come first in each chunk, and the number of
    /// these that may still change, so that the day with which they arrive must be re-read.
    fn compare_entries(
        &self,
        duplicates: &Duplicates,
        counts: &mut Counts,
    ) -> io::Result<(DayIndex, Vec<Item>, u64)> {
        let mut index = IndexBuilder::default();
        let mut undated = Vec::new();
        let mut undated_open = 0;
        let mut filter = duplicates.filter();
        for chunk in 0..self.chunks.len() {
            let (mut entries, mut items) = self.open(chunk)?;
            let positions = index.positions(&entries.names);
            while let Some(entry) = entries.next()? {
                let Entry { started, id, .. } = entry;
                let is_kept = filter.keeps(id, || entry.text);
                if started.is_none() {
                    undated.extend(items.next()?.filter(|_| is_kept));
                    undated_open += u64::from(is_kept && entry.in_progress);
                } else if is_kept && self.exclude.contains(&hash(id)) {
                    counts.duplicates += 1;
                } else if is_kept {
                    index.add(&entry, &positions, self.is_young(started));
                }
            }
        }
        Ok((index.finish(), undated, undated_open))
    }

    /// Returns whether a record that started then is younger than the settle time.
    fn is_young(&self, started: Option<i64>) -> bool {
        let settled = self.context.now - self.context.policy.settle;
        started.is_some_and(|micros| micros > settled.timestamp_micros())
    }

    fn merge(&self) -> Merge<impl FnMut(u32) -> io::Result<Items> + '_> {
        let chunks = (0..).zip(&self.chunks).map(|(number, kept)| match kept {
            ChunkLocation::InMemory(chunk) => (chunk.first().cloned(), number),
            ChunkLocation::InStore(stored) => (stored.first.clone(), number),
        });
        Merge::new(chunks.collect(), |number| Ok(self.open(number as usize)?.1))
    }

    /// Opens a chunk. Returns its entries and its records.
    fn open(&self, number: usize) -> io::Result<(Entries, Items)> {
        match &self.chunks[number] {
            ChunkLocation::InMemory(chunk) => {
                Ok((Entries::read(chunk.entries.clone())?, chunk.items()))
            }
            ChunkLocation::InStore(stored) => {
                let folder = &self.context.folder;
                let path = folder.paths.chunk(self.date, &stored.name);
                let found = self.handle.block_on(folder.open_object(&path));
                let found = found.map_err(|failure| io::Error::other(failure.to_string()))?;
                let mut chunk = found
                    .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, path.to_string()))?;
                let entries = Entries::open(&mut chunk)?;
                Ok((entries, Items::new(chunk)?))
            }
        }
    }

    /// Writes the file of the day, including `kept` rows of the previous file. Returns `None` if these cannot be
    /// read.
    fn write(
        &self,
        staged: &str,
        duplicates: &Duplicates,
        kept: &HashSet<u64>,
        before: Option<&DataFile>,
    ) -> Result<Option<TableFile>, Failure> {
        let folder = &self.context.folder;
        let file = match before.filter(|_| !kept.is_empty()) {
            Some(file) => self
                .handle
                .block_on(folder.get(&folder.paths.at(&file.name)))?,
            None => None,
        };
        let mut copied = 0;
        let written = write_table(self.context, &self.handle, staged, |sink| {
            let mut merge = self.merge();
            let mut filter = duplicates.filter();
            while let Some(item) = merge.next()? {
                let is_here = filter.keeps_item(&item) && item.started().is_some();
                if is_here && !self.exclude.contains(&hash(item.id())) {
                    sink.write(item.json())?;
                }
            }
            if let Some(file) = file {
                copied = copy_rows::copy_rows(sink, &self.context.layout, file, kept)?;
            }
            Ok(())
        })?;
        Ok(Some(written).filter(|_| copied == kept.len()))
    }

    /// Returns a published file if its content is as it was written, with its checksum if it had none; `None` if it is
    /// missing or damaged.
    fn intact(&self, file: DataFile) -> Result<Option<DataFile>, Failure> {
        let folder = &self.context.folder;
        let path = folder.paths.at(&file.name);
        let found = self.handle.block_on(folder.checksum(&path))?;
        if found.is_some() && (file.checksum.is_none() || file.checksum == found) {
            return Ok(Some(DataFile {
                checksum: found,
                ..file
            }));
        }
        self.context.progress.warn(format_args!(
            "{} is missing or damaged: it is written again",
            file.name
        ));
        Ok(None)
    }

    /// Returns the name and the content of the object with the index.
    fn pack_index(&self, index: &DayIndex) -> Result<(String, PutPayload), Failure> {
        let mut packed = PayloadWriter::new();
        index
            .write(&mut packed)
            .map_err(|error| self.damaged(&error))?;
        let packed = packed.finish();
        let mut hash = XxHash3_64::new();
        packed.iter().for_each(|block| hash.write(block));
        let hash = format!("{:016x}", hash.finish());
        Ok((Paths::index(Partition::Day(self.date), &hash), packed))
    }

    fn damaged(&self, error: &io::Error) -> Failure {
        if error.kind() == io::ErrorKind::NotFound {
            let why = format!("what had arrived of {} vanished: {error}", self.date);
            return Failure::unwritable(&self.context.folder.name, why);
        }
        Failure::other(format!(
            "the records of {} cannot be put together: {error}",
            self.date
        ))
    }
}

/// Returns the counts of a day that is left as it was, with `kept` records that its response lacks.
fn only_skipped(counts: &Counts, kept: u64) -> Counts {
    Counts {
        kept,
        held_back: counts.held_back,
        malformed: counts.malformed,
        malformed_not_kept: counts.malformed_not_kept,
        outside_range: counts.outside_range,
        pages: counts.pages,
        ..Counts::default()
    }
}

/// Returns whether losing this many records indicates a server failure.
const fn is_implausible(gone: u64, before: u64, now: usize) -> bool {
    gone > 0 && (now == 0 || (before >= MANY && gone * 2 > before))
}
