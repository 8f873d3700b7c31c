//! [`Paging`]: the position of the next page, and detection of paging loops.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

use crate::{
    Error, ErrorKind,
    pager::next_page::{Cursor, NextPage},
    pager::position::{PageIds, Position, PreviousPage, anchor},
    query::version::Tag,
};

/// Follows one sequence of pages and stops it if it loops.
///
/// With offsets, a page overlaps the one before. Insertions make more than the overlap known. Deletions shift later
/// records forward: if any record of the overlap is known, none was missed; if none is, paging steps back until one
/// is.
#[derive(Debug)]
pub(crate) struct Paging {
    version: Tag,
    /// Hashes of the cursors followed so far: eight bytes a page, whatever the length of a cursor.
    seen: HashSet<u64>,
    hasher: RandomState,
    /// The number of records at the start of the requested page that the page before should have contained.
    overlap: usize,
    /// The size of the last step back, while paging steps back.
    step: u64,
    /// The number of steps back since a page further on than all before had a known record.
    steps_back: u32,
    /// The end of the part of the list that is read once more after a step back, as an offset; 0 without one.
    reread_until: u64,
    /// The largest offset of a page that had a known record.
    confirmed: u64,
    /// The anchors of the last position that the fetch did not step back to.
    anchors: Vec<u32>,
    /// The largest next offset followed so far: after a cursor, an offset must be larger.
    furthest: u64,
    /// Whether the fetch was resumed and no page has contained an anchor yet.
    is_unconfirmed: bool,
    /// Whether a resumed fetch reads the list from its beginning, because it found no anchor.
    started_over: bool,
}

/// The maximum overlap in records, and the maximum fraction of a page that it may be.
const MAX_OVERLAP: u64 = 50;
const PART: u64 = 5;

/// The maximum number of steps back without an advance: a list that needs more has no reliable order.
const MAX_STEPS_BACK: u32 = 32;

impl Paging {
    pub(crate) fn new(version: Tag) -> Self {
        Self {
            version,
            seen: HashSet::new(),
            hasher: RandomState::new(),
            overlap: 0,
            step: 0,
            steps_back: 0,
            reread_until: 0,
            confirmed: 0,
            anchors: Vec::new(),
            furthest: 0,
            is_unconfirmed: false,
            started_over: false,
        }
    }

    /// Begins at the first page of a list that does not meet the part read before.
    pub(crate) fn starting_over(version: Tag) -> Self {
        Self {
            started_over: true,
            ..Self::new(version)
        }
    }

    /// Returns whether a resumed fetch reads the list from its beginning, because the list has changed too much.
    pub(crate) fn has_started_over(&self) -> bool {
        self.started_over
    }

    /// Expects one of these anchors on the page to be read.
    pub(crate) fn expect(&mut self, previous: &PreviousPage) {
        self.anchors.clone_from(&previous.anchors);
        self.is_unconfirmed = true;
    }

    /// Resumes at a position: nothing is missing once a page contains one of its anchors.
    pub(crate) fn resume(&mut self, here: &Position) {
        if let Position::Anchored { anchors, .. } = here {
            self.anchors.clone_from(anchors);
            self.is_unconfirmed = true;
        }
    }

    /// Returns whether a record is an anchor of the resumed position.
    pub(crate) fn is_anchor(&self, id: &str) -> bool {
        self.is_unconfirmed && self.anchors.contains(&anchor(id))
    }

    /// Adds to a position what a fetch resumed there needs to notice that the list has moved: `ids` are those of the
    /// page at `here`, which precedes it.
    pub(crate) fn resumable(&mut self, here: &Position, next: Position, ids: &PageIds) -> Position {
        match next {
            Position::Offset(offset) => self.anchored(offset, ids),
            Position::Cursor(cursor) => match ids.previous_page(here) {
                Some(previous) => Position::After { cursor, previous },
                None => Position::Cursor(cursor),
            },
            next => next,
        }
    }

    /// Adds anchors to an offset: those of the last ids of the page before it that lie after it.
    fn anchored(&mut self, offset: u64, ids: &PageIds) -> Position {
        // The pages of a fetch that steps back are not known to be complete.
        if self.step == 0 {
            self.anchors = ids.last(self.overlap);
        }
        if offset == 0 || self.anchors.is_empty() {
            return Position::Offset(offset);
        }
        let anchors = self.anchors.clone();
        Position::Anchored { offset, anchors }
    }

    /// Returns whether the page at `here` repeats what was read before, because the fetch has stepped back.
    pub(crate) const fn is_rereading(&self, here: &Position) -> bool {
        match here {
            Position::Offset(offset) | Position::Anchored { offset, .. } => {
                *offset < self.reread_until
            }
            // How far into the list a cursor leads is unknown.
            Position::Start | Position::Cursor(_) | Position::After { .. } => self.reread_until > 0,
        }
    }

    /// Returns the number of records at the start of the requested page that should be known.
    pub(crate) const fn overlap(&self) -> usize {
        self.overlap
    }

    /// Returns the position after the page at `here`, or `None` at the end. `known` is the number of known records in
    /// the overlap, `received` that of all records of the page.
    ///
    /// v1 has offsets only. v2 and v3 page by cursor, and by offset if the server sends no cursor: on v2, cursors
    /// exist only for projects with chunked streaming. A server may change from one to the other on any page, so a null
    /// cursor ends a list only without the offset of a next page.
    pub(crate) fn next(
        &mut self,
        here: &Position,
        next_page: &NextPage,
        known: usize,
        received: usize,
    ) -> Result<Option<Position>, Error> {
        let requested = match here {
            Position::Start => Some(0),
            Position::Offset(offset) | Position::Anchored { offset, .. } => Some(*offset),
            Position::Cursor(_) | Position::After { .. } => None,
        };
        let must_know = self.overlap > 0 || self.is_unconfirmed;
        if let Some(requested) = requested.filter(|requested| *requested > 0)
            && must_know
        {
            if known == 0 {
                return self.back(requested, received).map(Some);
            }
            if requested > self.confirmed {
                self.confirmed = requested;
                self.steps_back = 0;
            }
        }
        match (self.version, &next_page.cursor, next_page.next_offset) {
            (Tag::V2 | Tag::V3, Cursor::Next(cursor), _) => self.cursor_after(here, cursor),
            // Some servers write "no next page" as 0.
            (_, Cursor::Null, Some(0)) => Ok(None),
            (_, _, next) => self.offset_after(requested, next, received),
        }
    }

    fn cursor_after(&mut self, here: &Position, cursor: &str) -> Result<Option<Position>, Error> {
        self.overlap = 0;
        self.is_unconfirmed = false;
        let repeated =
            here.cursor() == Some(cursor) || !self.seen.insert(self.hasher.hash_one(cursor));
        if repeated {
            return Err(stuck("the server gave a cursor that it had given before"));
        }
        Ok(Some(Position::Cursor(cursor.to_owned())))
    }

    /// Returns the position at the next offset. `requested` is the offset of the page; `None` for a page that was
    /// requested by cursor.
    fn offset_after(
        &mut self,
        requested: Option<u64>,
        next: Option<u64>,
        received: usize,
    ) -> Result<Option<Position>, Error> {
        self.is_unconfirmed = false;
        self.step = 0;
        let Some(next) = next else { return Ok(None) };
        let start = match requested {
            // Some servers name an offset on the last page as well. A page past the end has no records, and if any had
            // been passed over, its overlap would have shown it.
            Some(requested) if next <= requested && requested > 0 && received == 0 => {
                return Ok(None);
            }
            Some(requested) if next <= requested => {
                return Err(stuck(format!(
                    "the server responded to offset {requested} with the next offset {next}"
                )));
            }
            None if next <= self.furthest => {
                return Err(stuck(format!(
                    "the server responded to a cursor with the next offset {next}, which does not lead forward"
                )));
            }
            Some(requested) => requested,
            None => next.saturating_sub(received as u64),
        };
        self.furthest = self.furthest.max(next);
        // A fraction of the records received, not of those requested: a server may send fewer, and paging must still
        // advance.
        let overlap = ((next - start) / PART).min(MAX_OVERLAP);
        self.overlap = usize::try_from(overlap).expect("at most MAX_OVERLAP");
        Ok(Some(Position::Offset(next - overlap)))
    }

    fn back(&mut self, requested: u64, received: usize) -> Result<Position, Error> {
        self.steps_back += 1;
        self.reread_until = self.reread_until.max(requested + received as u64);
        if self.steps_back > MAX_STEPS_BACK {
            return Err(stuck(
                "the list moves while it is read by offset, so that records may be passed over",
            ));
        }
        self.step = (self.step * 2).max(MAX_OVERLAP);
        let back = requested.saturating_sub(self.step);
        self.furthest = self.furthest.min(back);
        if back == 0 {
            self.overlap = 0;
            self.started_over |= self.is_unconfirmed;
            self.is_unconfirmed = false;
        }
        Ok(Position::Offset(back))
    }
}

fn stuck(what: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(
        ErrorKind::Paging,
        what,
        "following it would never end; the records so far are good, the rest is missing. \
         Retry with a narrower time range, or report the correlation id to PolyAI",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(cursor: &str) -> Position {
        Position::Cursor(cursor.into())
    }

    fn next(cursor: &str) -> Cursor {
        Cursor::Next(cursor.into())
    }

    /// Returns the position after the page at `here`, with the whole overlap known.
    fn step(
        paging: &mut Paging,
        here: &Position,
        cursor: Cursor,
        next_offset: Option<u64>,
    ) -> Result<Option<Position>, Error> {
        let next_page = NextPage {
            cursor,
            next_offset,
        };
        let known = paging.overlap();
        paging.next(here, &next_page, known, 5)
    }

    fn of(version: Tag) -> impl FnMut(Position, Cursor, Option<u64>) -> Option<Position> {
        let mut paging = Paging::new(version);
        move |here, cursor, offset| step(&mut paging, &here, cursor, offset).unwrap()
    }

    #[test]
    fn v1_follows_offsets_with_an_overlap_and_ignores_cursors() {
        let mut step = of(Tag::V1);
        let offset = Position::Offset;
        assert_eq!(
            step(Position::Start, Cursor::Absent, Some(5)),
            Some(offset(4))
        );
        assert_eq!(step(offset(4), next("c"), Some(9)), Some(offset(8)));
        assert_eq!(
            step(offset(8), Cursor::Absent, Some(1008)),
            Some(offset(958))
        );
        assert_eq!(step(offset(958), Cursor::Absent, None), None);
        // Too few records to request one of them twice.
        assert_eq!(
            step(Position::Start, Cursor::Absent, Some(4)),
            Some(offset(4))
        );
    }

    #[test]
    fn v3_follows_cursors_to_the_null_and_the_offset_that_follows_it() {
        let mut step = of(Tag::V3);
        assert_eq!(step(Position::Start, next("a"), Some(5)), Some(at("a")));
        assert_eq!(step(at("a"), next("b"), None), Some(at("b")));
        assert_eq!(
            step(at("b"), Cursor::Null, Some(15)),
            Some(Position::Offset(14))
        );
        assert_eq!(step(Position::Offset(14), next("c"), None), Some(at("c")));
        assert_eq!(step(at("c"), Cursor::Null, None), None);
    }

    #[test]
    fn a_server_without_cursors_is_followed_by_offset() {
        for version in [Tag::V2, Tag::V3] {
            let mut step = of(version);
            assert_eq!(
                step(Position::Start, Cursor::Absent, Some(5)),
                Some(Position::Offset(4))
            );
            assert_eq!(step(Position::Offset(4), Cursor::Absent, None), None);
        }
    }

    #[test]
    fn a_null_cursor_ends_a_list_without_a_next_offset_only() {
        for version in [Tag::V2, Tag::V3] {
            let mut step = of(version);
            let offset = Position::Offset;
            assert_eq!(
                step(Position::Start, Cursor::Null, Some(5)),
                Some(offset(4))
            );
            assert_eq!(step(offset(4), Cursor::Null, Some(9)), Some(offset(8)));
            assert_eq!(step(offset(8), Cursor::Null, None), None);
            assert_eq!(step(at("a"), Cursor::Null, None), None);
            assert_eq!(step(at("a"), Cursor::Null, Some(0)), None);
            assert_eq!(step(Position::Start, Cursor::Null, Some(0)), None);
        }
    }

    #[test]
    fn a_cursor_given_before_is_an_error_even_after_a_round() {
        let mut paging = Paging::new(Tag::V3);
        for (here, cursor) in [(Position::Start, "a"), (at("a"), "b")] {
            assert!(step(&mut paging, &here, next(cursor), None).is_ok());
        }
        let error = step(&mut paging, &at("b"), next("a"), None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Paging);
        let error = step(&mut Paging::new(Tag::V3), &at("a"), next("a"), None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Paging);
    }

    #[test]
    fn an_offset_that_does_not_grow_is_an_error() {
        for (here, offset) in [
            (Position::Start, 0),
            (Position::Offset(5), 5),
            (Position::Offset(5), 4),
            (at("a"), 0),
        ] {
            let mut paging = Paging::new(Tag::V2);
            let error = step(&mut paging, &here, Cursor::Absent, Some(offset)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Paging);
        }
    }

    #[test]
    fn where_nothing_of_the_overlap_is_known_the_walk_steps_back_until_something_is() {
        let mut paging = Paging::new(Tag::V1);
        let mut next = |here: u64, next_offset, known| {
            let next_page = NextPage {
                cursor: Cursor::Absent,
                next_offset,
            };
            paging
                .next(&Position::Offset(here), &next_page, known, 1000)
                .unwrap()
        };
        let offset = |at| Some(Position::Offset(at));
        assert_eq!(next(0, Some(1000), 0), offset(950));
        // After this many deletions, even the overlap contains no known record.
        assert_eq!(next(950, Some(1950), 0), offset(900));
        assert_eq!(next(900, Some(1900), 0), offset(800));
        assert_eq!(next(800, Some(1800), 3), offset(1750));
        // This position is past the end, and must not be taken for the end.
        assert_eq!(next(1750, None, 0), offset(1700));
        assert_eq!(next(1700, None, 50), None);
    }

    #[test]
    fn steps_back_that_found_a_known_record_do_not_add_up() {
        let mut paging = Paging::new(Tag::V1);
        let mut next = |here: u64, known| {
            let next_page = NextPage {
                cursor: Cursor::Absent,
                next_offset: Some(here + 1000),
            };
            match paging.next(&Position::Offset(here), &next_page, known, 1000) {
                Ok(Some(Position::Offset(next))) => next,
                other => panic!("{other:?}"),
            }
        };
        let mut here = next(0, 0);
        for _ in 0..100 {
            let back = next(here, 0);
            assert_eq!(back, here - MAX_OVERLAP);
            here = next(back, 3);
        }
    }

    #[test]
    fn a_list_without_any_order_is_an_error_and_no_endless_walk() {
        let mut paging = Paging::new(Tag::V1);
        let mut here = Position::Start;
        for _ in 0..100 {
            let requested = match &here {
                Position::Offset(at) => *at,
                _ => 0,
            };
            let next_page = NextPage {
                cursor: Cursor::Absent,
                next_offset: Some(requested + 1000),
            };
            match paging.next(&here, &next_page, 0, 1000) {
                Ok(next) => here = next.unwrap(),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Paging);
                    return;
                }
            }
        }
        panic!("the pager never ended");
    }
}
