//! [`Redaction`]: masks what callers said, for people who may see the course of a call but not its content.

mod json;
mod rules;
mod text;

use std::collections::BTreeSet;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{Conversation, ConversationDetail, Error, ErrorKind, Record};
use json::{Keys, Scalar};
use rules::{Rule, conversation, function_event, is_said, latency, turn};
use text::Said;

/// Masks a copy of a conversation: of a record, or of the response for a [single one](crate::Client::conversation).
///
/// The structure stays: every field, list and object, and the length of every word. In masked text each letter and
/// digit becomes `*`; a masked JSON number becomes 0. `true`, `false` and `null` stay.
///
/// | masked | how |
/// |---|---|
/// | what the caller said and typed (`user_input`, `translated_user_input`, `user_input_dtmf`) | whole |
/// | values of `metrics` and `entities`, unless [kept](Self::keep) by name; `tags`, unless kept | whole |
/// | `state`, its keys included, except for top-level keys that are [kept](Self::keep) | whole |
/// | `from_number`, `to_number`, `handoff_reason`, `handoff_destination`, `short_summary`, `note` | whole |
/// | function events, except for names, ids, times and durations | whole |
/// | fields that the API document does not describe | whole |
/// | what the agent said (`agent_response`, `english_agent_response`) | by pattern and by repetition |
/// | labels: `channel`, `variant_name`, `intents`, names of functions, metrics and other keys | by pattern |
///
/// *By pattern* masks numbers of four digits or more, also with spaces, punctuation or up to two words between their
/// parts (`4, 1, 5 and 1`), in digits of any script or in English words; and e-mail addresses, written or spoken in
/// English (`ann at example dot com`). *By repetition* masks the words that the caller used anywhere in the
/// conversation, and those of masked entities and of masked metrics and values of `state` of up to 64 bytes. Case, width
/// and composed or decomposed accents make no difference. This includes common words that the caller used.
///
/// Ids, times, durations, counts, scores, flags and language codes stay; one that is a list or an object, or a text
/// instead of a number, is masked whole. Masking twice is the same as masking once.
///
/// # What is guaranteed
///
/// No letter or digit of a field masked whole is left, and no transcribed word of the caller is left in what the agent
/// said. This is a help for audits and *not* an anonymization: lengths, times and ids remain. The agent may use another
/// spelling of a name, or a name that the caller never said, or read out a number in words of another language: set
/// [`agent_words`](Self::agent_words) to mask everything it said. An id chosen by the deployment may contain a phone
/// number.
///
/// ```
/// use conversations_api_ext::Redaction;
///
/// let json = r#"{"id":"CA1","turns":[{"user_input":"It's Ann, 42","agent_response":"Hello Ann!"}],"metrics":{"NAME":"Ann","LANGUAGE":"en"}}"#;
/// assert_eq!(
///     Redaction::default().keep(["LANGUAGE"]).json(json)?,
///     r#"{"id":"CA1","turns":[{"user_input":"**'* ***, **","agent_response":"Hello ***!"}],"metrics":{"NAME":"***","LANGUAGE":"en"}}"#
/// );
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a redaction does nothing until it is applied"]
pub struct Redaction {
    agent_words: bool,
    kept: BTreeSet<String>,
}

/// JSON nested deeper is replaced as a whole: speech is never nested this deep.
const MAX_DEPTH: usize = 60;

/// Longer values of metrics and `state` are prompts and documents, whose words occur in every sentence.
const LONGEST_VALUE: usize = 64;

impl Redaction {
    /// Sets whether everything that the agent said is masked; off by default.
    pub fn agent_words(mut self, masked: bool) -> Self {
        self.agent_words = masked;
        self
    }

    /// Keeps the metrics, the entities and the top-level keys of `state` with these names unmasked; `tags` keeps the
    /// tags.
    pub fn keep(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.kept.extend(names.into_iter().map(Into::into));
        self
    }

    /// Returns the names that are [kept](Self::keep), sorted.
    pub fn kept(&self) -> impl Iterator<Item = &str> {
        self.kept.iter().map(String::as_str)
    }

    /// Masks the JSON of a conversation, as in a list or as
    /// [`Client::conversation_json`](crate::Client::conversation_json) returns it. Keeps the order of keys and everything
    /// that is not masked.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) if `json` is not a JSON object.
    pub fn json(&self, json: &str) -> Result<String, Error> {
        let mut out = String::with_capacity(json.len());
        let object: Option<&RawValue> = serde_json::from_str(json).ok();
        match object.filter(|object| object.get().starts_with('{')) {
            Some(object) => {
                let said = self.said(object);
                // People and automations write tags freely: a name or a number may be one.
                let rule = |key: &str| match key {
                    "tags" if self.kept.contains(key) => Rule::Keep,
                    _ => conversation(key),
                };
                self.object(object, rule, Key::Pattern, 0, &said, &mut out);
                Ok(out)
            }
            None => Err(Error::invalid(
                "the text is not the JSON of a conversation",
                "give one JSON object",
            )),
        }
    }

    /// Returns a masked copy of a record.
    #[must_use]
    pub fn record(&self, record: &Record) -> Record {
        let json = self.json(record.raw());
        record.with_raw(json.expect("a record is a JSON object").into())
    }

    /// Returns a masked copy of a conversation.
    ///
    /// # Errors
    ///
    /// [`MalformedRecord`](ErrorKind::MalformedRecord) if the masked form does not fit the type, which for a
    /// conversation that did is a bug in this crate.
    pub fn conversation(&self, conversation: &Conversation) -> Result<Conversation, Error> {
        self.typed(conversation)
    }

    /// Returns a masked copy of a conversation that was requested by its id.
    ///
    /// # Errors
    ///
    /// As for [`conversation`](Self::conversation).
    pub fn detail(&self, detail: &ConversationDetail) -> Result<ConversationDetail, Error> {
        self.typed(detail)
    }

    fn typed<T: Serialize + DeserializeOwned>(&self, conversation: &T) -> Result<T, Error> {
        let odd = || {
            Error::new(
                ErrorKind::MalformedRecord,
                "a masked conversation does not fit its type",
                "please report this",
            )
        };
        let json = serde_json::to_string(conversation).map_err(|_| odd())?;
        serde_json::from_str(&self.json(&json)?).map_err(|_| odd())
    }

    /// Returns the words that are masked wherever the agent repeats them.
    fn said(&self, object: &RawValue) -> Said {
        let mut said = Said::default();
        for (key, value) in json::fields(object) {
            match key.as_ref() {
                "turns" => {
                    for (key, value) in json::items(value).into_iter().flat_map(json::fields) {
                        if is_said(&key) {
                            add(value, usize::MAX, true, &mut said);
                        } else if turn(&key) == Rule::Named {
                            self.add_named(value, usize::MAX, &mut said);
                        }
                    }
                }
                "metrics" | "state" => self.add_named(value, LONGEST_VALUE, &mut said),
                _ => {}
            }
        }
        said
    }

    fn add_named(&self, value: &RawValue, longest: usize, said: &mut Said) {
        let objects = match value.get().as_bytes()[0] {
            b'[' => json::items(value),
            _ => vec![value],
        };
        for object in objects {
            if !object.get().starts_with('{') {
                add(object, longest, false, said);
                continue;
            }
            for (name, value) in json::fields(object) {
                if !self.kept.contains(name.as_ref()) {
                    add(value, longest, false, said);
                }
            }
        }
    }

    /// Writes an object, each field by the rule for its key.
    fn object(
        &self,
        raw: &RawValue,
        rule: impl Fn(&str) -> Rule,
        key_form: Key,
        depth: usize,
        said: &Said,
        out: &mut String,
    ) {
        let mut keys = Keys::default();
        out.push('{');
        for (index, (key, value)) in json::fields(raw).into_iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            let rule = rule(&key);
            let masked = match key_form {
                _ if rule == Rule::Keep => key.to_string(),
                Key::Pattern => text::masked_by_pattern(&key, &Said::default()),
                Key::Agent => text::masked_by_pattern(&key, said),
                Key::Masked => text::masked(&key),
            };
            keys.write(&key, masked, out);
            out.push(':');
            self.value(value, rule, depth + 1, said, out);
        }
        out.push('}');
    }

    fn value(&self, raw: &RawValue, rule: Rule, depth: usize, said: &Said, out: &mut String) {
        let json = raw.get();
        let first = json.as_bytes()[0];
        if matches!(first, b'{' | b'[') && depth > MAX_DEPTH {
            out.push_str("null");
            return;
        }
        let named = |otherwise: Rule| {
            move |name: &str| match self.kept.contains(name) {
                true => Rule::Keep,
                false => otherwise,
            }
        };
        match (rule, first) {
            (Rule::Keep, _) => out.push_str(json),
            (Rule::Agent, _) if self.agent_words => self.value(raw, Rule::Mask, depth, said, out),
            // Nobody has described what is in these, such as the words of a caller.
            (Rule::Text | Rule::Number, b'{' | b'[') | (Rule::Latency | Rule::Turn, b'[') => {
                self.value(raw, Rule::Mask, depth, said, out);
            }
            (Rule::Latency, b'{') => self.object(raw, latency, Key::Pattern, depth, said, out),
            (Rule::Number | Rule::Latency, b'"') if !json::is_number_or_flag(json) => {
                json::text(json, text::masked, out);
            }
            (Rule::Text | Rule::Number | Rule::Latency, _) => out.push_str(json),
            (_, b'[') => {
                let item = match rule {
                    Rule::Turns => Rule::Turn,
                    Rule::FunctionEvents => Rule::FunctionEvent,
                    other => other,
                };
                self.list(raw, item, depth, said, out);
            }
            (Rule::Turn, b'{') => self.object(raw, turn, Key::Pattern, depth, said, out),
            (Rule::FunctionEvent, b'{') => {
                self.object(raw, function_event, Key::Pattern, depth, said, out);
            }
            (Rule::Named, b'{') => {
                self.object(raw, named(Rule::Mask), Key::Pattern, depth, said, out);
            }
            (Rule::State, b'{') => {
                self.object(
                    raw,
                    named(Rule::MaskWithKeys),
                    Key::Masked,
                    depth,
                    said,
                    out,
                );
            }
            (Rule::MaskWithKeys, b'{') => {
                self.object(raw, |_| rule, Key::Masked, depth, said, out);
            }
            (Rule::Agent, b'{') => self.object(raw, |_| rule, Key::Agent, depth, said, out),
            (_, b'{') => self.object(raw, |_| rule, Key::Pattern, depth, said, out),
            (Rule::Agent, b'"') => {
                json::text(json, |text| text::masked_by_pattern(text, said), out);
            }
            (Rule::Pattern, b'"') => {
                let said = Said::default();
                json::text(json, |text| text::masked_by_pattern(text, &said), out);
            }
            (_, b'"') => json::text(json, text::masked, out),
            // A number may be a phone number; true, false and null identify nobody.
            (Rule::Pattern, b'-' | b'0'..=b'9') if json.len() < text::LONG => out.push_str(json),
            (Rule::Agent, b'-' | b'0'..=b'9')
                if json.len() < text::LONG && text::masked_by_pattern(json, said) == json =>
            {
                out.push_str(json);
            }
            (_, b'-' | b'0'..=b'9') => out.push('0'),
            _ => out.push_str(json),
        }
    }

    fn list(&self, raw: &RawValue, item: Rule, depth: usize, said: &Said, out: &mut String) {
        out.push('[');
        for (index, value) in json::items(raw).into_iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            self.value(value, item, depth + 1, said, out);
        }
        out.push(']');
    }
}

/// How the keys of an object are masked.
#[derive(Clone, Copy)]
enum Key {
    Pattern,
    Agent,
    Masked,
}

/// Adds the texts of up to `longest` bytes and the numbers in a value, and the keys if these are masked too.
fn add(value: &RawValue, longest: usize, keys: bool, said: &mut Said) {
    for scalar in json::scalars(value) {
        match scalar {
            Scalar::Key(_) if !keys => {}
            Scalar::Key(json) | Scalar::Text(json) => {
                let text = json::decoded(json);
                if text.len() <= longest {
                    said.add(&text);
                }
            }
            Scalar::Number(json) => {
                said.add(json);
                // What a masked number becomes, for masking twice to be masking once.
                said.add("0");
            }
        }
    }
}
