//! [`Period`]: the period before a time range.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use conversations_api_ext::TimeRange;
use conversations_table::Tz;

use crate::args::time::TimeArgument;
use crate::failure::Failure;

/// The period that a report compares with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) start: DateTime<Utc>,
    /// Exclusive.
    pub(super) end: DateTime<Utc>,
}

impl Period {
    /// Returns the period of the same length that ends at the start of `range`. The period before whole days in `zone`
    /// is the same number of days, which may have another number of hours. A range without an end ends `now`; `None`
    /// without a start.
    pub(super) fn before(range: TimeRange, zone: Tz, now: DateTime<Utc>) -> Option<Self> {
        let end = range.start()?;
        let after = range.end().unwrap_or(now.max(end));
        let start = match (day_at(end, zone), day_at(after, zone)) {
            (Some(first), Some(last)) => {
                TimeArgument::Day(first.checked_sub_signed(last - first)?).at(zone)
            }
            _ => end.checked_sub_signed(after - end)?,
        };
        Some(Self { start, end })
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

/// Returns the day that begins at this time, if one does.
fn day_at(time: DateTime<Utc>, zone: Tz) -> Option<NaiveDate> {
    let day = time.with_timezone(&zone).date_naive();
    (TimeArgument::Day(day).at(zone) == time).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_period_before_has_the_same_length_and_ends_where_the_range_starts() {
        let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (start, end) = (time("2026-04-08T00:00:00Z"), time("2026-04-15T00:00:00Z"));
        let range = TimeRange::new(Some(start), Some(end)).unwrap();
        let period = Period::before(range, Tz::UTC, end).unwrap();
        assert_eq!(
            period.bounds(),
            ["2026-04-01T00:00:00Z", "2026-04-08T00:00:00Z"]
        );
        assert!(period.contains(period.start) && !period.contains(start));
        let open = TimeRange::new(Some(start), None::<DateTime<Utc>>).unwrap();
        assert_eq!(Period::before(open, Tz::UTC, end), Some(period));
        assert_eq!(period.and_after(open).unwrap().start(), Some(period.start));
        assert_eq!(Period::before(TimeRange::unbounded(), Tz::UTC, end), None);
    }

    #[test]
    fn the_period_before_whole_days_is_whole_days_when_the_clocks_change() {
        // London's clocks change on March 29, 2026.
        for (start, end, before) in [
            (
                "2026-03-30T23:00:00Z",
                "2026-04-06T23:00:00Z",
                "2026-03-24T00:00:00Z",
            ),
            (
                "2026-03-30T23:00:01Z",
                "2026-04-06T23:00:00Z",
                "2026-03-23T23:00:02Z",
            ),
        ] {
            let range = TimeRange::new(Some(start), Some(end)).unwrap();
            let period = Period::before(range, Tz::Europe__London, Utc::now()).unwrap();
            assert_eq!(period.bounds(), [before, start]);
        }
    }
}
