//! Random slices of a range, and the confidence bound they give.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{BoundedRange, Error, random::SplitMix64};

/// The slices to compare.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slices {
    number: u32,
    length: TimeDelta,
    seed: u64,
}

/// The sample of a range that was compared, and the bound that follows for the rest.
///
/// The range is divided into slices of equal length, and some of these are drawn at random regardless of their contents.
/// The statement is about slices: with 95 % confidence, at most [`upper_bound`](Self::upper_bound) of the slices with
/// conversations contain one that deviates. It is the exact (Clopper-Pearson) bound, and slightly conservative, as
/// slices are drawn without replacement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SampleReport {
    /// The number of slices to compare.
    pub slices: u64,
    /// The number of slices in the range.
    pub of: u64,
    /// The length of a slice, in seconds.
    pub seconds: i64,
    /// The random seed: the same seed draws the same slices.
    pub seed: u64,
    /// The number of slices compared so far that have conversations.
    pub occupied: u64,
    /// The number of those with a conversation that differs or is on only one side.
    pub deviating: u64,
}

impl Slices {
    pub(super) fn new(number: u32, length: TimeDelta, seed: u64) -> Result<Self, Error> {
        if number == 0 || length < TimeDelta::seconds(1) {
            return Err(Error::invalid(
                format!(
                    "a sample of {number} slices of {} s proves nothing",
                    length.num_seconds()
                ),
                "give at least one slice, of at least a second",
            ));
        }
        Ok(Self {
            number,
            length,
            seed,
        })
    }

    /// Returns the number of slices in the range.
    fn of(&self, range: BoundedRange) -> u64 {
        let length = self.length.num_milliseconds();
        let whole = (range.end() - range.start()).num_milliseconds();
        u64::try_from(whole / length + i64::from(whole % length > 0))
            .expect("a range ends after its start")
            .max(1)
    }

    pub(super) fn report(&self, range: BoundedRange) -> SampleReport {
        let of = self.of(range);
        SampleReport {
            slices: of.min(self.number.into()),
            of,
            seconds: self.length.num_seconds(),
            seed: self.seed,
            occupied: 0,
            deviating: 0,
        }
    }

    /// Draws the slices, and returns them in order of time.
    pub(super) fn draw(&self, range: BoundedRange) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let of = self.of(range);
        let number = of.min(self.number.into());
        // Floyd's algorithm: one draw per slice, each of them new.
        let mut drawn = BTreeSet::new();
        let mut random = SplitMix64::new(self.seed);
        for last in of - number..of {
            let slice = random.below(last + 1);
            if !drawn.insert(slice) {
                drawn.insert(last);
            }
        }
        let at = |slice: u64| {
            let passed = i64::try_from(slice)
                .ok()
                .and_then(|slice| self.length.num_milliseconds().checked_mul(slice))
                .and_then(TimeDelta::try_milliseconds)
                .and_then(|passed| range.start().checked_add_signed(passed));
            passed.map_or(range.end(), |start| start.min(range.end()))
        };
        drawn
            .into_iter()
            .map(|slice| (at(slice), at(slice + 1)))
            .collect()
    }
}

impl SampleReport {
    /// Returns the upper bound, with 95 % confidence, for the fraction of slices with conversations that contain one
    /// that deviates. 1 if nothing was compared.
    ///
    /// ```
    /// # use conversations_api_ext::migrate::Report;
    /// fn say(report: &Report) {
    ///     if let Some(sample) = &report.sample {
    ///         println!("at most {:.1} %", 100.0 * sample.upper_bound());
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn upper_bound(&self) -> f64 {
        upper_bound(self.deviating, self.occupied)
    }

    /// Returns what must be the same in a comparison that resumes this one.
    pub(super) fn plan(&self) -> (u64, u64, i64, u64) {
        (self.slices, self.of, self.seconds, self.seed)
    }
}

/// Returns the fraction at which at most `found` of `looked` has a probability of 5 %.
fn upper_bound(found: u64, looked: u64) -> f64 {
    if found >= looked {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if chance(found, looked, middle) > 0.05 {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Returns the probability of at most `found` of `looked` at a fraction.
#[expect(clippy::cast_precision_loss, reason = "counts of slices are small")]
fn chance(found: u64, looked: u64, share: f64) -> f64 {
    let (n, ln_share, ln_rest) = (looked as f64, share.ln(), (1.0 - share).ln());
    let mut ln_ways = 0.0;
    let mut sum = 0.0;
    for i in 0..=found {
        let i = i as f64;
        if i > 0.0 {
            ln_ways += ((n - i + 1.0) / i).ln();
        }
        sum += (ln_ways + i * ln_share + (n - i) * ln_rest).exp();
    }
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn april() -> BoundedRange {
        BoundedRange::new("2026-04-01", "2026-05-01").unwrap()
    }

    proptest! {
        #[test]
        fn slices_are_distinct_in_order_and_within_the_range(
            number in 1..200_u32, minutes in 1..10_000_i64, seed in any::<u64>()
        ) {
            let slices = Slices::new(number, TimeDelta::minutes(minutes), seed).unwrap();
            let drawn = slices.draw(april());
            let report = slices.report(april());
            prop_assert_eq!(drawn.len() as u64, report.slices);
            prop_assert!(drawn.windows(2).all(|two| two[0].1 <= two[1].0));
            let inside = |(start, end): &(DateTime<Utc>, DateTime<Utc>)| {
                start < end && april().start() <= *start && *end <= april().end()
            };
            prop_assert!(drawn.iter().all(inside));
            if report.slices == report.of {
                prop_assert_eq!(drawn[0].0, april().start());
                prop_assert_eq!(drawn[drawn.len() - 1].1, april().end());
            }
        }
    }

    #[test]
    fn the_bound_is_that_of_the_tables() {
        // Known values of the one-sided 95 % Clopper-Pearson bound.
        for (found, looked, expected) in [
            (0, 10, 0.2589),
            (0, 59, 0.0495),
            (1, 10, 0.3942),
            (5, 100, 0.1023),
            (10, 10, 1.0),
            (0, 0, 1.0),
        ] {
            let bound = upper_bound(found, looked);
            assert!(
                (bound - expected).abs() < 1e-3,
                "{found} of {looked}: {bound}"
            );
        }
    }

    #[test]
    fn a_sample_of_nothing_is_refused() {
        assert!(Slices::new(0, TimeDelta::hours(1), 7).is_err());
        assert!(Slices::new(5, TimeDelta::zero(), 7).is_err());
    }
}
