//! Where the next page begins, and whether it leads forward.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

use crate::{Error, ErrorKind, decode::Cursor, version::Tag};

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    Start,
    Cursor(String),
    Offset(u64),
}

/// Follows one sequence of pages and stops it when it goes round in circles.
#[derive(Debug, Default)]
pub(crate) struct Paging {
    /// Hashes of the cursors followed so far: eight bytes a page, whatever the
    /// length of a cursor.
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl Paging {
    /// The position after the page at `here`, or `None` at the end.
    ///
    /// v1 has offsets only. v2 and v3 page by cursor, and by offset where the
    /// server sends no cursor key: on v2 cursors exist only for projects with
    /// chunked streaming. A null cursor is the end, except that a v2 server
    /// without cursors may send it together with an offset to go on from.
    pub(crate) fn next(
        &mut self,
        version: Tag,
        here: &Position,
        cursor: Cursor,
        next_offset: Option<u64>,
    ) -> Result<Option<Position>, Error> {
        match (version, cursor) {
            (Tag::V1, _) | (_, Cursor::Absent) => offset_after(here, next_offset),
            (_, Cursor::Next(cursor)) => self.cursor_after(here, cursor),
            (Tag::V2, Cursor::Null) if !matches!(here, Position::Cursor(_)) => {
                offset_after(here, next_offset)
            }
            (_, Cursor::Null) => Ok(None),
        }
    }

    fn cursor_after(&mut self, here: &Position, cursor: String) -> Result<Option<Position>, Error> {
        let repeated = matches!(here, Position::Cursor(asked) if *asked == cursor)
            || !self.seen.insert(self.hasher.hash_one(&cursor));
        if repeated {
            return Err(stuck("the server gave a cursor that it had given before"));
        }
        Ok(Some(Position::Cursor(cursor)))
    }
}

fn offset_after(here: &Position, next: Option<u64>) -> Result<Option<Position>, Error> {
    let Some(next) = next else { return Ok(None) };
    let asked = match here {
        Position::Start => 0,
        Position::Offset(asked) => *asked,
        Position::Cursor(_) => {
            return Err(stuck(
                "the server went from cursors to offsets between two pages",
            ));
        }
    };
    if next <= asked {
        return Err(stuck(format!(
            "the server answered offset {asked} with the next offset {next}"
        )));
    }
    Ok(Some(Position::Offset(next)))
}

fn stuck(what: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(
        ErrorKind::Paging,
        what,
        "following it would never end; the records so far are good, the rest is missing. \
         Narrow the time range and ask again, or report the correlation id to PolyAI",
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

    #[test]
    fn v1_follows_offsets_and_ignores_cursors() {
        let mut paging = Paging::default();
        let mut step = |here, cursor, offset| paging.next(Tag::V1, &here, cursor, offset).unwrap();
        assert_eq!(
            step(Position::Start, Cursor::Absent, Some(5)),
            Some(Position::Offset(5))
        );
        assert_eq!(
            step(Position::Offset(5), next("c"), Some(10)),
            Some(Position::Offset(10))
        );
        assert_eq!(step(Position::Offset(10), Cursor::Absent, None), None);
    }

    #[test]
    fn v3_follows_cursors_to_the_null_whatever_the_offset_says() {
        let mut paging = Paging::default();
        let mut step = |here, cursor, offset| paging.next(Tag::V3, &here, cursor, offset).unwrap();
        assert_eq!(step(Position::Start, next("a"), Some(5)), Some(at("a")));
        assert_eq!(step(at("a"), next("b"), None), Some(at("b")));
        assert_eq!(step(at("b"), Cursor::Null, Some(15)), None);
        assert_eq!(step(Position::Start, Cursor::Null, Some(15)), None);
    }

    #[test]
    fn a_server_without_cursors_is_followed_by_offset() {
        let mut paging = Paging::default();
        for version in [Tag::V2, Tag::V3] {
            let mut step =
                |here, offset| paging.next(version, &here, Cursor::Absent, offset).unwrap();
            assert_eq!(step(Position::Start, Some(5)), Some(Position::Offset(5)));
            assert_eq!(step(Position::Offset(5), None), None);
        }
    }

    #[test]
    fn on_v2_a_null_cursor_ends_a_cursor_sequence_only() {
        let mut paging = Paging::default();
        let mut step = |here, cursor, offset| paging.next(Tag::V2, &here, cursor, offset).unwrap();
        assert_eq!(
            step(Position::Start, Cursor::Null, Some(5)),
            Some(Position::Offset(5))
        );
        assert_eq!(step(Position::Offset(5), Cursor::Null, None), None);
        assert_eq!(step(at("a"), Cursor::Null, Some(5)), None);
    }

    #[test]
    fn a_cursor_given_before_is_an_error_even_after_a_round() {
        let mut paging = Paging::default();
        assert!(
            paging
                .next(Tag::V3, &Position::Start, next("a"), None)
                .is_ok()
        );
        assert!(paging.next(Tag::V3, &at("a"), next("b"), None).is_ok());
        let error = paging.next(Tag::V3, &at("b"), next("a"), None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Paging);
        let error = Paging::default()
            .next(Tag::V3, &at("a"), next("a"), None)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Paging);
    }

    #[test]
    fn an_offset_that_does_not_grow_is_an_error() {
        for (here, offset) in [
            (Position::Start, 0),
            (Position::Offset(5), 5),
            (Position::Offset(5), 4),
            (at("a"), 9),
        ] {
            let error = Paging::default()
                .next(Tag::V2, &here, Cursor::Absent, Some(offset))
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Paging);
        }
    }
}
