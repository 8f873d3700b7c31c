//! [`Rule`]: the masking rule of each field.

/// How a value is masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Keep byte for byte, whatever it is.
    Keep,
    /// Keep a text, a number or a flag. Mask a list or an object, which the document does not have here.
    Text,
    /// Keep a number or a flag, also as text. Mask anything else.
    Number,
    /// As `Number`, or an object with numbers.
    Latency,
    /// Mask the whole value. Keys inside stay, except what looks like a number or an address.
    Mask,
    /// Mask the whole value and the keys inside.
    MaskWithKeys,
    /// Mask what looks like a number or an address.
    Pattern,
    /// As `Pattern`, and also mask what the caller said: for the words of the agent.
    Agent,
    /// Mask each value unless its name is kept.
    Named,
    /// As `Named`, and also mask the names and the keys inside.
    State,
    Turns,
    Turn,
    /// Lists of function events by the number of their turn.
    FunctionEvents,
    FunctionEvent,
}

/// Returns the rule for a field of a conversation, by its name in the list or in the response for a single one. Unlisted
/// fields are unknown and masked.
pub(super) fn conversation(key: &str) -> Rule {
    match key {
        "id" | "conversationId" | "account_id" | "accountId" | "project_id" | "projectId"
        | "environment" | "clientEnv" | "started_at" | "startedAt" | "variant_id" | "variantId" => {
            Rule::Text
        }
        "in_progress" | "inProgress" | "num_turns" | "total_duration" | "totalDuration"
        | "polyai_duration" | "polyaiDuration" | "handoff" | "num_silences" | "num_ood" => {
            Rule::Number
        }
        // Only a conversation that was requested by its id has these.
        "created_at" | "createdAt" | "finished_at" | "finishedAt" | "language" | "direction"
        | "deployment_id" | "deploymentId" => Rule::Text,
        "duration" | "poly_score" | "polyScore" => Rule::Number,
        "function_events" | "functionEvents" => Rule::FunctionEvents,
        "channel" | "variant_name" => Rule::Pattern,
        "metrics" => Rule::Named,
        "state" => Rule::State,
        "turns" => Rule::Turns,
        _ => Rule::Mask,
    }
}

/// Returns the rule for a field of a turn.
pub(super) fn turn(key: &str) -> Rule {
    match key {
        "user_input_datetime"
        | "agent_response_datetime"
        | "turn_id"
        | "asr_lang_code"
        | "tts_lang_code" => Rule::Text,
        "is_ood" | "is_silence" | "barge_in" => Rule::Number,
        "latency" => Rule::Latency,
        "intents" => Rule::Pattern,
        "entities" => Rule::Named,
        "agent_response" | "english_agent_response" => Rule::Agent,
        _ if is_said(key) => Rule::MaskWithKeys,
        _ => Rule::Mask,
    }
}

/// Returns the rule for a field of a turn's latency.
pub(super) fn latency(key: &str) -> Rule {
    match key {
        "label" => Rule::Pattern,
        "perceived_latency" | "perceived_latency_percentile_1d" => Rule::Number,
        _ => Rule::Mask,
    }
}

/// Returns the rule for a field of a function event.
pub(super) fn function_event(key: &str) -> Rule {
    match key {
        "function_id" | "start_time" => Rule::Text,
        "duration" => Rule::Number,
        "name" => Rule::Pattern,
        _ => Rule::Mask,
    }
}

/// Returns whether a field of a turn contains the caller's words.
pub(super) fn is_said(key: &str) -> bool {
    matches!(
        key,
        "user_input" | "translated_user_input" | "user_input_dtmf"
    )
}

#[cfg(test)]
mod tests {
    use schemars::schema_for;

    use super::*;
    use crate::{Conversation, ConversationDetail};

    /// A field that a new document adds to either needs a rule, or to be masked, under both names.
    #[test]
    fn a_field_has_one_rule_in_the_list_and_in_the_response_for_a_single_conversation() {
        let names = |schema: schemars::Schema| {
            let fields = schema.to_value()["properties"].as_object().unwrap().clone();
            fields.into_iter().map(|(name, _)| name)
        };
        let snake_case = |name: &str| match name {
            "conversationId" => "id".to_owned(),
            "clientEnv" => "environment".to_owned(),
            _ => name.chars().fold(String::new(), |mut name, letter| {
                if letter.is_ascii_uppercase() {
                    name.push('_');
                }
                name.push(letter.to_ascii_lowercase());
                name
            }),
        };
        for name in names(schema_for!(ConversationDetail)) {
            assert_eq!(
                conversation(&name),
                conversation(&snake_case(&name)),
                "{name}"
            );
        }
        let masked = names(schema_for!(Conversation)).chain(names(schema_for!(ConversationDetail)));
        let mut masked: Vec<_> = masked
            .filter(|name| conversation(name) == Rule::Mask)
            .map(|name| snake_case(&name))
            .collect();
        masked.sort_unstable();
        masked.dedup();
        assert_eq!(
            masked.join(" "),
            "audio_url from_number handoff_destination handoff_reason note short_summary tags to_number"
        );
    }
}
