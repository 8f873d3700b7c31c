//! [`Checkpoint`]: a place in a query's answer to go on from.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Error, paging::Position, place::Origin, query::Spec};

/// A place in a query's answer, to go on from in another process or on another day.
///
/// [`Records::checkpoint`](crate::Records::checkpoint) gives it at any time, and
/// [`Records::resume`](crate::Records::resume) goes on from it, with the same query to the same project only.
/// It is a short line of text, with `Display` and `FromStr`, and serde writes it as that text. It contains no
/// key and nothing of a conversation: the server's own cursor or offset, and a hash of query and project.
///
/// # What is guaranteed
///
/// A stream that goes on from a checkpoint gives every record that the first one had not given when the
/// checkpoint was taken, and may repeat up to a page of those it had: whoever needs each record once drops the
/// ids they have. Like every position in this API it is one in the server's list. By cursor (v3, and v2 where
/// it has cursors) the list may change in between; by offset, records that were taken out of it in between
/// may move others to before the place, so prefer time ranges that lie in the past.
/// How long a cursor lasts is the server's affair: a
/// [`BadRequest`](crate::ErrorKind::BadRequest) on the first page says that it is over.
///
/// ```
/// # use conversations_api_ext::{Checkpoint, Client, Error, Query};
/// async fn go_on(client: &Client, saved: &str) -> Result<String, Error> {
///     let checkpoint: Checkpoint = saved.parse()?;
///     let mut records = client.records(Query::v3()).resume(&checkpoint)?;
///     while let Some(record) = records.next_record().await? {
///         println!("{}", record.id());
///     }
///     Ok(records.checkpoint().to_string())
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Checkpoint {
    query: u64,
    place: Place,
}

/// Where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    At(Position),
    End,
}

/// The form of the text. Another form would have another one.
const FORM: &str = "v1";

impl Checkpoint {
    pub(crate) fn new(origin: &Origin, spec: &Spec, place: Place) -> Self {
        let query = fingerprint(origin, spec);
        Self { query, place }
    }

    /// Whether everything has been given.
    #[must_use]
    pub fn is_end(&self) -> bool {
        self.place == Place::End
    }

    /// Where to go on, if it is for this query.
    pub(crate) fn place(&self, origin: &Origin, spec: &Spec) -> Result<Place, Error> {
        if self.query == fingerprint(origin, spec) {
            return Ok(self.place.clone());
        }
        Err(Error::invalid(
            "the checkpoint is of another query, project or server",
            "resume with the very query that it was taken of, page size aside; or start from the beginning",
        ))
    }
}

/// The same for the same question: the page size is not part of it. FNV-1a, as it must be the same from one
/// version of this crate to the next.
fn fingerprint(origin: &Origin, spec: &Spec) -> u64 {
    let question = format!(
        "{}\n{}\n{}\n{}",
        origin.base_url.as_str(),
        origin.project.account(),
        origin.project.project(),
        spec.question()
    );
    question.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FORM}.{:016x}.", self.query)?;
        match &self.place {
            Place::At(Position::Start) => f.write_str("start"),
            Place::At(Position::Offset(offset)) => write!(f, "offset.{offset}"),
            Place::At(Position::Cursor(cursor)) => write!(f, "cursor.{cursor}"),
            Place::End => f.write_str("end"),
        }
    }
}

impl FromStr for Checkpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        read(text).ok_or_else(|| {
            Error::invalid(
                "the text is not a checkpoint",
                "give the text that `Checkpoint` was written as, complete and unchanged",
            )
        })
    }
}

fn read(text: &str) -> Option<Checkpoint> {
    let text = text.strip_prefix(FORM)?.strip_prefix('.')?;
    let (query, place) = text.split_once('.')?;
    if query.len() != 16 {
        return None;
    }
    let query = u64::from_str_radix(query, 16).ok()?;
    let place = match place.split_once('.') {
        None if place == "start" => Place::At(Position::Start),
        None if place == "end" => Place::End,
        Some(("offset", offset)) => Place::At(Position::Offset(offset.parse().ok()?)),
        Some(("cursor", cursor)) if !cursor.is_empty() => {
            Place::At(Position::Cursor(cursor.to_owned()))
        }
        _ => return None,
    };
    Some(Checkpoint { query, place })
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checkpoint({self})")
    }
}

impl Serialize for Checkpoint {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Checkpoint {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let text = String::deserialize(json)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place() -> impl Strategy<Value = Place> {
        prop_oneof![
            Just(Place::End),
            Just(Place::At(Position::Start)),
            any::<u64>().prop_map(|offset| Place::At(Position::Offset(offset))),
            ".{1,40}".prop_map(|cursor| Place::At(Position::Cursor(cursor))),
        ]
    }

    proptest! {
        #[test]
        fn it_is_read_as_it_was_written(query in any::<u64>(), place in place()) {
            let checkpoint = Checkpoint { query, place };
            prop_assert_eq!(&checkpoint.to_string().parse::<Checkpoint>().unwrap(), &checkpoint);
            let json = serde_json::to_string(&checkpoint).unwrap();
            prop_assert_eq!(serde_json::from_str::<Checkpoint>(&json).unwrap(), checkpoint);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,60}") {
            let _ = text.parse::<Checkpoint>();
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "v1",
            "v2.0123456789abcdef.start",
            "v1.0123.start",
            "v1.0123456789abcdef.cursor.",
        ] {
            assert!(text.parse::<Checkpoint>().is_err(), "{text}");
        }
    }
}
