//! [`Places`]: the cursors that resume after recent responses.

use std::collections::VecDeque;

/// The maximum number of responses remembered, a few hundred bytes each.
const MOST: usize = 256;

/// The end positions of the last responses, oldest first.
#[derive(Default)]
pub(super) struct Places(VecDeque<Place>);

struct Place {
    question: String,
    offset: u64,
    cursor: String,
}

impl Places {
    pub(super) fn cursor(&self, question: &str, offset: u64) -> Option<String> {
        let mut newest_first = self.0.iter().rev();
        newest_first
            .find(|place| place.offset == offset && place.question == question)
            .map(|place| place.cursor.clone())
    }

    pub(super) fn remember(&mut self, question: String, offset: u64, cursor: String) {
        self.0
            .retain(|place| place.offset != offset || place.question != question);
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(Place {
            question,
            offset,
            cursor,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_answers_are_remembered_and_no_more() {
        let mut places = Places::default();
        for offset in 0..=MOST as u64 {
            places.remember("q".into(), offset, format!("c{offset}"));
        }
        assert_eq!(places.cursor("q", 0), None);
        assert_eq!(places.cursor("q", 1).as_deref(), Some("c1"));
        assert_eq!(places.cursor("other", 1), None);
        places.remember("q".into(), 1, "new".into());
        assert_eq!(places.cursor("q", 1).as_deref(), Some("new"));
        assert_eq!(places.0.len(), MOST);
    }
}
