//! Renders the report as JSON.

use serde_json::{Value, json};

use crate::report::Report;

impl Report {
    /// Renders the report as JSON: `verdict`, `summary`, the `changelog` entry and every field of
    /// [`Report`], including all uses.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut tree = serde_json::to_value(self).expect("texts, numbers and lists are JSON");
        tree["verdict"] = json!(self.verdict());
        tree["summary"] = json!(self.summary());
        tree["changelog"] = json!(self.changelog());
        tree
    }
}
