//! [`DetailedRecord`]: a listed record with the fields of its detail.

use conversations_api_ext::{Client, ErrorKind, Record};

use crate::failure::Failure;
use crate::records::details;

/// A record of the list, and the same with the fields of its detail.
pub(super) struct DetailedRecord {
    pub(super) listed: Record,
    /// `None` if details were not requested, or cannot be had.
    pub(super) enriched: Option<Record>,
}

impl DetailedRecord {
    pub(super) const fn without(listed: Record) -> Self {
        let enriched = None;
        Self { listed, enriched }
    }

    /// Requests the detail of a record.
    pub(super) async fn request(client: &Client, listed: Record) -> Result<Self, Failure> {
        let detail = match details::request(client, listed.id()).await {
            Ok(detail) => detail,
            // The id cannot be part of a URL, or the detail has an unexpected form: the record of the list is still good.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::InvalidInput | ErrorKind::MalformedRecord
                ) =>
            {
                None
            }
            // Of a resumed run, the caller takes a rejection for one of the cursor, and would start over.
            Err(error) if error.kind() == ErrorKind::BadRequest => {
                return Err(Failure::server(error.to_string()));
            }
            Err(error) => return Err(error.into()),
        };
        let enriched = detail.map(|detail| details::enriched(&listed, &detail));
        let enriched = enriched.transpose()?;
        Ok(Self { listed, enriched })
    }
}
