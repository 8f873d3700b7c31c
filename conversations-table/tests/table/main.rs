//! The tables as their readers see them.

mod csv_files;
mod parquet_files;
mod parquet_output;

/// A record with every oddity that servers are known for.
const ODD: &str = r#"{"id":"OUT-7","account_id":"ws-1","started_at":"2026-04-01T09:00:00","channel":"SMS",
    "in_progress":"false","num_turns":"2","total_duration":84.0,"polyai_duration":"a while","handoff":null,
    "from_number":15550100,"metrics":{"INTENT":["book","pay"],"CSAT":5,"NOTE":"a, \"b\"\nc",
    "STEP":[{"timestamp":"t","value":1}]},"state":{"slots":[1, 2]},"new_field":{"deep":[true]},
    "turns":[{"user_input":"hi, there","user_input_datetime":"2026-04-01T09:00:01.5+00:00","latency":0.7,
    "intents":null,"turn_id":"t-1"},{"latency":{"label":"low","perceived_latency":1.25},"is_ood":"maybe",
    "intents":["a"],"entities":[{"k":1}]},"odd turn"]}"#;

const PLAIN: &str = r#"{"id":"CA0123456789abcdef0123456789abcdef","started_at":"2026-04-02T22:30:00.25Z",
    "metrics":{"INTENT":"book","ALPHA":"1"},"turns":[]}"#;
