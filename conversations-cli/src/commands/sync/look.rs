//! [`Looking`]: reads a day: fetches its records, compares them with the known ones, and stages them if they differ.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use conversations_api_ext::{Checkpoint, Client, Environment, Error, ErrorKind, TimeRange};
use conversations_table::TableError;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use super::arrived::{Arrived, Complete};
use super::folder::Folder;
use super::index::DayIndex;
use super::names::Names;
use super::report::Counts;
use super::schedule::{self, Patience, end_of, start_of};
use super::settling::Settling;
use super::state::Day;
use super::worker::Worker;
use crate::failure::Failure;
use crate::output::{Layout, Output, Sink, Target};
use crate::records::query::Filters;
use crate::term::progress::Progress;

/// What a run needs to read days.
pub(crate) struct Looking {
    pub(crate) folder: Folder,
    pub(crate) client: Client,
    pub(crate) filters: Filters,
    pub(crate) layout: Layout,
    pub(crate) progress: Arc<Progress>,
    /// The id of the run.
    pub(crate) run: String,
    /// When the run began; the age of records is measured from it.
    pub(crate) now: DateTime<Utc>,
    pub(crate) patience: Patience,
    /// Days are fetched concurrently but written one by one, so that only one writer uses memory.
    pub(crate) worker: Worker,
    /// Whether a day may lose most of its records.
    pub(crate) accept_vanished: bool,
}

/// The result of reading a day, stored until the run is committed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) day: Day,
    pub(crate) counts: Counts,
    /// The ids that the day did not have before, as 64-bit hashes.
    pub(crate) inserted: Vec<u64>,
    /// The ids that the server no longer returns for the day.
    pub(crate) missing: Vec<u64>,
    /// Whether the day is left unchanged because too many records are missing.
    pub(crate) held: bool,
    /// Whether undated records arrived with it.
    pub(crate) has_undated: bool,
    /// All ids of the day.
    #[serde(skip)]
    pub(crate) ids: Vec<u64>,
}

/// Why a day was not read.
#[derive(Debug)]
pub(crate) struct NotRead {
    pub(crate) failure: Failure,
    pub(crate) reach: Reach,
}

/// The scope of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Only the request for the day; other requests may succeed.
    Day,
    /// The connection: any other request would most likely fail as well.
    Connection,
    /// The run: the key, the project, the query or the folder.
    Run,
}

impl From<Failure> for NotRead {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            reach: Reach::Run,
        }
    }
}

impl From<Error> for NotRead {
    fn from(error: Error) -> Self {
        let reach = match error.kind() {
            ErrorKind::Server
            | ErrorKind::RateLimited
            | ErrorKind::Timeout
            | ErrorKind::Body
            | ErrorKind::Paging => Reach::Day,
            ErrorKind::Connection => Reach::Connection,
            _ => Reach::Run,
        };
        Self {
            failure: error.into(),
            reach,
        }
    }
}

/// Results of an interrupted run up to this age are used instead of reading the day again.
const RECENT: TimeDelta = TimeDelta::hours(1);

impl Looking {
    /// Returns whether a result that an interrupted run read at `at` is still valid: a run must not publish
    /// yesterday's data as today's.
    pub(crate) fn is_recent(&self, date: NaiveDate, at: DateTime<Utc>) -> bool {
        // A time in the future comes from a wrong clock.
        at <= self.now
            && (self.now - at < RECENT || schedule::is_final(date, at, self.now, self.patience))
    }

    /// Reads a day and stores a note with the result. `exclude` are ids that belong to another partition.
    pub(crate) async fn look(
        self: &Arc<Self>,
        date: NaiveDate,
        earlier: Option<Day>,
        exclude: HashSet<u64>,
    ) -> Result<Found, NotRead> {
        let mut arrived = Arrived::open(self, date).await?;
        let fetched = self.fetch_all(&mut arrived).await;
        match fetched {
            // How long a cursor is valid is up to the server.
            Err(not_read) if arrived.is_resumed() && not_read.failure.is_rejection() => {
                arrived.start_over().await?;
                self.fetch_all(&mut arrived).await?;
            }
            fetched => fetched?,
        }
        let Complete {
            began,
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
                began,
                chunks,
                exclude,
            };
            settling.run(earlier, &known, counts)
        });
        let found = found
            .await
            .ok_or_else(|| Failure::other("writing a day panicked; please report this"))??;
        let note = serde_json::to_vec(&found).expect("a note is plain data");
        let note_path = self.folder.names.staged_note(date);
        self.folder.put(&note_path, note).await?;
        self.folder
            .remove_all(&self.folder.names.arriving(date))
            .await?;
        Ok(found)
    }

    async fn fetch_all(&self, arrived: &mut Arrived) -> Result<(), NotRead> {
        for (place, environment) in self.filters.environments().iter().enumerate() {
            if let Some(checkpoint) = arrived.place(place) {
                self.fetch(place, *environment, checkpoint, arrived).await?;
            }
        }
        Ok(())
    }

    /// Fetches an environment page by page. Each page is stored before the next one is requested.
    async fn fetch(
        &self,
        place: usize,
        environment: Environment,
        checkpoint: Option<Checkpoint>,
        arrived: &mut Arrived,
    ) -> Result<(), NotRead> {
        let range = TimeRange::new(Some(start_of(arrived.date)), Some(end_of(arrived.date)))?;
        let filters = self.filters.within(range);
        let mut records = filters.records(&self.client, environment)?.page_by_page();
        if let Some(checkpoint) = checkpoint {
            records = records.resume(&checkpoint)?;
        }
        let before = arrived.counts().clone();
        loop {
            match records.next_record().await {
                Ok(Some(record)) => {
                    self.progress.read(&record);
                    arrived.add(record);
                    arrived.make_room().await?;
                }
                Ok(None) if records.is_paused() => {
                    arrived.dropped(&before, records.outside_range(), records.duplicates());
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
        arrived.dropped(&before, records.outside_range(), records.duplicates());
        arrived.environment_ended(place).await?;
        Ok(())
    }

    /// Writes the malformed records of a day to its quarantine file, or removes the file of an earlier read.
    async fn keep_malformed(&self, date: NaiveDate, lines: String) -> Result<(), Failure> {
        let path = self.folder.names.at(&Names::malformed(date));
        if !lines.is_empty() {
            return self.folder.put(&path, lines).await;
        }
        if self.folder.get(&path).await?.is_some() {
            self.folder.remove(&path).await?;
        }
        Ok(())
    }

    /// Returns the fingerprints of the known records of the day.
    pub(crate) async fn known(&self, earlier: Option<&Day>) -> Result<DayIndex, Failure> {
        let Some(name) = earlier.and_then(|day| day.index.as_deref()) else {
            return Ok(DayIndex::default());
        };
        let path = self.folder.names.at(name);
        let bytes = self.folder.get(&path).await?;
        // Without the index every record counts as new, which is inaccurate but loses no data.
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

/// Writes a file of the table under a name relative to the folder, and returns its length. Blocks the calling
/// thread.
pub(crate) fn write_table(
    looking: &Looking,
    handle: &Handle,
    name: &str,
    rows: impl FnOnce(&mut Sink) -> Result<(), TableError>,
) -> Result<u64, Failure> {
    let folder = &looking.folder;
    let target = Target::Object {
        name: format!("{}/{name}", folder.name),
        store: folder.store.clone(),
        path: folder.names.at(name),
    };
    let output = handle.block_on(Output::create(target))?;
    let bytes = output.bytes();
    let written = (|| {
        let mut sink = Sink::new(output, &looking.layout)?;
        rows(&mut sink)?;
        sink.finish()
    })();
    let output = written.map_err(|error: TableError| {
        Failure::unwritable(&folder.name, format!("{name}: {error}"))
    })?;
    output.finish()?;
    Ok(bytes.load(Ordering::Relaxed))
}
