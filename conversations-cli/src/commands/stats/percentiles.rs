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

/// A summary of numbers in constant memory (DDSketch). Each percentile is within one percent of the exact one;
/// minimum, maximum and mean are exact.
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
    pub(crate) fn quantile(&self, part: f64) -> Option<f64> {
        let found = self.0.quantile(part).ok()??;
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
    fn a_percentile_is_within_one_per_cent_of_the_exact_one() {
        let mut percentiles = Percentiles::default();
        let mut numbers: Vec<f64> = (0..20_000_u32)
            .map(|n| f64::from(n.wrapping_mul(2_654_435_761) % 100_000) / 100.0)
            .collect();
        numbers.iter().for_each(|number| percentiles.add(*number));
        numbers.sort_by(f64::total_cmp);
        for (name, part) in PERCENTILES {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "an index"
            )]
            let index = (part * 19_999.0) as usize;
            let (exact, found) = (numbers[index], percentiles.quantile(part).unwrap());
            assert!(
                (found - exact).abs() <= exact * 0.0101,
                "{name}: {found}, {exact}"
            );
        }
        assert_eq!(percentiles.max(), numbers.last().copied());
        assert_eq!(percentiles.count(), 20_000);
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
