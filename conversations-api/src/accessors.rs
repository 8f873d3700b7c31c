//! Accessors for the values that most programs read: as plain types, without the difference between absent, `null` and
//! empty.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    Integer, Latency, Nullable, Number, OneOrMany, ShortSummary, Timestamp, agents, v1, v2, v3,
};

/// Returns a text unless it is absent, `null` or empty: v1 writes `null` where v3 writes an empty text.
fn text(field: &Nullable<String>) -> Option<&str> {
    field.as_deref().filter(|text| !text.is_empty())
}

fn time(field: &Nullable<Timestamp>) -> Option<DateTime<Utc>> {
    field.as_ref()?.to_utc()
}

fn seconds(field: &Nullable<Integer>) -> Option<Duration> {
    let seconds = (**field)?.as_f64();
    Duration::try_from_secs_f64(seconds).ok()
}

macro_rules! accessors {
    ($($version:ident::$conversation:ident),*) => {$(
        impl $version::types::$conversation {
            /// Returns the start time; `None` if it is missing or unreadable.
            #[must_use]
            pub fn started_at(&self) -> Option<DateTime<Utc>> {
                time(&self.started_at)
            }

            /// Returns the total duration; `None` if it is missing, such as while the conversation is in progress.
            #[must_use]
            pub fn duration(&self) -> Option<Duration> {
                seconds(&self.total_duration)
            }

            /// Returns whether the conversation was handed off to a person or another system.
            #[must_use]
            pub fn is_handoff(&self) -> bool {
                self.handoff.unwrap_or_default()
            }

            /// Returns the reason of the handoff, unless it is empty.
            #[must_use]
            pub fn handoff_reason(&self) -> Option<&str> {
                text(&self.handoff_reason)
            }

            /// Returns whether the conversation was in progress when it was fetched.
            #[must_use]
            pub fn is_in_progress(&self) -> bool {
                self.in_progress.unwrap_or_default()
            }

            /// Returns the turns; empty if there are none or transcripts are hidden.
            #[must_use]
            pub fn turns(&self) -> &[$version::types::ConversationTurn] {
                self.turns.as_deref().unwrap_or_default()
            }

            /// Returns a metric by its name.
            #[must_use]
            pub fn metric(&self, name: &str) -> Option<&OneOrMany> {
                self.metrics.as_ref()?.get(name)
            }

            /// Returns an undocumented field by its name, as JSON.
            #[must_use]
            pub fn get(&self, field: &str) -> Option<&Value> {
                self.extra.get(field)
            }
        }

        impl $version::types::ConversationTurn {
            /// Returns what the user said or typed, unless it is empty.
            #[must_use]
            pub fn user_input(&self) -> Option<&str> {
                text(&self.user_input)
            }

            /// Returns what the agent responded, unless it is empty.
            #[must_use]
            pub fn agent_response(&self) -> Option<&str> {
                text(&self.agent_response)
            }

            /// Returns the perceived latency in seconds, in either of its forms.
            #[must_use]
            pub fn latency_seconds(&self) -> Option<f64> {
                self.latency.as_ref().and_then(Latency::seconds)
            }

            /// Returns an undocumented field by its name, as JSON.
            #[must_use]
            pub fn get(&self, field: &str) -> Option<&Value> {
                self.extra.get(field)
            }
        }
    )*};
}

accessors!(
    v1::Conversation,
    v2::Conversation,
    v3::Conversation,
    agents::ConversationDetail
);

impl agents::types::ConversationDetail {
    /// Returns the summary without its heading, unless it is empty.
    #[must_use]
    pub fn summary(&self) -> Option<&str> {
        let summary = self.short_summary.as_ref()?;
        summary.content().filter(|text| !text.is_empty())
    }

    /// Returns the heading of the summary, if it has one.
    #[must_use]
    pub fn summary_heading(&self) -> Option<&str> {
        self.short_summary.as_ref().and_then(ShortSummary::heading)
    }

    /// Returns the tags; empty if there are none.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        self.tags.as_deref().unwrap_or_default()
    }

    /// Returns the score: 1 to 5 since July 2026, 0 to 10 before.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        self.poly_score.map(Number::as_f64)
    }

    /// Returns the note that somebody saved with the conversation, unless it is empty.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        text(&self.note)
    }

    /// Returns the language code, unless it is empty.
    #[must_use]
    pub fn language(&self) -> Option<&str> {
        text(&self.language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> v3::types::Conversation {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn accessors_return_plain_values_of_what_was_sent() {
        let conversation = read(
            r#"{"id":"CA1","started_at":"2026-04-01T08:00:00","total_duration":"73.5","handoff":"true",
                "handoff_reason":"billing","in_progress":true,"metrics":{"INTENT":["a","b"]},"new":{"a":1},
                "turns":[{"user_input":"hi","agent_response":"","latency":{"perceived_latency":0.5},"odd":7}]}"#,
        );
        let started_at = conversation.started_at().unwrap();
        assert_eq!(started_at.to_rfc3339(), "2026-04-01T08:00:00+00:00");
        assert_eq!(conversation.duration(), Some(Duration::from_millis(73_500)));
        assert!(conversation.is_handoff() && conversation.is_in_progress());
        assert_eq!(conversation.handoff_reason(), Some("billing"));
        let intents = conversation.metric("INTENT").unwrap().texts();
        assert_eq!(intents.collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(conversation.get("new").unwrap()["a"], 1);
        for turn in conversation.turns() {
            assert_eq!(turn.user_input(), Some("hi"));
            assert_eq!(turn.agent_response(), None);
            assert_eq!(turn.latency_seconds(), Some(0.5));
            assert_eq!(turn.get("odd"), Some(&7.into()));
        }
    }

    #[test]
    fn a_detail_has_the_accessors_of_a_conversation_and_those_of_its_own_fields() {
        let detail: agents::types::ConversationDetail = serde_json::from_str(
            r#"{"conversationId":"CA1","totalDuration":80,"handoff":true,"shortSummary":{"heading":"Bill","content":"Paid."},
                "tags":["a"],"polyScore":4.5,"note":"","language":"en-GB","turns":[{"user_input":"hi"}],"new":1}"#,
        )
        .unwrap();
        assert_eq!(detail.duration(), Some(Duration::from_secs(80)));
        assert!(detail.is_handoff() && !detail.is_in_progress());
        assert_eq!(
            (detail.summary(), detail.summary_heading()),
            (Some("Paid."), Some("Bill"))
        );
        assert_eq!(
            (detail.tags(), detail.score()),
            (&["a".to_owned()][..], Some(4.5))
        );
        assert_eq!((detail.note(), detail.language()), (None, Some("en-GB")));
        assert_eq!(detail.turns()[0].user_input(), Some("hi"));
        assert_eq!(detail.get("new"), Some(&1.into()));
    }

    #[test]
    fn absent_null_and_unreadable_values_are_no_values() {
        for json in [
            r#"{"id":"CA1"}"#,
            r#"{"id":"CA1","started_at":null,"total_duration":null,"handoff":null,"handoff_reason":null,"turns":null}"#,
            r#"{"id":"CA1","started_at":"soon","total_duration":-1,"handoff":[],"handoff_reason":""}"#,
        ] {
            let conversation = read(json);
            assert_eq!(conversation.started_at(), None, "{json}");
            assert_eq!(conversation.duration(), None, "{json}");
            assert!(!conversation.is_handoff(), "{json}");
            assert_eq!(conversation.handoff_reason(), None, "{json}");
            assert!(conversation.turns().is_empty(), "{json}");
        }
    }
}
