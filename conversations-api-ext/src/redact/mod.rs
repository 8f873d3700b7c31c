//! [`Redaction`]: conversations without what their callers said, for people who may see how a call went and
//! not what was said in it.

mod mask;
mod rules;

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use crate::{Conversation, Error, ErrorKind, Record};
use rules::{Rule, conversation, turn};

/// What is masked in a copy of a conversation.
///
/// The structure stays: every field, list and object, every word by its length. Of masked text each letter
/// and digit becomes `*`; a masked number (of a JSON value) becomes 0. By default masked are
///
/// - what the caller said (`user_input`, `translated_user_input`), typed (`user_input_dtmf`) and meant
///   (values of `entities`);
/// - telephone numbers (`from_number`, `to_number`, `handoff_destination`), and any four digits or more in
///   what the agent said, in metrics and in the reason of a handoff;
/// - all values of `state`, save the keys that are [kept](Self::keep_state);
/// - whatever the API document does not know.
///
/// Ids, times, durations, counts, labels (channel, environment, variant, intents, names of metrics) and
/// what is true or false stay as they are. Masking twice is the same as masking once.
///
/// This is a help for audits and no anonymisation: lengths, times and ids remain, and an agent may repeat a
/// caller's name: [`agent_words`](Self::agent_words) masks that too.
///
/// ```
/// use conversations_api_ext::Redaction;
///
/// let json = r#"{"id":"CA1","from_number":"+12025550137","turns":[{"user_input":"It's Ann, 42","latency":0.7}]}"#;
/// assert_eq!(
///     Redaction::default().json(json)?,
///     r#"{"id":"CA1","from_number":"+***********","turns":[{"user_input":"**'* ***, **","latency":0.7}]}"#
/// );
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a redaction does nothing until it is applied"]
pub struct Redaction {
    agent_words: bool,
    kept_state: BTreeSet<String>,
}

/// JSON that is nested deeper is replaced as a whole: nothing that people say is.
const MAX_DEPTH: usize = 60;

impl Redaction {
    /// Whether what the agent said is masked as well; not by default.
    pub fn agent_words(mut self, masked: bool) -> Self {
        self.agent_words = masked;
        self
    }

    /// Keeps these keys at the top of `state` as they are.
    pub fn keep_state(mut self, keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.kept_state.extend(keys.into_iter().map(Into::into));
        self
    }

    /// The JSON of a conversation, masked. Order of keys, and everything that is not masked, as it was.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) if `json` is not a JSON object.
    pub fn json(&self, json: &str) -> Result<String, Error> {
        let mut out = String::with_capacity(json.len());
        let object: Option<&RawValue> = serde_json::from_str(json).ok();
        let written = object
            .filter(|object| object.get().starts_with('{'))
            .and_then(|object| self.object(object, conversation, 0, &mut out));
        match written {
            Some(()) => Ok(out),
            None => Err(Error::invalid(
                "the text is not the JSON of a conversation",
                "give one JSON object",
            )),
        }
    }

    /// A copy of a record, masked.
    #[must_use]
    pub fn record(&self, record: &Record) -> Record {
        let json = self.json(record.raw());
        record.with_raw(json.expect("a record is a JSON object").into())
    }

    /// A copy of a conversation, masked.
    ///
    /// # Errors
    ///
    /// [`MalformedRecord`](ErrorKind::MalformedRecord) if the masked form does not fit the type, which for a
    /// conversation that did is a defect of this crate.
    pub fn conversation(&self, conversation: &Conversation) -> Result<Conversation, Error> {
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

    /// Writes an object, each field by the rule for its key. `None` if it is none.
    fn object(
        &self,
        raw: &RawValue,
        rule: impl Fn(&str) -> Rule,
        depth: usize,
        out: &mut String,
    ) -> Option<()> {
        let fields: mask::Fields<'_> = serde_json::from_str(raw.get()).ok()?;
        out.push('{');
        for (place, (key, value)) in fields.0.iter().enumerate() {
            if place > 0 {
                out.push(',');
            }
            mask::string(key, out);
            out.push(':');
            self.value(value, rule(key), depth + 1, out);
        }
        out.push('}');
        Some(())
    }

    fn value(&self, raw: &RawValue, rule: Rule, depth: usize, out: &mut String) {
        let json = raw.get();
        let first = json.as_bytes()[0];
        if matches!(first, b'{' | b'[') && depth > MAX_DEPTH {
            out.push_str("null");
            return;
        }
        match (rule, first) {
            (Rule::Keep, _) => out.push_str(json),
            (Rule::AgentWords, _) => {
                let rule = if self.agent_words {
                    Rule::Mask
                } else {
                    Rule::Digits
                };
                self.value(raw, rule, depth, out);
            }
            (_, b'[') => {
                let item = match rule {
                    Rule::Turns => Rule::Turn,
                    other => other,
                };
                self.list(raw, item, depth, out);
            }
            (Rule::Turn, b'{') => self.object(raw, turn, depth, out).unwrap_or_default(),
            (Rule::State, b'{') => {
                let rule = |key: &str| match self.kept_state.contains(key) {
                    true => Rule::Keep,
                    false => Rule::Mask,
                };
                self.object(raw, rule, depth, out).unwrap_or_default();
            }
            (_, b'{') => self.object(raw, |_| rule, depth, out).unwrap_or_default(),
            (Rule::Digits, b'"') => mask::text(raw, mask::long_numbers, out),
            (_, b'"') => mask::text(raw, mask::words, out),
            // A number may be one of a telephone; true, false and null say nothing of anybody.
            (Rule::Digits, b'-' | b'0'..=b'9') if json.len() < mask::LONG => out.push_str(json),
            (_, b'-' | b'0'..=b'9') => out.push('0'),
            _ => out.push_str(json),
        }
    }

    fn list(&self, raw: &RawValue, item: Rule, depth: usize, out: &mut String) {
        let items: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
        out.push('[');
        for (place, value) in items.into_iter().enumerate() {
            if place > 0 {
                out.push(',');
            }
            self.value(value, item, depth + 1, out);
        }
        out.push(']');
    }
}
