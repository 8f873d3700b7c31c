//! [`CursorCache`]: the cursors that resume after recent responses.

use std::collections::VecDeque;

/// The maximum number of responses remembered, a few hundred bytes each.
const MOST: usize = 256;

/// The end positions of the last responses, oldest first.
#[derive(Default)]
pub(super) struct CursorCache(VecDeque<Entry>);

struct Entry {
    fingerprint: String,
    offset: u64,
    cursor: String,
}

impl CursorCache {
    pub(super) fn cursor(&self, fingerprint: &str, offset: u64) -> Option<String> {
        let mut newest_first = self.0.iter().rev();
        newest_first
            .find(|entry| entry.offset == offset && entry.fingerprint == fingerprint)
            .map(|entry| entry.cursor.clone())
    }

    pub(super) fn remember(&mut self, fingerprint: String, offset: u64, cursor: String) {
        self.0
            .retain(|entry| entry.offset != offset || entry.fingerprint != fingerprint);
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(Entry {
            fingerprint,
            offset,
            cursor,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_responses_are_remembered_and_no_more() {
        let mut cursors = CursorCache::default();
        for offset in 0..=MOST as u64 {
            cursors.remember("q".into(), offset, format!("c{offset}"));
        }
        assert_eq!(cursors.cursor("q", 0), None);
        assert_eq!(cursors.cursor("q", 1).as_deref(), Some("c1"));
        assert_eq!(cursors.cursor("other", 1), None);
        cursors.remember("q".into(), 1, "new".into());
        assert_eq!(cursors.cursor("q", 1).as_deref(), Some("new"));
        assert_eq!(cursors.0.len(), MOST);
    }
}
