//! `conversations audio`: downloads recordings.

mod args;
mod destination;
mod download;
mod ids;
mod index;
mod summary;
mod wav;
mod writer;

use std::pin::pin;
use std::process::ExitCode;

use conversations_api_ext::Client;
use futures_util::TryStreamExt as _;
use futures_util::stream;

use crate::failure::{Exit, Failure};
use crate::interrupt::{Interrupts, interruption};
use crate::output::summary::write_summary;
use crate::records::details;
use crate::source::Source;
use crate::term::progress::Progress;
use crate::term::stderr::say;

use destination::Destination;
use download::{Downloads, Outcome};
use ids::Ids;
use index::{IndexFormat, Row};
use summary::Summary;
use writer::Writers;

pub(crate) use args::AudioArguments;

/// What a failed run leaves, and what to do.
const RESUME: &str =
    "complete recordings are kept; to download the rest, run the same command again";

pub(crate) async fn run(arguments: &AudioArguments) -> Result<ExitCode, Failure> {
    let source = Source::open(&arguments.source).await?;
    Ok(audio(arguments, &source.client).await?.into())
}

async fn audio(arguments: &AudioArguments, client: &Client) -> Result<Exit, Failure> {
    details::check_host(client)?;
    let progress = Progress::new(arguments.source.quiet);
    let mut ids = Ids::new(arguments, client, &progress)?;
    let given = ids.given();
    let destination = Destination::find(&arguments.output)?;
    if destination.is_one() && given != Some(1) {
        return Err(Failure::usage("one output file is for one recording")
            .with("give one ID, or a folder as --output"));
    }
    // A stream has nothing to clean up, and waiting for its reader must stay interruptible, so there a signal ends
    // the process directly.
    let mut interrupts = match destination.is_stream() {
        true => None,
        false => Some(Interrupts::listen()?),
    };
    let earlier = destination.read_index(arguments.index).await?;
    let indexed = earlier.into_iter().map(|row| (row.file.clone(), row));
    let writers = Writers::new();
    let published = writers.published();
    let downloads = Downloads {
        client,
        destination: &destination,
        writers: &writers,
        indexed: indexed.collect(),
        direction: arguments.direction,
        is_raw: arguments.raw,
        is_given: given.is_some(),
    };
    let mut summary = Summary::start();
    let mut rows = Vec::new();
    let at_once = usize::from(arguments.parallel);
    let done = tokio::select! {
        done = all(&mut ids, &downloads, at_once, &progress, &mut summary, &mut rows) => done,
        () = interruption(&mut interrupts) => Err(Failure::interrupted("interrupted")),
    };
    summary.malformed = ids.malformed;
    drop(progress);
    // Downloads that were cut short remove what they have written. On a second signal, exit without waiting.
    tokio::select! {
        () = writers.join() => {}
        () = interruption(&mut interrupts) => {}
    }
    // Also after a failure: the index is to have whatever the folder has.
    rows.extend(published.take());
    let indexed = match rows.is_empty() {
        true => Ok(()),
        false => add_to_index(&destination, arguments.index, rows).await,
    };
    match done {
        Ok(()) => indexed?,
        Err(failure) if destination.is_one() => return Err(failure),
        Err(failure) => return Err(failure.with(RESUME)),
    }
    let name = destination.name();
    if !arguments.source.quiet {
        say(summary.text(&name));
    }
    if let Some(path) = &arguments.summary {
        write_summary(
            path,
            &summary.to_json(&name),
            "the recordings themselves are",
        )
        .await?;
    }
    if let Some(failure) = summary.failed.failure("cannot download the recordings") {
        let failure = match summary.failed.is_transient() && !destination.is_one() {
            true => failure.with(RESUME),
            false => failure,
        };
        return Err(failure);
    }
    if given.is_some() && summary.missing > 0 && summary.missing == summary.conversations() {
        return Err(Failure::not_found(match summary.missing {
            1 => "the conversation does not exist, or it has no recording",
            _ => "the conversations do not exist, or none of them has a recording",
        })
        .with("check the ids and the project; chats and calls in progress have no recording"));
    }
    Ok(match summary.malformed {
        0 => Exit::Success,
        _ => Exit::Skipped,
    })
}

/// Adds rows to the index. It is read again, because another run may have added its own in the meantime.
async fn add_to_index(
    destination: &Destination,
    format: IndexFormat,
    rows: Vec<Row>,
) -> Result<(), Failure> {
    let earlier = destination.read_index(format).await?;
    let rows = index::merged(earlier, rows);
    destination.write_index(format, &rows).await
}

/// Downloads the recordings of all ids, at most `at_once` at the same time. Ends with the first failure that does not
/// concern one recording alone.
async fn all(
    ids: &mut Ids<'_>,
    downloads: &Downloads<'_>,
    at_once: usize,
    progress: &Progress,
    summary: &mut Summary,
    skipped: &mut Vec<Row>,
) -> Result<(), Failure> {
    let of = ids.given();
    let ids = stream::try_unfold(ids, async |ids| Ok(ids.next().await?.map(|id| (id, ids))));
    // Polls the ids and the downloads together: otherwise a page of the list that is slow to arrive would stall the
    // downloads until their connections break.
    let outcomes = ids.map_ok(|id| downloads.one(id));
    let mut outcomes = pin!(outcomes.try_buffer_unordered(at_once));
    while let Some(outcome) = outcomes.try_next().await? {
        summary.count(&outcome)?;
        progress.finished(match outcome {
            Outcome::Downloaded { bytes, .. } => bytes,
            Outcome::Skipped(_) | Outcome::Missing | Outcome::Failed { .. } => 0,
        });
        if let Outcome::Skipped(row) = outcome {
            skipped.push(row);
        }
        if let Some(of) = of {
            progress.done(summary.conversations(), of as u64);
        }
    }
    Ok(())
}
