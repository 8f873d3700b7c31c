//! The body of a page.

use crate::descriptions::DESCRIPTIONS;
use crate::select::Selection;
use crate::view::View;

/// What stands beside the conversations of a page.
#[derive(Debug)]
pub(crate) enum Envelope {
    /// v1: descriptions, and `next_offset` unless the page is the last.
    V1,
    /// v2 without cursors: `next_offset` unless the page is the last.
    Offset,
    /// v3, and v2 with cursors: the same and `cursor`, which is null on the last page.
    Cursor(Option<String>),
}

pub(crate) fn body(selection: &Selection<'_>, view: &View, envelope: &Envelope) -> Vec<u8> {
    let records: usize = selection
        .entries
        .iter()
        .map(|entry| entry.raw.len() + 1)
        .sum();
    let mut out = Vec::with_capacity(records + DESCRIPTIONS.len() + 256);
    out.extend_from_slice(b"{\"conversations\":[");
    for (index, entry) in selection.entries.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        view.write(entry, &mut out);
    }
    out.push(b']');
    if matches!(envelope, Envelope::V1) {
        out.extend_from_slice(b",\"descriptions\":");
        out.extend_from_slice(DESCRIPTIONS.as_bytes());
    }
    if let Some(next) = &selection.next {
        out.extend_from_slice(format!(",\"next_offset\":{}", next.passed).as_bytes());
    }
    match envelope {
        Envelope::Cursor(None) => out.extend_from_slice(b",\"cursor\":null"),
        // The alphabet of cursors needs no escaping.
        Envelope::Cursor(Some(cursor)) => {
            out.extend_from_slice(format!(",\"cursor\":\"{cursor}\"").as_bytes());
        }
        Envelope::V1 | Envelope::Offset => {}
    }
    out.push(b'}');
    out
}
