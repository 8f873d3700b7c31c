//! One look at one day: its records fetched, compared with those known, and written if they differ.

use std::collections::HashSet;
use std::hash::Hasher as _;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use conversations_api_ext::{Client, Environment, ErrorKind, Record, TimeRange};
use conversations_table::TableError;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use twox_hash::XxHash3_64;

use super::chunk::{Chunk, Gathered, Item, Key, Merge};
use super::folder::Folder;
use super::index::{DayIndex, Fate};
use super::names::Names;
use super::plan::ending;
use super::report::Counts;
use super::schedule::{end_of, start_of};
use super::state::{DataFile, Day};
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
    pub(crate) writing: Semaphore,
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
        let mut arrived = Arrived::new(self, date);
        self.folder
            .remove_all(&self.folder.names.arriving(date))
            .await?;
        let mut counts = Counts::default();
        for environment in self.filters.environments() {
            self.fetch(*environment, &mut arrived, &mut counts).await?;
        }
        let chunks = arrived.finish().await?;
        let known = self.known(earlier.as_ref()).await?;
        let turn = self.writing.acquire().await;
        let found = tokio::task::spawn_blocking({
            let (looking, handle) = (Arc::clone(self), Handle::current());
            move || {
                let settling = Settling {
                    looking: &looking,
                    handle,
                    date,
                    chunks,
                };
                settling.run(earlier, &known, counts)
            }
        });
        let found = found
            .await
            .map_err(|_| Failure::other("writing a day panicked; please report this"))??;
        drop(turn);
        let note = serde_json::to_vec(&found).expect("a note is plain data");
        self.folder.put(&self.folder.names.done(date), note).await?;
        self.folder
            .remove_all(&self.folder.names.arriving(date))
            .await?;
        Ok(found)
    }

    async fn fetch(
        self: &Arc<Self>,
        environment: Environment,
        arrived: &mut Arrived,
        counts: &mut Counts,
    ) -> Result<(), Failure> {
        let range = TimeRange::new(Some(start_of(arrived.date)), Some(end_of(arrived.date)))?;
        let mut records = self
            .filters
            .within(range)
            .records(&self.client, environment)?;
        loop {
            match records.next_record().await {
                Ok(Some(record)) => {
                    self.progress.one_more(record.started_at());
                    arrived.add(record).await?;
                }
                Ok(None) => break,
                Err(error) if error.kind() == ErrorKind::MalformedRecord => {
                    counts.malformed += 1;
                    self.progress.warn(&error);
                }
                Err(error) => return Err(error.into()),
            }
        }
        counts.pages += records.pages_read();
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

/// The records of a day as they come in.
struct Arrived {
    looking: Arc<Looking>,
    date: NaiveDate,
    ids: HashSet<u64>,
    gathered: Gathered,
    chunks: Vec<Kept>,
}

/// Where a chunk is: the last one stays in memory, which for most days is all there is.
#[derive(Debug)]
enum Kept {
    InMemory(Chunk),
    InStore { first: Option<Key>, number: u32 },
}

impl Arrived {
    fn new(looking: &Arc<Looking>, date: NaiveDate) -> Self {
        Self {
            looking: Arc::clone(looking),
            date,
            ids: HashSet::new(),
            gathered: Gathered::default(),
            chunks: Vec::new(),
        }
    }

    async fn add(&mut self, record: Record) -> Result<(), Failure> {
        // Pages that shift while they are read give a record twice.
        if !self.ids.insert(XxHash3_64::oneshot(record.id().as_bytes())) {
            return Ok(());
        }
        // Before it is put anywhere: what arrives waits in the folder, too.
        let record = match &self.looking.layout.redaction {
            Some(redaction) => redaction.record(&record),
            None => record,
        };
        self.gathered.add(record);
        if self.gathered.is_full() {
            let Chunk { first, packed } = self.pack().await?;
            let number = u32::try_from(self.chunks.len()).unwrap_or(u32::MAX);
            let folder = &self.looking.folder;
            folder
                .put(&folder.names.chunk(self.date, number), packed)
                .await?;
            self.chunks.push(Kept::InStore { first, number });
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<Vec<Kept>, Failure> {
        if !self.gathered.is_empty() {
            let chunk = self.pack().await?;
            self.chunks.push(Kept::InMemory(chunk));
        }
        Ok(self.chunks)
    }

    async fn pack(&mut self) -> Result<Chunk, Failure> {
        let mut gathered = std::mem::take(&mut self.gathered);
        let packed = tokio::task::spawn_blocking(move || gathered.take());
        match packed.await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(error)) => Err(Failure::other(format!("records cannot be packed: {error}"))),
            Err(_) => Err(Failure::other(
                "packing records panicked; please report this",
            )),
        }
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
        Failure::other(format!(
            "the records of {} cannot be put together: {error}",
            self.date
        ))
    }
}
