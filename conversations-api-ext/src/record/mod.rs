//! [`Record`]: one conversation as received.

pub(crate) mod fields;
pub(crate) mod metadata;
pub(crate) mod page;

use std::fmt;

use bytes::Bytes;
use bytestring::ByteString;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::{
    Conversation, Error, ErrorKind,
    error::{InvalidField, RecordDetails},
    record::metadata::RecordMetadata,
};

/// One conversation as received: its JSON, byte for byte, with its id, start time and status.
///
/// That is enough for exporting, counting and deduplicating, without the cost of the typed form;
/// [`decode`](Self::decode) returns the typed form. The JSON includes undocumented fields as the server sent them.
///
/// A record shares a buffer with its neighbors in the page, 128 KiB for compressed responses, which is freed with the
/// last of them. To keep a record for long, [detach](Self::detached) it. `Debug` shows no content.
///
/// ```
/// # use conversations_api_ext::{Error, Record};
/// fn line(record: &Record, out: &mut Vec<u8>) {
///     out.extend_from_slice(record.raw_bytes());
///     out.push(b'\n');
/// }
/// ```
#[derive(Clone)]
pub struct Record {
    raw: ByteString,
    id: ByteString,
    started_at: Option<DateTime<Utc>>,
    in_progress: bool,
    position: u32,
}

impl Record {
    pub(crate) fn new(raw: ByteString, metadata: RecordMetadata, position: usize) -> Self {
        let RecordMetadata {
            id,
            started_at,
            in_progress,
        } = metadata;
        let position = u32::try_from(position).unwrap_or(u32::MAX);
        Self {
            raw,
            id,
            started_at,
            in_progress,
            position,
        }
    }

    /// Parses a record from the saved JSON of a conversation, such as a line of an exported file.
    ///
    /// # Errors
    ///
    /// [`MalformedRecord`](ErrorKind::MalformedRecord) if it is not a JSON object with a string `id`.
    ///
    /// # Example
    ///
    /// ```
    /// use conversations_api_ext::Record;
    ///
    /// let record = Record::from_json(r#"{"id":"CA1","started_at":"2026-04-01T09:00:00Z"}"#)?;
    /// assert_eq!(record.id(), "CA1");
    /// assert!(record.started_at().is_some());
    /// assert!(Record::from_json("[]").is_err());
    /// # Ok::<(), conversations_api_ext::Error>(())
    /// ```
    pub fn from_json(json: impl Into<Bytes>) -> Result<Self, Error> {
        let parsed = ByteString::try_from(json.into()).map_err(|_| "is not UTF-8");
        let parsed = parsed.and_then(|raw| Ok((RecordMetadata::search(&raw)?, raw)));
        match parsed {
            Ok((metadata, raw)) => Ok(Self::new(raw, metadata, 0)),
            Err(what) => Err(Error::new(
                ErrorKind::MalformedRecord,
                format!("the record {what}"),
                "give one JSON object with the id of a conversation",
            )),
        }
    }

    /// Returns the id: unique, opaque and never empty.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the start time of the conversation; `None` if it is missing or unreadable.
    ///
    /// The original text is in the JSON.
    #[must_use]
    pub fn started_at(&self) -> Option<DateTime<Utc>> {
        self.started_at
    }

    /// Returns whether the conversation was in progress when it was fetched, so that it may have changed since.
    ///
    /// `false` if the record does not say.
    #[must_use]
    pub fn in_progress(&self) -> bool {
        self.in_progress
    }

    /// Returns the JSON object as received, including white space.
    #[doc(alias = "json")]
    #[doc(alias = "as_str")]
    #[doc(alias = "to_json")]
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Returns the JSON object as bytes, which are cheap to clone.
    #[doc(alias = "as_bytes")]
    #[must_use]
    pub fn raw_bytes(&self) -> &Bytes {
        self.raw.as_bytes()
    }

    /// Returns a copy with its own buffer, for a record that outlives its page.
    #[doc(alias = "into_owned")]
    #[doc(alias = "to_owned")]
    #[must_use]
    pub fn detached(&self) -> Self {
        Self {
            raw: ByteString::from(&*self.raw),
            id: ByteString::from(&*self.id),
            ..self.clone()
        }
    }

    /// Returns a copy with other JSON, whose id, start time and status must be the same.
    pub(crate) fn with_raw(&self, raw: ByteString) -> Self {
        Self {
            raw,
            ..self.detached()
        }
    }

    /// Decodes the typed form, which fits records of v1, v2 and v3.
    ///
    /// It accepts the known server quirks and keeps unknown fields.
    ///
    /// # Errors
    ///
    /// [`MalformedRecord`](ErrorKind::MalformedRecord) when a field has a type that even the tolerant types do not
    /// accept. The message contains the path of the field, the error the id and the bytes of the record.
    #[doc(alias = "parse")]
    #[doc(alias = "conversation")]
    #[doc(alias = "to_conversation")]
    pub fn decode(&self) -> Result<Conversation, Error> {
        self.decode_as()
    }

    /// Decodes a type of your own, which may borrow its texts from the record.
    ///
    /// ```
    /// use conversations_api_ext::Record;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Call<'a> {
    ///     id: &'a str,
    ///     total_duration: Option<u32>,
    /// }
    ///
    /// let record = Record::from_json(r#"{"id":"CA1","total_duration":80,"new":{}}"#)?;
    /// let call: Call<'_> = record.decode_as()?;
    /// assert_eq!((call.id, call.total_duration), ("CA1", Some(80)));
    /// # Ok::<(), conversations_api_ext::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`MalformedRecord`](ErrorKind::MalformedRecord) when the record does not fit the type. The message contains the
    /// path of the field, but no value.
    #[doc(alias = "deserialize")]
    pub fn decode_as<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Error> {
        serde_json::from_str(self.raw())
            .map_err(|_| decode_error::<T>(self.id(), self.position as usize, self.raw_bytes()))
    }
}

/// Decodes again to find the failing path: tracking the path always would slow down valid records.
#[cold]
pub(crate) fn decode_error<'a, T: Deserialize<'a>>(
    id: &str,
    position: usize,
    raw: &'a Bytes,
) -> Error {
    let mut json = serde_json::Deserializer::from_slice(raw);
    let (at, invalid_field) = match serde_path_to_error::deserialize::<_, T>(&mut json) {
        // Drop serde's message: it quotes the value, which may be anything a caller said.
        Err(error) => {
            let path = shortened(error.path().to_string());
            let expected = expected(error.inner());
            let should = expected
                .as_ref()
                .map(|what| format!(", where {what} should be"));
            let at = format!(
                "at {path} (line {}, column {} of the record){}",
                error.inner().line(),
                error.inner().column(),
                should.unwrap_or_default(),
            );
            (at, Some(InvalidField { path, expected }))
        }
        Ok(_) => ("after its end".to_owned(), None),
    };
    Error::new(
        ErrorKind::MalformedRecord,
        format!("conversation {id} does not fit the typed form {at}"),
        "its raw JSON is complete; please report the field, leaving its value out",
    )
    .with_record(RecordDetails {
        position,
        id: Some(id.to_owned()),
        invalid_field,
        raw: raw.clone(),
    })
}

/// The maximum number of bytes of a path in a message: JSON may be nested a hundred levels deep.
const MAX_PATH: usize = 120;

fn shortened(mut path: String) -> String {
    if path.len() > MAX_PATH {
        let end = (0..=MAX_PATH).rev().find(|end| path.is_char_boundary(*end));
        path.truncate(end.unwrap_or_default());
        path.push('…');
    }
    path
}

/// Returns what serde expected. Its message quotes the value first and ends with the expectation, whose words come
/// from the type and not from the data.
fn expected(error: &serde_json::Error) -> Option<String> {
    let message = error.to_string();
    let known = ["invalid type: ", "invalid value: ", "invalid length "];
    if !known.iter().any(|start| message.starts_with(start)) {
        return None;
    }
    let (_, expected) = message.rsplit_once(", expected ")?;
    let (expected, _) = expected.rsplit_once(" at line ")?;
    Some(expected.to_owned())
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("id", &self.id())
            .field("started_at", &self.started_at)
            .field("in_progress", &self.in_progress)
            .field("bytes", &self.raw.len())
            .finish_non_exhaustive()
    }
}
