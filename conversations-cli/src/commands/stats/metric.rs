//! [`Metric`]: a custom metric of the agent, counted by its values.

use std::borrow::Cow;

use super::counter::Counter;
use super::percentiles::Percentiles;

/// A requested metric.
#[derive(Debug)]
pub(crate) struct Metric {
    pub(crate) name: String,
    pub(crate) conversations: u64,
    pub(crate) values: Counter,
    pub(crate) numbers: Percentiles,
    /// Whether some value is not a number.
    pub(crate) has_text: bool,
}

impl Metric {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            conversations: 0,
            values: Counter::default(),
            numbers: Percentiles::default(),
            has_text: false,
        }
    }

    /// Adds the values of a conversation. It counts once for each distinct value.
    pub(crate) fn add<'v>(&mut self, values: impl Iterator<Item = Cow<'v, str>>) {
        self.conversations += 1;
        let mut different: Vec<_> = values.collect();
        different.sort();
        different.dedup();
        for value in &different {
            self.values.add(named(Some(value)));
            match value.trim().parse() {
                Ok(number) => self.numbers.add(number),
                Err(_) => self.has_text = true,
            }
        }
    }
}

/// Returns the label of a value, also of an absent one.
pub(crate) fn named(value: Option<&str>) -> &str {
    value
        .filter(|value| !value.trim().is_empty())
        .unwrap_or("(none)")
}
