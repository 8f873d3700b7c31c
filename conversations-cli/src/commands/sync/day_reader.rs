//! [`fetch_day`] and [`stage_day`]: fetch the records of a day, compare them with the known ones, and stage them if they
//! differ.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::NaiveDate;
use conversations_api_ext::{Checkpoint, Environment, ErrorKind, TimeRange};
use tokio::runtime::Handle;

use super::day_result::DayResult;
use super::download::{CompleteDay, Download};
use super::paths::Paths;
use super::read_error::ReadError;
use super::run_context::RunContext;
use super::schedule::{end_of, start_of};
use super::staging::Staging;
use super::state::Day;
use crate::failure::Failure;

/// Fetches a day.
pub(crate) async fn fetch_day(
    context: &Arc<RunContext>,
    date: NaiveDate,
) -> Result<CompleteDay, ReadError> {
    let mut download = Download::open(context, date).await?;
    let mut fetched = fetch_all(context, &mut download).await;
    // How long a cursor is valid is up to the server.
    let is_rejected = |error: &ReadError| error.failure.is_rejection();
    if download.is_resumed() && fetched.as_ref().is_err_and(is_rejected) {
        download.start_over().await?;
        fetched = fetch_all(context, &mut download).await;
    }
    // Also if the day has failed: the next run resumes after the pages that have arrived.
    download.finish_writing().await?;
    fetched?;
    Ok(download.finish().await?)
}

/// Stages a day that was fetched, and stores a note with the result. `exclude` are ids that belong to another
/// partition.
pub(crate) async fn stage_day(
    context: &Arc<RunContext>,
    date: NaiveDate,
    received: CompleteDay,
    earlier: Option<Day>,
    exclude: HashSet<u64>,
) -> Result<DayResult, Failure> {
    let CompleteDay {
        began,
        chunks,
        repeated,
        counts,
        malformed,
    } = received;
    write_quarantine(context, date, malformed).await?;
    let (owned, handle) = (Arc::clone(context), Handle::current());
    let found = context.worker.run(move || {
        let staging = Staging {
            context: &owned,
            handle,
            date,
            began,
            chunks,
            repeated,
            exclude,
        };
        staging.run(earlier, counts)
    });
    let (found, uploads) = found
        .await
        .ok_or_else(|| Failure::other("writing a day panicked; please report this"))??;
    uploads.complete(&context.folder).await?;
    let note = serde_json::to_vec(&found).expect("a note is plain data");
    let note_path = context.folder.paths.staged_note(date);
    context.folder.put_unsynced(&note_path, note).await?;
    context
        .folder
        .remove_all(&context.folder.paths.arriving(date))
        .await?;
    Ok(found)
}

async fn fetch_all(context: &RunContext, download: &mut Download) -> Result<(), ReadError> {
    for (index, environment) in context.filters.environments().iter().enumerate() {
        if let Some(checkpoint) = download.resume_point(index) {
            fetch(context, index, *environment, checkpoint, download).await?;
        }
    }
    Ok(())
}

/// Fetches an environment page by page. Each page is written to the folder while the next one arrives.
async fn fetch(
    context: &RunContext,
    index: usize,
    environment: Environment,
    checkpoint: Option<Checkpoint>,
    download: &mut Download,
) -> Result<(), ReadError> {
    let range = TimeRange::new(Some(start_of(download.date)), Some(end_of(download.date)))?;
    let filters = context.filters.within(range);
    let records = filters.records(&context.client, environment)?;
    let mut pages = records.keep_duplicates().page_by_page();
    if let Some(checkpoint) = checkpoint {
        pages = pages.resume(&checkpoint)?;
    }
    let outside_range = download.counts().outside_range;
    loop {
        match pages.next_record().await {
            Ok(Some(record)) => {
                context.progress.read(&record);
                download.add(record);
                download.flush_if_full().await?;
            }
            Ok(None) if pages.is_done() => break,
            Ok(None) => {
                let skipped = pages.records().outside_range();
                download.set_outside_range(outside_range + skipped);
                download.page_ended(index, pages.checkpoint()).await?;
            }
            Err(error) if error.kind() == ErrorKind::MalformedRecord => {
                context.progress.warn_of_record(&error);
                download.malformed(&error);
            }
            Err(error) => return Err(error.into()),
        }
    }
    download.set_outside_range(outside_range + pages.records().outside_range());
    download.environment_ended(index).await?;
    Ok(())
}

/// Writes the malformed records of a day to its quarantine file, or removes the file of an earlier read.
async fn write_quarantine(
    context: &RunContext,
    date: NaiveDate,
    lines: String,
) -> Result<(), Failure> {
    let path = context.folder.paths.at(&Paths::malformed(date));
    if !lines.is_empty() {
        return context.folder.put(&path, lines).await;
    }
    if context.folder.get(&path).await?.is_some() {
        context.folder.remove(&path).await?;
    }
    Ok(())
}
