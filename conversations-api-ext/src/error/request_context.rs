//! [`RequestContext`]: the details of a request that its errors report.

use std::sync::Arc;

use crate::{
    ApiKey, Retrieval, client::endpoint::Endpoint, error::quote::quote, error::timeouts::Timeouts,
    query::Spec,
};

/// The details of one request that its errors report. Cheap to clone.
#[derive(Clone)]
pub(crate) struct RequestContext {
    pub(crate) endpoint: Endpoint,
    pub(crate) timeouts: Timeouts,
    /// The proxy of the request, without user name and password.
    pub(crate) proxy: Option<Arc<str>>,
    key: ApiKey,
    has_text: bool,
}

impl RequestContext {
    pub(crate) fn new(
        endpoint: Endpoint,
        spec: &Spec,
        key: ApiKey,
        timeouts: Timeouts,
        proxy: Option<Arc<str>>,
    ) -> Self {
        let has_text = matches!(
            spec.retrieval,
            Retrieval::TranscriptSearch { .. } | Retrieval::SemanticSearch { .. }
        );
        Self {
            endpoint,
            timeouts,
            proxy,
            key,
            has_text,
        }
    }

    /// Returns whether the request contains a search text, which the server may repeat.
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
