//! The questions the vendor's pages leave open, and a project's settings, as options.

use std::collections::BTreeSet;

use crate::behavior::choices::{EndOfRange, ErrorShape, Order};
use crate::behavior::limits::Limits;
use crate::behavior::quirk::Oddity;
use crate::response::body_rules::Bodies;

/// How the emulator reads what the vendor's pages leave open or state in two ways.
///
/// Each option has the default named in its documentation. A client that is right for one reading only
/// is a client with a bug, so run its tests under the others too.
///
/// ```
/// use conversations_emulator::{EndOfRange, Limits, Order, Readings};
///
/// let readings = Readings::default()
///     .with_end_of_range(EndOfRange::Inclusive)
///     .with_order(Order::Descending)
///     .with_v3_limits(Limits::new(5, 5000));
/// assert_eq!(readings.order, Order::Descending);
/// assert!(readings.gzip);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Readings {
    /// Whether `end_time` itself belongs to the range. Default: it does not.
    ///
    /// No page says; "List all conversations" of v1 and of v3 both call `end_time` the end of the time
    /// range.
    pub end_of_range: EndOfRange,
    /// The order in which conversations are listed. Default: oldest first.
    ///
    /// "List all conversations" of v1 states ascending order; that of v3 states none.
    pub order: Order,
    /// Whether v2 pages by cursor as v3 does. Default: it does. Without it v2 answers `next_offset`
    /// alone and ignores `cursor`.
    ///
    /// The vendor's documentation gives v2 cursors only to projects with chunked response streaming
    /// switched on.
    pub v2_cursor: bool,
    /// `limit` on v1. Default: 5 when absent, 5000 at most.
    ///
    /// The two published versions of v1's "List all conversations" disagree on whether 1 and 5000
    /// themselves are allowed; here they are.
    pub v1_limits: Limits,
    /// `limit` on v3 and v2. Default: 1000 when absent, 1000 at most.
    ///
    /// The v3 document says 1000 and 1000; the "Conversations API overview", Query parameters, says 5
    /// and 5000.
    pub v3_limits: Limits,
    /// Whether transcripts are switched on for the project. Default: they are. Without them `turns` is
    /// an empty array while `num_turns` keeps its value.
    ///
    /// Documented in the "Conversations API overview", Transcript visibility, as a project's setting.
    pub transcripts: bool,
    /// The metrics selected for the project, by name; `metrics` has no others. Default: all that the data
    /// has.
    ///
    /// Documented in the "Conversations API overview", Transcript visibility, as response metrics. With none
    /// selected, `metrics` is an empty object.
    pub response_metrics: Option<BTreeSet<String>>,
    /// The fields a conversation has on v1 where the project's field whitelist is on; it has no others.
    /// Default: the whitelist is off.
    ///
    /// Documented in the "Conversations API overview", Only seeing basic fields, which names
    /// [`V1_WHITELIST`](Self::V1_WHITELIST) as the typical one.
    pub v1_whitelist: Option<BTreeSet<String>>,
    /// In which ways bodies differ from the published schemas. Default: as the data does, of which
    /// generated data shows most.
    ///
    /// With a set, every record shows each of its oddities wherever it can, and is otherwise as the
    /// published schemas say: unlisted fields are left out. With an empty set nothing is odd.
    pub oddities: Option<BTreeSet<Oddity>>,
    /// The shape of error bodies. Default: the current one.
    ///
    /// "List all conversations" publishes one field; the vendor's error reference of 2026 describes
    /// six.
    pub error_shape: ErrorShape,
    /// Whether answers are compressed for clients that accept gzip. Default: they are.
    ///
    /// No page mentions compression.
    pub gzip: bool,
    /// Whether a large page arrives in chunks, record by record. Default: it does. Without it, and for
    /// pages of less than 64 KB, `Content-Length` says how long the page is.
    ///
    /// The vendor's documentation calls it chunked response streaming, a setting of the project.
    pub chunked: bool,
}

impl Default for Readings {
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
            oddities: None,
            error_shape: ErrorShape::default(),
            gzip: true,
            chunked: true,
        }
    }
}

/// Every setter returns the changed readings, so that they chain:
///
/// ```
/// use conversations_emulator::{ErrorShape, Readings};
///
/// let old = Readings::default().with_v2_cursor(false).with_error_shape(ErrorShape::Published);
/// assert!(!old.v2_cursor);
/// ```
impl Readings {
    /// The fields that a v1 project's whitelist typically lets through.
    pub const V1_WHITELIST: [&str; 4] = ["id", "started_at", "account_id", "project_id"];

    pub(crate) fn bodies(&self, v1: bool) -> Bodies {
        Bodies {
            v1,
            fields: self.v1_whitelist.clone().filter(|_| v1),
            metrics: self.response_metrics.clone(),
            oddities: self.oddities.clone(),
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

    /// Sets [`v3_limits`](Self::v3_limits), which are v2's as well.
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

    /// Sets [`oddities`](Self::oddities) to these.
    #[must_use]
    pub fn with_oddities(self, oddities: impl IntoIterator<Item = Oddity>) -> Self {
        Self {
            oddities: Some(oddities.into_iter().collect()),
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
}
