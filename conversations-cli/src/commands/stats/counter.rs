//! [`Counter`]: counts occurrences of values, in bounded memory.

use std::collections::HashMap;

/// Maximum number of distinct values; later ones are counted together.
const MOST: usize = 10_000;
/// Maximum number of characters of a value that are compared.
const LONGEST: usize = 120;

/// Counts by value.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    counts: HashMap<String, u64>,
    /// The number of occurrences of values beyond the maximum.
    overflow: u64,
}

impl Counter {
    pub(crate) fn add(&mut self, value: &str) {
        let value = shortened(value);
        if let Some(count) = self.counts.get_mut(value) {
            *count += 1;
        } else if self.counts.len() < MOST {
            self.counts.insert(value.to_owned(), 1);
        } else {
            self.overflow += 1;
        }
    }

    /// Returns values and counts, the most frequent first, equal ones by name.
    pub(crate) fn sorted(&self) -> Vec<(String, u64)> {
        let counts = self.counts.iter();
        let mut sorted: Vec<_> = counts.map(|(name, count)| (name.clone(), *count)).collect();
        sorted.sort_by(|(one, a), (other, b)| b.cmp(a).then_with(|| one.cmp(other)));
        sorted
    }

    pub(crate) const fn overflow(&self) -> u64 {
        self.overflow
    }
}

/// Returns the part of a value that is compared.
pub(crate) fn shortened(value: &str) -> &str {
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => &value[..end],
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_comes_first() {
        let mut counter = Counter::default();
        for value in ["b", "a", "c", "c"] {
            counter.add(value);
        }
        let sorted = counter.sorted();
        let names: Vec<_> = sorted
            .iter()
            .map(|(name, count)| (&**name, *count))
            .collect();
        assert_eq!(names, [("c", 2), ("a", 1), ("b", 1)]);
    }

    #[test]
    fn the_number_of_distinct_values_is_limited() {
        let mut counter = Counter::default();
        for value in 0..MOST + 5 {
            counter.add(&value.to_string());
        }
        counter.add("0");
        counter.add(&"é".repeat(LONGEST + 1));
        assert_eq!((counter.sorted().len(), counter.overflow()), (MOST, 6));
        assert_eq!(counter.sorted()[0], ("0".to_owned(), 2));
    }
}
