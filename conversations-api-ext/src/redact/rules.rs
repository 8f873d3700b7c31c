//! Which field holds what of a person.

/// What becomes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Keep,
    Mask,
    /// Only long numbers in it are masked.
    Digits,
    /// As the redaction says of what the agent said.
    AgentWords,
    State,
    Turns,
    Turn,
}

/// The rule for a field of a conversation. What is not listed is unknown and masked.
pub(super) fn conversation(key: &str) -> Rule {
    match key {
        "id" | "account_id" | "project_id" | "environment" | "started_at" | "channel"
        | "in_progress" | "variant_id" | "variant_name" | "num_turns" | "total_duration"
        | "polyai_duration" | "handoff" | "num_silences" | "num_ood" => Rule::Keep,
        "metrics" | "handoff_reason" => Rule::Digits,
        "state" => Rule::State,
        "turns" => Rule::Turns,
        _ => Rule::Mask,
    }
}

/// The rule for a field of a turn.
pub(super) fn turn(key: &str) -> Rule {
    match key {
        "user_input_datetime"
        | "agent_response_datetime"
        | "latency"
        | "is_ood"
        | "is_silence"
        | "barge_in"
        | "intents"
        | "turn_id"
        | "asr_lang_code"
        | "tts_lang_code" => Rule::Keep,
        "agent_response" | "english_agent_response" => Rule::AgentWords,
        _ => Rule::Mask,
    }
}
