//! [`Cause`]: the possible findings of a diagnosis.

use std::fmt;

use crate::{Error, ErrorKind};

/// A possible finding of a diagnosis, according to PolyAI docs, Conversations API overview, "Troubleshooting" and
/// "Transcript visibility", and the vendor's error reference.
///
/// Variants may be added, so a `match` needs a wildcard arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// HTTP 401.
    KeyRejected,
    /// HTTP 403.
    KeyForbidden,
    /// HTTP 404.
    ProjectNotFound,
    /// The server rejects the query.
    QueryRefused,
    /// HTTP 429, after all attempts.
    RateLimited,
    /// HTTP 5xx, after all attempts.
    ServerFailing,
    /// No connection: unknown host, connection refused, TLS failure.
    NotReachable,
    /// No response in time.
    TooSlow,
    /// The host sends something other than a page of the Conversations API, or redirects elsewhere.
    OtherServer,
    /// The clocks of this machine and of the server differ by more than five minutes.
    ClockOff,
    /// The query matches no conversations.
    NoConversations,
    /// Conversations that are not in progress have no turns although turns are counted.
    TranscriptsOff,
    /// The turns of conversations in progress have not arrived yet. A note.
    TurnsPending,
    /// Conversations have id, account, project and start, and nothing else.
    BasicFieldsOnly,
    /// No conversation has a metric. A note: agents may log none.
    NoMetrics,
    /// Latency was requested, and no turn has it.
    LatencyAbsent,
    /// Turn metadata was requested, and no turn has it.
    TurnMetadataAbsent,
    /// Conversations are in progress and still change. A note.
    InProgress,
    /// Records are malformed, or do not fit the typed form.
    Malformed,
    /// Version 1 is in use.
    LegacyVersion,
    /// The agents host rejects the key (HTTP 401 or 403), although the list accepts it.
    AgentsKeyRejected,
    /// The agents host does not return a conversation that the list contains.
    AgentsUnavailable,
}

impl Cause {
    /// Returns the cause of an error.
    pub(super) fn of(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::Unauthorized => Self::KeyRejected,
            ErrorKind::Forbidden => Self::KeyForbidden,
            ErrorKind::NotFound => Self::ProjectNotFound,
            ErrorKind::InvalidInput | ErrorKind::BadRequest => Self::QueryRefused,
            ErrorKind::RateLimited => Self::RateLimited,
            ErrorKind::Server => Self::ServerFailing,
            ErrorKind::Connection => Self::NotReachable,
            ErrorKind::Timeout => Self::TooSlow,
            ErrorKind::MalformedRecord => Self::Malformed,
            ErrorKind::Redirect | ErrorKind::Body | ErrorKind::Paging => Self::OtherServer,
        }
    }

    /// Returns the cause of an error of the agents host.
    pub(super) fn of_agents(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::Unauthorized | ErrorKind::Forbidden => Self::AgentsKeyRejected,
            ErrorKind::RateLimited => Self::RateLimited,
            ErrorKind::MalformedRecord => Self::Malformed,
            _ => Self::AgentsUnavailable,
        }
    }

    /// Returns whether the finding is only a note: there is nothing to fix.
    #[must_use]
    pub fn is_note(self) -> bool {
        matches!(
            self,
            Self::TurnsPending
                | Self::InProgress
                | Self::NoMetrics
                | Self::AgentsKeyRejected
                | Self::AgentsUnavailable
        )
    }

    pub(super) fn remedy(self, legacy: bool) -> &'static str {
        match self {
            Self::KeyRejected => {
                "Compare the key with the one in Agent Studio, white space and line ends included. A v3 key \
                 belongs to one project in one region, and v1 and v2 take the older keys."
            }
            Self::KeyForbidden => {
                "In Agent Studio, under API Keys, look whether the key was revoked, and give it the permission \
                 \"Conversations data\" for this project."
            }
            Self::ProjectNotFound => {
                "Compare both ids with Agent Studio (Workspace ID and Agent ID); the project may be in another \
                 region."
            }
            Self::QueryRefused => {
                "Leave filters out one by one to find the one that is not accepted."
            }
            Self::RateLimited => {
                "Wait a minute, and ask less at a time: other programs may be using the same key."
            }
            Self::ServerFailing => {
                "Try again later; if it stays, report the time and the correlation id to PolyAI."
            }
            Self::NotReachable => {
                "Check the network, a proxy or firewall in between, and the host name: hosts under poly.ai \
                 serve another API than those under platform.polyai.app."
            }
            Self::TooSlow => "Narrow the time range, ask for smaller pages, or give it more time.",
            Self::OtherServer => {
                "Check the base URL: it is https://api.REGION.platform.polyai.app, without anything after it."
            }
            Self::ClockOff => {
                "Set this machine's clock: time ranges that end now leave conversations out or fetch them too \
                 early."
            }
            Self::NoConversations => {
                "Widen the time range and check the environment: live is asked for unless another one is set."
            }
            Self::TranscriptsOff => {
                "In Agent Studio, under API Keys, open Configuration and switch \"Conversation transcript\" on \
                 for this project. No parameter of a request brings the turns back."
            }
            Self::TurnsPending => "Fetch them again when they have ended.",
            Self::BasicFieldsOnly if legacy => {
                "The project has field whitelisting on, which v1 alone obeys: go to v3, where the Configuration \
                 under API Keys decides what is visible."
            }
            Self::BasicFieldsOnly => {
                "In Agent Studio, under API Keys, give the key the permission \"Conversations data\", and choose \
                 under Configuration which response metrics to include."
            }
            Self::NoMetrics => {
                "If the agent logs metrics, choose them in Agent Studio, under API Keys, Configuration, as \
                 response metrics."
            }
            Self::LatencyAbsent | Self::TurnMetadataAbsent if legacy => {
                "v1 does not have it: go to v3."
            }
            Self::LatencyAbsent | Self::TurnMetadataAbsent => {
                "It enriches turns and brings none: look first whether there are turns. If there are, the \
                 conversations may be from before it was recorded."
            }
            Self::InProgress => "Fetch them again when they have ended: their fields still change.",
            Self::Malformed => {
                "The other records are unaffected. Report the field and its path to PolyAI, leaving values out."
            }
            Self::AgentsKeyRejected => {
                "Single conversations and recordings come from another host than the list, and may need another key: \
                 set it as POLYAI_AGENTS_API_KEY, or ask PolyAI for the permission."
            }
            Self::AgentsUnavailable => {
                "Lists work without it; single conversations and recordings do not. Check POLYAI_AGENTS_BASE_URL if it \
                 is set, and whether this network allows hosts under poly.ai."
            }
            Self::LegacyVersion => {
                "v1 has been unsupported since 31 August 2026: ask PolyAI for keys of v3 and move on to it."
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::KeyRejected => "The API key is not accepted",
            Self::KeyForbidden => "The API key may not read this project",
            Self::ProjectNotFound => "There is no such account or project here",
            Self::QueryRefused => "The query is not accepted",
            Self::RateLimited => "The rate limit is reached",
            Self::ServerFailing => "The server fails",
            Self::NotReachable => "The server cannot be reached",
            Self::TooSlow => "No answer came in time",
            Self::OtherServer => "This is not the Conversations API",
            Self::ClockOff => "The clocks of this machine and of the server differ",
            Self::NoConversations => "There are no conversations for this query",
            Self::TranscriptsOff => "Transcripts are switched off",
            Self::TurnsPending => "Turns have not arrived yet",
            Self::BasicFieldsOnly => "Only basic fields are visible",
            Self::NoMetrics => "No conversation has a metric",
            Self::LatencyAbsent => "Latency was asked for and is missing",
            Self::TurnMetadataAbsent => "Turn metadata was asked for and is missing",
            Self::InProgress => "Some conversations are in progress",
            Self::Malformed => "Some records are malformed",
            Self::LegacyVersion => "Version 1 is in use",
            Self::AgentsKeyRejected => "The API key does not open single conversations",
            Self::AgentsUnavailable => "The agents host does not return single conversations",
        })
    }
}
