//! [`Percentiles`]: percentiles of numbers in constant memory.

use std::fmt;

use sketches_ddsketch::{Config, DDSketch};

/// Maximum relative error of a percentile.
const ERROR: f64 = 0.01;
/// Number of buckets. Each covers the numbers within the error; together they range from a microsecond to a year.
const BUCKETS: u32 = 2048;
/// Smaller numbers are not distinguished.
const LEAST: f64 = 1e-6;

/// The percentiles that are printed.
pub(crate) const PERCENTILES: [(&str, f64); 4] =
    [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)];

/// A summary of numbers in constant memory (DDSketch). Each percentile is within one percent of the exact one, which is
/// the nearest rank: the smallest number that at least this share of the numbers does not exceed. Minimum, maximum and
/// mean are exact.
pub(crate) struct Percentiles(DDSketch);

impl Percentiles {
    /// Adds a number. Numbers that are not finite are ignored.
    pub(crate) fn add(&mut self, number: f64) {
        if number.is_finite() {
            self.0.add(number);
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.count() as u64
    }

    /// Returns the quantile `part`; `None` without numbers.
    #[expect(clippy::cast_precision_loss, reason = "a count of conversations")]
    pub(crate) fn quantile(&self, part: f64) -> Option<f64> {
        let last = (self.count() as f64 - 1.0).max(0.0);
        let index = ((part * (last + 1.0)).ceil() - 1.0).clamp(0.0, last);
        if index >= last {
            return self.0.max();
        }
        // The sketch rounds `part * last` down to an index: of ten numbers, it would take the ninth for p99.
        let found = self.0.quantile((index + 0.5) / last).ok()??;
        // A bucket may extend beyond the numbers in it.
        Some(found.clamp(self.0.min()?, self.0.max()?))
    }

    /// Returns the [`PERCENTILES`]; `None` without numbers.
    pub(crate) fn all(&self) -> Option<[f64; PERCENTILES.len()]> {
        let all = PERCENTILES.map(|(_, part)| self.quantile(part));
        all[0].map(|_| all.map(Option::unwrap_or_default))
    }

    pub(crate) fn max(&self) -> Option<f64> {
        self.0.max()
    }

    pub(crate) fn mean(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a count of conversations")]
        let count = self.0.count() as f64;
        Some(self.0.sum()? / count)
    }
}

impl Default for Percentiles {
    fn default() -> Self {
        Self(DDSketch::new(Config::new(ERROR, BUCKETS, LEAST)))
    }
}

impl fmt::Debug for Percentiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Percentiles")
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_of_few_or_many_numbers_is_within_one_per_cent_of_the_nearest_rank() {
        for count in [1, 2, 3, 10, 20, 99, 101, 20_000_u32] {
            let mut percentiles = Percentiles::default();
            let mut numbers: Vec<f64> = (1..=count)
                .map(|n| f64::from(n.wrapping_mul(2_654_435_761) % 100_000) / 100.0)
                .collect();
            numbers.iter().for_each(|number| percentiles.add(*number));
            numbers.sort_by(f64::total_cmp);
            let all = percentiles.all().unwrap();
            for (percent, found) in [50, 90, 95, 99].into_iter().zip(all) {
                let exact = numbers[(percent * numbers.len()).div_ceil(100) - 1];
                assert!(
                    (found - exact).abs() <= exact * 0.0101,
                    "p{percent} of {count}: {found}, {exact}"
                );
            }
            assert_eq!(percentiles.max(), numbers.last().copied());
            assert_eq!(percentiles.count(), u64::from(count));
        }
    }

    #[test]
    fn one_number_is_every_percentile() {
        let mut percentiles = Percentiles::default();
        assert_eq!(percentiles.quantile(0.5), None);
        percentiles.add(f64::NAN);
        percentiles.add(42.0);
        for (_, part) in PERCENTILES {
            assert_eq!(percentiles.quantile(part), Some(42.0));
        }
        assert_eq!((percentiles.mean(), percentiles.count()), (Some(42.0), 1));
    }
}
