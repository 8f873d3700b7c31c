//! Which quirks the detail of one conversation has.

use std::collections::BTreeSet;

use crate::behavior::quirk::Quirk;
use crate::hash::mix;

/// The quirks of one detail: those selected, or by default some of them, the same each time.
pub(crate) struct DetailQuirks<'a> {
    pub(crate) selected: Option<&'a BTreeSet<Quirk>>,
    pub(crate) draw: u64,
}

impl DetailQuirks<'_> {
    /// Whether the detail has a quirk, which by default `percent` of all details have.
    pub(crate) fn has(&self, quirk: Quirk, percent: u64) -> bool {
        match self.selected {
            Some(selected) => selected.contains(&quirk),
            None => mix(self.draw ^ mix(quirk as u64 + 1)) % 100 < percent,
        }
    }

    /// One of two quirks that exclude each other; the draw decides if the detail would have both.
    pub(crate) fn either(&self, one: Quirk, other: Quirk, percent: u64) -> Option<Quirk> {
        match (self.has(one, percent), self.has(other, percent)) {
            (true, true) => Some(if self.draw.is_multiple_of(2) {
                one
            } else {
                other
            }),
            (true, false) => Some(one),
            (false, true) => Some(other),
            (false, false) => None,
        }
    }
}
