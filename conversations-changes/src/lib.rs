//! Says what moved between two API documents: on the wire, in the generated Rust, and in this tree.
mod change;
mod check;
mod compare;
mod history;
mod pairing;
mod place;
mod spec;

pub use change::Change;
pub use check::{Check, Level, Side, check, checks};
pub use history::{Revision, Seen};
pub use place::Place;

use serde_json::Value;

/// Every difference from `old` to `new`, the most severe first.
#[must_use]
pub fn changes(old: &Value, new: &Value, history: &[Revision]) -> Vec<Change> {
    let mut changes = compare::compare(old, new);
    history::mark(&mut changes, new, history);
    changes
}
