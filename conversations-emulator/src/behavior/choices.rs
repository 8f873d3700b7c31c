//! The readings that are one thing or another.

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
