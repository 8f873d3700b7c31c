//! For programs.

use serde_json::{Value, json};

use crate::report::Report;

impl Report {
    /// The report as JSON: `verdict`, `summary`, the `changelog` entry and every field of [`Report`],
    /// all uses included.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut tree = serde_json::to_value(self).expect("texts, numbers and lists are JSON");
        tree["verdict"] = json!(self.verdict());
        tree["summary"] = json!(self.summary());
        tree["changelog"] = json!(self.changelog());
        tree
    }
}
