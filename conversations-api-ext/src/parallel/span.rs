//! [`Span`] and [`Direction`]: time ranges, and the order in which a server lists their conversations.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

/// A half-open time range: start inclusive, end exclusive.
pub(super) type Span = (DateTime<Utc>, DateTime<Utc>);

/// The order in which the server lists conversations. It decides which window comes first and is otherwise a hint: no
/// record is missed if the server follows no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Ascending,
    Descending,
}

impl Direction {
    /// Returns whether `one` comes before `other`.
    pub(super) fn is_before(self, one: Span, other: Span) -> bool {
        match self {
            Self::Ascending => one.0 < other.0,
            Self::Descending => one.1 > other.1,
        }
    }

    /// Returns the part of `all` that begins with `span`.
    pub(super) fn remaining(self, span: Span, all: Span) -> Span {
        match self {
            Self::Ascending => (span.0, all.1),
            Self::Descending => (all.0, span.1),
        }
    }

    /// Returns the distance from the beginning of the span to `time`, in seconds.
    pub(super) fn distance(self, span: Span, time: DateTime<Utc>) -> f64 {
        match self {
            Self::Ascending => (time - span.0).as_seconds_f64(),
            Self::Descending => (span.1 - time).as_seconds_f64(),
        }
    }

    /// Splits a span this many seconds after its beginning. Returns `None` if a part would be empty.
    ///
    /// Splits are at whole seconds, and at least one apart: a server may compare times by the second.
    pub(super) fn cut(self, (start, end): Span, seconds: f64) -> Option<(Span, Span)> {
        let length = (end - start).as_seconds_f64();
        let seconds = seconds.max(1.0);
        if seconds >= length {
            return None;
        }
        let from_start = match self {
            Self::Ascending => seconds,
            Self::Descending => length - seconds,
        };
        #[expect(clippy::cast_possible_truncation, reason = "less than the span")]
        let cut = start + TimeDelta::milliseconds((from_start * 1e3) as i64);
        let second = TimeDelta::seconds(1);
        let cut = match self {
            Self::Ascending => cut.duration_round_up(second),
            Self::Descending => cut.duration_trunc(second),
        };
        let cut = cut.ok().filter(|cut| start < *cut && *cut < end)?;
        Some(match self {
            Self::Ascending => ((start, cut), (cut, end)),
            Self::Descending => ((cut, end), (start, cut)),
        })
    }
}
