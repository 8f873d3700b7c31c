//! The output of a command, on standard output.
//!
//! Everything that is no file format goes through here: text for people is neutralized, and JSON is escaped.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};

use conversations_api_ext::Redaction;

use crate::failure::Failure;
use crate::term::escape::{self, Terminal};
use crate::term::secrets;

/// What a text is, which decides how it is made harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// For people, or a table: what would control a terminal becomes spaces.
    Text,
    /// What would control a terminal becomes an escape, which is the same value to every JSON reader.
    Json,
}

/// Writes text for people. A reader that went away ends the command quietly.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let is_styled = Terminal::of_stdout().colour;
    let text = secrets::without_keys(text);
    print_own(escape::neutralized(&text, is_styled).as_bytes())
}

/// Writes JSON.
pub(crate) fn print_json(json: &str) -> Result<(), Failure> {
    print_own(harmless(json, Kind::Json).as_bytes())
}

/// Writes what holds nothing from outside, as it is.
pub(crate) fn print_own(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(|error| Failure::output("standard output", &error))
}

/// Standard output for files of records, which hold them as they are. On a terminal it is neutralized: there a
/// person reads it.
pub(crate) fn stream() -> Box<dyn io::Write + Send> {
    if io::stdout().is_terminal() {
        Box::new(OnTerminal { rest: Vec::new() })
    } else {
        Box::new(io::stdout())
    }
}

struct OnTerminal {
    /// The start of a character whose end is still to be written.
    rest: Vec<u8>,
}

impl io::Write for OnTerminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        let end = match str::from_utf8(&self.rest) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            // What is no text is no better for waiting.
            _ => self.rest.len(),
        };
        let text = String::from_utf8_lossy(&self.rest[..end]);
        let text = escape::neutralized(&text, false);
        io::stdout().write_all(text.as_bytes())?;
        self.rest.drain(..end);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

/// A text as it may be written anywhere: without API keys and without what would control a terminal.
pub(crate) fn harmless(text: &str, kind: Kind) -> String {
    let text = secrets::without_keys(text);
    let text = match kind {
        Kind::Text => escape::neutralized(&text, false),
        Kind::Json => Cow::Owned(escape::escaped_in_json(&text)),
    };
    text.into_owned()
}

/// A record on one line, masked if that was asked for. JSON text has line ends only between its tokens, so
/// those of a record that arrived laid out over several lines can go.
pub(crate) fn one_line(raw: &str, redaction: Option<&Redaction>) -> Result<String, Failure> {
    match redaction {
        Some(redaction) => Ok(redaction.json(raw)?),
        None => Ok(raw.replace(['\n', '\r'], "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_line_and_masked_only_on_demand() {
        let raw = "{\n  \"id\": \"a\",\r\n  \"from_number\": \"+12\\n\"\n}";
        assert_eq!(
            one_line(raw, None).unwrap(),
            "{  \"id\": \"a\",  \"from_number\": \"+12\\n\"}"
        );
        let masked = one_line(raw, Some(&Redaction::default())).unwrap();
        assert!(masked.contains("\"id\":\"a\"") && !masked.contains("12"));
        assert!(!masked.contains('\n'));
    }
}
