//! Each fault there is, with its settings.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::duration_text;
use crate::fault::options::{Edge, Framing, Malformation, Time};
use crate::fault::refusal::{Refusal, RetryAfter};

/// What goes wrong.
///
/// Made by the functions below, or read as part of a plan's JSON, where it is an object with the name
/// of the fault as its one key. The [module's table](super) has both forms of each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Fault(pub(super) Kind);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Kind {
    Status(Refusal),
    Quota {
        /// So many requests are answered in each window.
        requests: u64,
        /// How long a window lasts. It begins with the first request in it.
        #[serde(with = "duration_text")]
        #[schemars(with = "String")]
        window: Duration,
        /// What the others get. Default: 429 and the seconds left in the window.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusal: Option<Refusal>,
    },
    ExpiredCursor {},
    Redirect {
        /// Scheme and host to go to; path and query stay.
        to: String,
        #[serde(default = "found")]
        code: u16,
    },
    Outage {
        /// How long it lasts, from the first request that meets it. Every request of the plan meets it.
        #[serde(rename = "for", with = "duration_text")]
        #[schemars(with = "String")]
        lasting: Duration,
        /// What is answered. Default: the connection is reset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusal: Option<Refusal>,
    },
    Latency {
        #[serde(with = "duration_text")]
        #[schemars(with = "String")]
        of: Duration,
        /// Up to so much is added, by chance.
        #[serde(default, with = "duration_text")]
        #[schemars(with = "String")]
        spread: Duration,
        #[serde(default)]
        time: Time,
    },
    SlowStart {
        /// The first answer waits so long, each later one less.
        #[serde(with = "duration_text")]
        #[schemars(with = "String")]
        from: Duration,
        /// After so many requests nothing waits any more.
        requests: u64,
        #[serde(default)]
        time: Time,
    },
    Trickle {
        /// Bytes sent at a time.
        chunk_bytes: u64,
        /// The wait between two of them.
        #[serde(with = "duration_text")]
        #[schemars(with = "String")]
        every: Duration,
        #[serde(default)]
        time: Time,
    },
    Stall {
        /// Bytes of the body that come first. Default: not even the head comes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_bytes: Option<u64>,
        /// Default: for ever.
        #[serde(
            rename = "for",
            default,
            with = "duration_text::optional",
            skip_serializing_if = "Option::is_none"
        )]
        #[schemars(with = "Option<String>")]
        lasting: Option<Duration>,
        #[serde(default = "by_the_clock")]
        time: Time,
    },
    Reset {
        /// Bytes of the body that come first. Default: not even the head comes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_bytes: Option<u64>,
    },
    Truncate {
        after_bytes: u64,
        #[serde(default)]
        framing: Framing,
    },
    ContentType {
        /// The value of the header; an empty one leaves the header out.
        is: String,
    },
    ContentLength {
        /// What is added to the true length.
        off_by: i64,
    },
    Malformed {
        /// Which record of the page, from 0.
        #[serde(default)]
        record: usize,
        how: Malformation,
    },
    RepeatedCursor {},
    EndlessCursors {},
    Duplicate {
        #[serde(default)]
        edge: Edge,
        #[serde(default = "one")]
        count: usize,
    },
    Missing {
        #[serde(default)]
        edge: Edge,
        #[serde(default = "one")]
        count: usize,
    },
}

fn found() -> u16 {
    302
}

fn one() -> usize {
    1
}

fn by_the_clock() -> Time {
    Time::Clock
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self(Kind::Status(refusal))
    }
}

impl Fault {
    /// Answers a status instead of a page; a [`Refusal`] says more of the answer.
    #[must_use]
    pub fn status(code: u16) -> Self {
        Refusal::new(code).into()
    }

    /// Answers `requests` in each `window` of the clock, the others with 429 and the seconds to wait.
    #[must_use]
    pub fn quota(requests: u64, window: Duration) -> Self {
        Self(Kind::Quota {
            requests,
            window,
            refusal: None,
        })
    }

    /// The same with an answer of one's own for the others.
    #[must_use]
    pub fn quota_with(requests: u64, window: Duration, refusal: Refusal) -> Self {
        Self(Kind::Quota {
            requests,
            window,
            refusal: Some(refusal),
        })
    }

    /// Refuses the cursor of a request that has one with 400 and the code
    /// `GET_CONVERSATIONS_FILTER_PARSE_ERROR`.
    #[must_use]
    pub fn expired_cursor() -> Self {
        Self(Kind::ExpiredCursor {})
    }

    /// Sends to the same path on another server, by 302. `to` is its scheme and host.
    #[must_use]
    pub fn redirect(to: impl Into<String>) -> Self {
        Self(Kind::Redirect {
            to: to.into(),
            code: found(),
        })
    }

    /// From the first request that meets it on, resets the connection of every request of the plan
    /// until the clock shows so much later.
    #[must_use]
    pub fn outage(lasting: Duration) -> Self {
        Self(Kind::Outage {
            lasting,
            refusal: None,
        })
    }

    /// The same, answering all the while.
    #[must_use]
    pub fn outage_with(lasting: Duration, refusal: Refusal) -> Self {
        Self(Kind::Outage {
            lasting,
            refusal: Some(refusal),
        })
    }

    /// Waits before it answers, in real time.
    #[must_use]
    pub fn latency(of: Duration) -> Self {
        Self::latency_spread(of, Duration::ZERO)
    }

    /// Waits `of` and by chance up to `spread` more, in real time.
    #[must_use]
    pub fn latency_spread(of: Duration, spread: Duration) -> Self {
        let time = Time::Real;
        Self(Kind::Latency { of, spread, time })
    }

    /// Answers slowly at first: waits `from`, less with each request, and not at all after `requests`.
    #[must_use]
    pub fn slow_start(from: Duration, requests: u64) -> Self {
        let time = Time::Real;
        Self(Kind::SlowStart {
            from,
            requests,
            time,
        })
    }

    /// Sends the body in pieces of `chunk_bytes` with a wait between any two, in real time.
    #[must_use]
    pub fn trickle(chunk_bytes: u64, every: Duration) -> Self {
        let time = Time::Real;
        Self(Kind::Trickle {
            chunk_bytes,
            every,
            time,
        })
    }

    /// Never answers; the connection stays open until the client ends it.
    #[must_use]
    pub fn stall() -> Self {
        Self::stall_of(None, None)
    }

    /// Sends so many bytes of the body and then nothing more.
    #[must_use]
    pub fn stall_after(bytes: u64) -> Self {
        Self::stall_of(Some(bytes), None)
    }

    fn stall_of(after_bytes: Option<u64>, lasting: Option<Duration>) -> Self {
        let time = Time::Clock;
        Self(Kind::Stall {
            after_bytes,
            lasting,
            time,
        })
    }

    /// Ends a [`stall`](Self::stall) after so much time of the clock. Other faults stay as they are.
    #[must_use]
    pub fn for_a_time(mut self, time: Duration) -> Self {
        if let Kind::Stall { lasting, .. } = &mut self.0 {
            *lasting = Some(time);
        }
        self
    }

    /// Lets a fault that waits do so by the machine's clock or the emulator's. Other faults stay as
    /// they are.
    #[must_use]
    pub fn by(mut self, which: Time) -> Self {
        if let Kind::Latency { time, .. }
        | Kind::SlowStart { time, .. }
        | Kind::Trickle { time, .. }
        | Kind::Stall { time, .. } = &mut self.0
        {
            *time = which;
        }
        self
    }

    /// Resets the connection instead of answering.
    #[must_use]
    pub fn reset() -> Self {
        Self(Kind::Reset { after_bytes: None })
    }

    /// Resets the connection after so many bytes of the body.
    #[must_use]
    pub fn reset_after(bytes: u64) -> Self {
        Self(Kind::Reset {
            after_bytes: Some(bytes),
        })
    }

    /// Closes the connection after so many bytes of the body, in an orderly way.
    #[must_use]
    pub fn truncate(after_bytes: u64, framing: Framing) -> Self {
        Self(Kind::Truncate {
            after_bytes,
            framing,
        })
    }

    /// Sends another `Content-Type`, or none if the text is empty.
    #[must_use]
    pub fn content_type(is: impl Into<String>) -> Self {
        Self(Kind::ContentType { is: is.into() })
    }

    /// Announces a length that is wrong by so many bytes.
    #[must_use]
    pub fn content_length(off_by: i64) -> Self {
        Self(Kind::ContentLength { off_by })
    }

    /// Spoils one record of the page, counted from 0.
    #[must_use]
    pub fn malformed(record: usize, how: Malformation) -> Self {
        Self(Kind::Malformed { record, how })
    }

    /// Gives the cursor (or offset) that was sent as the one of the next page.
    #[must_use]
    pub fn repeated_cursor() -> Self {
        Self(Kind::RepeatedCursor {})
    }

    /// Gives a new cursor with the last page and with every empty page after it.
    #[must_use]
    pub fn endless_cursors() -> Self {
        Self(Kind::EndlessCursors {})
    }

    /// Sends `count` records twice, at an edge of the page.
    #[must_use]
    pub fn duplicate(edge: Edge, count: usize) -> Self {
        Self(Kind::Duplicate { edge, count })
    }

    /// Leaves `count` records out, at an edge of the page.
    #[must_use]
    pub fn missing(edge: Edge, count: usize) -> Self {
        Self(Kind::Missing { edge, count })
    }
}

impl Kind {
    /// What a quota's excess gets when the plan does not say.
    pub(super) fn too_many(left: Duration) -> Refusal {
        // A client that waits a second less than needed would only be refused again.
        let seconds = left.as_millis().div_ceil(1000).max(1);
        let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
        Refusal::new(429).with_retry_after(RetryAfter::Seconds(seconds))
    }

    /// Whether it takes the place of the answer, so that nothing is left for others of its sort.
    pub(super) fn replaces_the_answer(&self) -> bool {
        matches!(
            self,
            Self::Status(_)
                | Self::ExpiredCursor {}
                | Self::Redirect { .. }
                | Self::Reset { after_bytes: None }
                | Self::Stall {
                    after_bytes: None,
                    lasting: None,
                    ..
                }
        )
    }

    /// Whether it edits the JSON of a page, which then cannot be streamed.
    pub(super) fn edits_the_page(&self) -> bool {
        matches!(
            self,
            Self::Malformed { .. }
                | Self::RepeatedCursor {}
                | Self::EndlessCursors {}
                | Self::Duplicate { .. }
                | Self::Missing { .. }
        )
    }
}
