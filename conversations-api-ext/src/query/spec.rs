//! [`Spec`]: a query as the client sends it.

use crate::{
    BoundedRange, Environment, Error, Retrieval, TimeRange, Variant,
    query::extra_params::ExtraParams, query::version::Tag,
};

/// A [`Query`] with its version as a value, so that the streams need no type parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    pub(crate) version: Tag,
    pub(crate) environment: Environment,
    pub(crate) time_range: Option<TimeRange>,
    /// The part of the time range to request; all of it if `None`.
    pub(crate) window: Option<BoundedRange>,
    pub(crate) variant: Option<Variant>,
    pub(crate) in_progress: Option<bool>,
    pub(crate) page_size: u32,
    pub(crate) channels: Vec<String>,
    pub(crate) include_latency: bool,
    pub(crate) include_turn_metadata: bool,
    pub(crate) include_context_state: bool,
    pub(crate) retrieval: Retrieval,
    pub(crate) extra_params: ExtraParams,
}

impl Spec {
    pub(super) fn new(version: Tag) -> Self {
        Self {
            version,
            environment: Environment::default(),
            time_range: None,
            window: None,
            variant: None,
            in_progress: None,
            page_size: version.limits().default_page_size,
            channels: Vec::new(),
            include_latency: false,
            include_turn_metadata: false,
            include_context_state: false,
            retrieval: Retrieval::All,
            extra_params: ExtraParams::default(),
        }
    }

    /// Returns the effective time range: that of the query, or of its retrieval mode.
    pub(crate) fn range(&self) -> TimeRange {
        match self.retrieval.range() {
            Some(range) => range.into(),
            None => self.time_range.unwrap_or_default(),
        }
    }

    /// Returns the range to request: the window, or the effective time range.
    pub(crate) fn requested_range(&self) -> TimeRange {
        self.window.map_or_else(|| self.range(), TimeRange::from)
    }

    /// Rejects a time range besides that of the retrieval mode.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match (self.retrieval.range(), self.time_range) {
            (Some(own), Some(other)) => Err(Error::invalid(
                format!(
                    "the query has two time ranges, {own:?} of its retrieval mode and {other:?}"
                ),
                "a search or a sample brings its own range: leave `time_range` out",
            )),
            _ => Ok(()),
        }
    }
}
