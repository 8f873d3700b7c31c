//! [`plural`]: a number with its noun.

use std::fmt::{self, Display};

use indicatif::HumanCount;

/// Formats a count with a regular noun: `1 conversation`, `12,345 conversations`.
pub(crate) const fn plural(count: u64, noun: &'static str) -> Plural {
    Plural { count, noun }
}

/// A number with its noun, in singular or plural.
pub(crate) struct Plural {
    count: u64,
    noun: &'static str,
}

impl Display for Plural {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ending = if self.count == 1 { "" } else { "s" };
        write!(f, "{} {}{ending}", HumanCount(self.count), self.noun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_agree_with_their_numbers() {
        let of = |count| plural(count, "conversation").to_string();
        assert_eq!(of(0), "0 conversations");
        assert_eq!(of(1), "1 conversation");
        assert_eq!(of(12_345), "12,345 conversations");
    }
}
