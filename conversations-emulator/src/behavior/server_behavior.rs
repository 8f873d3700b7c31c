//! Server behavior that the vendor's documentation leaves open, and project settings.

use std::collections::BTreeSet;

use crate::behavior::choices::{EndOfRange, ErrorShape, Order};
use crate::behavior::limits::Limits;
use crate::behavior::quirk::Quirk;
use crate::response::body_rules::BodyRules;

/// How the emulator behaves where the vendor's documentation is silent or contradicts itself.
///
/// The documentation of each option names its default. A client that is correct under only one behavior
/// has a bug, so run its tests under the others too.
///
/// ```
/// use conversations_emulator::{EndOfRange, Limits, Order, ServerBehavior};
///
/// let behavior = ServerBehavior::default()
///     .with_end_of_range(EndOfRange::Inclusive)
///     .with_order(Order::Descending)
///     .with_v3_limits(Limits::new(5, 5000));
/// assert_eq!(behavior.order, Order::Descending);
/// assert!(behavior.gzip);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerBehavior {
    /// Whether a time range includes its `end_time`. Default: no.
    ///
    /// Undocumented: "List all conversations" of v1 and of v3 only call `end_time` the end of the time
    /// range.
    pub end_of_range: EndOfRange,
    /// The sort order of listings. Default: oldest first.
    ///
    /// "List all conversations" documents ascending order for v1 and no order for v3.
    pub order: Order,
    /// Whether v2 has cursors, as v3 does. Default: yes. Otherwise v2 returns only `next_offset` and
    /// ignores `cursor`.
    ///
    /// According to the vendor's documentation, v2 has cursors only for projects with chunked response
    /// streaming.
    pub v2_cursor: bool,
    /// `limit` on v1. Default: 5 when absent, at most 5000.
    ///
    /// The two published versions of v1's "List all conversations" disagree on whether 1 and 5000 are
    /// allowed; the emulator allows them.
    pub v1_limits: Limits,
    /// `limit` on v3 and v2. Default: 1000 when absent, at most 1000.
    ///
    /// The v3 document says 1000 and 1000; "Conversations API overview", Query parameters, says 5 and
    /// 5000.
    pub v3_limits: Limits,
    /// Whether transcripts are enabled for the project. Default: yes. Otherwise `turns` is an empty
    /// array and `num_turns` keeps its value.
    ///
    /// A project setting, documented in "Conversations API overview", Transcript visibility.
    pub transcripts: bool,
    /// The names of the metrics selected for the project; `metrics` contains no others. Default: every
    /// metric in the data.
    ///
    /// Documented in "Conversations API overview", Transcript visibility, as response metrics. With none
    /// selected, `metrics` is an empty object.
    pub response_metrics: Option<BTreeSet<String>>,
    /// The fields of a conversation on v1 when the project's field whitelist is enabled. Default:
    /// disabled.
    ///
    /// Documented in "Conversations API overview", Only seeing basic fields, which gives
    /// [`V1_WHITELIST`](Self::V1_WHITELIST) as the typical whitelist.
    pub v1_whitelist: Option<BTreeSet<String>>,
    /// The deviations of bodies from the published schemas. Default: those of the data; generated data
    /// has most of them.
    ///
    /// With a set, every record shows each of its quirks wherever possible and otherwise follows the
    /// published schemas, without undocumented fields. With an empty set bodies follow the schemas
    /// exactly.
    pub quirks: Option<BTreeSet<Quirk>>,
    /// The shape of error bodies. Default: [`ErrorShape::Current`].
    ///
    /// "List all conversations" documents one field; the vendor's 2026 error reference documents six.
    pub error_shape: ErrorShape,
    /// Whether responses are compressed for clients that accept gzip. Default: yes.
    ///
    /// Undocumented.
    pub gzip: bool,
    /// Whether a large page is sent in chunks, record by record. Default: yes. Otherwise, and for pages
    /// below 64 KB, the response has a `Content-Length`.
    ///
    /// The vendor's documentation calls this project setting chunked response streaming.
    pub chunked: bool,
    /// Whether a part of a recording can be requested with `Range`. Default: yes. Otherwise `Range` is
    /// ignored, and responses have no `ETag`.
    ///
    /// Undocumented.
    pub ranges: bool,
}

impl Default for ServerBehavior {
    fn default() -> Self {
        Self {
            end_of_range: EndOfRange::default(),
            order: Order::default(),
            v2_cursor: true,
            v1_limits: Limits::new(5, 5000),
            v3_limits: Limits::new(1000, 1000),
            transcripts: true,
            response_metrics: None,
            v1_whitelist: None,
            quirks: None,
            error_shape: ErrorShape::default(),
            gzip: true,
            chunked: true,
            ranges: true,
        }
    }
}

/// Each setter returns the changed value, so that calls chain:
///
/// ```
/// use conversations_emulator::{ErrorShape, ServerBehavior};
///
/// let old = ServerBehavior::default().with_v2_cursor(false).with_error_shape(ErrorShape::Published);
/// assert!(!old.v2_cursor);
/// ```
impl ServerBehavior {
    /// The fields that a v1 project's whitelist typically contains.
    pub const V1_WHITELIST: [&str; 4] = ["id", "started_at", "account_id", "project_id"];

    pub(crate) fn bodies(&self, v1: bool) -> BodyRules {
        BodyRules {
            v1,
            fields: self.v1_whitelist.clone().filter(|_| v1),
            metrics: self.response_metrics.clone(),
            quirks: self.quirks.clone(),
        }
    }

    /// Sets [`end_of_range`](Self::end_of_range).
    #[must_use]
    pub fn with_end_of_range(self, end_of_range: EndOfRange) -> Self {
        Self {
            end_of_range,
            ..self
        }
    }

    /// Sets [`order`](Self::order).
    #[must_use]
    pub fn with_order(self, order: Order) -> Self {
        Self { order, ..self }
    }

    /// Sets [`v2_cursor`](Self::v2_cursor).
    #[must_use]
    pub fn with_v2_cursor(self, v2_cursor: bool) -> Self {
        Self { v2_cursor, ..self }
    }

    /// Sets [`v1_limits`](Self::v1_limits).
    #[must_use]
    pub fn with_v1_limits(self, v1_limits: Limits) -> Self {
        Self { v1_limits, ..self }
    }

    /// Sets [`v3_limits`](Self::v3_limits), which also apply to v2.
    #[must_use]
    pub fn with_v3_limits(self, v3_limits: Limits) -> Self {
        Self { v3_limits, ..self }
    }

    /// Sets [`transcripts`](Self::transcripts).
    #[must_use]
    pub fn with_transcripts(self, transcripts: bool) -> Self {
        Self {
            transcripts,
            ..self
        }
    }

    /// Sets [`response_metrics`](Self::response_metrics) to these names.
    #[must_use]
    pub fn with_response_metrics(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            response_metrics: Some(names.into_iter().map(Into::into).collect()),
            ..self
        }
    }

    /// Sets [`v1_whitelist`](Self::v1_whitelist) to these fields.
    #[must_use]
    pub fn with_v1_whitelist(self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            v1_whitelist: Some(fields.into_iter().map(Into::into).collect()),
            ..self
        }
    }

    /// Sets [`quirks`](Self::quirks) to these.
    #[must_use]
    pub fn with_quirks(self, quirks: impl IntoIterator<Item = Quirk>) -> Self {
        Self {
            quirks: Some(quirks.into_iter().collect()),
            ..self
        }
    }

    /// Sets [`error_shape`](Self::error_shape).
    #[must_use]
    pub fn with_error_shape(self, error_shape: ErrorShape) -> Self {
        Self {
            error_shape,
            ..self
        }
    }

    /// Sets [`gzip`](Self::gzip).
    #[must_use]
    pub fn with_gzip(self, gzip: bool) -> Self {
        Self { gzip, ..self }
    }

    /// Sets [`chunked`](Self::chunked).
    #[must_use]
    pub fn with_chunked(self, chunked: bool) -> Self {
        Self { chunked, ..self }
    }

    /// Sets [`ranges`](Self::ranges).
    #[must_use]
    pub fn with_ranges(self, ranges: bool) -> Self {
        Self { ranges, ..self }
    }
}
