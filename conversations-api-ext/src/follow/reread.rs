//! [`RereadPolicy`]: when a time range must be read again, because its conversations may have changed.

use chrono::{DateTime, TimeDelta, Utc};

/// How long conversations may change after they were read.
///
/// The API has no filter for changed conversations, so a program that keeps a copy reads recent time ranges again.
/// [`Client::follow`](crate::Client::follow) applies this policy to each day.
///
/// ```
/// use conversations_api_ext::{Reread, RereadPolicy, chrono::{DateTime, TimeDelta, Utc}};
///
/// let policy = RereadPolicy {
///     settle: TimeDelta::hours(2),
///     look_back: TimeDelta::days(3),
/// };
/// let midnight: DateTime<Utc> = "2026-04-02T00:00:00Z".parse()?;
/// let read_at = midnight + TimeDelta::hours(3);
/// assert_eq!(policy.due(midnight, read_at, false), Some(Reread::LookBack));
/// assert_eq!(policy.due(midnight, read_at + TimeDelta::days(3), false), None);
/// # Ok::<(), conversations_api_ext::chrono::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RereadPolicy {
    /// A conversation that is not in progress may change until this long after its start.
    pub settle: TimeDelta,
    /// A time range is read again until it was read this long after its end, whatever was found in it: the server may
    /// add conversations late.
    pub look_back: TimeDelta,
}

/// Why a time range is read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reread {
    /// It has, or had when it was read, conversations that may still change.
    Unsettled,
    /// It was last read within [`look_back`](RereadPolicy::look_back).
    LookBack,
}

impl RereadPolicy {
    /// How long after its time range a conversation in progress counts as abandoned: 14 days. Without a limit, one that
    /// the server never ends would be read again for years.
    pub const ABANDONED: TimeDelta = TimeDelta::days(14);

    /// Returns why a time range that ends at `end` and was last read at `read_at` must be read again, if it must.
    ///
    /// The time of the last read decides, not the current time: a program that runs seldom, or was stopped, reads each
    /// time range once more after its look-back. `has_unsettled` is whether the time range had conversations that may
    /// change: in progress, or changed at the last read.
    #[must_use]
    pub fn due(
        &self,
        end: DateTime<Utc>,
        read_at: DateTime<Utc>,
        has_unsettled: bool,
    ) -> Option<Reread> {
        let may_end = has_unsettled && read_at < end + Self::ABANDONED;
        if may_end || read_at < end + self.settle {
            Some(Reread::Unsettled)
        } else if read_at < end + self.look_back {
            Some(Reread::LookBack)
        } else {
            None
        }
    }
}
