//! One page: asked for, received, taken apart.

use std::{sync::Arc, time::Instant};

use conversations_api::ResponseValue;
use reqwest::StatusCode;

use crate::{
    Error, Page,
    decode::{self, Cursor},
    failure,
    paging::Position,
    place::{Origin, Place},
    query::Spec,
    request::Clients,
    stream::read_all,
    transport::{self, Timeouts},
};

/// What a client holds: shared by its clones and by every stream it started.
pub(crate) struct Link {
    pub(crate) origin: Arc<Origin>,
    pub(crate) clients: Clients,
    pub(crate) timeouts: Timeouts,
}

/// A page, and what it says of the next.
pub(crate) struct Fetched {
    pub(crate) page: Page,
    pub(crate) cursor: Cursor,
}

impl Link {
    /// Asks for the page at `position` once. Nothing outside this function knows
    /// of HTTP, and calling it again with the same arguments asks again: the
    /// place to put a retry around.
    pub(crate) async fn fetch(
        &self,
        spec: &Spec,
        position: &Position,
        number: u64,
    ) -> Result<Fetched, Error> {
        let place = Place::new(Arc::clone(&self.origin), spec.version);
        let asked = Instant::now();
        let answer = match self.clients.send(&self.origin, spec, position).await {
            Ok(answer) => answer,
            Err(error) => return Err(transport::failed(error, &place, self.timeouts).await),
        };
        let (status, headers) = (answer.status(), answer.headers().clone());
        let announced = answer.content_length();
        let body = read_all(ResponseValue::into_inner(answer), announced)
            .await
            .map_err(|(received, error)| {
                transport::broken_body(error, status, &headers, received, &place, self.timeouts)
            })?;
        // Any other success would have come as an error; this is for a document
        // that lists one some day.
        if status != StatusCode::OK {
            return Err(failure::refused(status, &headers, &body, &place));
        }
        let elapsed = asked.elapsed();
        let decoded = decode::page(&body, number).map_err(|reason| {
            failure::not_a_page(
                reason.to_string(),
                "ask again; if it stays, check that the base URL is that of the Conversations API",
                status,
                &headers,
                &body,
                &place,
            )
        })?;

        let range = spec.range();
        let mut items = decoded.items;
        let sent = items.len();
        items.retain(|item| match item {
            Ok(record) => record
                .started_at()
                .is_none_or(|start| range.contains(start)),
            Err(_) => true,
        });
        let page = Page {
            number,
            status: status.as_u16(),
            correlation_id: failure::correlation_id(&headers),
            cursor: match &decoded.cursor {
                Cursor::Next(cursor) => Some(cursor.clone()),
                Cursor::Absent | Cursor::Null => None,
            },
            next_offset: decoded.next_offset,
            elapsed,
            body_len: body.len(),
            outside_range: sent - items.len(),
            items,
        };
        Ok(Fetched {
            page,
            cursor: decoded.cursor,
        })
    }
}
