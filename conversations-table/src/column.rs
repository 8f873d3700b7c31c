//! [`Column`]: the columns of conversations and turns, and their types.

use std::ops::Range;

/// The type of a column, which determines how the JSON of its field is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// A time in microseconds since 1970, UTC.
    Time,
    Integer,
    Boolean,
    /// A list of texts.
    Texts,
    /// Any value, as JSON text.
    Json,
    /// Any number.
    Number,
    /// Seconds as a number, or an object with that number.
    Latency,
    /// A text, or an object with that text.
    Summary,
    /// A map from a name to one or several values.
    Metrics,
    Turns,
}

/// A field of a record or a turn that has its own column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

/// The fields of a conversation, in the order of the columns: those of the list, then those that only a conversation
/// requested by its id has.
pub(crate) const CONVERSATION: [Column; 34] = [
    column("id", Kind::Text),
    column("account_id", Kind::Text),
    column("project_id", Kind::Text),
    column("environment", Kind::Text),
    column("started_at", Kind::Time),
    column("channel", Kind::Text),
    column("in_progress", Kind::Boolean),
    column("variant_id", Kind::Text),
    column("variant_name", Kind::Text),
    column("from_number", Kind::Text),
    column("to_number", Kind::Text),
    column("num_turns", Kind::Integer),
    column("total_duration", Kind::Integer),
    column("polyai_duration", Kind::Integer),
    column("handoff", Kind::Boolean),
    column("handoff_reason", Kind::Text),
    column("handoff_destination", Kind::Text),
    column("num_silences", Kind::Integer),
    column("num_ood", Kind::Integer),
    column("metrics", Kind::Metrics),
    column("state", Kind::Json),
    column("turns", Kind::Turns),
    column("short_summary", Kind::Summary),
    column("tags", Kind::Texts),
    column("language", Kind::Text),
    column("poly_score", Kind::Number),
    column("note", Kind::Text),
    column("direction", Kind::Text),
    column("created_at", Kind::Time),
    column("finished_at", Kind::Time),
    column("duration", Kind::Integer),
    column("deployment_id", Kind::Text),
    column("audio_url", Kind::Text),
    column("function_events", Kind::Json),
];

/// The fields of a turn, in the order of the columns.
pub(crate) const TURN: [Column; 14] = [
    column("user_input", Kind::Text),
    column("user_input_dtmf", Kind::Text),
    column("user_input_datetime", Kind::Time),
    column("agent_response", Kind::Text),
    column("agent_response_datetime", Kind::Time),
    column("latency", Kind::Latency),
    column("translated_user_input", Kind::Text),
    column("english_agent_response", Kind::Text),
    column("intents", Kind::Texts),
    column("entities", Kind::Json),
    column("is_ood", Kind::Boolean),
    column("is_silence", Kind::Boolean),
    column("barge_in", Kind::Boolean),
    column("metadata", Kind::Json),
];

/// The indexes of the fields that this crate uses by name.
pub(crate) const ID: usize = 0;
pub(crate) const STARTED_AT: usize = 4;
pub(crate) const METRICS: usize = 19;
pub(crate) const TURNS: usize = 21;
pub(crate) const DIRECTION: usize = 27;

/// The fields that only a conversation requested by its id has.
pub(crate) const DETAILS: Range<usize> = TURNS + 1..CONVERSATION.len();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_places_are_those_of_their_fields() {
        for (index, name) in [
            (ID, "id"),
            (STARTED_AT, "started_at"),
            (METRICS, "metrics"),
            (TURNS, "turns"),
            (DETAILS.start, "short_summary"),
            (DIRECTION, "direction"),
        ] {
            assert_eq!(CONVERSATION[index].name, name);
        }
    }

    #[test]
    fn names_are_unique() {
        for columns in [&CONVERSATION[..], &TURN[..]] {
            for (index, column) in columns.iter().enumerate() {
                assert!(
                    columns[..index]
                        .iter()
                        .all(|other| other.name != column.name)
                );
            }
        }
    }
}
