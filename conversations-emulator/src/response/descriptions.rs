//! The dictionary that v1 answers beside its conversations.

/// v1's `descriptions`: response keys and what they mean, as JSON.
pub(crate) const DESCRIPTIONS: &str = r#"{"conversations":{
"id":"What identifies this conversation, and no other.",
"account_id":"The account that the conversation belongs to.",
"project_id":"The project that the conversation belongs to.",
"variant_id":"The variant of the agent that took part, by id.",
"variant_name":"The variant of the agent that took part, by name.",
"environment":"Where the agent was deployed: live, sandbox or pre-release, as a rule.",
"started_at":"The time of the first contact, in ISO 8601.",
"channel":"The medium, for instance VOICE-SIP or CHAT.",
"from_number":"The telephone number of the caller.",
"to_number":"The telephone number at which the agent answered.",
"in_progress":"Whether the conversation is going on, so that its other values can change.",
"num_turns":"How many turns there were.",
"total_duration":"Seconds from the beginning to the end of the conversation.",
"polyai_duration":"Seconds that the agent was part of it.",
"handoff":"Whether the agent passed the conversation on.",
"handoff_reason":"In a few words, why it was passed on.",
"handoff_destination":"To which of several destinations it was passed on.",
"num_silences":"How many turns had silence instead of input.",
"num_ood":"How many turns were outside what the agent deals with.",
"metrics":"What the agent logged: one value by name, or a list of them.",
"state":"What the dialogue had stored at the end, by key.",
"turns":"What was said, turn after turn."
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
