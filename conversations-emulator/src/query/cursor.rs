//! Cursors: opaque text that marks the end of a page.
//!
//! A cursor contains the key of the last conversation of its page instead of a count, so it stays valid
//! when conversations are added or removed. It also contains a hash of itself together with the
//! request's path, filters and retrieval mode: a cursor that was altered or that belongs to another
//! query is rejected as malformed.

use std::hash::{Hash, Hasher};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::hash::Fnv;
use crate::query::filters::Filters;
use crate::query::retrieval::Retrieval;
use crate::response::problem::{Problem, unreadable};
use crate::route::Route;

/// A position in the results, directly after one conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) rank: u64,
    pub(crate) started_at: i64,
    pub(crate) id: String,
    /// Number of conversations up to and including this one, from the first page.
    pub(crate) passed: u64,
}

/// The hash of what a cursor belongs to.
#[derive(Clone)]
pub(crate) struct Binding(u64);

impl Binding {
    pub(crate) fn new(route: &Route, filters: &Filters, retrieval: &Retrieval) -> Self {
        let mut fnv = Fnv::default();
        (route, filters, retrieval).hash(&mut fnv);
        Self(fnv.finish())
    }

    pub(crate) fn encode(&self, position: &Position) -> String {
        let mut bytes = Vec::with_capacity(HEAD + position.id.len());
        bytes.extend(position.rank.to_be_bytes());
        bytes.extend(position.started_at.to_be_bytes());
        bytes.extend(position.passed.to_be_bytes());
        bytes.extend(position.id.as_bytes());
        let seal = self.seal(&bytes);
        bytes.extend(seal);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(crate) fn decode(&self, cursor: &str) -> Result<Position, Problem> {
        let position = URL_SAFE_NO_PAD
            .decode(cursor)
            .ok()
            .and_then(|bytes| self.unseal(&bytes));
        position.ok_or_else(|| {
            unreadable(
                "cursor is malformed; send the one of the previous page, with every filter unchanged",
            )
        })
    }

    fn unseal(&self, bytes: &[u8]) -> Option<Position> {
        let (bytes, seal) = bytes.split_last_chunk::<8>()?;
        if *seal != self.seal(bytes) {
            return None;
        }
        let (rank, bytes) = bytes.split_first_chunk()?;
        let (started_at, bytes) = bytes.split_first_chunk()?;
        let (passed, id) = bytes.split_first_chunk()?;
        Some(Position {
            rank: u64::from_be_bytes(*rank),
            started_at: i64::from_be_bytes(*started_at),
            passed: u64::from_be_bytes(*passed),
            id: std::str::from_utf8(id).ok()?.into(),
        })
    }

    fn seal(&self, bytes: &[u8]) -> [u8; 8] {
        let mut fnv = Fnv::default();
        fnv.write_u64(self.0);
        fnv.write(bytes);
        fnv.finish().to_be_bytes()
    }
}

/// The bytes of a cursor before the id.
const HEAD: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_decodes_to_its_position_only_under_its_own_binding(
            binding in any::<u64>(),
            other in any::<u64>(),
            rank in any::<u64>(),
            started_at in any::<i64>(),
            passed in any::<u64>(),
            id in "[A-Za-z0-9é-]{0,40}",
        ) {
            let position = Position { rank, started_at, id, passed };
            let cursor = Binding(binding).encode(&position);
            prop_assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            prop_assert_eq!(Binding(binding).decode(&cursor).unwrap(), position);
            prop_assume!(binding != other);
            prop_assert!(Binding(other).decode(&cursor).is_err());
        }

        #[test]
        fn no_text_makes_decoding_panic(text in ".{0,60}") {
            prop_assert!(Binding(0).decode(&text).is_err());
        }
    }
}
