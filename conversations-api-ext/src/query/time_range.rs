//! [`TimeRange`] and [`BoundedRange`]: half-open ranges of start times.

use std::{
    fmt,
    ops::{Range, RangeFrom, RangeFull, RangeTo},
};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use crate::{Error, IntoTime};

/// A time range with an inclusive start and an exclusive end, each optional.
///
/// It applies to the time a conversation *started*. The vendor does not document whether its servers include the
/// start and the end. In any case, the streams of this crate yield the conversations with `start <= started_at < end`,
/// so adjacent ranges neither lose nor repeat one: requests ask for one millisecond more at the start, and the rest is
/// skipped on arrival. A conversation with an unreadable start time is yielded.
///
/// An end is anything that implements [`IntoTime`]: chrono's date-times of any zone, dates, or text.
///
/// ```
/// use chrono::{TimeZone, Utc};
/// use conversations_api_ext::TimeRange;
///
/// let range = TimeRange::new(Some("2026-04-01"), Some("2026-04-01T12:30:00+02:00"))?;
/// assert!(range.contains(Utc.with_ymd_and_hms(2026, 4, 1, 0, 0, 0).unwrap()));
/// assert!(!range.contains(Utc.with_ymd_and_hms(2026, 4, 1, 10, 30, 0).unwrap()));
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct TimeRange {
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
}

impl TimeRange {
    /// Creates a range without bounds: none are sent.
    #[must_use]
    pub const fn unbounded() -> Self {
        Self {
            start: None,
            end: None,
        }
    }

    /// Creates a range from an optional start and an optional end.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when an end is not a valid time, or is not after the start.
    pub fn new(start: Option<impl IntoTime>, end: Option<impl IntoTime>) -> Result<Self, Error> {
        let start = start.map(IntoTime::into_time).transpose()?;
        let end = end.map(IntoTime::into_time).transpose()?;
        if let (Some(start), Some(end)) = (start, end)
            && end <= start
        {
            return Err(Error::invalid(
                format!("the time range ends at {end:?}, not after its start at {start:?}"),
                "start is included and end is not: give an end after the start",
            ));
        }
        Ok(Self { start, end })
    }

    /// Creates a range from `start` on.
    ///
    /// # Errors
    ///
    /// As for [`IntoTime::into_time`].
    pub fn since(start: impl IntoTime) -> Result<Self, Error> {
        Self::new(Some(start), None::<DateTime<Utc>>)
    }

    /// Creates a range of everything before `end`.
    ///
    /// # Errors
    ///
    /// As for [`IntoTime::into_time`].
    pub fn until(end: impl IntoTime) -> Result<Self, Error> {
        Self::new(None::<DateTime<Utc>>, Some(end))
    }

    /// Returns the inclusive start, if there is one.
    #[must_use]
    pub const fn start(&self) -> Option<DateTime<Utc>> {
        self.start
    }

    /// Returns the exclusive end, if there is one.
    #[must_use]
    pub const fn end(&self) -> Option<DateTime<Utc>> {
        self.end
    }

    /// Returns whether the range contains a time.
    #[must_use]
    pub fn contains(&self, time: DateTime<Utc>) -> bool {
        self.start.is_none_or(|start| start <= time) && self.end.is_none_or(|end| time < end)
    }
}

impl fmt::Debug for TimeRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(start) = self.start {
            write!(f, "{start:?}")?;
        }
        f.write_str("..")?;
        if let Some(end) = self.end {
            write!(f, "{end:?}")?;
        }
        Ok(())
    }
}

/// A [`TimeRange`] with both ends, as searches and samples require.
///
/// ```
/// use conversations_api_ext::{BoundedRange, TimeRange};
///
/// let day = BoundedRange::new("2026-04-01", "2026-04-02")?;
/// assert!(TimeRange::from(day).contains(day.start()));
///
/// let error = BoundedRange::new("2026-04-02", "2026-04-01").unwrap_err();
/// assert!(error.to_string().contains("2026-04-01T00:00:00Z"));
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BoundedRange {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl BoundedRange {
    /// Creates a range from `start` (inclusive) to `end` (exclusive).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when an end is not a valid time, or is not after the start.
    pub fn new(start: impl IntoTime, end: impl IntoTime) -> Result<Self, Error> {
        let start = start.into_time()?;
        let end = end.into_time()?;
        TimeRange::new(Some(start), Some(end))?;
        Ok(Self { start, end })
    }

    /// Creates a range of one day in UTC, midnight to midnight.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for the last day that chrono can represent, which has no next
    /// day.
    pub fn day(date: NaiveDate) -> Result<Self, Error> {
        let next = date.checked_add_days(Days::new(1)).ok_or_else(|| {
            Error::invalid(
                format!("there is no day after {date}"),
                "give an earlier date",
            )
        })?;
        Ok(Self {
            start: date.and_time(NaiveTime::MIN).and_utc(),
            end: next.and_time(NaiveTime::MIN).and_utc(),
        })
    }

    /// Returns the inclusive start.
    #[must_use]
    pub const fn start(&self) -> DateTime<Utc> {
        self.start
    }

    /// Returns the exclusive end.
    #[must_use]
    pub const fn end(&self) -> DateTime<Utc> {
        self.end
    }
}

impl TryFrom<TimeRange> for BoundedRange {
    type Error = Error;

    /// Converts a range with both ends.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when an end is open.
    fn try_from(range: TimeRange) -> Result<Self, Error> {
        match (range.start, range.end) {
            (Some(start), Some(end)) => Ok(Self { start, end }),
            _ => Err(Error::invalid(
                format!("the time range {range:?} is open at an end"),
                "searches and samples need a start and an end: give both",
            )),
        }
    }
}

impl<T: IntoTime> TryFrom<Range<T>> for BoundedRange {
    type Error = Error;

    /// Converts `start..end`.
    ///
    /// # Errors
    ///
    /// As [`BoundedRange::new`].
    fn try_from(range: Range<T>) -> Result<Self, Error> {
        Self::new(range.start, range.end)
    }
}

impl<T: IntoTime> TryFrom<Range<T>> for TimeRange {
    type Error = Error;

    /// Converts `start..end`.
    ///
    /// # Errors
    ///
    /// As [`TimeRange::new`].
    fn try_from(range: Range<T>) -> Result<Self, Error> {
        BoundedRange::try_from(range).map(Self::from)
    }
}

impl<T: IntoTime> TryFrom<RangeFrom<T>> for TimeRange {
    type Error = Error;

    /// Converts `start..`.
    ///
    /// # Errors
    ///
    /// As [`TimeRange::since`].
    fn try_from(range: RangeFrom<T>) -> Result<Self, Error> {
        Self::since(range.start)
    }
}

impl<T: IntoTime> TryFrom<RangeTo<T>> for TimeRange {
    type Error = Error;

    /// Converts `..end`.
    ///
    /// # Errors
    ///
    /// As [`TimeRange::until`].
    fn try_from(range: RangeTo<T>) -> Result<Self, Error> {
        Self::until(range.end)
    }
}

impl From<RangeFull> for TimeRange {
    /// Converts `..`, the range without bounds.
    fn from(_: RangeFull) -> Self {
        Self::unbounded()
    }
}

impl From<BoundedRange> for TimeRange {
    fn from(range: BoundedRange) -> Self {
        Self {
            start: Some(range.start),
            end: Some(range.end),
        }
    }
}

impl fmt::Debug for BoundedRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        TimeRange::from(*self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn time() -> impl Strategy<Value = DateTime<Utc>> {
        // From 1970 to 2200, to the nanosecond.
        (0..7_258_118_400_i64, 0..1_000_000_000_u32)
            .prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).unwrap())
    }

    proptest! {
        #[test]
        fn a_range_holds_its_start_and_what_is_before_its_end(
            start in time(), end in time(), probe in time()
        ) {
            prop_assume!(start < end);
            let range = TimeRange::new(Some(start), Some(end)).unwrap();
            prop_assert_eq!(range.contains(probe), start <= probe && probe < end);
            prop_assert!(range.contains(start));
            prop_assert!(!range.contains(end));
        }

        #[test]
        fn adjoining_ranges_share_no_moment_and_leave_none_out(
            cuts in prop::collection::btree_set(time(), 2..6), probe in time()
        ) {
            let cuts: Vec<_> = cuts.into_iter().collect();
            let holders = cuts
                .windows(2)
                .filter(|cut| TimeRange::new(Some(cut[0]), Some(cut[1])).unwrap().contains(probe))
                .count();
            let within = cuts[0] <= probe && probe < cuts[cuts.len() - 1];
            prop_assert_eq!(holders, usize::from(within));
        }

        #[test]
        fn an_end_that_is_not_after_the_start_is_refused_naming_both(
            start in time(), back in 0..1_000_000_000_i64
        ) {
            let end = start - TimeDelta::milliseconds(back);
            for error in [
                TimeRange::new(Some(start), Some(end)).unwrap_err(),
                BoundedRange::new(start, end).unwrap_err(),
            ] {
                let message = error.to_string();
                prop_assert!(message.contains(&format!("{start:?}")), "{}", message);
                prop_assert!(message.contains(&format!("{end:?}")), "{}", message);
            }
        }

        #[test]
        fn a_bounded_range_becomes_a_range_and_back(start in time(), end in time()) {
            prop_assume!(start < end);
            let bounded = BoundedRange::new(start, end).unwrap();
            let range = TimeRange::from(bounded);
            prop_assert_eq!(BoundedRange::try_from(range).unwrap(), bounded);
            prop_assert_eq!((range.start(), range.end()), (Some(start), Some(end)));
        }
    }

    #[test]
    fn an_open_end_does_not_bound() {
        let noon = "2026-04-01T12:00:00Z".into_time().unwrap();
        assert!(TimeRange::unbounded().contains(noon));
        assert!(TimeRange::since(noon).unwrap().contains(noon));
        assert!(!TimeRange::until(noon).unwrap().contains(noon));
        assert!(BoundedRange::try_from(TimeRange::since(noon).unwrap()).is_err());
    }

    #[test]
    fn the_ranges_of_rust_are_converted() {
        let day = BoundedRange::new("2026-04-01", "2026-04-02").unwrap();
        assert_eq!(
            BoundedRange::try_from("2026-04-01".."2026-04-02").unwrap(),
            day
        );
        let range = TimeRange::try_from("2026-04-01".."2026-04-02").unwrap();
        assert_eq!(range, day.into());
        let since = TimeRange::try_from("2026-04-01"..).unwrap();
        assert_eq!((since.start(), since.end()), (Some(day.start()), None));
        let until = TimeRange::try_from(.."2026-04-01").unwrap();
        assert_eq!((until.start(), until.end()), (None, Some(day.start())));
        assert_eq!(TimeRange::from(..), TimeRange::unbounded());
        assert!(TimeRange::try_from("2026-04-02".."2026-04-01").is_err());
        let noon = day.start().date_naive().and_hms_opt(12, 0, 0).unwrap();
        assert_eq!(
            noon.into_time().unwrap(),
            "2026-04-01 12:00".into_time().unwrap()
        );
    }

    #[test]
    fn a_day_runs_from_midnight_to_midnight() {
        let date = NaiveDate::from_ymd_opt(2026, 4, 30).unwrap();
        let day = BoundedRange::day(date).unwrap();
        assert_eq!(day, BoundedRange::new("2026-04-30", "2026-05-01").unwrap());
        assert!(BoundedRange::day(NaiveDate::MAX).is_err());
    }
}
