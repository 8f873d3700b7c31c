//! [`Period`]: the period before a time range.

use chrono::{DateTime, SecondsFormat, Utc};
use conversations_api_ext::TimeRange;

use crate::failure::Failure;

/// The period that a report compares with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) start: DateTime<Utc>,
    /// Exclusive.
    pub(super) end: DateTime<Utc>,
}

impl Period {
    /// Returns the period of the same length that ends at the start of `range`. A range without an end ends `now`;
    /// `None` without a start.
    pub(super) fn before(range: TimeRange, now: DateTime<Utc>) -> Option<Self> {
        let start = range.start()?;
        let length = range.end().unwrap_or(now.max(start)) - start;
        Some(Self {
            start: start.checked_sub_signed(length)?,
            end: start,
        })
    }

    pub(super) fn contains(self, time: DateTime<Utc>) -> bool {
        self.start <= time && time < self.end
    }

    /// Returns the range of both periods.
    pub(super) fn and_after(self, range: TimeRange) -> Result<TimeRange, Failure> {
        Ok(TimeRange::new(Some(self.start), range.end())?)
    }

    /// Returns the start and the end as RFC 3339.
    pub(super) fn bounds(self) -> [String; 2] {
        [self.start, self.end].map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_period_before_has_the_same_length_and_ends_where_the_range_starts() {
        let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (start, end) = (time("2026-04-08T00:00:00Z"), time("2026-04-15T00:00:00Z"));
        let range = TimeRange::new(Some(start), Some(end)).unwrap();
        let period = Period::before(range, end).unwrap();
        assert_eq!(
            period.bounds(),
            ["2026-04-01T00:00:00Z", "2026-04-08T00:00:00Z"]
        );
        assert!(period.contains(period.start) && !period.contains(start));
        let open = TimeRange::new(Some(start), None::<DateTime<Utc>>).unwrap();
        assert_eq!(Period::before(open, end), Some(period));
        assert_eq!(period.and_after(open).unwrap().start(), Some(period.start));
        assert_eq!(Period::before(TimeRange::unbounded(), end), None);
    }
}
