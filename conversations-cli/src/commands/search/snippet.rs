//! [`Snippets`]: the part of a transcript that shows why a conversation was found.

use conversations_api_ext::api::v3::types::ConversationTurn;
use conversations_api_ext::{Conversation, Record, Redaction, TurnType};

use crate::term::escape::printable;

/// Length of a snippet in characters. The match is a third from its start.
const LENGTH: usize = 120;

/// What to search for, and in which turns.
#[derive(Debug)]
pub(crate) struct Snippets<'a> {
    /// `None` shows the caller's first words.
    text: Option<&'a str>,
    turns: Option<TurnType>,
}

impl<'a> Snippets<'a> {
    /// Returns snippets around a search text.
    pub(crate) const fn around(text: &'a str, turns: Option<TurnType>) -> Self {
        Self {
            text: Some(text),
            turns,
        }
    }

    /// Returns snippets of the caller's first words.
    pub(crate) const fn of_callers() -> Self {
        Self {
            text: None,
            turns: Some(TurnType::User),
        }
    }

    /// Returns the speaker and some words; empty if nothing was said. Searches the original text and masks the
    /// snippet, so that masking does not hide matches.
    pub(crate) fn of(&self, record: &Record, redaction: Option<&Redaction>) -> String {
        let Ok(said) = record.decode() else {
            return String::new();
        };
        let Some((turn, who, at)) = self.find(&said) else {
            return String::new();
        };
        let shown = redaction.map(|redaction| redaction.record(record).decode());
        let shown = match shown {
            None => said,
            Some(Ok(masked)) => masked,
            Some(Err(_)) => return String::new(),
        };
        let turns = shown.turns.as_deref().unwrap_or_default();
        let text = turns.get(turn).map_or("", |turn| text_of(turn, who));
        format!("{}: {}", name(who), cut(&printable(text), at))
    }

    /// Returns whether one turn contains the literal text, ignoring case; `None` if the record cannot be decoded.
    pub(crate) fn has_text(&self, record: &Record) -> Option<bool> {
        let said = record.decode().ok()?;
        let text = self.text.unwrap_or_default();
        let turns = said.turns.as_deref().unwrap_or_default();
        Some(self.position(turns, text).is_some())
    }

    /// Returns the turn, the speaker, and the number of characters before the match.
    fn find(&self, conversation: &Conversation) -> Option<(usize, TurnType, usize)> {
        let turns = conversation.turns.as_deref()?;
        let wanted = self.text.unwrap_or_default();
        // A server may match words that are not adjacent.
        let mut single: Vec<_> = wanted.split_whitespace().collect();
        single.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
        for wanted in std::iter::once(wanted).chain(single) {
            if let Some(found) = self.position(turns, wanted) {
                return Some(found);
            }
        }
        let mut turns = turns.iter();
        let first = turns.position(|turn| !text_of(turn, TurnType::User).trim().is_empty())?;
        Some((first, TurnType::User, 0))
    }

    fn position(
        &self,
        turns: &[ConversationTurn],
        wanted: &str,
    ) -> Option<(usize, TurnType, usize)> {
        let wanted = folded(wanted.trim());
        if wanted.is_empty() {
            return None;
        }
        for (index, turn) in turns.iter().enumerate() {
            for who in self.speakers() {
                let said = folded(text_of(turn, *who));
                if let Some(at) = said.windows(wanted.len()).position(|part| part == wanted) {
                    return Some((index, *who, at));
                }
            }
        }
        None
    }

    fn speakers(&self) -> &'static [TurnType] {
        match self.turns {
            Some(TurnType::User) => &[TurnType::User],
            Some(TurnType::Agent) => &[TurnType::Agent],
            None | Some(_) => &[TurnType::User, TurnType::Agent],
        }
    }
}

fn text_of(turn: &ConversationTurn, who: TurnType) -> &str {
    let text = match who {
        TurnType::Agent => &turn.agent_response,
        _ => &turn.user_input,
    };
    text.as_deref().unwrap_or_default()
}

const fn name(who: TurnType) -> &'static str {
    match who {
        TurnType::Agent => "agent",
        _ => "caller",
    }
}

/// Converts to lowercase with the same number of characters, so that positions stay the same.
fn folded(text: &str) -> Vec<char> {
    let lower = |c: char| c.to_lowercase().next().unwrap_or(c);
    text.chars().map(lower).collect()
}

fn cut(text: &str, at: usize) -> String {
    let count = text.chars().count();
    if count <= LENGTH {
        return text.to_owned();
    }
    let start = at.saturating_sub(LENGTH / 3).min(count - LENGTH);
    let part: String = text.chars().skip(start).take(LENGTH).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if start + LENGTH < count { "…" } else { "" };
    format!("{before}{part}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str, turns: Option<TurnType>) -> Option<(usize, TurnType, usize)> {
        let conversation = serde_json::from_str(
            r#"{"id":"a","turns":[
                {"user_input":"","agent_response":"How may I help?"},
                {"user_input":"I want to CANCEL my ÖBB booking","agent_response":"Cancel it today?"}]}"#,
        );
        Snippets::around(text, turns).find(&conversation.unwrap())
    }

    #[test]
    fn the_phrase_is_found_before_its_words_in_turns_of_both_speakers() {
        assert_eq!(find("cancel", None), Some((1, TurnType::User, 10)));
        assert_eq!(
            find("cancel", Some(TurnType::Agent)),
            Some((1, TurnType::Agent, 0))
        );
        assert_eq!(find("öbb", None), Some((1, TurnType::User, 20)));
        assert_eq!(find("booking help", None), Some((1, TurnType::User, 24)));
        assert_eq!(find("nowhere", None), Some((1, TurnType::User, 0)));
        assert_eq!(
            Snippets::of_callers().find(&serde_json::from_str(r#"{"id":"a"}"#).unwrap()),
            None
        );
    }

    #[test]
    fn a_long_turn_is_cut_around_what_was_found() {
        let text = format!("{}X{}", "a".repeat(300), "b".repeat(300));
        let part = cut(&text, 300);
        assert_eq!(part.chars().count(), LENGTH + 2);
        assert!(part.starts_with("…a") && part.contains('X') && part.ends_with("b…"));
        assert_eq!(cut("short", 3), "short");
    }
}
