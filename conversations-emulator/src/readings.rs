//! The questions the vendor's pages leave open, as options.

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

/// Whether the end of a time range belongs to it. The start always does.
///
/// ```
/// use conversations_emulator::{EndOfRange, Readings};
///
/// assert_eq!(Readings::default().end_of_range, EndOfRange::Exclusive);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndOfRange {
    /// A conversation that began exactly at `end_time` is not in the range.
    #[default]
    Exclusive,
    /// A conversation that began exactly at `end_time` is in the range.
    Inclusive,
}

/// The order of a listing: by start time, then by id, so that it is total.
///
/// ```
/// use conversations_emulator::{Order, Readings};
///
/// assert_eq!(Readings::default().order, Order::Ascending);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Oldest first.
    #[default]
    Ascending,
    /// Newest first.
    Descending,
}

/// What `limit` may be, in conversations a page, and what it is when absent.
///
/// ```
/// use conversations_emulator::Readings;
///
/// let limits = Readings::default().v1_limits;
/// assert_eq!((limits.default(), limits.maximum()), (5, 5000));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    default: u32,
    maximum: u32,
}

impl Limits {
    /// A page of `default` conversations when a request names no limit, and `maximum` as the largest
    /// limit accepted. A maximum of 0 becomes 1, and the default is held between 1 and the maximum: no
    /// page can be asked for that could never hold a conversation.
    ///
    /// ```
    /// use conversations_emulator::Limits;
    ///
    /// let limits = Limits::new(50, 20);
    /// assert_eq!((limits.default(), limits.maximum()), (20, 20));
    /// ```
    #[must_use]
    pub fn new(default: u32, maximum: u32) -> Self {
        let maximum = maximum.max(1);
        Self {
            default: default.clamp(1, maximum),
            maximum,
        }
    }

    /// The limit of a request that names none.
    #[must_use]
    pub fn default(self) -> u32 {
        self.default
    }

    /// The largest limit accepted.
    #[must_use]
    pub fn maximum(self) -> u32 {
        self.maximum
    }
}

/// The shape of an error's JSON body.
///
/// ```
/// # use conversations_emulator::{Dataset, Emulator, ErrorShape, Readings};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let readings = Readings::default().with_error_shape(ErrorShape::Published);
/// let data = Dataset::generate(7, 1);
/// let emulator = Emulator::builder().data(data).readings(readings).start().await?;
/// let body = reqwest::get(format!("{}/nowhere", emulator.base_url())).await?.text().await?;
/// assert!(body.starts_with(r#"{"error_message":"there is no such path"#));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorShape {
    /// One field, `error_message`.
    Published,
    /// `success`, `error`, `error_id`, `error_code`, `error_message` and `data`; `error_id` equals the
    /// header `X-PolyAI-Correlation-Id`.
    #[default]
    Current,
}
