//! The one place where the body of a page is taken apart.
//!
//! Records are cut out of the body without copying them: each is a slice that
//! shares its memory. Only the three fields that [`Record`] offers are looked
//! at, so nothing else in a record can make it fail here.

use std::{borrow::Cow, fmt};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use conversations_api::Timestamp;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;

use crate::{
    Error, ErrorKind, Record,
    error::BadRecord,
    fields::{Fields, Scalar},
    record::Head,
};

/// A page, taken apart.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) items: Vec<Result<Record, Error>>,
    pub(crate) cursor: Cursor,
    pub(crate) next_offset: Option<u64>,
}

/// What a page says about the cursor of the next one. Absent and null differ: a
/// server without cursors sends no such key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cursor {
    Absent,
    Null,
    Next(String),
}

/// Why a body is not a page. Holds no content.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotAPage {
    Empty,
    NotAnObject,
    /// The text ends before the JSON does.
    CutOff {
        line: usize,
        column: usize,
    },
    Json {
        line: usize,
        column: usize,
    },
    NoConversations,
}

impl fmt::Display for NotAPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the body is empty"),
            Self::NotAnObject => f.write_str("the body is not a JSON object"),
            Self::CutOff { line, column } => {
                write!(
                    f,
                    "the JSON of the page ends too early, at line {line}, column {column}"
                )
            }
            Self::Json { line, column } => {
                write!(
                    f,
                    "the body is not the JSON of a page, at line {line}, column {column}"
                )
            }
            Self::NoConversations => f.write_str("the JSON has no list \"conversations\""),
        }
    }
}

/// Takes the body of a page apart. A record that cannot be used becomes an error
/// item in its place; only a body that is no page at all fails. `number` is for their messages.
pub(crate) fn page(body: &Bytes, number: u64) -> Result<Body, NotAPage> {
    // A byte order mark is not JSON, but some gateways add one.
    let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    match text.trim_ascii_start().first() {
        None => return Err(NotAPage::Empty),
        Some(b'{') => {}
        // serde would take a list for an object whose fields stand in order.
        Some(_) => return Err(NotAPage::NotAnObject),
    }
    let envelope: Envelope<'_> = serde_json::from_slice(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        if error.is_eof() {
            NotAPage::CutOff { line, column }
        } else {
            NotAPage::Json { line, column }
        }
    })?;
    let records = envelope
        .conversations
        .ok_or(NotAPage::NoConversations)?
        .unwrap_or_default();
    let items = records
        .into_iter()
        .enumerate()
        .map(|(position, raw)| record(body, raw.get(), number, position))
        .collect();
    Ok(Body {
        items,
        cursor: match envelope.cursor {
            None => Cursor::Absent,
            // Where v1 had null, v3 sends an empty string for text.
            Some(None) => Cursor::Null,
            Some(Some(cursor)) if cursor.is_empty() => Cursor::Null,
            Some(Some(cursor)) => Cursor::Next(cursor.into_owned()),
        },
        next_offset: envelope.next_offset,
    })
}

fn record(body: &Bytes, raw: &str, number: u64, position: usize) -> Result<Record, Error> {
    let bytes = body.slice_ref(raw.as_bytes());
    let fault = |what: &str, id: Option<String>| {
        Error::new(
            ErrorKind::MalformedRecord,
            format!("record {position} of page {number} {what}"),
            "the other records of the page are unaffected; its bytes are kept in this error",
        )
        .with_record(BadRecord {
            position,
            id,
            raw: bytes.clone(),
        })
    };
    if !raw.starts_with('{') {
        return Err(fault("is not an object", None));
    }
    let Ok(fields) = serde_json::from_str::<Fields<'_>>(raw) else {
        return Err(fault("cannot be read", None));
    };
    let id = match fields.id {
        Scalar::Text(id) if !id.is_empty() => id,
        Scalar::Absent => return Err(fault("has no id", None)),
        _ => return Err(fault("has an id that is not a text", None)),
    };
    let head = Head {
        id: match id {
            Cow::Borrowed(id) => body.slice_ref(id.as_bytes()),
            Cow::Owned(id) => Bytes::from(id),
        },
        started_at: match fields.started_at {
            Scalar::Text(time) => moment(&time),
            _ => None,
        },
        in_progress: matches!(fields.in_progress, Scalar::Bool(true)),
    };
    Ok(Record::new(bytes, head, position))
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    Timestamp::from(text).to_utc()
}

/// The object around the records.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    conversations: Option<Option<Vec<&'a RawValue>>>,
    #[serde(borrow, default, deserialize_with = "present")]
    cursor: Option<Option<Cow<'a, str>>>,
    #[serde(default, deserialize_with = "offset")]
    next_offset: Option<u64>,
}

/// Tells a key with null from a key that is not there.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(json: D) -> Result<Option<T>, D::Error> {
    T::deserialize(json).map(Some)
}

/// A count, possibly written as `12.0`.
fn offset<'de, D: Deserializer<'de>>(json: D) -> Result<Option<u64>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(json)? else {
        return Ok(None);
    };
    if let Some(whole) = number.as_u64() {
        return Ok(Some(whole));
    }
    match number.as_f64() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked"
        )]
        Some(real) if real.fract() == 0.0 && (0.0..9e15).contains(&real) => Ok(Some(real as u64)),
        _ => Err(D::Error::custom("not an offset")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str) -> Body {
        page(&Bytes::copy_from_slice(text.as_bytes()), 2).expect(text)
    }

    fn only(text: &str) -> Result<Record, Error> {
        let mut items = decode(&format!(r#"{{"conversations":[{text}]}}"#)).items;
        assert_eq!(items.len(), 1);
        items.remove(0)
    }

    #[test]
    fn a_record_is_the_bytes_that_arrived() {
        let json = "{ \"new\" : {\"a\":[1, 2.50, \"\\u00e4\"]} ,\n \"id\":\"CA1\", \"in_progress\":true,\
                    \"started_at\":\"2026-04-01T09:00:00.123456+00:00\"}";
        let body = Bytes::from(format!(
            r#"{{"conversations":[ {json} ,{{"id":"b"}}],"cursor":null}}"#
        ));
        let mut items = page(&body, 2).unwrap().items;
        let record = items.remove(0).unwrap();
        assert_eq!(record.raw(), json);
        assert_eq!(record.id(), "CA1");
        assert_eq!(
            record.started_at().unwrap().to_rfc3339(),
            "2026-04-01T09:00:00.123456+00:00"
        );
        assert!(record.in_progress());
        assert!(
            body.as_ptr_range().contains(&record.raw_bytes().as_ptr()),
            "it was copied"
        );
        let own = record.detached();
        assert_eq!((own.raw(), own.id()), (json, "CA1"));
        assert!(!body.as_ptr_range().contains(&own.raw_bytes().as_ptr()));
        assert_eq!(items.remove(0).unwrap().id(), "b");
    }

    #[test]
    fn odd_values_of_the_three_fields_do_not_cost_the_record() {
        for (field, value) in [
            ("started_at", "null"),
            ("started_at", "\"\""),
            ("started_at", "\"soon\""),
            ("started_at", "17"),
            ("started_at", "[{\"a\":1}]"),
            ("in_progress", "null"),
            ("in_progress", "\"yes\""),
            ("in_progress", "{\"a\":[]}"),
            ("in_progress", "-1.5"),
        ] {
            let record = only(&format!(r#"{{"id":"x","{field}":{value}}}"#)).expect(value);
            assert_eq!(record.started_at(), None);
            assert!(!record.in_progress());
        }
        let record = only(r#"{"id":"x","started_at":"2026-04-01T09:00:00"}"#).unwrap();
        assert_eq!(
            record.started_at().unwrap().to_rfc3339(),
            "2026-04-01T09:00:00+00:00"
        );
    }

    #[test]
    fn an_escaped_id_is_read_and_a_repeated_key_takes_the_later_value() {
        assert_eq!(only(r#"{"id":"\u0041\u00e4"}"#).unwrap().id(), "Aä");
        assert_eq!(only(r#"{"id":"a","id":"b"}"#).unwrap().id(), "b");
        assert_eq!(only(r#"{"\u0069d":"a"}"#).unwrap().id(), "a");
    }

    #[test]
    fn a_malformed_record_is_an_item_of_its_own_between_good_ones() {
        let body = decode(
            r#"{"conversations":[{"id":"a"},{"turns":[]},7,null,{"id":""},{"id":5},{"id":"\ud800"},{"id":"z"}]}"#,
        );
        let good: Vec<_> = body.items.iter().flatten().map(Record::id).collect();
        assert_eq!(good, ["a", "z"]);
        let bad: Vec<_> = body
            .items
            .iter()
            .filter_map(|item| item.as_ref().err())
            .collect();
        let positions: Vec<_> = bad
            .iter()
            .map(|error| error.record_position().unwrap())
            .collect();
        assert_eq!(positions, [1, 2, 3, 4, 5, 6]);
        for error in &bad {
            assert_eq!(error.kind(), ErrorKind::MalformedRecord);
            assert!(
                error
                    .to_string()
                    .contains(&format!("record {}", error.record_position().unwrap()))
            );
        }
        assert_eq!(bad[0].record_bytes().unwrap(), r#"{"turns":[]}"#);
    }

    #[test]
    fn what_stands_around_the_three_fields_is_not_looked_at() {
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        for odd in [
            deep.as_str(),
            r#""\ud800""#,
            r#""\u0000""#,
            "123456789012345678901234567890",
            "1e999",
        ] {
            let record = only(&format!(r#"{{"odd":{odd},"id":"x"}}"#)).expect(odd);
            assert!(record.raw().contains(odd));
        }
    }

    #[test]
    fn absent_null_and_empty_cursors_are_told_apart() {
        assert_eq!(decode(r#"{"conversations":[]}"#).cursor, Cursor::Absent);
        assert_eq!(
            decode(r#"{"conversations":[],"cursor":null}"#).cursor,
            Cursor::Null
        );
        assert_eq!(
            decode(r#"{"conversations":[],"cursor":""}"#).cursor,
            Cursor::Null
        );
        let body = decode(r#"{"cursor":"a\/b","conversations":null,"new":{}}"#);
        assert_eq!(body.cursor, Cursor::Next("a/b".into()));
        assert!(body.items.is_empty());
    }

    #[test]
    fn an_offset_may_be_written_as_a_real_number() {
        for (text, offset) in [("12", Some(12)), ("12.0", Some(12)), ("null", None)] {
            assert_eq!(
                decode(&format!(r#"{{"conversations":[],"next_offset":{text}}}"#)).next_offset,
                offset
            );
        }
        for text in ["-1", "1.5", "1e300", "\"12\"", "[]"] {
            let body = Bytes::from(format!(r#"{{"conversations":[],"next_offset":{text}}}"#));
            assert!(
                matches!(page(&body, 2), Err(NotAPage::Json { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn a_body_that_is_no_page_is_refused_with_the_reason() {
        let refusal =
            |text: &str| page(&Bytes::copy_from_slice(text.as_bytes()), 2).expect_err(text);
        assert_eq!(refusal(""), NotAPage::Empty);
        assert_eq!(refusal(" \r\n"), NotAPage::Empty);
        assert_eq!(refusal("{}"), NotAPage::NoConversations);
        assert_eq!(
            refusal(r#"{"data":{"conversations":[]}}"#),
            NotAPage::NoConversations
        );
        assert!(matches!(
            refusal(r#"{"conversations":[{"id":"a"}"#),
            NotAPage::CutOff { .. }
        ));
        for text in ["[]", "[[{}]]", "<html>", "null", "7"] {
            assert_eq!(refusal(text), NotAPage::NotAnObject, "{text}");
        }
        for text in [
            r#"{"conversations":{}}"#,
            r#"{"conversations":[]} x"#,
            "{conversations}",
        ] {
            assert!(matches!(refusal(text), NotAPage::Json { .. }), "{text}");
        }
        assert!(
            page(
                &Bytes::from_static(b"\xEF\xBB\xBF{\"conversations\":[]}"),
                2
            )
            .is_ok()
        );
    }
}
