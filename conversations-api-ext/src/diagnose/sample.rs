//! [`Sample`]: what a few conversations show about the setup of their project.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;

use super::{Cause, Finding};
use crate::{Conversation, Error, Record, query::Spec};

/// Statistics about a sample of conversations.
pub(super) struct Sample<'a> {
    spec: &'a Spec,
    conversations: usize,
    with_turns: usize,
    with_metrics: usize,
    with_latency: usize,
    with_metadata: usize,
    found: Vec<Finding>,
}

/// The fields that remain when all others are withheld (PolyAI docs, Conversations API overview, "Only seeing basic
/// fields").
const BASIC: [&str; 4] = ["id", "account_id", "project_id", "started_at"];

const EXAMPLES: usize = 3;

impl<'a> Sample<'a> {
    pub(super) fn new(spec: &'a Spec) -> Self {
        Self {
            spec,
            conversations: 0,
            with_turns: 0,
            with_metrics: 0,
            with_latency: 0,
            with_metadata: 0,
            found: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.conversations
    }

    pub(super) fn look_at(&mut self, record: &Record) {
        let conversation = match record.decode() {
            Ok(conversation) => conversation,
            Err(error) => return self.malformed(&error),
        };
        self.conversations += 1;
        if is_basic(record) {
            return self.note(Cause::BasicFieldsOnly, Some(record.id()));
        }
        if record.in_progress() {
            self.note(Cause::InProgress, Some(record.id()));
        }
        let metrics = conversation.metrics.as_ref();
        self.with_metrics += usize::from(metrics.is_some_and(|metrics| !metrics.is_empty()));
        self.look_at_turns(record, &conversation);
    }

    fn look_at_turns(&mut self, record: &Record, conversation: &Conversation) {
        let turns = conversation.turns.as_deref().unwrap_or_default();
        if turns.is_empty() {
            let counted = conversation.num_turns.as_ref();
            if counted.and_then(|turns| turns.as_i64()).unwrap_or(0) > 0 {
                let cause = if record.in_progress() {
                    Cause::TurnsPending
                } else {
                    Cause::TranscriptsOff
                };
                self.note(cause, Some(record.id()));
            }
            return;
        }
        self.with_turns += 1;
        let latency = turns.iter().any(|turn| turn.latency.is_some());
        let metadata = turns.iter().any(|turn| turn.metadata.is_some());
        self.with_latency += usize::from(latency);
        self.with_metadata += usize::from(metadata);
    }

    pub(super) fn malformed(&mut self, error: &Error) {
        self.conversations += 1;
        self.note(Cause::Malformed, error.record_id());
    }

    fn note(&mut self, cause: Cause, id: Option<&str>) {
        let index = self.found.iter().position(|finding| finding.cause == cause);
        let index = index.unwrap_or_else(|| {
            self.found.push(Finding::of(cause, self.spec.version));
            self.found.len() - 1
        });
        let finding = &mut self.found[index];
        finding.conversations += 1;
        if finding.examples.len() < EXAMPLES {
            finding.examples.extend(id.map(str::to_owned));
        }
    }

    pub(super) fn findings(mut self) -> Vec<Finding> {
        let asked_in_vain = |asked, got| asked && got == 0 && self.with_turns > 0;
        let latency = asked_in_vain(self.spec.include_latency, self.with_latency);
        let metadata = asked_in_vain(self.spec.include_turn_metadata, self.with_metadata);
        let basic = self
            .found
            .iter()
            .any(|finding| finding.cause == Cause::BasicFieldsOnly);
        let of_all = [
            (Cause::NoConversations, self.conversations == 0),
            (Cause::LatencyAbsent, latency),
            (Cause::TurnMetadataAbsent, metadata),
            (
                Cause::NoMetrics,
                self.conversations > 0 && self.with_metrics == 0 && !basic,
            ),
        ];
        for (cause, found) in of_all {
            if found {
                self.found.push(Finding::of(cause, self.spec.version));
            }
        }
        self.found
    }
}

fn is_basic(record: &Record) -> bool {
    let fields: Result<BTreeMap<String, IgnoredAny>, _> = serde_json::from_str(record.raw());
    fields.is_ok_and(|fields| fields.keys().all(|field| BASIC.contains(&field.as_str())))
}
