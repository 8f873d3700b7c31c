//! [`RecordCopier`]: fetches the records of an export and hands them to its writer.

use conversations_api_ext::{Client, ErrorKind};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;

use super::detailed_record::DetailedRecord;
use crate::failure::Failure;
use crate::output::quarantine::Quarantine;
use crate::output::summary::Summary;
use crate::output::{ResumePoint, Resumed, WriterThread, WrittenIds};
use crate::records::fetch::Fetch;
use crate::records::query::Filters;
use crate::term::progress::Progress;

/// Number of records with details between two resume points within a page: a page may take minutes.
const DETAILS_PER_NOTE: u64 = 100;

/// Copies the records of all environments to a writer.
pub(super) struct RecordCopier<'a> {
    pub(super) client: &'a Client,
    pub(super) filters: &'a Filters,
    pub(super) summary: &'a mut Summary,
    pub(super) progress: &'a Progress,
    pub(super) quarantine: &'a mut Quarantine,
    pub(super) at_once: u8,
    pub(super) resumable: bool,
    /// Whether the fields that only details have are added to the records.
    pub(super) detail: bool,
    /// Records without the details they should have, until a later request succeeds: if none does, a resumed run is to
    /// request them again.
    pub(super) held: Vec<DetailedRecord>,
}

impl RecordCopier<'_> {
    pub(super) async fn copy_all(
        &mut self,
        writer: &mut WriterThread,
        mut earlier: Option<Resumed>,
    ) -> Result<(), Failure> {
        let first = (earlier.as_ref()).map_or(0, |earlier| earlier.resume_point.environment);
        for index in first..self.filters.environments().len() {
            self.copy(index, earlier.take(), writer).await?;
        }
        self.write_held(writer).await
    }

    /// Fetches one environment and writes each record as it arrives.
    async fn copy(
        &mut self,
        index: usize,
        earlier: Option<Resumed>,
        writer: &mut WriterThread,
    ) -> Result<(), Failure> {
        let environment = self.filters.environments()[index];
        let filters = self.filters;
        let environments = filters.environments().len();
        self.progress
            .environment(index, environments, filters.span(self.at_once));
        let checkpoint = earlier
            .as_ref()
            .map(|earlier| &earlier.resume_point.checkpoint);
        let mut records = filters.fetch(self.client, environment, self.at_once, checkpoint)?;
        let mut position = Position {
            environment: index,
            earlier_environments: match &earlier {
                Some(earlier) => earlier.resume_point.earlier_environments,
                // Those that are held are written before the first one of this environment.
                None => self.summary.counts.records + self.held.len() as u64,
            },
            malformed: self.summary.counts.malformed,
            pages: records.pages_read(),
        };
        // The list may have shifted since the earlier run, and an incomplete page is re-read, so skip records
        // already written.
        let written = earlier.map(|earlier| earlier.written);
        let is_written =
            |id: &str| (written.as_ref()).is_some_and(|ids: &WrittenIds| ids.contains(id));
        // The requests for details that are being sent, in the order of the records.
        let mut details = FuturesOrdered::new();
        let at_once = usize::from(self.at_once);
        let mut noted = self.summary.counts.records;
        let mut warned = false;
        loop {
            let next = tokio::select! {
                biased;
                Some(detailed) = details.next(), if !details.is_empty() => {
                    let is_same_page = records.pages_read() == position.pages;
                    let written = self.write(detailed, writer).await;
                    let due = noted + DETAILS_PER_NOTE <= self.summary.counts.records;
                    // Within a page, a resume point is its start and the records written since. Past its end, it would
                    // miss the records whose details are still being requested.
                    // While records are held, there is no resume point past their page.
                    let is_first_held = self.held.len() == 1;
                    if is_same_page && (due || is_first_held || written.is_err()) {
                        noted = self.summary.counts.records;
                        self.note(position, &records, writer).await?;
                    }
                    written?;
                    continue;
                }
                next = records.next_record(), if details.len() < at_once => next,
            };
            if !warned && records.started_over() {
                warned = true;
                self.progress.warn(
                    "the list has changed too much since the previous run; reading it again from the start",
                );
            }
            // Also before a failure, whose resume point is past the malformed records of a page that was complete.
            if !matches!(next, Ok(None)) && records.pages_read() != position.pages {
                position.pages = records.pages_read();
                position.malformed = self.summary.counts.malformed;
                // The resume point is past every record before this one.
                self.write_all(&mut details, writer).await?;
                self.note(position, &records, writer).await?;
            }
            match next {
                Ok(Some(record)) if is_written(record.id()) => self.summary.counts.duplicates += 1,
                Ok(Some(record)) if self.detail => {
                    details.push_back(DetailedRecord::request(
                        self.client,
                        record,
                        position.page(),
                    ));
                }
                Ok(Some(record)) => {
                    let record = DetailedRecord::without(record, position.page());
                    self.write(record, writer).await?;
                }
                Ok(None) => break,
                Err(error) if error.kind() == ErrorKind::MalformedRecord => {
                    self.summary.counts.malformed += 1;
                    self.progress.warn_of_record(&error);
                    self.quarantine.add(&error).await?;
                }
                Err(error) => {
                    self.write_all(&mut details, writer).await?;
                    self.note(position, &records, writer).await?;
                    // A rejected resume point is discarded, which makes the export start over.
                    return Err(match written {
                        Some(_) => error.into(),
                        None => records.failure(&error),
                    });
                }
            }
        }
        self.write_all(&mut details, writer).await?;
        self.summary.counts = self.summary.counts.with(&records);
        Ok(())
    }

    /// Waits for all details and writes their records.
    async fn write_all(
        &mut self,
        details: &mut FuturesOrdered<impl Future<Output = DetailedRecord>>,
        writer: &mut WriterThread,
    ) -> Result<(), Failure> {
        while let Some(detailed) = details.next().await {
            self.write(detailed, writer).await?;
        }
        Ok(())
    }

    /// Writes a record in the order of the list. Fails if more details failed than single conversations
    /// explain.
    async fn write(
        &mut self,
        detailed: DetailedRecord,
        writer: &mut WriterThread,
    ) -> Result<(), Failure> {
        let failed_details = &mut self.summary.counts.failed_details;
        if let Some(failed) = &detailed.failed {
            if failed_details.failed(failed.clone())? == 1 {
                self.write_held(writer).await?;
            }
            self.held.push(detailed);
            return Ok(());
        }
        failed_details.succeeded();
        self.write_held(writer).await?;
        self.write_one(detailed, writer).await
    }

    async fn write_held(&mut self, writer: &mut WriterThread) -> Result<(), Failure> {
        for detailed in std::mem::take(&mut self.held) {
            self.write_one(detailed, writer).await?;
        }
        Ok(())
    }

    /// Counts a record and writes it.
    async fn write_one(
        &mut self,
        detailed: DetailedRecord,
        writer: &mut WriterThread,
    ) -> Result<(), Failure> {
        let DetailedRecord {
            listed,
            enriched,
            failed,
            ..
        } = detailed;
        // The fields of the detail are no drift of the list.
        self.summary.count(&listed);
        self.progress.read(&listed);
        match failed {
            Some(failed) => self.summary.counts.failed_details.add(listed.id(), &failed),
            None => {
                let is_without = self.detail && enriched.is_none();
                self.summary.counts.without_detail += u64::from(is_without);
            }
        }
        writer.write(enriched.unwrap_or(listed)).await
    }

    /// Stores a resume point.
    async fn note(
        &self,
        position: Position,
        records: &Fetch,
        writer: &mut WriterThread,
    ) -> Result<(), Failure> {
        // An empty file is not worth resuming.
        if !self.resumable || self.summary.counts.records == 0 {
            return Ok(());
        }
        // It would be past the records of earlier pages that are still held.
        let page = (position.environment, records.pages_read());
        if (self.held.first()).is_some_and(|held| held.page != page) {
            return Ok(());
        }
        let mut counts = self.summary.counts.with(records);
        counts.malformed = position.malformed;
        let resume_point = ResumePoint {
            environment: position.environment,
            checkpoint: records.checkpoint(),
            earlier_environments: position.earlier_environments,
            counts,
        };
        writer.note(resume_point).await
    }
}

/// The position of an export, as stored in its notes.
#[derive(Clone, Copy)]
struct Position {
    environment: usize,
    /// The number of records written for earlier environments.
    earlier_environments: u64,
    /// The number of malformed records before the current page, which a resumed run re-reads.
    malformed: u64,
    pages: u64,
}

impl Position {
    /// Returns the environment and the page in it.
    const fn page(self) -> (usize, u64) {
        (self.environment, self.pages)
    }
}
