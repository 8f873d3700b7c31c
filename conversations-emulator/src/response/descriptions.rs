//! The `descriptions` object that v1 returns next to its conversations.

/// v1's `descriptions`: response keys and their meanings, as JSON.
pub(crate) const DESCRIPTIONS: &str = r#"{"conversations":{
"id":"Unique id of the conversation.",
"account_id":"Account of the conversation.",
"project_id":"Project of the conversation.",
"variant_id":"Id of the agent variant.",
"variant_name":"Name of the agent variant.",
"environment":"Environment of the agent, typically live, sandbox or pre-release.",
"started_at":"Start time in ISO 8601.",
"channel":"Channel, for example VOICE-SIP or CHAT.",
"from_number":"Phone number of the caller.",
"to_number":"Phone number that was called.",
"in_progress":"Whether the conversation is in progress; if so, its other values can change.",
"num_turns":"Number of turns.",
"total_duration":"Duration of the conversation in seconds.",
"polyai_duration":"Duration of the agent's part in seconds.",
"handoff":"Whether the agent handed the conversation off.",
"handoff_reason":"Short reason for the handoff.",
"handoff_destination":"Destination of the handoff.",
"num_silences":"Number of turns with silence instead of input.",
"num_ood":"Number of turns outside the agent's domain.",
"metrics":"Metrics that the agent logged: a value or a list of values by name.",
"state":"Dialogue state at the end, by key.",
"turns":"Transcript, turn by turn."
}}"#;

#[cfg(test)]
mod tests {
    #[test]
    fn descriptions_are_an_object_of_texts() {
        let read: serde_json::Value = serde_json::from_str(super::DESCRIPTIONS).unwrap();
        let keys = read["conversations"].as_object().unwrap();
        assert!(keys.contains_key("handoff_reason"));
        assert!(keys.values().all(serde_json::Value::is_string));
    }
}
