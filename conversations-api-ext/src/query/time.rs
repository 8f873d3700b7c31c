//! [`IntoTime`]: everything that converts to a point in time.

use chrono::{
    DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, TimeZone, Utc,
};
use conversations_api::Timestamp;

use crate::Error;

/// Converts a value to a point in time, such as an end of a [`TimeRange`](crate::TimeRange).
///
/// | type | converts to |
/// |---|---|
/// | `chrono::DateTime` of any zone | that time |
/// | `chrono::NaiveDateTime` | that time in UTC |
/// | `chrono::NaiveDate` | midnight UTC at the start of that day |
/// | text `2026-04-01T09:00:00+02:00` (RFC 3339) | that time |
/// | text `2026-04-01T09:00:00`, `2026-04-01 09:00` | that time in UTC |
/// | text `2026-04-01` | midnight UTC at the start of that day |
///
/// ```
/// use conversations_api_ext::IntoTime;
///
/// assert_eq!("2026-04-01 02:00".into_time()?, "2026-04-01T04:00:00+02:00".into_time()?);
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a time",
    note = "give a `chrono` date or date-time, or text such as \"2026-04-01\" or \"2026-04-01T09:00:00+02:00\""
)]
pub trait IntoTime {
    /// Returns the time in UTC.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for text in any other format.
    fn into_time(self) -> Result<DateTime<Utc>, Error>;
}

impl<Z: TimeZone> IntoTime for DateTime<Z> {
    fn into_time(self) -> Result<DateTime<Utc>, Error> {
        Ok(self.with_timezone(&Utc))
    }
}

impl IntoTime for NaiveDate {
    fn into_time(self) -> Result<DateTime<Utc>, Error> {
        Ok(self.and_time(NaiveTime::MIN).and_utc())
    }
}

impl IntoTime for NaiveDateTime {
    fn into_time(self) -> Result<DateTime<Utc>, Error> {
        Ok(self.and_utc())
    }
}

impl IntoTime for &str {
    fn into_time(self) -> Result<DateTime<Utc>, Error> {
        let text = self.trim();
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(time.to_utc());
        }
        for form in [
            "%Y-%m-%dT%H:%M:%S%.f",
            "%Y-%m-%d %H:%M:%S%.f",
            "%Y-%m-%dT%H:%M",
            "%Y-%m-%d %H:%M",
        ] {
            if let Ok(time) = NaiveDateTime::parse_from_str(text, form) {
                return Ok(time.and_utc());
            }
        }
        // chrono also accepts `2026-4-1` and `+12026-04-01`, which are more likely typos.
        let date = text
            .parse::<NaiveDate>()
            .ok()
            .filter(|_| text.len() == "2026-04-01".len());
        match date {
            Some(date) => date.into_time(),
            None => Err(Error::invalid(
                format!("{self:?} is not a time"),
                "write 2026-04-01, 2026-04-01T09:00:00 (UTC) or 2026-04-01T09:00:00+02:00",
            )),
        }
    }
}

impl IntoTime for &String {
    fn into_time(self) -> Result<DateTime<Utc>, Error> {
        self.as_str().into_time()
    }
}

impl IntoTime for String {
    fn into_time(self) -> Result<DateTime<Utc>, Error> {
        self.as_str().into_time()
    }
}

/// Returns the start of a range as sent to the server: one millisecond before `time`.
///
/// The API documentation does not say whether the start is inclusive. From a server that excludes it, a request from
/// midnight would not return the conversation that starts at midnight, and neither would one for the day before. An
/// earlier start costs nothing: [`TimeRange::contains`] filters out the rest on arrival. One millisecond suffices,
/// because requests use whole milliseconds, as the example in the documentation does.
///
/// [`TimeRange::contains`]: crate::TimeRange::contains
pub(crate) fn sent_start(time: DateTime<Utc>) -> Timestamp {
    sent(earlier(time))
}

fn earlier(time: DateTime<Utc>) -> DateTime<Utc> {
    let millisecond = TimeDelta::milliseconds(1);
    time.checked_sub_signed(millisecond).unwrap_or(time)
}

/// Returns whether a server may return a conversation of this time only because of how the range is sent: it lies
/// before the start by less than a request does, or at the end.
pub(crate) fn is_at_an_edge(
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
    time: DateTime<Utc>,
) -> bool {
    let whole = |time: DateTime<Utc>| time.timestamp_millis();
    let is_before = |start| time < start && whole(time) >= whole(earlier(start));
    let is_after = |end| time >= end && time <= later(end);
    start.is_some_and(is_before) || end.is_some_and(is_after)
}

/// Returns the end of a range as sent to the server: never earlier than `time`.
pub(crate) fn sent_end(time: DateTime<Utc>) -> Timestamp {
    sent(later(time))
}

/// Rounds up to whole milliseconds.
fn later(time: DateTime<Utc>) -> DateTime<Utc> {
    let part = time.timestamp_subsec_nanos() % 1_000_000;
    if part == 0 {
        return time;
    }
    let up = TimeDelta::nanoseconds(i64::from(1_000_000 - part));
    time.checked_add_signed(up).unwrap_or(time)
}

fn sent(time: DateTime<Utc>) -> Timestamp {
    Timestamp::from(time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

#[cfg(test)]
mod tests {
    use chrono::FixedOffset;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_of_the_table_is_read() {
        let time = Utc.with_ymd_and_hms(2026, 4, 1, 9, 0, 0).unwrap();
        for text in [
            "2026-04-01T09:00:00Z",
            "2026-04-01T09:00:00.000000Z",
            "2026-04-01T11:00:00+02:00",
            "2026-04-01T09:00:00",
            "2026-04-01T09:00:00.000",
            "2026-04-01 09:00:00",
            "2026-04-01T09:00",
            " 2026-04-01 09:00 ",
        ] {
            assert_eq!(text.into_time().unwrap(), time, "{text}");
        }
        let midnight = Utc.with_ymd_and_hms(2026, 4, 1, 0, 0, 0).unwrap();
        assert_eq!("2026-04-01".into_time().unwrap(), midnight);
        assert_eq!(midnight.date_naive().into_time().unwrap(), midnight);
        let east = FixedOffset::east_opt(7200).unwrap();
        assert_eq!(time.with_timezone(&east).into_time().unwrap(), time);
    }

    #[test]
    fn other_text_is_refused_with_the_forms_to_write() {
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-02-30",
            "01.04.2026",
            "2026-4-1",
            "2026-04",
        ] {
            let message = text.into_time().unwrap_err().to_string();
            assert!(message.contains(&format!("{text:?}")), "{message}");
            assert!(message.contains("write 2026-04-01,"), "{message}");
        }
    }

    proptest! {
        #[test]
        fn what_is_sent_covers_the_range_and_its_start_to_the_millisecond(
            seconds in 0..7_258_118_400_i64, nanos in 0..1_000_000_000_u32
        ) {
            let time = DateTime::from_timestamp(seconds, nanos).unwrap();
            let start = sent_start(time).to_utc().unwrap();
            let end = sent_end(time).to_utc().unwrap();
            prop_assert!(start < time && time <= end);
            prop_assert!(end - start <= TimeDelta::milliseconds(2));
            prop_assert_eq!(start.timestamp_subsec_nanos() % 1_000_000, 0);
            prop_assert_eq!(end.timestamp_subsec_nanos() % 1_000_000, 0);
            let before = |found| is_at_an_edge(Some(time), None, found);
            let after = |found| is_at_an_edge(None, Some(time), found);
            let more = TimeDelta::nanoseconds(1);
            prop_assert!(before(start) && !before(start - more) && !before(time));
            prop_assert!(after(end) && !after(end + more) && !after(time - more));
        }

        #[test]
        fn text_written_from_a_time_is_read_as_that_time(
            seconds in 0..7_258_118_400_i64, nanos in 0..1_000_000_000_u32
        ) {
            let time = DateTime::from_timestamp(seconds, nanos).unwrap();
            prop_assert_eq!(time.to_rfc3339().into_time().unwrap(), time);
            prop_assert_eq!(time.naive_utc().to_string().into_time().unwrap(), time);
        }
    }
}
