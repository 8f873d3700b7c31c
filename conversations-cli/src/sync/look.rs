//! One look at one day: its records fetched, compared with those known, and written if they differ.

use std::hash::Hasher as _;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use conversations_api_ext::{Checkpoint, Client, Environment, ErrorKind, TimeRange};
use conversations_table::TableError;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use twox_hash::XxHash3_64;

use super::arrived::{Arrived, Complete, Kept};
use super::chunk::{Item, Merge};
use super::folder::Folder;
use super::index::{DayIndex, Fate};
use super::names::Names;
use super::plan::ending;
use super::report::Counts;
use super::schedule::{end_of, start_of};
use super::state::{DataFile, Day};
use super::worker::Worker;
use crate::failure::Failure;
use crate::filters::Filters;
use crate::output::{Layout, Output, Sink, Target};
use crate::progress::Progress;

/// What a run looks with.
pub(crate) struct Looking {
    pub(crate) folder: Folder,
    pub(crate) client: Client,
    pub(crate) filters: Filters,
    pub(crate) layout: Layout,
    pub(crate) progress: Arc<Progress>,
    /// When the run began: what is young is told from this.
    pub(crate) now: DateTime<Utc>,
    pub(crate) settle: TimeDelta,
    /// Days are fetched at once and written one by one: what a writer holds in memory counts once.
    pub(crate) worker: Worker,
    /// Whether a day may lose most of its records.
    pub(crate) accept_vanished: bool,
}

/// What a look has found, kept until the run is over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) day: Day,
    pub(crate) counts: Counts,
}

/// A day that loses more than half of at least so many records is left as it was: that is rather a server
/// in trouble than people asking to be forgotten.
const MANY: u64 = 20;

impl Looking {
    /// Looks at a day, and leaves a note of what was found.
    pub(crate) async fn look(
        self: &Arc<Self>,
        date: NaiveDate,
        earlier: Option<Day>,
    ) -> Result<Found, Failure> {
        let mut arrived = Arrived::open(self, date).await?;
        let fetched = self.fetch_all(&mut arrived).await;
        match fetched {
            // A place in the server's list lasts as long as the server likes.
            Err(failure) if arrived.is_resumed() && failure.is_refusal() => {
                arrived.start_over().await?;
                self.fetch_all(&mut arrived).await?;
            }
            fetched => fetched?,
        }
        let Complete {
            chunks,
            counts,
            malformed,
        } = arrived.finish().await?;
        self.keep_malformed(date, malformed).await?;
        let known = self.known(earlier.as_ref()).await?;
        let (looking, handle) = (Arc::clone(self), Handle::current());
        let found = self.worker.run(move || {
            let settling = Settling {
                looking: &looking,
                handle,
                date,
                chunks,
            };
            settling.run(earlier, &known, counts)
        });
        let found = found
            .await
            .ok_or_else(|| Failure::other("writing a day panicked; please report this"))??;
        let note = serde_json::to_vec(&found).expect("a note is plain data");
        self.folder.put(&self.folder.names.done(date), note).await?;
        self.folder
            .remove_all(&self.folder.names.arriving(date))
            .await?;
        Ok(found)
    }

    async fn fetch_all(&self, arrived: &mut Arrived) -> Result<(), Failure> {
        for (place, environment) in self.filters.environments().iter().enumerate() {
            if let Some(checkpoint) = arrived.place(place) {
                self.fetch(place, *environment, checkpoint, arrived).await?;
            }
        }
        Ok(())
    }

    /// Fetches an environment, page by page: what has come is safe before more is asked for.
    async fn fetch(
        &self,
        place: usize,
        environment: Environment,
        checkpoint: Option<Checkpoint>,
        arrived: &mut Arrived,
    ) -> Result<(), Failure> {
        let range = TimeRange::new(Some(start_of(arrived.date)), Some(end_of(arrived.date)))?;
        let filters = self.filters.within(range);
        let mut records = filters.records(&self.client, environment)?.page_by_page();
        if let Some(checkpoint) = checkpoint {
            records = records.resume(&checkpoint)?;
        }
        loop {
            match records.next_record().await {
                Ok(Some(record)) => {
                    self.progress.read(&record);
                    arrived.add(record);
                    arrived.make_room().await?;
                }
                Ok(None) if records.is_paused() => {
                    arrived.page_ended(place, records.checkpoint()).await?;
                }
                Ok(None) => break,
                Err(error) if error.kind() == ErrorKind::MalformedRecord => {
                    self.progress.warn_of_record(&error);
                    arrived.malformed(&error);
                }
                Err(error) => return Err(error.into()),
            }
        }
        arrived.environment_ended(place).await
    }

    /// Puts the malformed records of a day beside what is known of it, or takes away those of an earlier look.
    async fn keep_malformed(&self, date: NaiveDate, lines: String) -> Result<(), Failure> {
        let path = self.folder.names.malformed(date);
        if !lines.is_empty() {
            return self.folder.put(&path, lines).await;
        }
        if self.folder.get(&path).await?.is_some() {
            self.folder.remove(&path).await?;
        }
        Ok(())
    }

    /// What is known of each record of the day.
    async fn known(&self, earlier: Option<&Day>) -> Result<DayIndex, Failure> {
        let Some(name) = earlier.and_then(|day| day.index.as_deref()) else {
            return Ok(DayIndex::default());
        };
        let path = self.folder.names.at(name);
        let bytes = self.folder.get(&path).await?;
        // Without it everything would count as new, which is wrong but loses nothing.
        let Some(bytes) = bytes else {
            self.progress
                .warn(format_args!("{path} is missing: the day counts as new"));
            return Ok(DayIndex::default());
        };
        DayIndex::read(&bytes[..]).or_else(|error| {
            self.progress.warn(format_args!(
                "{path} is damaged ({error}): the day counts as new"
            ));
            Ok(DayIndex::default())
        })
    }
}

/// A day whose records are all there, on a thread that may wait.
struct Settling<'a> {
    looking: &'a Looking,
    handle: Handle,
    date: NaiveDate,
    chunks: Vec<Kept>,
}

impl Settling<'_> {
    fn run(
        &self,
        earlier: Option<Day>,
        known: &DayIndex,
        mut counts: Counts,
    ) -> Result<Found, Failure> {
        let mut index = DayIndex::default();
        let mut content = XxHash3_64::new();
        let mut merge = self.merge();
        while let Some(item) = merge.next().map_err(|error| self.damaged(&error))? {
            content.write(item.json.as_bytes());
            index.add(item.id(), &item.json, self.may_change(&item));
        }
        let vanished = index.vanished(known);
        if vanished > 0
            && !self.looking.accept_vanished
            && let Some(earlier) = &earlier
            && earlier.records >= MANY
            && vanished * 2 > earlier.records
        {
            self.looking.progress.warn(format_args!(
                "the server no longer gives {vanished} of the {} conversations of {}: the day is left as it \
                 was; if they are meant to be gone, run with --accept-vanished",
                earlier.records, self.date
            ));
            counts.held_back += vanished;
            return Ok(Found {
                day: earlier.clone(),
                counts,
            });
        }
        index.doubt(known);
        counts.vanished = vanished;
        for id in index.records.keys() {
            match index.fate(id, known) {
                Fate::Inserted => counts.inserted += 1,
                Fate::Unchanged => counts.unchanged += 1,
                Fate::Updated(fields) => {
                    counts.updated += 1;
                    for name in fields {
                        *counts.fields.entry(name).or_default() += 1;
                    }
                }
            }
        }
        let records = index.records.len() as u64;
        let hash = format!("{:016x}", content.finish());
        let name = Names::data(self.date, &hash, ending(&self.looking.layout));
        let as_before = earlier
            .and_then(|day| day.data)
            .filter(|file| file.name == name);
        let data = match as_before {
            Some(file) => Some(file),
            None if records == 0 => None,
            None => Some(self.write(name, records)?),
        };
        let index_name = if records == 0 {
            None
        } else {
            Some(self.write_index(&index)?)
        };
        Ok(Found {
            day: Day {
                // Not the moment of the request: what came in between is for the next run to find.
                looked_at: self.looking.now,
                unsettled: index.unsettled(),
                records,
                data,
                index: index_name,
            },
            counts,
        })
    }

    /// By what it says of itself: in progress, or younger than the time to settle.
    fn may_change(&self, item: &Item) -> bool {
        #[derive(Deserialize)]
        struct Progress {
            #[serde(default)]
            in_progress: serde_json::Value,
        }
        let young = item.started().is_some_and(|micros| {
            let settled = self.looking.now - self.looking.settle;
            micros > settled.timestamp_micros()
        });
        young
            || serde_json::from_str::<Progress>(&item.json)
                .is_ok_and(|record| record.in_progress == true)
    }

    fn merge(&self) -> Merge<impl FnMut(u32) -> io::Result<Bytes> + '_> {
        const IN_MEMORY: u32 = u32::MAX;
        let chunks = self.chunks.iter().map(|kept| match kept {
            Kept::InMemory(chunk) => (chunk.first.clone(), IN_MEMORY),
            Kept::InStore { first, number } => (first.clone(), *number),
        });
        Merge::new(chunks.collect(), |number| {
            let in_memory = self.chunks.iter().find_map(|kept| match kept {
                Kept::InMemory(chunk) if number == IN_MEMORY => Some(chunk.packed.clone()),
                _ => None,
            });
            match in_memory {
                Some(packed) => Ok(packed),
                None => {
                    let folder = &self.looking.folder;
                    let path = folder.names.chunk(self.date, number);
                    let found = self.handle.block_on(folder.get(&path));
                    let found = found.map_err(|failure| io::Error::other(failure.to_string()))?;
                    found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, path.to_string()))
                }
            }
        })
    }

    fn write(&self, name: String, records: u64) -> Result<DataFile, Failure> {
        let folder = &self.looking.folder;
        let target = Target::Object {
            name: format!("{}/{name}", folder.name),
            store: folder.store.clone(),
            path: folder.names.at(&name),
        };
        let output = self.handle.block_on(Output::create(target))?;
        let bytes = output.bytes();
        let written = (|| {
            let mut sink = Sink::new(output, &self.looking.layout)?;
            let mut merge = self.merge();
            while let Some(item) = merge.next()? {
                sink.write(&item.json)?;
            }
            sink.finish()
        })();
        let output = written.map_err(|error: TableError| {
            Failure::unwritable(&folder.name, format!("{name}: {error}"))
        })?;
        output.finish()?;
        let bytes = bytes.load(std::sync::atomic::Ordering::Relaxed);
        Ok(DataFile {
            name,
            records,
            bytes,
        })
    }

    fn write_index(&self, index: &DayIndex) -> Result<String, Failure> {
        let folder = &self.looking.folder;
        let mut packed = Vec::new();
        index
            .write(&mut packed)
            .map_err(|error| self.damaged(&error))?;
        let hash = format!("{:016x}", XxHash3_64::oneshot(&packed));
        let name = Names::index(self.date, &hash);
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
