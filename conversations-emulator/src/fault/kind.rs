//! The kinds of faults and their settings.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::duration_text;
use crate::fault::options::{Edge, Framing, Malformation, Time};
use crate::fault::refusal::{Refusal, RetryAfter};

/// A fault to inject.
///
/// Create one with the functions below, or read it from a plan's JSON, where a fault is an object whose
/// single key is its name. The [module's table](super) lists both forms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Fault(pub(super) Kind);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Kind {
    Status(Refusal),
    Quota {
        /// Number of requests that succeed in each window.
        requests: u64,
        /// Length of a window. It starts with its first request.
        #[serde(with = "duration_text")]
        #[schemars(with = "String")]
        window: Duration,
        /// Response to the other requests. Default: 429 with the seconds left in the window.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusal: Option<Refusal>,
    },
    ExpiredCursor {},
    Redirect {
        /// Scheme and host of the target; path and query are unchanged.
        to: String,
        #[serde(default = "found")]
        code: u16,
    },
    Outage {
        /// Duration, from the first request that triggers the outage. It affects every request of the
        /// plan.
        #[serde(rename = "for", with = "duration_text")]
        #[schemars(with = "String")]
        lasting: Duration,
        /// Response during the outage. Default: a connection reset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusal: Option<Refusal>,
    },
    Latency {
        #[serde(with = "duration_text")]
        #[schemars(with = "String")]
        of: Duration,
        /// Maximum random addition.
        #[serde(default, with = "duration_text")]
        #[schemars(with = "String")]
        spread: Duration,
        #[serde(default)]
        time: Time,
    },
    SlowStart {
        /// Delay of the first response; later ones are shorter.
        #[serde(with = "duration_text")]
        #[schemars(with = "String")]
        from: Duration,
        /// Number of requests after which there is no delay.
        requests: u64,
        #[serde(default)]
        time: Time,
    },
    Trickle {
        /// Bytes per piece.
        chunk_bytes: u64,
        /// Delay between two pieces.
        #[serde(with = "duration_text")]
        #[schemars(with = "String")]
        every: Duration,
        #[serde(default)]
        time: Time,
    },
    Stall {
        /// Number of body bytes sent first. Default: nothing is sent, not even the head.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_bytes: Option<u64>,
        /// Default: indefinitely.
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
        /// Number of body bytes sent first. Default: nothing is sent, not even the head.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_bytes: Option<u64>,
    },
    Truncate {
        after_bytes: u64,
        #[serde(default)]
        framing: Framing,
    },
    ContentType {
        /// Value of the header; an empty value removes the header.
        is: String,
    },
    ContentLength {
        /// Difference to the true length.
        off_by: i64,
    },
    Malformed {
        /// Index of the record in the page, from 0.
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
    /// Responds with a status instead of a page; a [`Refusal`] also sets body and headers.
    #[must_use]
    pub fn status(code: u16) -> Self {
        Refusal::new(code).into()
    }

    /// Lets `requests` succeed in each `window` of the clock and rejects the others with 429 and
    /// `Retry-After` in seconds.
    #[must_use]
    pub fn quota(requests: u64, window: Duration) -> Self {
        Self(Kind::Quota {
            requests,
            window,
            refusal: None,
        })
    }

    /// As [`quota`](Self::quota), with a custom response to the others.
    #[must_use]
    pub fn quota_with(requests: u64, window: Duration, refusal: Refusal) -> Self {
        Self(Kind::Quota {
            requests,
            window,
            refusal: Some(refusal),
        })
    }

    /// Rejects the cursor of a request that has one, with 400 and the code
    /// `GET_CONVERSATIONS_FILTER_PARSE_ERROR`.
    #[must_use]
    pub fn expired_cursor() -> Self {
        Self(Kind::ExpiredCursor {})
    }

    /// Redirects to the same path on another server with 302. `to` is its scheme and host.
    #[must_use]
    pub fn redirect(to: impl Into<String>) -> Self {
        Self(Kind::Redirect {
            to: to.into(),
            code: found(),
        })
    }

    /// Resets the connection of every request of the plan, from the first request that triggers the
    /// outage until the clock has advanced by this duration.
    #[must_use]
    pub fn outage(lasting: Duration) -> Self {
        Self(Kind::Outage {
            lasting,
            refusal: None,
        })
    }

    /// As [`outage`](Self::outage), with a response instead of a reset.
    #[must_use]
    pub fn outage_with(lasting: Duration, refusal: Refusal) -> Self {
        Self(Kind::Outage {
            lasting,
            refusal: Some(refusal),
        })
    }

    /// Delays the response, in real time.
    #[must_use]
    pub fn latency(of: Duration) -> Self {
        Self::latency_spread(of, Duration::ZERO)
    }

    /// Delays the response by `of` plus a random part of `spread`, in real time.
    #[must_use]
    pub fn latency_spread(of: Duration, spread: Duration) -> Self {
        let time = Time::Real;
        Self(Kind::Latency { of, spread, time })
    }

    /// Delays the first response by `from`, later ones by less, and none after `requests`.
    #[must_use]
    pub fn slow_start(from: Duration, requests: u64) -> Self {
        let time = Time::Real;
        Self(Kind::SlowStart {
            from,
            requests,
            time,
        })
    }

    /// Sends the body in pieces of `chunk_bytes` with a delay between them, in real time.
    #[must_use]
    pub fn trickle(chunk_bytes: u64, every: Duration) -> Self {
        let time = Time::Real;
        Self(Kind::Trickle {
            chunk_bytes,
            every,
            time,
        })
    }

    /// Never responds; the connection stays open until the client closes it.
    #[must_use]
    pub fn stall() -> Self {
        Self::stall_of(None, None)
    }

    /// Stalls after this number of body bytes.
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

    /// Ends a [`stall`](Self::stall) after this time of the clock. Has no effect on other faults.
    #[must_use]
    pub fn for_a_time(mut self, time: Duration) -> Self {
        if let Kind::Stall { lasting, .. } = &mut self.0 {
            *lasting = Some(time);
        }
        self
    }

    /// Selects the clock by which a delay is measured. Has no effect on faults without a delay.
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

    /// Resets the connection instead of responding.
    #[must_use]
    pub fn reset() -> Self {
        Self(Kind::Reset { after_bytes: None })
    }

    /// Resets the connection after this number of body bytes.
    #[must_use]
    pub fn reset_after(bytes: u64) -> Self {
        Self(Kind::Reset {
            after_bytes: Some(bytes),
        })
    }

    /// Closes the connection in an orderly way after this number of body bytes.
    #[must_use]
    pub fn truncate(after_bytes: u64, framing: Framing) -> Self {
        Self(Kind::Truncate {
            after_bytes,
            framing,
        })
    }

    /// Sends another `Content-Type`, or none if the string is empty.
    #[must_use]
    pub fn content_type(is: impl Into<String>) -> Self {
        Self(Kind::ContentType { is: is.into() })
    }

    /// Sends a `Content-Length` that differs from the true length by this number of bytes.
    #[must_use]
    pub fn content_length(off_by: i64) -> Self {
        Self(Kind::ContentLength { off_by })
    }

    /// Corrupts one record of the page, by its index from 0.
    #[must_use]
    pub fn malformed(record: usize, how: Malformation) -> Self {
        Self(Kind::Malformed { record, how })
    }

    /// Returns the request's cursor (or offset) as that of the next page.
    #[must_use]
    pub fn repeated_cursor() -> Self {
        Self(Kind::RepeatedCursor {})
    }

    /// Returns a new cursor with the last page and with every empty page after it.
    #[must_use]
    pub fn endless_cursors() -> Self {
        Self(Kind::EndlessCursors {})
    }

    /// Repeats `count` records at an edge of the page.
    #[must_use]
    pub fn duplicate(edge: Edge, count: usize) -> Self {
        Self(Kind::Duplicate { edge, count })
    }

    /// Omits `count` records at an edge of the page.
    #[must_use]
    pub fn missing(edge: Edge, count: usize) -> Self {
        Self(Kind::Missing { edge, count })
    }
}

impl Kind {
    /// The default response above a quota.
    pub(super) fn too_many(left: Duration) -> Refusal {
        // A client that waits one second too short would only be rejected again.
        let seconds = left.as_millis().div_ceil(1000).max(1);
        let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
        Refusal::new(429).with_retry_after(RetryAfter::Seconds(seconds))
    }

    /// Whether the fault replaces the response, so that no other such fault can apply.
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

    /// Whether the fault edits the JSON of a page, which then cannot be streamed.
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
