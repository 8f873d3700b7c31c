//! Sanitizes text from a server for printing.

use crate::ApiKey;

/// The maximum length of a quotation; useful messages are shorter.
const MAX_CHARS: usize = 300;
/// The length from which a run of digits may be a phone number.
const LONG: usize = 9;

/// Quotes a text in one line, cut to a limit, without the API key, terminal control sequences and possible phone
/// numbers. Returns `None` if it is blank.
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

/// Returns whether a character is invisible, or changes the order or appearance of those around it.
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
