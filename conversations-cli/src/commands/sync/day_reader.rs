//! [`DayReader`]: reads a day: fetches its records, compares them with the known ones, and stages them if they differ.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use conversations_api_ext::{
    Checkpoint, Client, Environment, Error, ErrorKind, RereadPolicy, TimeRange,
};
use conversations_table::TableError;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use super::download::{CompleteDay, Download};
use super::folder::Folder;
use super::index::DayIndex;
use super::paths::Paths;
use super::report::Counts;
use super::schedule::{self, end_of, start_of};
use super::staging::Staging;
use super::state::Day;
use super::worker::Worker;
use crate::failure::Failure;
use crate::output::{Layout, Output, Sink, Target};
use crate::records::query::Filters;
use crate::term::progress::Progress;

/// What a run needs to read days.
pub(crate) struct DayReader {
    pub(crate) folder: Folder,
    pub(crate) client: Client,
    pub(crate) filters: Filters,
    pub(crate) layout: Layout,
    pub(crate) progress: Arc<Progress>,
    /// The id of the run.
    pub(crate) run: String,
    /// When the run began; the age of records is measured from it.
    pub(crate) now: DateTime<Utc>,
    pub(crate) policy: RereadPolicy,
    /// Days are fetched concurrently but written one by one, so that only one writer uses memory.
    pub(crate) worker: Worker,
    /// Whether a day may lose most of its records.
    pub(crate) accept_vanished: bool,
}

/// The result of reading a day, stored until the run is committed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DayResult {
    pub(crate) day: Day,
    pub(crate) counts: Counts,
    /// The ids that the day did not have before, as 64-bit hashes.
    pub(crate) inserted: Vec<u64>,
    /// The ids that the server no longer returns for the day.
    pub(crate) missing: Vec<u64>,
    /// Whether the day is left unchanged because too many records are missing.
    pub(crate) held: bool,
    /// Whether its file was missing or not as it was written, and was written again.
    #[serde(default)]
    pub(crate) repaired: bool,
    /// Whether undated records download with it.
    pub(crate) has_undated: bool,
    /// All ids of the day.
    #[serde(skip)]
    pub(crate) ids: Vec<u64>,
}

/// Why a day was not read.
#[derive(Debug)]
pub(crate) struct ReadError {
    pub(crate) failure: Failure,
    pub(crate) reach: Scope,
}

/// The scope of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Only the request for the day; other requests may succeed.
    Day,
    /// The request for the day was rejected; if no other request succeeds, the project or the query is wrong.
    Rejection,
    /// The connection: any other request would most likely fail as well.
    Connection,
    /// The run: the key, the arguments or the folder.
    Run,
}

impl From<Failure> for ReadError {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            reach: Scope::Run,
        }
    }
}

impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        let reach = match error.kind() {
            ErrorKind::Server
            | ErrorKind::RateLimited
            | ErrorKind::Timeout
            | ErrorKind::Body
            | ErrorKind::Paging => Scope::Day,
            ErrorKind::BadRequest
            | ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::Redirect => Scope::Rejection,
            ErrorKind::Connection => Scope::Connection,
            _ => Scope::Run,
        };
        Self {
            failure: error.into(),
            reach,
        }
    }
}

/// What an interrupted run has received is used up to this age instead of reading the day again.
const RECENT: TimeDelta = TimeDelta::hours(1);

impl DayReader {
    /// Returns whether a day that an interrupted run read completely need not be read again: it is recent, or
    /// the day was final already. A run must not publish yesterday's data as today's.
    pub(crate) fn is_current(&self, date: NaiveDate, day: &Day) -> bool {
        let at = day.read_at;
        let was_final = day.unsettled == 0 && schedule::is_final(date, at, self.policy);
        (was_final && at <= self.now) || self.is_resumable(at)
    }

    /// Returns whether a download that began at `at` may be resumed. An older one is begun again even for a final
    /// day: pages read long apart miss records if the server has added or deleted some in between.
    pub(crate) fn is_resumable(&self, at: DateTime<Utc>) -> bool {
        // A time in the future comes from a wrong clock.
        at <= self.now && self.now - at < RECENT
    }

    /// Reads a day and stores a note with the result. `exclude` are ids that belong to another partition.
    pub(crate) async fn read_day(
        self: &Arc<Self>,
        date: NaiveDate,
        earlier: Option<Day>,
        exclude: HashSet<u64>,
    ) -> Result<DayResult, ReadError> {
        let mut download = Download::open(self, date).await?;
        let fetched = self.fetch_all(&mut download).await;
        match fetched {
            // How long a cursor is valid is up to the server.
            Err(error) if download.is_resumed() && error.failure.is_rejection() => {
                download.start_over().await?;
                self.fetch_all(&mut download).await?;
            }
            fetched => fetched?,
        }
        let CompleteDay {
            began,
            chunks,
            repeated,
            counts,
            malformed,
        } = download.finish().await?;
        self.write_quarantine(date, malformed).await?;
        let (reader, handle) = (Arc::clone(self), Handle::current());
        let found = self.worker.run(move || {
            let staging = Staging {
                reader: &reader,
                handle,
                date,
                began,
                chunks,
                repeated,
                exclude,
            };
            staging.run(earlier, counts)
        });
        let found = found
            .await
            .ok_or_else(|| Failure::other("writing a day panicked; please report this"))??;
        let note = serde_json::to_vec(&found).expect("a note is plain data");
        let note_path = self.folder.paths.staged_note(date);
        self.folder.put(&note_path, note).await?;
        self.folder
            .remove_all(&self.folder.paths.arriving(date))
            .await?;
        Ok(found)
    }

    async fn fetch_all(&self, download: &mut Download) -> Result<(), ReadError> {
        for (place, environment) in self.filters.environments().iter().enumerate() {
            if let Some(checkpoint) = download.resume_point(place) {
                self.fetch(place, *environment, checkpoint, download)
                    .await?;
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
        download: &mut Download,
    ) -> Result<(), ReadError> {
        let range = TimeRange::new(Some(start_of(download.date)), Some(end_of(download.date)))?;
        let filters = self.filters.within(range);
        let records = filters.records(&self.client, environment)?;
        let mut pages = records.keep_duplicates().page_by_page();
        if let Some(checkpoint) = checkpoint {
            pages = pages.resume(&checkpoint)?;
        }
        let outside_range = download.counts().outside_range;
        loop {
            match pages.next_record().await {
                Ok(Some(record)) => {
                    self.progress.read(&record);
                    download.add(record);
                    download.flush_if_full().await?;
                }
                Ok(None) if pages.is_done() => break,
                Ok(None) => {
                    let skipped = pages.records().outside_range();
                    download.set_outside_range(outside_range + skipped);
                    download.page_ended(place, pages.checkpoint()).await?;
                }
                Err(error) if error.kind() == ErrorKind::MalformedRecord => {
                    self.progress.warn_of_record(&error);
                    download.malformed(&error);
                }
                Err(error) => return Err(error.into()),
            }
        }
        download.set_outside_range(outside_range + pages.records().outside_range());
        download.environment_ended(place).await?;
        Ok(())
    }

    /// Writes the malformed records of a day to its quarantine file, or removes the file of an earlier read.
    async fn write_quarantine(&self, date: NaiveDate, lines: String) -> Result<(), Failure> {
        let path = self.folder.paths.at(&Paths::malformed(date));
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
        let path = self.folder.paths.at(name);
        let bytes = self.folder.get(&path).await?;
        // Without the index every record counts as new, which is inaccurate but loses no data.
        let Some(bytes) = bytes else {
            self.progress
                .warn(format_args!("{path} is missing: the day counts as new"));
            return Ok(DayIndex::default());
        };
        let index = if Paths::is_named_by_hash(name, &bytes) {
            DayIndex::read(&bytes[..])
        } else {
            Err(std::io::Error::from(std::io::ErrorKind::InvalidData))
        };
        index.or_else(|error| {
            self.progress.warn(format_args!(
                "{path} is damaged ({error}): the day counts as new"
            ));
            Ok(DayIndex::default())
        })
    }
}

/// Writes a file of the table under a name relative to the folder, and returns its length and checksum. Blocks the
/// calling thread.
pub(crate) fn write_table(
    reader: &DayReader,
    handle: &Handle,
    name: &str,
    rows: impl FnOnce(&mut Sink) -> Result<(), TableError>,
) -> Result<(u64, String), Failure> {
    let folder = &reader.folder;
    let target = Target::Object {
        name: format!("{}/{name}", folder.name),
        store: folder.store.clone(),
        path: folder.paths.at(name),
    };
    let output = handle.block_on(Output::create(target))?;
    let bytes = output.bytes();
    let written = (|| {
        let mut sink = Sink::new(output, &reader.layout)?;
        rows(&mut sink)?;
        sink.finish()
    })();
    let output = written.map_err(|error: TableError| {
        Failure::unwritable(&folder.name, format!("{name}: {error}"))
    })?;
    let checksum = output.checksum();
    output.finish()?;
    Ok((bytes.load(Ordering::Relaxed), checksum))
}
