//! [`Settling`]: compares a completely received day with the known one and stages the result.

use std::collections::HashSet;
use std::hash::Hasher as _;
use std::io;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use tokio::runtime::Handle;
use twox_hash::XxHash3_64;

use super::arrived::{Kept, hash};
use super::chunk::{self, Item, Merge};
use super::index::{DayIndex, Fate};
use super::keep;
use super::look::{Found, Looking, write_table};
use super::names::Names;
use super::partition::Partition;
use super::plan::ending;
use super::report::Counts;
use super::state::{DataFile, Day};
use crate::failure::Failure;

/// Minimum number of records of a day that is left unchanged if it loses more than half of them: a server failure is
/// more likely than that many deletion requests. A day of any size that loses all records is also left unchanged.
const MANY: u64 = 20;

/// A completely received day. Processing it blocks the calling thread.
pub(crate) struct Settling<'a> {
    pub(crate) looking: &'a Looking,
    pub(crate) handle: Handle,
    pub(crate) date: NaiveDate,
    pub(crate) began: DateTime<Utc>,
    pub(crate) chunks: Vec<Kept>,
    pub(crate) exclude: HashSet<u64>,
}

impl Settling<'_> {
    pub(crate) fn run(
        &self,
        earlier: Option<Day>,
        known: &DayIndex,
        mut counts: Counts,
    ) -> Result<Found, Failure> {
        let mut index = DayIndex::default();
        let mut content = XxHash3_64::new();
        let mut undated = Vec::new();
        let mut merge = self.merge();
        while let Some(item) = merge.next().map_err(|error| self.damaged(&error))? {
            if item.started().is_none() {
                undated.push(item);
            } else if self.exclude.contains(&hash(item.id())) {
                counts.duplicates += 1;
            } else {
                content.write(item.json.as_bytes());
                index.add(item.id(), &item.json, self.may_change(&item));
            }
        }
        self.put_undated(&undated)?;
        // Undated records arrive with this day and may still change, so the day must be re-read.
        let undated_open = undated.iter().filter(|item| self.may_change(item));
        let undated_open = undated_open.count() as u64;
        let missing: Vec<&str> = index.missing(known).collect();
        let bits: Vec<u64> = missing.iter().map(|id| hash(id)).collect();
        let left = |day: Day, counts: Counts| Found {
            day,
            counts,
            inserted: Vec::new(),
            missing: bits.clone(),
            held: true,
            has_undated: !undated.is_empty(),
            ids: known.records.keys().map(|id| hash(id)).collect(),
        };
        let gone = bits.iter().filter(|id| !self.exclude.contains(id));
        let gone = gone.count() as u64;
        let mut kept = HashSet::new();
        if counts.malformed > 0 {
            kept = bits.iter().copied().collect();
            kept.retain(|id| !self.exclude.contains(id));
        } else if let Some(earlier) = &earlier
            && !self.looking.accept_vanished
            && is_suspicious(gone, earlier.records, index.records.len())
        {
            self.looking.progress.warn(format_args!(
                "the server no longer sends {gone} of the {} conversations of {}: the day is left as it was; if they \
                 are meant to be gone, run with --accept-vanished",
                earlier.records, self.date
            ));
            counts.held_back += gone;
            return Ok(left(earlier.clone(), counts));
        }
        let missing: Vec<String> = missing.into_iter().map(str::to_owned).collect();
        for id in missing.iter().filter(|id| kept.contains(&hash(id))) {
            index.keep(id, known);
        }
        index.doubt(known);
        counts.kept = kept.len() as u64;
        counts.vanished = (bits.len() - kept.len()) as u64;
        let mut inserted = Vec::new();
        for id in index.records.keys() {
            match index.fate(id, known) {
                Fate::Inserted => {
                    counts.inserted += 1;
                    inserted.push(hash(id));
                }
                Fate::Unchanged => counts.unchanged += u64::from(!kept.contains(&hash(id))),
                Fate::Updated(fields) => {
                    counts.updated += 1;
                    for name in fields {
                        *counts.fields.entry(name).or_default() += 1;
                    }
                }
            }
        }
        let records = index.records.len() as u64;
        if !kept.is_empty() {
            index.hash_of(&kept, &mut content);
        }
        let content = format!("{:016x}", content.finish());
        let ending = ending(&self.looking.layout);
        let before = earlier.as_ref().and_then(|day| day.data.clone());
        let as_before = before.clone().filter(|file| file.hash == content);
        let data = match as_before {
            Some(file) => Some(file),
            None if records == 0 && before.is_none() => None,
            // Publish an empty file for a day that became empty: a reader that has listed the old file would fail
            // without it.
            None => {
                let staged = Names::staged(self.date.into(), &content, ending);
                let Some(bytes) = self.write(&staged, &kept, before.as_ref())? else {
                    let day = earlier.expect("has the rows that are to be kept");
                    self.looking.progress.warn(format_args!(
                        "{} malformed records of {}, and {} stored ones are missing: the day is left as it was",
                        counts.malformed,
                        self.date,
                        kept.len()
                    ));
                    let day = Day {
                        malformed: counts.malformed,
                        outside_range: counts.outside_range,
                        ..day
                    };
                    let counts = Counts {
                        kept: counts.kept,
                        malformed: counts.malformed,
                        malformed_not_kept: counts.malformed_not_kept,
                        outside_range: counts.outside_range,
                        pages: counts.pages,
                        ..Counts::default()
                    };
                    return Ok(left(day, counts));
                };
                Some(DataFile {
                    name: Names::data(self.date, ending),
                    records,
                    bytes,
                    hash: content,
                })
            }
        };
        let index_name = if records == 0 {
            None
        } else {
            Some(self.write_index(&index)?)
        };
        let missing = bits.into_iter().filter(|id| !kept.contains(id)).collect();
        Ok(Found {
            day: Day {
                // The time of the first request: a change made since then is found by the next run.
                looked_at: self.began,
                unsettled: index.unsettled() + undated_open,
                records,
                data,
                index: index_name,
                malformed: counts.malformed,
                outside_range: counts.outside_range,
            },
            inserted,
            missing,
            held: false,
            has_undated: !undated.is_empty(),
            ids: index.records.keys().map(|id| hash(id)).collect(),
            counts,
        })
    }

    /// Stages the undated records that arrived with the day.
    fn put_undated(&self, undated: &[Item]) -> Result<(), Failure> {
        if undated.is_empty() {
            return Ok(());
        }
        let records = undated.iter().map(|item| (item.id(), item.json.as_str()));
        let packed = chunk::pack(records).map_err(|error| self.damaged(&error))?;
        let folder = &self.looking.folder;
        let path = folder.names.staged_undated(self.date);
        self.handle.block_on(folder.put(&path, packed))
    }

    /// Returns whether a record may change: it is in progress, or younger than the settle time.
    fn may_change(&self, item: &Item) -> bool {
        #[derive(Deserialize)]
        struct Progress {
            #[serde(default)]
            in_progress: serde_json::Value,
        }
        let young = item.started().is_some_and(|micros| {
            let settled = self.looking.now - self.looking.patience.settle;
            micros > settled.timestamp_micros()
        });
        young
            || serde_json::from_str::<Progress>(&item.json)
                .is_ok_and(|record| record.in_progress == true)
    }

    fn merge(&self) -> Merge<impl FnMut(u32) -> io::Result<Bytes> + '_> {
        let chunks = (0..).zip(&self.chunks).map(|(number, kept)| match kept {
            Kept::InMemory(chunk) => (chunk.first.clone(), number),
            Kept::InStore(stored) => (stored.first.clone(), number),
        });
        Merge::new(chunks.collect(), |number| {
            match &self.chunks[number as usize] {
                Kept::InMemory(chunk) => Ok(chunk.packed.clone()),
                Kept::InStore(stored) => {
                    let folder = &self.looking.folder;
                    let path = folder.names.chunk(self.date, &stored.name);
                    let found = self.handle.block_on(folder.get(&path));
                    let found = found.map_err(|failure| io::Error::other(failure.to_string()))?;
                    found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, path.to_string()))
                }
            }
        })
    }

    /// Writes the file of the day, including `kept` rows of the previous file. Returns `None` if these cannot be
    /// read.
    fn write(
        &self,
        staged: &str,
        kept: &HashSet<u64>,
        before: Option<&DataFile>,
    ) -> Result<Option<u64>, Failure> {
        let folder = &self.looking.folder;
        let file = match before.filter(|_| !kept.is_empty()) {
            Some(file) => self
                .handle
                .block_on(folder.get(&folder.names.at(&file.name)))?,
            None => None,
        };
        let mut copied = 0;
        let written = write_table(self.looking, &self.handle, staged, |sink| {
            let mut merge = self.merge();
            while let Some(item) = merge.next()? {
                if item.started().is_some() && !self.exclude.contains(&hash(item.id())) {
                    sink.write(&item.json)?;
                }
            }
            if let Some(file) = file {
                copied = keep::copy_rows(sink, &self.looking.layout, file, kept)?;
            }
            Ok(())
        })?;
        if copied == kept.len() {
            return Ok(Some(written));
        }
        self.handle
            .block_on(folder.remove(&folder.names.at(staged)))?;
        Ok(None)
    }

    fn write_index(&self, index: &DayIndex) -> Result<String, Failure> {
        let folder = &self.looking.folder;
        let mut packed = Vec::new();
        index
            .write(&mut packed)
            .map_err(|error| self.damaged(&error))?;
        let hash = format!("{:016x}", XxHash3_64::oneshot(&packed));
        let name = Names::index(Partition::Day(self.date), &hash);
        self.handle
            .block_on(folder.put(&folder.names.at(&name), packed))?;
        Ok(name)
    }

    fn damaged(&self, error: &io::Error) -> Failure {
        if error.kind() == io::ErrorKind::NotFound {
            let why = format!("what had arrived of {} vanished: {error}", self.date);
            return Failure::unwritable(&self.looking.folder.name, why);
        }
        Failure::other(format!(
            "the records of {} cannot be put together: {error}",
            self.date
        ))
    }
}

/// Returns whether losing this many records indicates a server failure.
const fn is_suspicious(gone: u64, before: u64, now: usize) -> bool {
    gone > 0 && (now == 0 || (before >= MANY && gone * 2 > before))
}
