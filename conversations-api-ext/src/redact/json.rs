//! Splits JSON and writes it again, preserving order and format.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_json::value::RawValue;

use crate::record::fields::Fields;

/// Writes a JSON string with its text masked.
pub(super) fn text(raw: &RawValue, mask: impl Fn(&str) -> String, out: &mut String) {
    match serde_json::from_str::<Cow<'_, str>>(raw.get()) {
        Ok(text) => string(&mask(&text), out),
        // Escapes that are no valid character: the text cannot be parsed, so it is dropped.
        Err(_) => out.push_str("\"\""),
    }
}

/// Writes a JSON string.
pub(super) fn string(text: &str, out: &mut String) {
    let json = serde_json::to_string(text);
    out.push_str(&json.expect("a text is always JSON"));
}

/// The keys of an object as written: two that are masked to the same text would be one field to most readers.
#[derive(Default)]
pub(super) struct Keys {
    written: HashSet<String>,
    /// How many keys were masked to a text that was written before. Objects have thousands of keys.
    repeats: HashMap<String, usize>,
}

impl Keys {
    pub(super) fn write(&mut self, original: &str, mut masked: String, out: &mut String) {
        // A key that occurs twice in the original is kept twice.
        if masked != original && self.written.contains(&masked) {
            let repeats = self.repeats.entry(masked.clone()).or_default();
            masked = loop {
                *repeats += 1;
                let distinct = format!("{masked}{}", marks(*repeats));
                if !self.written.contains(&distinct) {
                    break distinct;
                }
            };
        }
        string(&masked, out);
        self.written.insert(masked);
    }
}

/// Returns the `number`-th text of punctuation marks, which masking the result again leaves as they are.
fn marks(mut number: usize) -> String {
    let mut marks = String::new();
    while number > 0 {
        number -= 1;
        marks.push(if number.is_multiple_of(2) { '\'' } else { '-' });
        number /= 2;
    }
    marks
}

/// Returns the items of a list; empty if it is no list.
pub(super) fn items(raw: &RawValue) -> Vec<&RawValue> {
    serde_json::from_str(raw.get()).unwrap_or_default()
}

/// Returns the fields of an object in order; empty if it is no object.
pub(super) fn fields(raw: &RawValue) -> Vec<(Cow<'_, str>, &RawValue)> {
    let fields: Option<Fields<'_>> = serde_json::from_str(raw.get()).ok();
    fields.map(|fields| fields.0).unwrap_or_default()
}
