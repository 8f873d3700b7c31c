//! [`Undated`]: the records without a readable start, which belong to no day.
//!
//! A server may return them for every day or for none. So they are stored in one partition, each once, until they
//! arrive with a date. Their JSON is stored as well, because no request returns all of them.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::Arc;

use twox_hash::XxHash3_64;

use super::folder::Folder;
use super::id_hash::hash;
use super::packed_records::{PackedRecords, pack};
use super::partition::Partition;
use super::paths::Paths;
use super::plan::extension;
use super::report::Counts;
use super::run_context::RunContext;
use super::state::{DataFile, Day};
use super::table_file::{TableFile, write_table};
use crate::failure::Failure;

/// The undated records by their ids.
#[derive(Debug, Default)]
pub(crate) struct Undated {
    earlier: Option<Day>,
    stored: BTreeMap<String, String>,
    records: BTreeMap<String, String>,
    /// Those received in this run; a server may return one with each day.
    arrived: HashSet<u64>,
}

impl Undated {
    pub(crate) async fn open(folder: &Folder, earlier: Option<&Day>) -> Result<Self, Failure> {
        let mut this = Self {
            earlier: earlier.cloned(),
            ..Self::default()
        };
        if let Some(name) = earlier.and_then(|day| day.index.as_deref()) {
            let path = folder.paths.at(name);
            let packed = folder.get(&path).await?.ok_or_else(|| {
                Failure::unwritable(
                    &folder.name,
                    format!("{path} is missing: restore it, or remove date=unknown and the state"),
                )
            })?;
            if !Paths::is_named_by_hash(name, &packed) {
                return Err(Failure::unwritable(
                    &folder.name,
                    format!("{path} is damaged: restore it, or remove date=unknown and the state"),
                ));
            }
            read(&packed, |id, json| drop(this.stored.insert(id, json)))
                .map_err(|error| Failure::unwritable(&folder.name, format!("{path}: {error}")))?;
            this.records = this.stored.clone();
        }
        Ok(this)
    }

    /// Adds the undated records that arrived with a day.
    pub(crate) fn add(&mut self, packed: &[u8]) -> io::Result<()> {
        let Self {
            records, arrived, ..
        } = self;
        read(packed, |id, json| {
            arrived.insert(hash(&id));
            records.insert(id, json);
        })
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = u64> {
        self.records.keys().map(|id| hash(id))
    }

    /// Returns those that are new.
    pub(crate) fn inserted(&self) -> impl Iterator<Item = u64> {
        let new = self.records.keys();
        new.filter(|id| !self.stored.contains_key(*id))
            .map(|id| hash(id))
    }

    /// Returns those that are now in a day.
    pub(crate) fn vanished(&self) -> impl Iterator<Item = u64> {
        let old = self.stored.keys();
        old.filter(|id| !self.records.contains_key(*id))
            .map(|id| hash(id))
    }

    /// Removes the record with this id hash, which now has a date.
    pub(crate) fn remove(&mut self, bits: u64) {
        self.records.retain(|id, _| hash(id) != bits);
    }

    /// Stages the current records.
    pub(crate) async fn finish(
        self,
        context: &Arc<RunContext>,
    ) -> Result<(Option<Day>, Counts), Failure> {
        let mut counts = Counts {
            inserted: self.inserted().count() as u64,
            vanished: self.vanished().count() as u64,
            ..Counts::default()
        };
        for (id, json) in &self.records {
            match self.stored.get(id) {
                Some(stored) if stored != json => counts.updated += 1,
                Some(_) if self.arrived.contains(&hash(id)) => counts.unchanged += 1,
                _ => {}
            }
        }
        let is_unindexed =
            (self.earlier.as_ref()).is_some_and(|day| day.records > 0 && day.index.is_none());
        if is_unindexed
            && !self.records.is_empty()
            && self.earlier.as_ref().is_some_and(|day| day.data.is_some())
        {
            return Err(Failure::unwritable(
                &context.folder.name,
                "undated records arrived, and the index of those in date=unknown is lost, so they cannot be merged\n\
                 hint: restore _conversations/ from a copy, or move date=unknown to another folder and run again",
            ));
        }
        let has_file = (self.earlier.as_ref()).is_none_or(|day| day.data.is_some());
        if self.records == self.stored && has_file {
            return Ok((self.earlier, counts));
        }
        let folder = &context.folder;
        let damaged = |error: io::Error| Failure::unwritable(&folder.name, error);
        let records = self.records.iter();
        let packed = pack(records.map(|(id, json)| (id.as_str(), json.as_str())));
        let packed = packed.map_err(damaged)?;
        let hash = format!("{:016x}", XxHash3_64::oneshot(&packed));
        let index = Paths::index(Partition::Unknown, &hash);
        folder.put(&folder.paths.at(&index), packed).await?;
        let extension = extension(&context.layout);
        let staged = Paths::staged(Partition::Unknown, &hash, extension);
        let count = self.records.len() as u64;
        let (handle, records) = (tokio::runtime::Handle::current(), self.records);
        let this = Arc::clone(context);
        let written = context.worker.run(move || {
            write_table(&this, &handle, &staged, |sink| {
                records.values().try_for_each(|json| sink.write(json))
            })
        });
        let written = written
            .await
            .ok_or_else(|| Failure::other("writing a file panicked; please report this"))??;
        let TableFile {
            output,
            bytes,
            checksum,
        } = written;
        output.complete().await?;
        let day = Day {
            read_at: context.now,
            unsettled: 0,
            records: count,
            data: Some(DataFile {
                name: Paths::data(Partition::Unknown, extension),
                records: count,
                bytes,
                hash,
                checksum: Some(checksum),
            }),
            index: Some(index),
            malformed: 0,
            outside_range: 0,
            held_back: 0,
        };
        Ok((Some(day), counts))
    }
}

fn read(packed: &[u8], mut each: impl FnMut(String, String)) -> io::Result<()> {
    let mut records = PackedRecords::unpack(packed)?;
    while let Some((key, json)) = records.next()? {
        each(key.id, json.as_str().to_owned());
    }
    Ok(())
}
