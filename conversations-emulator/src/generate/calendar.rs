//! Start times of conversations, and time formats.

use chrono::{DateTime, Datelike, Timelike};

use crate::generate::random::Random;

pub(super) const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;
const DAYS: i64 = 30;

/// Midnight of Wednesday, 1 April 2026, UTC.
const FIRST_DAY: i64 = 1_775_001_600 * SECOND;

/// The end of 30 April 2026.
const END: i64 = FIRST_DAY + DAYS * 24 * HOUR;

/// The relative load of the days of a week, from Wednesday.
const WEEK: [u64; 7] = [10, 10, 12, 7, 5, 13, 11];

/// The relative load of the hours of a day: quiet nights, a peak before noon, a lower one after work.
const DAY: [u64; 24] = [
    4, 2, 2, 1, 2, 6, 14, 30, 52, 70, 78, 74, 60, 58, 62, 60, 56, 60, 66, 58, 44, 30, 18, 9,
];

/// A random start time in the month.
pub(super) fn started_at(random: &mut Random) -> i64 {
    let week = random.weighted(&[7, 7, 7, 7, 2]) as i64;
    // The fifth week has two days left.
    let weekdays = if week == 4 { &WEEK[..2] } else { &WEEK[..] };
    let day = week * 7 + random.weighted(weekdays) as i64;
    let hour = random.weighted(&DAY) as i64;
    FIRST_DAY + (day * 24 + hour) * HOUR + random.below(HOUR as u64) as i64
}

/// The start of a conversation that is still in progress at the end of the month.
pub(super) fn started_just_now(random: &mut Random) -> i64 {
    END - SECOND - random.below(30 * 60 * SECOND as u64) as i64
}

/// The suffix of a time.
#[derive(Clone, Copy)]
pub(super) enum Zone {
    Letter,
    Offset,
    Absent,
}

/// Writes a time with microseconds, without quotes.
pub(super) fn write(micros: i64, zone: Zone, out: &mut Vec<u8>) {
    let time = DateTime::from_timestamp_micros(micros).expect("generated times are in 2026");
    let digits = |value: u32, width: usize, out: &mut Vec<u8>| {
        for place in (0..width as u32).rev() {
            out.push(b'0' + (value / 10_u32.pow(place) % 10) as u8);
        }
    };
    digits(time.year().unsigned_abs(), 4, out);
    for (mark, value) in [
        (b'-', time.month()),
        (b'-', time.day()),
        (b'T', time.hour()),
        (b':', time.minute()),
        (b':', time.second()),
    ] {
        out.push(mark);
        digits(value, 2, out);
    }
    out.push(b'.');
    digits(time.timestamp_subsec_micros(), 6, out);
    out.extend_from_slice(match zone {
        Zone::Letter => b"Z",
        Zone::Offset => b"+00:00",
        Zone::Absent => b"",
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_microseconds() {
        let mut out = Vec::new();
        write(FIRST_DAY + 9 * HOUR + 7, Zone::Offset, &mut out);
        assert_eq!(out, b"2026-04-01T09:00:00.000007+00:00");
    }

    #[test]
    fn conversations_start_in_april_and_during_the_day() {
        let mut random = Random::for_record(7, 7);
        let starts: Vec<i64> = (0..2_000).map(|_| started_at(&mut random)).collect();
        assert!(starts.iter().all(|start| (FIRST_DAY..END).contains(start)));
        let at_night = starts
            .iter()
            .filter(|start| (**start - FIRST_DAY) / HOUR % 24 < 6)
            .count();
        assert!(at_night < 100, "{at_night}");
    }
}
