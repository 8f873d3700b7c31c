//! What may be printed of a text that a server sent.

use crate::ApiKey;

/// More than any message that helps.
const MAX_CHARS: usize = 300;
/// A run of digits this long may be a phone number.
const LONG: usize = 9;

/// The text in quotes, in one line, cut to a limit, without the API key, without what a terminal would take for
/// a command, and without what may be a phone number. Nothing if it is blank.
pub(crate) fn quote(text: &str, key: &ApiKey) -> Option<String> {
    let text = key.redact(text);
    let is_space = |c: char| c.is_whitespace() || c.is_control() || is_invisible(c);
    let words: Vec<&str> = text
        .split(is_space)
        .filter(|word| !word.is_empty())
        .collect();
    let line = without_long_numbers(&words.join(" "));
    if line.is_empty() {
        return None;
    }
    let mut quoted: String = line.chars().take(MAX_CHARS).collect();
    if quoted.len() < line.len() {
        quoted.push('…');
    }
    Some(format!("\"{quoted}\""))
}

/// Characters that change the order or the look of those around them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn without_long_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut digits = String::new();
    for c in text.chars().map(Some).chain([None]) {
        match c {
            Some(digit) if digit.is_numeric() => digits.push(digit),
            other => {
                if digits.chars().count() < LONG {
                    out.push_str(&digits);
                } else {
                    out.push('*');
                }
                digits.clear();
                out.extend(other);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_is_one_short_line_without_secrets_and_commands() {
        let key = ApiKey::new("pk_live_1234").unwrap();
        for (text, quoted) in [
            (
                "Quota of workspace exhausted",
                Some("\"Quota of workspace exhausted\""),
            ),
            (" a\r\n\tb \u{1b}[31m\u{202e}c", Some("\"a b [31m c\"")),
            ("key pk_live_1234!", Some("\"key <API key>!\"")),
            ("call +447700900123 or 1000", Some("\"call +* or 1000\"")),
            (" \n\u{200b}", None),
            ("", None),
        ] {
            assert_eq!(quote(text, &key).as_deref(), quoted, "{text:?}");
        }
        let long = quote(&"x".repeat(100_000), &key).unwrap();
        assert_eq!(long.chars().count(), MAX_CHARS + 3);
    }
}
