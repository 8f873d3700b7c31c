//! The enumerated options of [`ServerBehavior`](crate::ServerBehavior).

/// Whether a time range includes its end. It always includes its start.
///
/// ```
/// use conversations_emulator::{EndOfRange, ServerBehavior};
///
/// assert_eq!(ServerBehavior::default().end_of_range, EndOfRange::Exclusive);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndOfRange {
    /// A conversation that started exactly at `end_time` is outside the range.
    #[default]
    Exclusive,
    /// A conversation that started exactly at `end_time` is inside the range.
    Inclusive,
}

/// The sort order of a listing: by start time, then by id, so that it is a total order.
///
/// ```
/// use conversations_emulator::{Order, ServerBehavior};
///
/// assert_eq!(ServerBehavior::default().order, Order::Ascending);
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
/// # use conversations_emulator::{Dataset, Emulator, ErrorShape, ServerBehavior};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let behavior = ServerBehavior::default().with_error_shape(ErrorShape::Published);
/// let data = Dataset::generate(7, 1);
/// let emulator = Emulator::builder().data(data).server_behavior(behavior).start().await?;
/// let body = reqwest::get(format!("{}/nowhere", emulator.base_url())).await?.text().await?;
/// assert!(body.starts_with(r#"{"error_message":"unknown path"#));
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
