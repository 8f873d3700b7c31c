//! [`Exchange`]: what an error needs to know of the request that led to it.

use std::sync::Arc;

use crate::{
    ApiKey, Retrieval, client::endpoint::Place, error::quote::quote, error::transport::Timeouts,
    query::Spec,
};

/// One request, as far as its errors are concerned. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) place: Place,
    pub(crate) timeouts: Timeouts,
    /// The proxy that the request goes through, without user name and password.
    pub(crate) proxy: Option<Arc<str>>,
    key: ApiKey,
    has_text: bool,
}

impl Exchange {
    pub(crate) fn new(
        place: Place,
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
            place,
            timeouts,
            proxy,
            key,
            has_text,
        }
    }

    /// Whether the request carries a search text, which the server may repeat.
    pub(crate) fn has_text(&self) -> bool {
        self.has_text
    }

    /// What may be printed of a message of the server.
    pub(crate) fn quoted(&self, message: Option<&str>) -> Option<String> {
        if self.has_text {
            return None;
        }
        quote(message?, &self.key)
    }
}
