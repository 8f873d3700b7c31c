//! [`RequestContext`]: the details of a request that its errors report.

use std::sync::Arc;

use crate::{
    ApiKey, Retrieval, client::endpoint::Endpoint, error::quote::quote, error::timeouts::Timeouts,
    query::Spec,
};

/// The details of one request that its errors report. Cheap to clone.
#[derive(Clone)]
pub(crate) struct RequestContext {
    /// What was requested, such as `the page`.
    pub(crate) subject: &'static str,
    pub(crate) endpoint: Endpoint,
    pub(crate) timeouts: Timeouts,
    /// The proxy of the request, without user name and password.
    pub(crate) proxy: Option<Arc<str>>,
    /// Whether the request continues a list by cursor.
    pub(crate) has_cursor: bool,
    key: ApiKey,
    has_text: bool,
}

impl RequestContext {
    pub(crate) fn new(
        endpoint: Endpoint,
        spec: &Spec,
        has_cursor: bool,
        key: ApiKey,
        timeouts: Timeouts,
        proxy: Option<Arc<str>>,
    ) -> Self {
        let is_search = matches!(
            spec.retrieval,
            Retrieval::TranscriptSearch { .. } | Retrieval::SemanticSearch { .. }
        );
        let has_text = is_search || !spec.extra_params.is_empty();
        Self {
            has_text,
            has_cursor,
            ..Self::of_subject("the page", endpoint, key, timeouts, proxy)
        }
    }

    /// Creates the context of a request without a search text.
    pub(crate) fn of_subject(
        subject: &'static str,
        endpoint: Endpoint,
        key: ApiKey,
        timeouts: Timeouts,
        proxy: Option<Arc<str>>,
    ) -> Self {
        Self {
            subject,
            endpoint,
            timeouts,
            proxy,
            has_cursor: false,
            key,
            has_text: false,
        }
    }

    /// Returns whether a page was requested and a smaller one can be.
    pub(crate) fn is_page(&self) -> bool {
        self.endpoint.version().is_some()
    }

    /// Returns whether the request contains a search text or other text of the caller, which the server may repeat.
    pub(crate) fn has_text(&self) -> bool {
        self.has_text
    }

    /// Returns the part of a server message that is safe to print.
    pub(crate) fn quoted(&self, message: Option<&str>) -> Option<String> {
        if self.has_text {
            return None;
        }
        quote(message?, &self.key)
    }
}
