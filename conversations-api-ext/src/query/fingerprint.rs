//! The text form of a query that is hashed for its fingerprint.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use crate::{Retrieval, TurnType, Variant, query::Spec};

impl Spec {
    /// Returns the query as text that is stable across versions of this crate, for a checkpoint's hash. Excludes the
    /// page size.
    pub(crate) fn fingerprint_text(&self) -> String {
        let range = self.range();
        let micros = |time: Option<DateTime<Utc>>| time.map(|time| time.timestamp_micros());
        let variant = match &self.variant {
            None => String::new(),
            Some(Variant::Id(id)) => format!("id {id}"),
            Some(Variant::Name(name)) => format!("name {name}"),
        };
        let retrieval = match &self.retrieval {
            Retrieval::All => String::new(),
            Retrieval::TranscriptSearch {
                text, turn_type, ..
            } => {
                let turns = match turn_type {
                    None => "all",
                    Some(TurnType::User) => "user",
                    Some(TurnType::Agent) => "agent",
                };
                format!("transcript {turns} {}", text.as_str())
            }
            Retrieval::SemanticSearch { text, .. } => format!("semantic {}", text.as_str()),
            Retrieval::RandomSample { .. } => "sample".to_owned(),
        };
        let mut text = format!(
            "{}\n{}\n{:?}\n{:?}\n{variant}\n{:?}\n{:?}\n{}{}{}\n{retrieval}",
            self.version.name(),
            self.environment.name(),
            micros(range.start()),
            micros(range.end()),
            self.in_progress,
            self.channels,
            u8::from(self.include_latency),
            u8::from(self.include_turn_metadata),
            u8::from(self.include_context_state),
        );
        // Added only if there are any, so that saved checkpoints of queries without them stay valid.
        for (name, value) in self.extra_params.iter() {
            write!(text, "\n{name:?} {value:?}").expect("a string takes any text");
        }
        text
    }
}
