//! Formats a conversation as text for the width of a terminal.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use conversations_api_ext::Conversation;
use conversations_api_ext::api::v3::types::ConversationTurn;
use conversations_api_ext::api::{Integer, Latency, Timestamp};
use conversations_table::{Tz, direction};
use serde_json::Value;

use crate::clock;
use crate::term::escape::{Terminal, printable, width_of, wrapped};

/// Width of the margin: time, two spaces, speaker, two spaces.
const GUTTER: usize = TIME + 2 + WHO + 2;
const TIME: usize = 7;
const WHO: usize = 6;
/// Width of the longest label in the head.
const LABEL: usize = 11;
/// Minimum text width, so that a few words fit on a line even on a narrow terminal.
const NARROWEST: usize = 20;

/// Formats the head, turns and metrics of a conversation. Transcripts are wrapped, never truncated.
pub(super) fn text(conversation: &Conversation, zone: Tz, terminal: Terminal) -> String {
    let mut page = TextLayout {
        out: String::new(),
        terminal,
    };
    page.head(conversation, zone);
    page.turns(conversation);
    page.metrics(conversation);
    page.out
}

struct TextLayout {
    out: String,
    terminal: Terminal,
}

impl TextLayout {
    fn head(&mut self, c: &Conversation, zone: Tz) {
        let id = printable(&c.id);
        self.line(&self.terminal.strong(&id));
        let started = c.started_at.as_ref().map(|time| match time.to_utc() {
            Some(utc) => utc
                .with_timezone(&zone)
                .format("%a %Y-%m-%d %H:%M:%S %Z")
                .to_string(),
            None => time.to_string(),
        });
        self.field("started", started.as_deref());
        if *c.in_progress == Some(true) {
            self.field("state", Some("in progress (may still change)"));
        }
        let channel = parts([c.channel.as_deref(), direction(&c.id)], ", ");
        self.field("channel", channel.as_deref());
        self.field("environment", c.environment.as_deref());
        let variant = match (filled(&c.variant_name), filled(&c.variant_id)) {
            (Some(name), Some(id)) => Some(format!("{name} ({id})")),
            (name, id) => name.or(id).map(str::to_owned),
        };
        self.field("variant", variant.as_deref());
        let numbers = match (filled(&c.from_number), filled(&c.to_number)) {
            (Some(from), Some(to)) => Some(format!("{from} to {to}")),
            (Some(from), None) => Some(format!("from {from}")),
            (None, to) => to.map(|to| format!("to {to}")),
        };
        self.field("numbers", numbers.as_deref());
        self.field("duration", duration(c).as_deref());
        self.field("turns", counts(c).as_deref());
        self.field("handoff", handoff(c).as_deref());
        self.details(c);
    }

    /// Adds what only a conversation requested by its id has, or one exported with `--detail`.
    fn details(&mut self, c: &Conversation) {
        let detail = |name: &str| c.extra.get(name).and_then(plain);
        self.field("language", detail("language").as_deref());
        let tags: Vec<_> = match c.extra.get("tags") {
            Some(Value::Array(tags)) => tags.iter().filter_map(plain).collect(),
            // Not documented: one text.
            other => other.and_then(plain).into_iter().collect(),
        };
        self.field("tags", Some(&tags.join(", ")));
        self.field("score", detail("poly_score").as_deref());
        self.field("note", detail("note").as_deref());
        // A text, or an object of a heading and a content.
        let summary = match c.extra.get("short_summary") {
            Some(Value::Object(summary)) => {
                let part = |name: &str| summary.get(name)?.as_str();
                parts([part("heading"), part("content")], ": ")
            }
            other => other.and_then(plain),
        };
        self.field("summary", summary.as_deref());
    }

    /// Adds the functions that the agent called in the turn with this index; `None` for those of no known turn.
    fn functions(&mut self, c: &Conversation, turn: Option<usize>) {
        let turns = c.turns.as_deref().map_or(0, <[_]>::len);
        let by_turn = c.extra.get("function_events").and_then(Value::as_object);
        for (at, events) in by_turn.into_iter().flatten() {
            let at = at.parse().ok().filter(|at: &usize| *at < turns);
            if at == turn {
                for event in events.as_array().into_iter().flatten() {
                    self.marks(&[function(event)]);
                }
            }
        }
    }

    /// Adds a label and its wrapped value; adds nothing without a value.
    fn field(&mut self, label: &str, value: Option<&str>) {
        let Some(value) = value.filter(|value| !value.trim().is_empty()) else {
            return;
        };
        let label = self.terminal.faint(&self.terminal.fitted(label, LABEL));
        self.wrapped(&format!("  {label}  "), LABEL + 4, value, false);
    }

    fn turns(&mut self, c: &Conversation) {
        let turns = c.turns.as_deref().unwrap_or_default();
        self.out.push('\n');
        if turns.is_empty() {
            let counted = c.num_turns.and_then(Integer::as_i64).unwrap_or(0);
            let note = match (counted, *c.in_progress) {
                (1.., Some(true)) => "No transcript yet: the conversation is in progress.",
                (1.., _) => "No transcript: transcripts are disabled for this project.",
                _ => "Nothing was said.",
            };
            self.line(note);
            self.functions(c, None);
            return;
        }
        let start = c.started_at.as_ref().and_then(Timestamp::to_utc);
        for (index, turn) in turns.iter().enumerate() {
            self.caller(turn, start);
            self.functions(c, Some(index));
            self.agent(turn, start);
        }
        self.functions(c, None);
    }

    fn caller(&mut self, turn: &ConversationTurn, start: Option<DateTime<Utc>>) {
        let is_silence = *turn.is_silence == Some(true);
        let said = filled(&turn.user_input);
        let mut marks = Vec::new();
        if is_silence && said.is_some() {
            marks.push("silence".to_owned());
        }
        if *turn.is_ood == Some(true) {
            marks.push("out of domain".to_owned());
        }
        if *turn.barge_in == Some(true) {
            marks.push("barge-in".to_owned());
        }
        let keys = filled(&turn.user_input_dtmf);
        marks.extend(keys.map(|keys| format!("keys {keys}")));
        if let Some(intents) = turn
            .intents
            .as_deref()
            .filter(|intents| !intents.is_empty())
        {
            marks.push(format!("intent {}", intents.join(", ")));
        }
        // The agent speaks first, so the first turn has no caller to show.
        if said.is_none() && !is_silence && marks.is_empty() {
            return;
        }
        let nothing = match (is_silence, keys) {
            (true, _) => "(silence)",
            (false, Some(_)) => "(keys only)",
            (false, None) => "(nothing)",
        };
        let at = turn.user_input_datetime.as_ref();
        let at = offset(start, at.and_then(Timestamp::to_utc));
        self.said(&at, "caller", said.unwrap_or(nothing));
        self.english(filled(&turn.translated_user_input), said);
        self.marks(&marks);
    }

    fn agent(&mut self, turn: &ConversationTurn, start: Option<DateTime<Utc>>) {
        let said = filled(&turn.agent_response);
        let latency = turn.latency.as_ref().and_then(latency);
        if said.is_none() && latency.is_none() {
            return;
        }
        let at = turn.agent_response_datetime.as_ref();
        let at = offset(start, at.and_then(Timestamp::to_utc));
        self.said(&at, "agent", said.unwrap_or("(nothing)"));
        self.english(filled(&turn.english_agent_response), said);
        self.marks(&latency.into_iter().collect::<Vec<_>>());
    }

    fn said(&mut self, at: &str, who: &str, text: &str) {
        let name = self.terminal.fitted(who, WHO);
        let name = match who {
            "agent" => self.terminal.strong(&name),
            _ => self.terminal.marked(&name),
        };
        let at = self.terminal.faint(&format!("{at:>TIME$}"));
        self.wrapped(&format!("{at}  {name}  "), GUTTER, text, false);
    }

    fn english(&mut self, english: Option<&str>, said: Option<&str>) {
        if let Some(english) = english.filter(|english| Some(*english) != said) {
            let text = format!("(English: {english})");
            self.wrapped(&" ".repeat(GUTTER), GUTTER, &text, true);
        }
    }

    fn marks(&mut self, marks: &[String]) {
        if !marks.is_empty() {
            let text = format!("[{}]", marks.join("; "));
            self.wrapped(&" ".repeat(GUTTER), GUTTER, &text, true);
        }
    }

    fn metrics(&mut self, c: &Conversation) {
        let Some(metrics) = c.metrics.as_ref().filter(|metrics| !metrics.is_empty()) else {
            return;
        };
        self.out.push('\n');
        self.line(&self.terminal.strong("Metrics"));
        let names = metrics.keys().map(|name| width_of(&printable(name)));
        let widest = names.max().unwrap_or(0).min(self.terminal.width / 3);
        for (name, values) in metrics {
            let values: Vec<_> = values.texts().collect();
            let name = self
                .terminal
                .faint(&self.terminal.fitted(&printable(name), widest));
            self.wrapped(
                &format!("  {name}  "),
                widest + 4,
                &values.join("; "),
                false,
            );
        }
    }

    /// Adds wrapped external text next to a margin of `indent` columns.
    fn wrapped(&mut self, margin: &str, indent: usize, text: &str, faint: bool) {
        let width = self.terminal.width.saturating_sub(indent).max(NARROWEST);
        let text = printable(text);
        for (index, line) in wrapped(text.trim(), width).iter().enumerate() {
            let line = if faint {
                self.terminal.faint(line)
            } else {
                line.to_string()
            };
            if index == 0 {
                self.line(&format!("{margin}{line}"));
            } else {
                self.line(&format!("{:indent$}{line}", ""));
            }
        }
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.out, "{line}");
    }
}

/// Describes a function that the agent called: its name, duration and error.
fn function(event: &Value) -> String {
    let name = event["name"].as_str().unwrap_or("(unnamed)");
    let mut text = format!("function {name}");
    if let Some(milliseconds) = event["duration"].as_f64() {
        let _ = write!(text, ", {:.2} s", milliseconds / 1000.0);
    }
    if let Some(error) = plain(&event["error"]) {
        let _ = write!(text, "; error: {error}");
    }
    text
}

/// Returns a value as text, without the quotes of a string; `None` for `null`.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Returns the text unless it is empty.
fn filled(field: &Option<String>) -> Option<&str> {
    field.as_deref().filter(|text| !text.trim().is_empty())
}

fn parts<const N: usize>(parts: [Option<&str>; N], between: &str) -> Option<String> {
    let parts: Vec<_> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    (!parts.is_empty()).then(|| parts.join(between))
}

fn duration(c: &Conversation) -> Option<String> {
    let time = |seconds: Option<Integer>| seconds.map(|seconds| clock::time(seconds.as_f64()));
    match (time(*c.total_duration), time(*c.polyai_duration)) {
        (Some(total), Some(agent)) if total != agent => {
            Some(format!("{total} ({agent} with the agent)"))
        }
        (total, agent) => total.or(agent),
    }
}

fn counts(c: &Conversation) -> Option<String> {
    let mut text = c.num_turns.as_ref()?.to_string();
    for (count, what) in [(*c.num_silences, "silent"), (*c.num_ood, "out of domain")] {
        if let Some(count) = count.filter(|count| count.as_f64() > 0.0) {
            let _ = write!(text, ", {count} {what}");
        }
    }
    Some(text)
}

fn handoff(c: &Conversation) -> Option<String> {
    let why = parts(
        [filled(&c.handoff_reason), filled(&c.handoff_destination)],
        ", to ",
    );
    match (*c.handoff, why) {
        (Some(true), Some(why)) => Some(format!("yes: {why}")),
        (Some(true), None) => Some("yes".to_owned()),
        (Some(false), None) => Some("no".to_owned()),
        (Some(false), Some(why)) => Some(format!("no ({why})")),
        (None, why) => why,
    }
}

fn latency(latency: &Latency) -> Option<String> {
    let seconds = latency.seconds()?;
    let label = match latency {
        Latency::Detailed(detail) => filled(&detail.label),
        _ => None,
    };
    let label = label.map(|label| format!(", {label}"));
    Some(format!(
        "latency {seconds:.2} s{}",
        label.unwrap_or_default()
    ))
}

/// Returns the time since the start; empty if either time is unknown.
fn offset(start: Option<DateTime<Utc>>, at: Option<DateTime<Utc>>) -> String {
    let (Some(start), Some(at)) = (start, at) else {
        return String::new();
    };
    let after = at - start;
    // Times come from two clocks, so the first turn may appear to precede the call.
    if after > TimeDelta::seconds(-1) && after < TimeDelta::zero() {
        return clock::time(0.0);
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of a conversation are few"
    )]
    clock::time(after.num_milliseconds() as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(json: &str, width: usize) -> String {
        let conversation = serde_json::from_str(json).unwrap();
        let terminal = Terminal::plain(width);
        text(&conversation, Tz::Europe__London, terminal)
    }

    const CALL: &str = r#"{"id":"OUT-1","started_at":"2026-04-01T07:15:58.5+00:00","channel":"VOICE-SIP",
        "environment":"live","variant_name":"東京 Hotel","total_duration":75,"polyai_duration":60,"num_turns":3,
        "num_silences":1,"num_ood":1,"handoff":true,"handoff_reason":"asked for a person",
        "handoff_destination":"desk","metrics":{"LANGUAGE":"de-DE","INTENT":["a","b"]},"turns":[
        {"user_input":"","user_input_datetime":"2026-04-01T07:15:58.4+00:00","agent_response":"Guten Tag.",
         "agent_response_datetime":"2026-04-01T07:16:01+00:00","english_agent_response":"Hello."},
        {"user_input":"Ich möchte bitte meine Reservierung um zwei Tage verschieben, geht das noch heute?",
         "user_input_datetime":"2026-04-01T07:16:09+00:00","is_ood":true,"barge_in":true,
         "user_input_dtmf":"12#","intents":["change_booking"],"agent_response":"Ja.",
         "agent_response_datetime":"2026-04-01T07:16:11+00:00",
         "latency":{"label":"good","perceived_latency":1.254}},
        {"is_silence":true,"user_input":"","agent_response":"\u001b[2JSind Sie noch da?","latency":0.7}]}"#;

    #[test]
    fn a_conversation_is_shown_turn_by_turn() {
        assert_eq!(
            show(CALL, 60),
            "OUT-1
  started      Wed 2026-04-01 08:15:58 BST
  channel      VOICE-SIP, outbound
  environment  live
  variant      東京 Hotel
  duration     1:15 (1:00 with the agent)
  turns        3, 1 silent, 1 out of domain
  handoff      yes: asked for a person, to desk

   0:02  agent   Guten Tag.
                 (English: Hello.)
   0:10  caller  Ich möchte bitte meine Reservierung um zwei
                 Tage verschieben, geht das noch heute?
                 [out of domain; barge-in; keys 12#; intent
                 change_booking]
   0:12  agent   Ja.
                 [latency 1.25 s, good]
         caller  (silence)
         agent   [2JSind Sie noch da?
                 [latency 0.70 s]

Metrics
  INTENT    a; b
  LANGUAGE  de-DE
"
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [40, 80, 160] {
            for line in show(CALL, width).lines() {
                assert!(width_of(line) <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn a_missing_transcript_is_named() {
        let hidden = show(r#"{"id":"x","num_turns":4,"turns":[]}"#, 80);
        assert!(hidden.contains("transcripts are disabled"));
        let pending = show(
            r#"{"id":"x","num_turns":4,"in_progress":true,"turns":[]}"#,
            80,
        );
        assert!(pending.contains("No transcript yet"));
        assert!(show(r#"{"id":"x"}"#, 80).contains("Nothing was said"));
    }
}
