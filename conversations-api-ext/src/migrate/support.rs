//! [`Support`]: the vendor's support of each version by date, and the one-time warning about v1.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use chrono::{NaiveDate, Utc};

use crate::{Version, query::version::Tag};

/// The vendor's support of a version of the API on a given day.
///
/// | version | until 2026-03-01 | from 2026-03-02 | from 2026-08-31 |
/// |---|---|---|---|
/// | v1 | supported | best effort | unsupported, though reachable |
/// | v2, v3 | supported | supported | supported |
///
/// Source: PolyAI docs, Conversations API overview, "API versions". v2 is kept for existing customers and not offered
/// to new ones.
///
/// ```
/// use chrono::NaiveDate;
/// use conversations_api_ext::{V1, V3, migrate::Support};
///
/// let day = NaiveDate::from_ymd_opt(2026, 9, 1).unwrap();
/// assert_eq!(Support::of::<V1>(day), Support::Unsupported);
/// assert_eq!(Support::of::<V3>(day), Support::Supported);
/// assert_eq!(Support::V1_UNSUPPORTED_FROM.to_string(), "2026-08-31");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Support {
    /// Supported with the vendor's service levels.
    Supported,
    /// Best effort: no service level.
    BestEffort,
    /// Not supported; it may stop at any time.
    Unsupported,
}

impl Support {
    /// The first day on which v1 is on best effort.
    pub const V1_BEST_EFFORT_FROM: NaiveDate = day(2026, 3, 2);

    /// The first day on which v1 is unsupported.
    pub const V1_UNSUPPORTED_FROM: NaiveDate = day(2026, 8, 31);

    /// Returns the support of a version on a day.
    #[must_use]
    pub fn of<V: Version>(on: NaiveDate) -> Self {
        match V::TAG {
            Tag::V2 | Tag::V3 => Self::Supported,
            Tag::V1 if on < Self::V1_BEST_EFFORT_FROM => Self::Supported,
            Tag::V1 if on < Self::V1_UNSUPPORTED_FROM => Self::BestEffort,
            Tag::V1 => Self::Unsupported,
        }
    }
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Supported => "supported",
            Self::BestEffort => "on best effort",
            Self::Unsupported => "unsupported",
        })
    }
}

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(day) => day,
        None => panic!("no such day"),
    }
}

/// A warning that is logged once.
struct Warning {
    /// Whether it was logged or silenced.
    settled: AtomicBool,
}

impl Warning {
    const fn new() -> Self {
        Self {
            settled: AtomicBool::new(false),
        }
    }

    fn silence(&self) {
        self.settled.store(true, Ordering::Relaxed);
    }

    /// Returns whether to log the warning now; only once.
    fn is_due(&self, support: Support) -> bool {
        support != Support::Supported && !self.settled.swap(true, Ordering::Relaxed)
    }
}

static WARNING: Warning = Warning::new();

/// Disables the warning about v1 in this process, if it has not been logged yet.
///
/// The first time that a process requests conversations from v1 while it is not [supported](Support::Supported), it
/// emits one `tracing` event of the level WARN with the target `conversations_api_ext::migrate`. A subscriber that
/// filters out this target silences it as well.
///
/// ```
/// conversations_api_ext::migrate::silence_v1_warning();
/// ```
pub fn silence_v1_warning() {
    WARNING.silence();
}

/// Logs, once per process, that `V` is not supported.
pub(crate) fn note_use<V: Version>() {
    if V::TAG != Tag::V1 {
        return;
    }
    let support = Support::of::<V>(Utc::now().date_naive());
    if WARNING.is_due(support) {
        tracing::warn!(
            target: "conversations_api_ext::migrate",
            version = V::NAME,
            support = %support,
            "v1 of the Conversations API is {support} by the vendor: compare it with v3 by `migrate::compare` and move"
        );
    }
}

#[cfg(test)]
mod tests {
    use chrono::Days;

    use super::*;
    use crate::{V1, V2, V3};

    #[test]
    fn a_warning_is_due_once_and_only_where_support_has_ended() {
        let warning = Warning::new();
        assert!(!warning.is_due(Support::Supported));
        assert!(warning.is_due(Support::Unsupported));
        assert!(!warning.is_due(Support::Unsupported));
    }

    #[test]
    fn a_warning_that_was_silenced_is_never_due() {
        let warning = Warning::new();
        warning.silence();
        assert!(!warning.is_due(Support::BestEffort));
    }

    #[test]
    fn support_changes_on_the_two_days_and_for_v1_alone() {
        for (first, before, from) in [
            (
                Support::V1_BEST_EFFORT_FROM,
                Support::Supported,
                Support::BestEffort,
            ),
            (
                Support::V1_UNSUPPORTED_FROM,
                Support::BestEffort,
                Support::Unsupported,
            ),
        ] {
            let eve = first - Days::new(1);
            assert_eq!(Support::of::<V1>(eve), before);
            assert_eq!(Support::of::<V1>(first), from);
            assert_eq!(Support::of::<V2>(first), Support::Supported);
            assert_eq!(Support::of::<V3>(first), Support::Supported);
        }
    }
}
