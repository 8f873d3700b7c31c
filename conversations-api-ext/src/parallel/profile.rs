//! [`Profile`]: how many records there are at each hour of the day.

use chrono::{DateTime, TimeDelta, Timelike as _, Utc};

use super::window::Span;

/// Calls follow the clock: what an hour held yesterday says more of the same hour today than the hour before does.
#[derive(Debug, Default)]
pub(super) struct Profile {
    /// By the hour, UTC.
    hours: [Hour; 24],
}

#[derive(Debug, Default, Clone, Copy)]
struct Hour {
    records: f64,
    seconds: f64,
}

/// What is left of an hour's weight when the same hour of another day has been seen.
const FADING: f64 = 0.7;

/// Where nothing was found there may be something another day: records an hour.
const LEAST: f64 = 0.01;

/// An hour of which fewer seconds have been seen tells nothing.
const ENOUGH: f64 = 300.0;

impl Profile {
    /// Records a second at this time, if enough of the hour has been seen.
    pub(super) fn density(&self, time: DateTime<Utc>) -> Option<f64> {
        let hour = self.hours[time.hour() as usize];
        (hour.seconds >= ENOUGH).then(|| (hour.records / hour.seconds).max(LEAST / 3600.0))
    }

    /// How many records to expect, if enough of each hour has been seen.
    pub(super) fn expected(&self, span: Span) -> Option<f64> {
        let mut expected = 0.0;
        for (start, end) in hours(span) {
            expected += self.density(start)? * (end - start).as_seconds_f64();
        }
        Some(expected)
    }

    /// There were so many records.
    pub(super) fn learn(&mut self, span: Span, records: f64) {
        let expected = self.expected(span).filter(|expected| *expected > 0.0);
        let whole = (span.1 - span.0).as_seconds_f64().max(1e-6);
        for (start, end) in hours(span) {
            let seconds = (end - start).as_seconds_f64();
            let share = match (expected, self.density(start)) {
                (Some(expected), Some(density)) => density * seconds / expected,
                _ => seconds / whole,
            };
            let hour = &mut self.hours[start.hour() as usize];
            let kept = FADING.powf(seconds / 3600.0);
            hour.records = hour.records * kept + records * share;
            hour.seconds = hour.seconds * kept + seconds;
        }
    }
}

/// The hours of a span, and its parts of the first and the last.
pub(super) fn hours((start, end): Span) -> impl Iterator<Item = Span> {
    let mut next = start;
    std::iter::from_fn(move || {
        let from = next;
        let into = TimeDelta::microseconds(from.timestamp_micros().rem_euclid(3_600_000_000));
        next = (from - into + TimeDelta::hours(1)).min(end);
        (from < end).then_some((from, next))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-04-{text}Z").parse().unwrap()
    }

    #[test]
    fn a_span_is_cut_at_full_hours() {
        let cut: Vec<_> = hours((at("01T22:30:00.5"), at("02T00:00:00")))
            .map(|(start, end)| (end - start).num_milliseconds())
            .collect();
        assert_eq!(cut, [29 * 60_000 + 59_500, 3_600_000]);
        assert_eq!(hours((at("01T00:00:00"), at("01T00:00:00"))).count(), 0);
    }

    #[test]
    fn yesterday_tells_what_to_expect_of_today() {
        let mut profile = Profile::default();
        let (night, day) = ((at("01T03:00:00"), at("01T04:00:00")), at("01T05:00:00"));
        assert_eq!(profile.expected(night), None);
        profile.learn(night, 10.0);
        profile.learn((night.1, day), 200.0);
        let expected = profile.expected((at("02T03:30:00"), at("02T04:30:00")));
        assert!((expected.unwrap() - 105.0).abs() < 1e-6);
        assert_eq!(
            profile.expected((at("02T04:00:00"), at("02T05:30:00"))),
            None
        );
    }

    #[test]
    fn a_moment_of_an_hour_tells_nothing_of_it() {
        let mut profile = Profile::default();
        profile.learn((at("01T03:00:00"), at("01T03:00:00.001")), 5.0);
        assert_eq!(profile.density(at("02T03:00:00")), None);
    }

    #[test]
    fn what_a_longer_window_held_is_shared_out_as_the_hours_were() {
        let mut profile = Profile::default();
        profile.learn((at("01T03:00:00"), at("01T04:00:00")), 10.0);
        profile.learn((at("01T04:00:00"), at("01T05:00:00")), 90.0);
        profile.learn((at("02T03:00:00"), at("02T05:00:00")), 200.0);
        let three = profile
            .expected((at("03T03:00:00"), at("03T04:00:00")))
            .unwrap();
        let four = profile
            .expected((at("03T04:00:00"), at("03T05:00:00")))
            .unwrap();
        assert!((four / three - 9.0).abs() < 1e-6, "{three} {four}");
        assert!(three > 10.0 && three < 20.0, "{three}");
    }
}
