//! [`Rule`]: the masking rule of each field.

/// How a value is masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Keep byte for byte.
    Keep,
    /// Mask the whole value. Keys inside stay, except what looks like a number or an address.
    Mask,
    /// Mask what looks like a number or an address.
    Pattern,
    /// As `Pattern`, and also mask what the caller said: for the words of the agent.
    Agent,
    /// Mask each value unless its name is kept.
    Named,
    /// As `Named`, and also mask the names.
    State,
    /// Mask keys and values inside `state`.
    Inside,
    Turns,
    Turn,
    /// Lists of function events by the number of their turn.
    FunctionEvents,
    FunctionEvent,
}

/// Returns the rule for a field of a conversation. Unlisted fields are unknown and masked.
pub(super) fn conversation(key: &str) -> Rule {
    match key {
        "id" | "account_id" | "project_id" | "environment" | "started_at" | "in_progress"
        | "variant_id" | "num_turns" | "total_duration" | "polyai_duration" | "handoff"
        | "num_silences" | "num_ood" => Rule::Keep,
        // Only a conversation that was requested by its id has these.
        "created_at" | "finished_at" | "duration" | "language" | "direction" | "poly_score"
        | "deployment_id" => Rule::Keep,
        "channel" | "variant_name" => Rule::Pattern,
        "function_events" => Rule::FunctionEvents,
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

/// Returns the rule for a field of a function event.
pub(super) fn function_event(key: &str) -> Rule {
    match key {
        "function_id" | "duration" | "start_time" => Rule::Keep,
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
