//! What the detail of a conversation has and its listed record lacks: language, tags, summary, score, note.
//!
//! A record that has one of these as a member of its own (`language`, `tags`, `short_summary`, `poly_score`,
//! `note`, `deployment_id`, `direction`, `function_events`) is served with it; otherwise the values are
//! derived from the record and drawn from its hash, the same each time.

use serde_json::Value;

use crate::hash::mix;

const NOTES: [&str; 4] = [
    "Checked with the team, nothing left to do.",
    "The caller may call back about this.",
    "Good example for the training set.",
    "Wording of the confirmation to be reviewed.",
];

const REVIEW_TAGS: [&str; 3] = ["reviewed", "follow-up", "sample"];

/// A record and the numbers drawn for it.
pub(crate) struct DetailValues<'a> {
    /// The record as stored.
    pub(crate) record: &'a Value,
    pub(crate) draw: u64,
}

/// A short summary, as the two parts that some deployments send.
pub(crate) struct Summary {
    pub(crate) heading: String,
    pub(crate) content: String,
}

impl DetailValues<'_> {
    /// A number below 100 for one purpose.
    pub(crate) fn percentile(&self, purpose: &str) -> u64 {
        self.number(purpose) % 100
    }

    pub(crate) fn number(&self, purpose: &str) -> u64 {
        let seed = purpose.bytes().fold(self.draw, |seed, byte| {
            mix(seed ^ u64::from(byte).wrapping_add(1))
        });
        mix(seed)
    }

    fn pick<'b>(&self, purpose: &str, choices: &[&'b str]) -> &'b str {
        choices[(self.number(purpose) % choices.len() as u64) as usize]
    }

    pub(crate) fn in_progress(&self) -> bool {
        self.record["in_progress"] == true
    }

    pub(crate) fn handoff(&self) -> bool {
        self.record["handoff"] == true
    }

    pub(crate) fn turns(&self) -> &[Value] {
        self.record["turns"].as_array().map_or(&[], Vec::as_slice)
    }

    /// The intents of all turns, without repetitions.
    pub(crate) fn intents(&self) -> Vec<&str> {
        let mut intents = Vec::new();
        for turn in self.turns() {
            for intent in turn["intents"].as_array().into_iter().flatten() {
                if let Some(intent) = intent.as_str().filter(|intent| !intents.contains(intent)) {
                    intents.push(intent);
                }
            }
        }
        intents
    }

    pub(crate) fn language(&self) -> Option<&str> {
        let record = self.record;
        let given = [&record["metrics"]["LANGUAGE"], &record["state"]["locale"]];
        let language = given.into_iter().find_map(Value::as_str);
        language.filter(|_| self.percentile("has a language") < 92)
    }

    pub(crate) fn direction(&self) -> &'static str {
        match self.record["id"].as_str() {
            Some(id) if id.starts_with("OUT-") => "outbound",
            _ => "inbound",
        }
    }

    pub(crate) fn deployment_id(&self) -> Option<String> {
        (self.percentile("has a deployment") < 80)
            .then(|| format!("DEPLOYMENT-{:03}", self.number("deployment") % 12))
    }

    pub(crate) fn tags(&self) -> Vec<String> {
        let mut tags: Vec<String> = self.intents().into_iter().map(Into::into).collect();
        if self.handoff() {
            tags.push("handoff".into());
        }
        if self.percentile("has a review tag") < 25 {
            tags.push(self.pick("review tag", &REVIEW_TAGS).into());
        }
        tags
    }

    /// The score in tenths, from 10 to 50; a conversation in progress has none.
    pub(crate) fn score(&self) -> Option<u64> {
        let scored = !self.in_progress() && self.percentile("has a score") < 85;
        let worst = if self.handoff() { 10 } else { 25 };
        scored.then(|| worst + self.number("score") % (51 - worst))
    }

    pub(crate) fn note(&self) -> Option<&'static str> {
        (self.percentile("has a note") < 20).then(|| self.pick("note", &NOTES))
    }

    /// A conversation in progress has none.
    pub(crate) fn summary(&self) -> Option<Summary> {
        if self.in_progress() || self.percentile("has a summary") < 5 {
            return None;
        }
        let topics: Vec<String> = self
            .intents()
            .into_iter()
            .map(|intent| intent.replace('_', " "))
            .collect();
        let topic = match topics.as_slice() {
            [] => "a general question".into(),
            topics => topics.join(" and "),
        };
        let outcome = if self.handoff() {
            "The call was handed off"
        } else if self.record["metrics"]["HANGUP_BY"].is_string() {
            "The caller hung up before it was settled"
        } else {
            "The agent settled it"
        };
        let turns = self.turns().len();
        Some(Summary {
            heading: format!("Contact about: {topic}"),
            content: format!(
                "The user contacted the agent about {topic}. {outcome} after {turns} turns."
            ),
        })
    }
}
