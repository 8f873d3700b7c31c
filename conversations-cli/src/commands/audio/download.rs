//! Downloads one recording.

use std::collections::HashMap;

use conversations_api_ext::{Client, Direction, Error, ErrorKind};

use super::destination::Destination;
use super::index::Row;
use super::wav::{self, Header, LONGEST_HEAD};
use super::writer::Writers;
use crate::failure::Failure;
use crate::records::failed_requests::FailedRequest;
use crate::records::recording_name;

/// What all downloads of a run share.
pub(super) struct Downloads<'a> {
    pub(super) client: &'a Client,
    pub(super) destination: &'a Destination,
    pub(super) writers: &'a Writers,
    /// The index of earlier runs, by file name.
    pub(super) indexed: HashMap<String, Row>,
    pub(super) direction: Direction,
    pub(super) is_raw: bool,
    /// Whether the user gave the ids, rather than the list of conversations.
    pub(super) is_given: bool,
}

/// What became of the recording of one conversation.
pub(super) enum Outcome {
    Downloaded {
        bytes: u64,
        /// The length of the recording, if its header states it.
        seconds: Option<f64>,
    },
    /// It was at the destination already.
    Skipped(Row),
    /// There is no recording, or no such conversation: the API does not distinguish them.
    Missing,
    /// The request failed, or what came is not a recording.
    Failed { id: String, failed: FailedRequest },
}

impl Downloads<'_> {
    pub(super) async fn one(&self, id: String) -> Result<Outcome, Failure> {
        let file = recording_name::of(&id, self.direction.name(), self.is_raw);
        if let Some(row) = self.existing(&id, &file).await? {
            return Ok(Outcome::Skipped(row));
        }
        let recording = self.client.recording(&id);
        let recording = recording.direction(self.direction).redacted(!self.is_raw);
        let mut recording = match recording.send().await {
            Ok(recording) => recording,
            Err(error) if self.is_missing(error.kind()) => return Ok(Outcome::Missing),
            Err(error) => return Ok(failed(id, &error)),
        };
        let mut writer = self.writers.start(self.destination.create(&file).await?)?;
        let (mut bytes, mut head) = (0, Vec::new());
        loop {
            let chunk = match recording.next_chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                Err(error) => return Ok(failed(id, &error)),
            };
            bytes += chunk.len() as u64;
            let missing = LONGEST_HEAD.saturating_sub(head.len()).min(chunk.len());
            head.extend_from_slice(&chunk[..missing]);
            writer.write(chunk).await?;
        }
        let header = match wav::check(&head, bytes) {
            Ok(header) => header,
            // The writer is dropped without a file, so that the next run downloads it again.
            Err(fault) => {
                let failed = FailedRequest::invalid_recording(fault);
                return Ok(Outcome::Failed { id, failed });
            }
        };
        let row = self.row(id, file, bytes, header);
        let seconds = row.seconds;
        writer.finish(row).await?;
        Ok(Outcome::Downloaded { bytes, seconds })
    }

    /// Returns the recording if it is at the destination and complete.
    ///
    /// Files and objects appear when they are complete, so this finds those that something else has cut. A recording
    /// that the index lists with its size and length was checked when it was written.
    async fn existing(&self, id: &str, file: &str) -> Result<Option<Row>, Failure> {
        let Some(bytes) = self.destination.bytes_of(file).await? else {
            return Ok(None);
        };
        if let Some(row) = self.indexed.get(file)
            && row.id == id
            && row.bytes == bytes
            && row.seconds.is_some()
        {
            return Ok(Some(row.clone()));
        }
        let checked = self.destination.check(file, bytes).await?;
        let row = |header| self.row(id.to_owned(), file.to_owned(), bytes, header);
        Ok(checked.ok().map(row))
    }

    /// Returns whether an error means that there is no recording. An id from the list that cannot be part of a URL is
    /// one of those; one from the user is a mistake to report.
    fn is_missing(&self, error: ErrorKind) -> bool {
        match error {
            ErrorKind::NotFound => true,
            ErrorKind::InvalidInput => !self.is_given,
            _ => false,
        }
    }

    fn row(&self, id: String, file: String, bytes: u64, header: Option<Header>) -> Row {
        Row {
            id,
            file,
            bytes,
            seconds: header.map(|header| header.seconds(bytes)),
            direction: self.direction.name().to_owned(),
            redacted: !self.is_raw,
        }
    }
}

fn failed(id: String, error: &Error) -> Outcome {
    let failed = error.into();
    Outcome::Failed { id, failed }
}
