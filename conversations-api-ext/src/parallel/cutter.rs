//! [`Cutter`]: cuts a time range into windows, as large as their content allows.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// Gives out windows from the front of a range. Together they are the range, and no two overlap.
#[derive(Debug)]
pub(super) struct Cutter {
    next: DateTime<Utc>,
    end: DateTime<Utc>,
    /// How many records a window should have.
    target: f64,
    /// The length of the first windows, of which nothing is known yet.
    first: TimeDelta,
    /// Records a second, where windows have been read.
    density: Option<f64>,
    /// The longest window that has been read.
    longest: TimeDelta,
}

/// Nothing is known of the first windows, and what they hold may have to be held in memory.
const FIRST: TimeDelta = TimeDelta::hours(1);

/// A window is so many times as long as any before it at most: after a quiet night comes the day.
const GROWTH: i32 = 4;

/// No window is shorter: servers may compare times by the second.
const SHORTEST: TimeDelta = TimeDelta::seconds(1);

/// Where nothing was found, a window is this part of what is left for each that is fetched at once.
const SHARE: i32 = 2;

/// How much a new window counts in the density.
const WEIGHT: f64 = 0.5;

impl Cutter {
    /// `at_once` windows are to be fetched at once.
    pub(super) fn new(start: DateTime<Utc>, end: DateTime<Utc>, at_once: i32, target: f64) -> Self {
        Self {
            next: start,
            end,
            target,
            first: ((end - start) / (at_once * 2).max(16)).min(FIRST),
            density: None,
            longest: TimeDelta::zero(),
        }
    }

    /// The next window, from its start up to and without its end.
    pub(super) fn window(&mut self, at_once: i32) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        if self.next >= self.end {
            return None;
        }
        let left = self.end - self.next;
        let length = match self.density {
            None => self.first,
            // As long as it is expected to be a request's worth, a shorter one would end no sooner.
            Some(density) if density > 0.0 => {
                let seconds = (self.target / density).min(1e9);
                TimeDelta::from_std(Duration::from_secs_f64(seconds)).unwrap_or(left)
            }
            // Nothing was there: look at more of it, but leave something for the others.
            Some(_) => left / (at_once * SHARE),
        };
        let most = self
            .longest
            .max(self.first)
            .checked_mul(GROWTH)
            .unwrap_or(left);
        let length = length.min(most).max(SHORTEST).min(left);
        let start = self.next;
        self.next = start + length;
        Some((start, self.next))
    }

    /// A window of this length had so many records.
    pub(super) fn learn(&mut self, length: TimeDelta, records: u64) {
        self.longest = self.longest.max(length);
        let seconds = length.as_seconds_f64().max(1e-6);
        #[expect(clippy::cast_precision_loss, reason = "a rough figure is enough")]
        let density = records as f64 / seconds;
        self.density = Some(match self.density {
            None => density,
            Some(known) => known + (density - known) * WEIGHT,
        });
    }

    /// What has not been given out.
    pub(super) fn left(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
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
                cutter.learn(to - from, found[step % found.len()]);
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
        cutter.learn(end - start, 1_000_000);
        let (start, dense) = cutter.window(4).unwrap();
        let dense = dense - start;
        for _ in 0..20 {
            cutter.learn(dense, 0);
        }
        let (start, empty) = cutter.window(4).unwrap();
        assert!(empty - start > dense * 3, "{} after {dense}", empty - start);
    }

    #[test]
    fn windows_grow_step_by_step_so_that_none_holds_a_day_that_looked_like_a_night() {
        let day = 86_400_000_000;
        let mut cutter = Cutter::new(at(0), at(100 * day), 4, 1000.0);
        let hours: Vec<i64> = (0..5)
            .map(|_| {
                let (start, end) = cutter.window(4).unwrap();
                cutter.learn(end - start, 0);
                (end - start).num_hours()
            })
            .collect();
        assert_eq!(hours, [1, 4, 16, 64, 256]);
    }
}
