//! [`Position`]: where a page begins, and what shows a resumed fetch that the list has moved.

use std::collections::{BTreeSet, VecDeque};

/// The position at which a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    Start,
    Cursor(String),
    /// A cursor with the page before it, which a resumed fetch re-reads.
    After {
        cursor: String,
        previous: PreviousPage,
    },
    Offset(u64),
    /// An offset with the hashes of some records that lie after it, so that a resumed fetch detects deletions before
    /// it: without them, it would silently miss the records that moved to before the offset.
    Anchored {
        offset: u64,
        anchors: Vec<u32>,
    },
}

impl Position {
    /// Returns the cursor to request.
    pub(crate) fn cursor(&self) -> Option<&str> {
        match self {
            Self::Cursor(cursor) | Self::After { cursor, .. } => Some(cursor),
            Self::Start | Self::Offset(_) | Self::Anchored { .. } => None,
        }
    }
}

/// The page before a cursor.
///
/// The cursor of some servers is an offset. If records before it are deleted, later ones move to before it, and a
/// resumed fetch would silently miss them. So it re-reads this page: while the page has a record that it had before,
/// all records before that one were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PreviousPage {
    /// The cursor of the page; `None` for the first one.
    pub(crate) cursor: Option<String>,
    /// The hashes of ids at its beginning and at its end, ascending.
    pub(crate) anchors: Vec<u32>,
    /// The checksum of its ids.
    pub(crate) checksum: u32,
}

impl PreviousPage {
    pub(crate) fn position(&self) -> Position {
        self.cursor
            .clone()
            .map_or(Position::Start, Position::Cursor)
    }
}

/// The maximum number of ids at the end of a page that become anchors: the chance that all of them are deleted is
/// small, and costs only repeated records.
const LAST: usize = 8;

/// The number of ids at its beginning. Insertions before a page leave only these on it, and so does a smaller page size.
const FIRST: usize = 4;

/// The ids of a page, as far as they are needed to recognize it.
#[derive(Debug, Default)]
pub(crate) struct PageIds {
    first: Vec<u32>,
    last: VecDeque<u32>,
    checksum: crc32fast::Hasher,
}

impl PageIds {
    pub(crate) fn add(&mut self, id: &str) {
        let anchor = anchor(id);
        if self.first.len() < FIRST {
            self.first.push(anchor);
        }
        if self.last.len() == LAST {
            self.last.pop_front();
        }
        self.last.push_back(anchor);
        self.checksum.update(&anchor.to_le_bytes());
    }

    /// Returns the anchors of the last ids, at most `count`.
    pub(crate) fn last(&self, count: usize) -> Vec<u32> {
        self.last.iter().rev().take(count).copied().collect()
    }

    /// Returns the page at `here`, which has these ids. If it has none, returns the last page before it that has some.
    pub(crate) fn previous_page(&self, here: &Position) -> Option<PreviousPage> {
        let cursor = match here {
            Position::After { previous, .. } if self.last.is_empty() => {
                return Some(previous.clone());
            }
            _ if self.last.is_empty() => return None,
            Position::Start => None,
            Position::Cursor(cursor) | Position::After { cursor, .. } => Some(cursor.clone()),
            Position::Offset(_) | Position::Anchored { .. } => return None,
        };
        let anchors: BTreeSet<_> = self.first.iter().chain(&self.last).copied().collect();
        Some(PreviousPage {
            cursor,
            anchors: anchors.into_iter().collect(),
            checksum: self.checksum(),
        })
    }

    pub(crate) fn checksum(&self) -> u32 {
        self.checksum.clone().finalize()
    }
}

/// Returns the hash of an id as an anchor: the same in every version of this crate, because checkpoints contain it.
pub(crate) fn anchor(id: &str) -> u32 {
    crc32fast::hash(id.as_bytes())
}
