//! [`FieldSpans`]: the positions of the recorded fields of a record, and [`Key`], which finds their names.

use std::ops::Range;

/// The names of the fields whose positions are recorded, in the order of [`FieldSpans`].
const NAMES: [&[u8]; 3] = [b"id", b"started_at", b"in_progress"];
const ID: usize = 0;
const STARTED_AT: usize = 1;
const IN_PROGRESS: usize = 2;

/// The positions of a record's id, start time and status, counted from its first byte.
#[derive(Debug, Clone, Default)]
pub(crate) struct FieldSpans {
    pub(super) spans: [Option<Range<usize>>; NAMES.len()],
    /// A key of the record has escapes, so it may be one of the names.
    pub(super) has_escaped_key: bool,
}

impl FieldSpans {
    /// Returns whether a key of the record has escapes, so that its fields must be searched for.
    pub(crate) const fn has_escaped_key(&self) -> bool {
        self.has_escaped_key
    }

    pub(crate) fn id(&self) -> Option<Range<usize>> {
        self.spans[ID].clone()
    }

    pub(crate) fn started_at(&self) -> Option<Range<usize>> {
        self.spans[STARTED_AT].clone()
    }

    pub(crate) fn in_progress(&self) -> Option<Range<usize>> {
        self.spans[IN_PROGRESS].clone()
    }
}

/// The start of a key at the top level of a record: enough to compare it with the names.
#[derive(Debug, Default)]
pub(super) struct Key {
    bytes: [u8; 12],
    pub(super) length: usize,
}

impl Key {
    pub(super) fn add(&mut self, part: &[u8]) {
        if let Some(room) = self.bytes.get_mut(self.length..) {
            let fits = part.len().min(room.len());
            room[..fits].copy_from_slice(&part[..fits]);
        }
        self.length += part.len();
    }

    pub(super) fn name(&self) -> Option<usize> {
        let text = self.bytes.get(..self.length)?;
        NAMES.iter().position(|name| *name == text)
    }
}
