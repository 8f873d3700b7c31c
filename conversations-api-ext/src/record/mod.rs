//! [`Record`]: one conversation as it arrived.

pub(crate) mod fields;
pub(crate) mod page;

use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::{
    Conversation, Error, ErrorKind,
    error::{BadRecord, Misfit},
    response::decode,
};

/// One conversation as it arrived: its JSON, byte for byte, and the three things
/// that most jobs need from it.
///
/// Exporting, counting and de-duplicating need no more, and skip the cost of the
/// typed form; [`decode`](Self::decode) gives that when it is wanted. Fields that
/// no documentation knows are in the JSON as the server sent them.
///
/// A record shares the memory of the page it came in, which is freed with the
/// last record of the page. To keep one record for long, [detach](Self::detached)
/// it. `Debug` shows no content.
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
    raw: Bytes,
    id: Bytes,
    started_at: Option<DateTime<Utc>>,
    in_progress: bool,
    position: u32,
}

/// What the page decoder found out about a record.
pub(crate) struct Head {
    pub(crate) id: Bytes,
    pub(crate) started_at: Option<DateTime<Utc>>,
    pub(crate) in_progress: bool,
}

const UTF_8: &str = "was cut out of a str when the page was decoded";

impl Record {
    /// `raw` and the id in `head` must be UTF-8.
    pub(crate) fn new(raw: Bytes, head: Head, position: usize) -> Self {
        let Head {
            id,
            started_at,
            in_progress,
        } = head;
        let position = u32::try_from(position).unwrap_or(u32::MAX);
        Self {
            raw,
            id,
            started_at,
            in_progress,
            position,
        }
    }

    /// A record from the JSON of a conversation that was saved before, such as a line of an exported file.
    ///
    /// # Errors
    ///
    /// [`MalformedRecord`](ErrorKind::MalformedRecord) if it is not a JSON object with a text `id`.
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
        let raw = json.into();
        match decode::head(&raw) {
            Ok(head) => Ok(Self::new(raw, head, 0)),
            Err(what) => Err(Error::new(
                ErrorKind::MalformedRecord,
                format!("the record {what}"),
                "give one JSON object with the id of a conversation",
            )),
        }
    }

    /// The id: unique, and opaque. Never empty.
    #[must_use]
    pub fn id(&self) -> &str {
        str::from_utf8(&self.id).expect(UTF_8)
    }

    /// When the conversation began. `None` when the record does not say, or not
    /// in a form that can be read; the text itself is in the JSON.
    #[must_use]
    pub fn started_at(&self) -> Option<DateTime<Utc>> {
        self.started_at
    }

    /// Whether the conversation was going on when it was fetched, so that it may
    /// have changed since. `false` when the record does not say.
    #[must_use]
    pub fn in_progress(&self) -> bool {
        self.in_progress
    }

    /// The JSON object as it arrived, white space included.
    #[must_use]
    pub fn raw(&self) -> &str {
        str::from_utf8(&self.raw).expect(UTF_8)
    }

    /// The same as bytes: cheaper, and cheap to clone.
    #[must_use]
    pub fn raw_bytes(&self) -> &Bytes {
        &self.raw
    }

    /// The same record with memory of its own, for the few that outlive their page.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self {
            raw: Bytes::copy_from_slice(&self.raw),
            id: Bytes::copy_from_slice(&self.id),
            ..self.clone()
        }
    }

    /// The same record with other JSON, in which the three things are the same.
    pub(crate) fn with_raw(&self, raw: Bytes) -> Self {
        Self {
            raw,
            ..self.detached()
        }
    }

    /// The typed form. It holds the records of v1, v2 and v3, takes the odd
    /// forms that servers send, and keeps the fields it does not know.
    ///
    /// # Errors
    ///
    /// [`MalformedRecord`](ErrorKind::MalformedRecord) when a field has a shape
    /// that even the tolerant types cannot take; the message gives the path of
    /// the field, the error the id and the bytes of the record.
    pub fn decode(&self) -> Result<Conversation, Error> {
        serde_json::from_str(self.raw()).map_err(|_| self.misfit())
    }

    /// Decodes once more to find out where it fails: tracking the path would
    /// slow down the records that do fit.
    #[cold]
    fn misfit(&self) -> Error {
        let mut json = serde_json::Deserializer::from_slice(&self.raw);
        let (at, misfit) = match serde_path_to_error::deserialize::<_, Conversation>(&mut json) {
            // serde's own words repeat the value, which may be anything a caller said.
            Err(error) => {
                let (path, expected) = (error.path().to_string(), expected(error.inner()));
                let should = expected
                    .as_ref()
                    .map(|what| format!(", where {what} should be"));
                let at = format!(
                    "at {path} (line {}, column {} of the record){}",
                    error.inner().line(),
                    error.inner().column(),
                    should.unwrap_or_default(),
                );
                (at, Some(Misfit { path, expected }))
            }
            Ok(_) => ("after its end".to_owned(), None),
        };
        Error::new(
            ErrorKind::MalformedRecord,
            format!(
                "conversation {} does not fit the typed form {at}",
                self.id()
            ),
            "its raw JSON is complete; please report the field, leaving its value out",
        )
        .with_record(BadRecord {
            position: self.position as usize,
            id: Some(self.id().to_owned()),
            misfit,
            raw: self.raw.clone(),
        })
    }
}

/// What serde would have taken. Its message quotes the value first, and says last what was expected, in words
/// that come from a type and not from the data.
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
