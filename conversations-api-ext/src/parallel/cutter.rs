//! [`Cutter`]: cuts a time range into windows, as large as their content allows.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    profile::{Profile, hours},
    window::Span,
};

/// Gives out windows from the front of a range. Together they are the range, and no two overlap.
#[derive(Debug)]
pub(super) struct Cutter {
    next: DateTime<Utc>,
    end: DateTime<Utc>,
    /// How many records a window should have.
    target: f64,
    /// How many bytes all records have taken that were held, and how many these were.
    held: (f64, f64),
    /// The length of the first windows, of which nothing is known yet.
    first: TimeDelta,
    /// Records a second, where windows have been read.
    density: Option<f64>,
    /// The same by the hour of the day.
    profile: Profile,
    /// The latest windows that have been read, by their time: what they held and what was expected.
    latest: VecDeque<(DateTime<Utc>, f64, f64)>,
    /// The longest window that has been read.
    longest: TimeDelta,
}

/// Nothing is known of the first windows, and what they hold may have to be held in memory.
const FIRST: TimeDelta = TimeDelta::hours(1);

/// A window is so many times as long as any before it at most: after a quiet night comes the day.
const GROWTH: i32 = 4;

/// No window is shorter: servers may compare times by the second.
pub(super) const SHORTEST: TimeDelta = TimeDelta::seconds(1);

/// Where nothing was found, a window is this part of what is left for each that is fetched at once.
const SHARE: i32 = 2;

/// What is held of a window should be so many bytes at most.
const AIM: f64 = 8.0 * 1024.0 * 1024.0;

/// How much a new window counts in the density.
const WEIGHT: f64 = 0.5;

/// So many windows tell whether this is a day like those before.
const LATEST: usize = 3;

/// A day is taken to be so many times as busy as those before at most, or as quiet.
const MOST_UNUSUAL: f64 = 2.0;

/// Below this part of what was expected, the days before were no guide: there was a rush, and it is over.
const NOTHING_LIKE_IT: f64 = 0.03;

impl Cutter {
    /// `at_once` windows are to be fetched at once.
    pub(super) fn new(start: DateTime<Utc>, end: DateTime<Utc>, at_once: i32, target: f64) -> Self {
        Self {
            next: start,
            end,
            target,
            held: (0.0, 0.0),
            first: ((end - start) / (at_once * 2).max(16)).min(FIRST),
            density: None,
            profile: Profile::default(),
            latest: VecDeque::new(),
            longest: TimeDelta::zero(),
        }
    }

    /// The next window, from its start up to and without its end.
    pub(super) fn window(&mut self, at_once: i32) -> Option<Span> {
        if self.next >= self.end {
            return None;
        }
        let left = self.end - self.next;
        let most = self
            .longest
            .max(self.first)
            .checked_mul(GROWTH)
            .unwrap_or(left);
        let length = match self.density {
            None => self.first,
            // As long as it is expected to be a request's worth, a shorter one would end no sooner.
            Some(density) if density > 0.0 => self.filled(density, most.min(left)),
            // Nothing was there: look at more of it, but leave something for the others.
            Some(_) => left / (at_once * SHARE),
        };
        let length = length.min(most).max(SHORTEST).min(left);
        let start = self.next;
        self.next = start + length;
        Some((start, self.next))
    }

    /// How long a window takes to hold what it should, `most` at most.
    fn filled(&self, density: f64, most: TimeDelta) -> TimeDelta {
        let (found, expected) = self
            .latest
            .iter()
            .fold((1.0, 1.0), |(one, other), (_, found, expected)| {
                (one + found, other + expected)
            });
        let level = match found / expected {
            nothing_like_it if nothing_like_it < NOTHING_LIKE_IT => nothing_like_it,
            level => level.clamp(1.0 / MOST_UNUSUAL, MOST_UNUSUAL),
        };
        let mut missing = self.target();
        for (start, end) in hours((self.next, self.next + most)) {
            let density = self
                .profile
                .density(start)
                .map_or(density, |usual| usual * level);
            let here = density * (end - start).as_seconds_f64();
            if here >= missing {
                #[expect(clippy::cast_possible_truncation, reason = "less than an hour")]
                let part = TimeDelta::microseconds((missing / density * 1e6) as i64);
                return start - self.next + part;
            }
            missing -= here;
        }
        most
    }

    /// How many records the next window should have: where they are large, fewer than a page.
    fn target(&self) -> f64 {
        let (bytes, records) = self.held;
        if bytes > 0.0 {
            self.target.min(AIM * records / bytes).max(1.0)
        } else {
            self.target
        }
    }

    /// So many records of a window were held, of so many bytes. All count alike: one that is huge says nothing of
    /// the others.
    #[expect(clippy::cast_precision_loss, reason = "a rough figure is enough")]
    pub(super) fn weigh(&mut self, records: u64, bytes: usize) {
        self.held.0 += bytes as f64;
        self.held.1 += records as f64;
    }

    /// A window had so many records.
    pub(super) fn learn(&mut self, span: Span, records: u64) {
        self.longest = self.longest.max(span.1 - span.0);
        let seconds = (span.1 - span.0).as_seconds_f64().max(1e-6);
        #[expect(clippy::cast_precision_loss, reason = "a rough figure is enough")]
        let records = records as f64;
        let density = records / seconds;
        self.density = Some(match self.density {
            None => density,
            Some(known) => known + (density - known) * WEIGHT,
        });
        if let Some(expected) = self.profile.expected(span) {
            let place = self.latest.partition_point(|(start, ..)| *start < span.0);
            self.latest.insert(place, (span.0, records, expected));
            if self.latest.len() > LATEST {
                self.latest.pop_front();
            }
        }
        self.profile.learn(span, records);
    }

    /// What has not been given out.
    pub(super) fn left(&self) -> Option<Span> {
        (self.next < self.end).then_some((self.next, self.end))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(micros: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(micros).unwrap()
    }

    proptest! {
        #[test]
        fn the_windows_are_the_range_whatever_they_hold(
            start in 0_i64..1_000_000_000_000,
            length in 1_i64..10_000_000_000_000,
            at_once in 1_i32..33,
            found in prop::collection::vec(0_u64..100_000, 1..20),
        ) {
            let mut cutter = Cutter::new(at(start), at(start + length), at_once, 2000.0);
            let mut next = at(start);
            // Of dense ranges the windows are seconds: a part of them is enough.
            for step in 0..2000_usize {
                let Some((from, to)) = cutter.window(at_once) else {
                    prop_assert_eq!(next, at(start + length));
                    return Ok(());
                };
                prop_assert_eq!(from, next);
                prop_assert!(to > from);
                prop_assert!(to - from >= SHORTEST || to == at(start + length));
                cutter.learn((from, to), found[step % found.len()]);
                next = to;
            }
            prop_assert_eq!(cutter.left().map(|(from, _)| from), Some(next));
        }
    }

    #[test]
    fn dense_times_get_short_windows_and_empty_ones_long_ones() {
        let day = 86_400_000_000;
        let mut cutter = Cutter::new(at(0), at(100 * day), 4, 1000.0);
        let (start, end) = cutter.window(4).unwrap();
        cutter.learn((start, end), 1_000_000);
        let (start, end) = cutter.window(4).unwrap();
        let dense = end - start;
        for _ in 0..20 {
            cutter.learn((start, end), 0);
        }
        let (start, end) = cutter.window(4).unwrap();
        assert!(end - start > dense * 3, "{} after {dense}", end - start);
    }

    #[test]
    fn windows_grow_step_by_step_so_that_none_holds_a_day_that_looked_like_a_night() {
        let day = 86_400_000_000;
        let mut cutter = Cutter::new(at(0), at(100 * day), 4, 1000.0);
        let hours: Vec<i64> = (0..5)
            .map(|_| {
                let (start, end) = cutter.window(4).unwrap();
                cutter.learn((start, end), 0);
                (end - start).num_hours()
            })
            .collect();
        assert_eq!(hours, [1, 4, 16, 64, 256]);
    }

    #[test]
    fn a_day_is_cut_as_those_before_it_were() {
        let hour = 3_600_000_000;
        let mut cutter = Cutter::new(at(0), at(1000 * 24 * hour), 4, 1000.0);
        // 50 an hour at night, 2000 from noon on.
        let held = |(start, end): Span| {
            let mut records = 0;
            let mut micros = start.timestamp_micros();
            while micros < end.timestamp_micros() {
                records += if (micros / hour) % 24 < 12 { 50 } else { 2000 };
                micros += hour / 60;
            }
            records / 60
        };
        while cutter.left().unwrap().0 < at(2 * 24 * hour) {
            let span = cutter.window(4).unwrap();
            cutter.learn(span, held(span));
        }
        let mut most = 0;
        while cutter.left().unwrap().0 < at(3 * 24 * hour) {
            let span = cutter.window(4).unwrap();
            most = most.max(held(span));
            cutter.learn(span, held(span));
        }
        // Without yesterday it would be what noon holds in as much time as a quiet morning takes: 40 times as much.
        assert!(most < 3000, "{most}");
    }

    #[test]
    fn windows_of_large_records_are_shorter_and_a_single_huge_one_shortens_none() {
        let minute = 60_000_000;
        let next = |weights: &[(u64, usize)]| {
            let mut cutter = Cutter::new(at(0), at(10_000 * minute), 4, 800.0);
            let span = cutter.window(4).unwrap();
            // 800 in an hour.
            cutter.learn(span, 800);
            for (records, bytes) in weights {
                cutter.weigh(*records, *bytes);
            }
            let (start, end) = cutter.window(4).unwrap();
            (end - start).num_minutes()
        };
        assert_eq!(next(&[(800, 800 * 5_000)]), 60);
        assert_eq!(next(&[(800, 800 * 5_000), (1, 4_000_000)]), 60);
        assert_eq!(next(&[(800, 800 * 20_000)]), 31);
    }

    #[test]
    fn a_rush_that_is_over_does_not_shorten_the_windows_of_the_days_after_it() {
        let hour = 3_600_000_000;
        let mut cutter = Cutter::new(at(0), at(30 * 24 * hour), 4, 800.0);
        let mut windows = 0;
        while let Some(span) = cutter.window(4) {
            let rush = span.0 <= at(100 * hour) && at(100 * hour) < span.1;
            cutter.learn(span, if rush { 2500 } else { 1 });
            windows += 1;
        }
        assert!(windows < 100, "{windows}");
    }
}
