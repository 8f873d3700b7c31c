//! [`FetchedPage`] and [`PageMetadata`]: a page that was read to the end.

use std::time::Duration;

use reqwest::header::HeaderMap;

use crate::{
    Error,
    pager::position::{PageIds, Position},
};

/// A page that was read to the end.
pub(crate) struct FetchedPage {
    pub(crate) metadata: PageMetadata,
    pub(super) ids: PageIds,
    /// The number of its records that were known and expected.
    pub(super) known: usize,
    /// Where to resume if there is no next page because of an error: at this page, or at the start of a list that has
    /// changed its order.
    pub(crate) again: Position,
    /// The position of the next page, or the reason why it cannot be requested.
    pub(crate) next: Result<Option<Position>, Error>,
}

/// The metadata of a page.
#[derive(Clone)]
pub(crate) struct PageMetadata {
    pub(crate) number: u64,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) correlation_id: Option<String>,
    pub(crate) cursor: Option<String>,
    pub(crate) next_offset: Option<u64>,
    pub(crate) elapsed: Duration,
    /// The time from sending its last request to the head of the response.
    pub(crate) first_byte: Duration,
    pub(crate) attempts: u32,
    pub(crate) body_len: usize,
    /// The stable hashes of the ids that were skipped because they started outside the time range.
    pub(crate) outside_range: Vec<u64>,
    pub(crate) duplicates: usize,
    pub(crate) conflicts: usize,
    /// Whether a resumed fetch reads the list from its beginning.
    pub(crate) started_over: bool,
}
