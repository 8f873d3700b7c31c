//! [`RecordMetadata`]: the fields of a record that are read without decoding it.

use bytestring::ByteString;
use chrono::{DateTime, Utc};
use conversations_api::Timestamp;

use super::fields::Fields;

/// The fields of a record that the page decoder has read.
pub(crate) struct RecordMetadata {
    pub(crate) id: ByteString,
    pub(crate) started_at: Option<DateTime<Utc>>,
    pub(crate) in_progress: bool,
}

impl RecordMetadata {
    /// Parses a record that is not part of a page, or that has escapes in its keys, which the page scanner does not match.
    pub(crate) fn search(record: &ByteString) -> Result<Self, &'static str> {
        let Fields(fields) = serde_json::from_str(record).map_err(|_| "cannot be read")?;
        // Of repeated keys the last one counts, as in most JSON parsers.
        let last = |name: &str| fields.iter().rfind(|(key, _)| key == name);
        let json = |name| last(name).map(|(_, value)| value.get());
        Self::new(json("id"), json("started_at"), json("in_progress"), record)
    }

    /// Reads the JSON of each field, a slice of `record`.
    pub(crate) fn new(
        id: Option<&str>,
        started_at: Option<&str>,
        in_progress: Option<&str>,
        record: &ByteString,
    ) -> Result<Self, &'static str> {
        let id = match id {
            None | Some("null") => return Err("has no id"),
            Some(json) => self::id(json, record)?,
        };
        Ok(Self {
            id,
            started_at: started_at.and_then(self::started_at),
            in_progress: in_progress.is_some_and(is_true),
        })
    }
}

const NOT_A_TEXT: &str = "has an id that is not a text";

/// Returns the id, as a slice of the record if it has no escapes.
fn id(json: &str, record: &ByteString) -> Result<ByteString, &'static str> {
    match plain(json) {
        Some("") => Err(NOT_A_TEXT),
        Some(id) => Ok(record.slice_ref(id)),
        None => match serde_json::from_str::<String>(json) {
            Ok(id) if !id.is_empty() => Ok(ByteString::from(id)),
            _ => Err(NOT_A_TEXT),
        },
    }
}

/// Returns the text of a JSON string without escapes.
fn plain(json: &str) -> Option<&str> {
    let text = json.strip_prefix('"')?.strip_suffix('"')?;
    (!text.contains('\\')).then_some(text)
}

fn started_at(json: &str) -> Option<DateTime<Utc>> {
    match plain(json) {
        Some(text) => parse_time(text),
        None => parse_time(&serde_json::from_str::<String>(json).ok()?),
    }
}

fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let quick = DateTime::parse_from_rfc3339(text).ok();
    quick
        .map(|time| time.to_utc())
        .or_else(|| Timestamp::from(text).to_utc())
}

/// Returns whether JSON is `true`, also as a string, as the typed form accepts it.
fn is_true(json: &str) -> bool {
    let text = plain(json).unwrap_or(json).trim();
    text.eq_ignore_ascii_case("true")
}
