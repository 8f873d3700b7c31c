//! [`DetailedRecord`]: a listed record with the fields of its detail.

use conversations_api_ext::{Client, ErrorKind, Record};

use crate::records::details;
use crate::records::failed_requests::FailedRequest;

/// A record of the list, and the same with the fields of its detail.
pub(super) struct DetailedRecord {
    pub(super) listed: Record,
    /// `None` if details were not requested, or there are none.
    pub(super) enriched: Option<Record>,
    /// Why the request for the details failed.
    pub(super) failed: Option<FailedRequest>,
    /// The index of the environment, and the number of the page in it, that the record is in.
    pub(super) page: (usize, u64),
}

impl DetailedRecord {
    pub(super) const fn without(listed: Record, page: (usize, u64)) -> Self {
        Self {
            listed,
            enriched: None,
            failed: None,
            page,
        }
    }

    /// Requests the detail of a record.
    pub(super) async fn request(client: &Client, listed: Record, page: (usize, u64)) -> Self {
        let mut this = Self::without(listed, page);
        match details::request(client, this.listed.id()).await {
            Ok(Some(detail)) => this.enriched = details::enriched(&this.listed, &detail),
            Ok(None) => {}
            // The id cannot be part of a URL: the record of the list is still good.
            Err(error) if error.kind() == ErrorKind::InvalidInput => {}
            Err(error) => this.failed = Some((&error).into()),
        }
        this
    }
}
