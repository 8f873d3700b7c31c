//! Which field holds what of a person.

/// What becomes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Stays byte for byte.
    Keep,
    /// Masked as a whole. Keys inside stay, but for what looks like a number or an address.
    Mask,
    /// What looks like a number or an address is masked.
    Pattern,
    /// What the agent said: also masked is what the caller said.
    Agent,
    /// Values by name, each masked unless its name is kept.
    Named,
    /// The same, with the names masked as well.
    State,
    /// Keys and values inside `state`.
    Inside,
    Turns,
    Turn,
}

/// The rule for a field of a conversation. Unlisted fields are unknown and masked.
pub(super) fn conversation(key: &str) -> Rule {
    match key {
        "id" | "account_id" | "project_id" | "environment" | "started_at" | "in_progress"
        | "variant_id" | "num_turns" | "total_duration" | "polyai_duration" | "handoff"
        | "num_silences" | "num_ood" => Rule::Keep,
        "channel" | "variant_name" => Rule::Pattern,
        "metrics" => Rule::Named,
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
        | "turn_id"
        | "asr_lang_code"
        | "tts_lang_code" => Rule::Keep,
        "intents" => Rule::Pattern,
        "entities" => Rule::Named,
        "agent_response" | "english_agent_response" => Rule::Agent,
        _ => Rule::Mask,
    }
}

/// Whether a field of a turn holds what the caller said.
pub(super) fn is_said(key: &str) -> bool {
    matches!(
        key,
        "user_input" | "translated_user_input" | "user_input_dtmf"
    )
}
