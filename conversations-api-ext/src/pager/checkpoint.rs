//! [`Checkpoint`]: a position in the results of a query to resume from.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};

use crate::{
    Error,
    client::endpoint::Origin,
    pager::position::{Position, PreviousPage},
    query::Spec,
    serde_text::serde_text,
    stable_hash::stable_hash,
};

/// A position in the results of a query, to resume from in another process or on another day.
///
/// [`Records::checkpoint`](crate::Records::checkpoint) returns it at any time, and
/// [`Records::resume`](crate::Records::resume) resumes from it, with the same query to the same project only.
/// [`Parallel::checkpoint`](crate::Parallel::checkpoint) is the equivalent for a parallel fetch. A checkpoint is a short
/// line of text, with `Display` and `FromStr`, and serde writes it as that text. It contains the server's last two
/// cursors or an offset, 32-bit hashes of up to twelve ids, and a hash of query and project, but no key.
///
/// # Guarantees
///
/// A resumed stream returns every record that the first stream had not returned when the checkpoint was taken and that
/// exists all the while. It may repeat up to a page of earlier records: to process each record once, drop known ids.
///
/// The list may change in between. The cursor of some servers is only an offset, so that records deleted before it
/// would move others out of sight. A resumed stream therefore re-reads the last page before the cursor. If that page
/// has none of its records any more, the stream starts over, and repeats everything:
/// [`Records::started_over`](crate::Records::started_over). A stream by offset steps back until it finds a record from
/// before, or starts over; with pages of less than five records it does not notice. While a stream runs, it relies on
/// the server's cursors.
///
/// The server decides how long a cursor is valid: a [`BadRequest`](crate::ErrorKind::BadRequest) on the first page means
/// that it has expired.
///
/// A checkpoint resumes one fetch; it does not find conversations that were added or changed before the position. For
/// that there is [`Client::follow`](crate::Client::follow).
///
/// ```
/// # use conversations_api_ext::{Checkpoint, Client, Error, Query};
/// async fn resume(client: &Client, saved: &str) -> Result<String, Error> {
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
    resume_point: ResumePoint,
}

/// The position to resume from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ResumePoint {
    At(Position),
    Windows(RemainingRange),
    End,
}

/// A half-open time range: start inclusive, end exclusive.
type Span = (DateTime<Utc>, DateTime<Utc>);

/// The remainder of a time range that is fetched in windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemainingRange {
    pub(crate) span: Span,
    /// The window at one end of the range that has been read up to a page.
    pub(crate) window: Option<(Span, Position)>,
}

/// The version of the text format; an incompatible format gets a new one.
const FORM: &str = "v1";

impl Checkpoint {
    pub(crate) fn new(origin: &Origin, spec: &Spec, resume_point: ResumePoint) -> Self {
        let query = fingerprint(origin, spec);
        Self {
            query,
            resume_point,
        }
    }

    /// Returns whether everything has been returned.
    #[must_use]
    pub fn is_end(&self) -> bool {
        self.resume_point == ResumePoint::End
    }

    /// Returns the position to resume from, if the checkpoint belongs to this query.
    pub(crate) fn resume_point(&self, origin: &Origin, spec: &Spec) -> Result<ResumePoint, Error> {
        match &self.resume_point {
            resume_point @ (ResumePoint::At(_) | ResumePoint::End)
                if self.query == fingerprint(origin, spec) =>
            {
                Ok(resume_point.clone())
            }
            _ => Err(other_query()),
        }
    }

    /// Creates a checkpoint of a parallel fetch. `rest` has the range, so the query's range is not part of the
    /// fingerprint.
    pub(crate) fn of_windows(origin: &Origin, spec: &Spec, rest: Option<RemainingRange>) -> Self {
        let resume_point = rest.map_or(ResumePoint::End, ResumePoint::Windows);
        Self::new(origin, &without_range(spec), resume_point)
    }

    /// Returns the remainder of the range, if the checkpoint belongs to this query.
    pub(crate) fn remaining(
        &self,
        origin: &Origin,
        spec: &Spec,
    ) -> Result<Option<RemainingRange>, Error> {
        match &self.resume_point {
            _ if self.query != fingerprint(origin, &without_range(spec)) => Err(other_query()),
            ResumePoint::Windows(rest) => Ok(Some(rest.clone())),
            ResumePoint::End => Ok(None),
            ResumePoint::At(_) => Err(other_query()),
        }
    }
}

pub(crate) fn without_range(spec: &Spec) -> Spec {
    Spec {
        time_range: None,
        ..spec.clone()
    }
}

fn other_query() -> Error {
    Error::invalid(
        "the checkpoint is of another query, project or server",
        "resume with the very query that it was taken of, page size aside; or start from the beginning",
    )
}

/// Hashes the query without its page size.
pub(crate) fn fingerprint(origin: &Origin, spec: &Spec) -> u64 {
    let text = format!(
        "{}\n{}\n{}\n{}",
        origin.base_url.as_str(),
        origin.project.account(),
        origin.project.project(),
        spec.fingerprint_text()
    );
    stable_hash(text.as_bytes())
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FORM}.{:016x}.", self.query)?;
        match &self.resume_point {
            ResumePoint::At(position) => write_position(f, position),
            ResumePoint::Windows(RemainingRange { span, window }) => {
                f.write_str("windows.")?;
                write_span(f, *span)?;
                if let Some((span, position)) = window {
                    f.write_str(".")?;
                    write_span(f, *span)?;
                    f.write_str(".")?;
                    write_position(f, position)?;
                }
                Ok(())
            }
            ResumePoint::End => f.write_str("end"),
        }
    }
}

fn write_position(f: &mut fmt::Formatter<'_>, position: &Position) -> fmt::Result {
    match position {
        Position::Start => f.write_str("start"),
        Position::Offset(offset) => write!(f, "offset.{offset}"),
        Position::Anchored { offset, anchors } => {
            write!(f, "offset.{offset}")?;
            anchors
                .iter()
                .try_for_each(|anchor| write!(f, ".{anchor:08x}"))
        }
        Position::Cursor(cursor) => write!(f, "cursor.{cursor}"),
        Position::After { cursor, previous } => {
            let anchors: Vec<_> = (previous.anchors.iter())
                .map(|anchor| format!("{anchor:08x}"))
                .collect();
            // A cursor may contain any character, so the length tells where the first one ends.
            let first = previous.cursor.as_deref().unwrap_or_default();
            write!(
                f,
                "after.{:08x}.{}.{}.{first}{cursor}",
                previous.checksum,
                anchors.join("-"),
                first.len(),
            )
        }
    }
}

/// Writes a span in nanoseconds since 1970: rounding to microseconds would lose or repeat a record.
fn write_span(f: &mut fmt::Formatter<'_>, (start, end): Span) -> fmt::Result {
    let nanos = |time: DateTime<Utc>| {
        i128::from(time.timestamp()) * NANOS + i128::from(time.timestamp_subsec_nanos())
    };
    write!(f, "{}.{}", nanos(start), nanos(end))
}

const NANOS: i128 = 1_000_000_000;

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
    let (query, resume_point) = text.split_once('.')?;
    if query.len() != 16 {
        return None;
    }
    let query = u64::from_str_radix(query, 16).ok()?;
    let resume_point = match resume_point.split_once('.') {
        None if resume_point == "end" => ResumePoint::End,
        Some(("windows", text)) => ResumePoint::Windows(read_rest(text)?),
        _ => ResumePoint::At(read_position(resume_point)?),
    };
    Some(Checkpoint {
        query,
        resume_point,
    })
}

fn read_position(text: &str) -> Option<Position> {
    match text.split_once('.') {
        None if text == "start" => Some(Position::Start),
        Some(("offset", text)) => read_offset(text),
        Some(("cursor", cursor)) if !cursor.is_empty() => Some(Position::Cursor(cursor.to_owned())),
        Some(("after", text)) => read_after(text),
        _ => None,
    }
}

fn read_after(text: &str) -> Option<Position> {
    let mut parts = text.splitn(4, '.');
    let checksum = u32::from_str_radix(parts.next()?, 16).ok()?;
    let anchors = parts.next()?.split('-');
    let anchors: Option<Vec<_>> = anchors
        .map(|anchor| u32::from_str_radix(anchor, 16).ok())
        .collect();
    let length = parts.next()?.parse().ok()?;
    let (first, cursor) = parts.next()?.split_at_checked(length)?;
    if cursor.is_empty() {
        return None;
    }
    Some(Position::After {
        cursor: cursor.to_owned(),
        previous: PreviousPage {
            cursor: (!first.is_empty()).then(|| first.to_owned()),
            anchors: anchors?,
            checksum,
        },
    })
}

fn read_offset(text: &str) -> Option<Position> {
    let mut parts = text.split('.');
    let offset = parts.next()?.parse().ok()?;
    let anchors: Option<Vec<_>> = parts
        .map(|part| u32::from_str_radix(part, 16).ok())
        .collect();
    Some(match anchors? {
        anchors if anchors.is_empty() => Position::Offset(offset),
        anchors => Position::Anchored { offset, anchors },
    })
}

fn read_rest(text: &str) -> Option<RemainingRange> {
    let mut parts = text.splitn(5, '.');
    let mut span = || Some((read_time(parts.next()?)?, read_time(parts.next()?)?));
    let whole = span()?;
    if whole.0 >= whole.1 {
        return None;
    }
    let Some(part) = span() else {
        // Contains only the range.
        let is_all = text.split('.').count() == 2;
        return is_all.then_some(RemainingRange {
            span: whole,
            window: None,
        });
    };
    let is_at_an_end = part.0 == whole.0 || part.1 == whole.1;
    if !is_at_an_end || part.0 >= part.1 || part.0 < whole.0 || part.1 > whole.1 {
        return None;
    }
    Some(RemainingRange {
        span: whole,
        window: Some((part, read_position(parts.next()?)?)),
    })
}

fn read_time(text: &str) -> Option<DateTime<Utc>> {
    let nanos: i128 = text.parse().ok()?;
    let seconds = i64::try_from(nanos.div_euclid(NANOS)).ok()?;
    DateTime::from_timestamp(seconds, u32::try_from(nanos.rem_euclid(NANOS)).ok()?)
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checkpoint({self})")
    }
}

serde_text!(Checkpoint);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn position() -> impl Strategy<Value = Position> {
        prop_oneof![
            Just(Position::Start),
            any::<u64>().prop_map(Position::Offset),
            (any::<u64>(), prop::collection::vec(any::<u32>(), 1..9))
                .prop_map(|(offset, anchors)| Position::Anchored { offset, anchors }),
            ".{1,40}".prop_map(Position::Cursor),
            (".{1,40}", previous_page())
                .prop_map(|(cursor, previous)| Position::After { cursor, previous }),
        ]
    }

    fn previous_page() -> impl Strategy<Value = PreviousPage> {
        let cursor = prop::option::of(".{1,40}");
        let anchors = prop::collection::vec(any::<u32>(), 1..13);
        (cursor, anchors, any::<u32>()).prop_map(|(cursor, anchors, checksum)| PreviousPage {
            cursor,
            anchors,
            checksum,
        })
    }

    fn resume_point() -> impl Strategy<Value = ResumePoint> {
        let times = (-9_000_000_000_i64..9_000_000_000, 0..1_000_000_000_u32);
        let times = prop::collection::btree_set(times, 3);
        let rest = (times, any::<bool>(), prop::option::of(position()));
        let rest = rest.prop_map(|(times, ascending, position)| {
            let times: Vec<_> = times
                .into_iter()
                .map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).unwrap())
                .collect();
            let window = if ascending {
                (times[0], times[1])
            } else {
                (times[1], times[2])
            };
            RemainingRange {
                span: (times[0], times[2]),
                window: position.map(|position| (window, position)),
            }
        });
        prop_oneof![
            Just(ResumePoint::End),
            position().prop_map(ResumePoint::At),
            rest.prop_map(ResumePoint::Windows),
        ]
    }

    proptest! {
        #[test]
        fn it_is_read_as_it_was_written(query in any::<u64>(), resume_point in resume_point()) {
            let checkpoint = Checkpoint { query, resume_point };
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
            "v1.0123456789abcdef.after.0.0.3.ab",
            "v1.0123456789abcdef.after.0.0.2.ab",
            "v1.0123456789abcdef.after.0.x.1.ab",
            "v1.0123456789abcdef.windows.7.7",
            "v1.0123456789abcdef.windows.7.9.8",
            "v1.0123456789abcdef.windows.1.9.2.8.start",
            "v1.0123456789abcdef.windows.1.9.1.8.cursor.",
        ] {
            assert!(text.parse::<Checkpoint>().is_err(), "{text}");
        }
    }
}
