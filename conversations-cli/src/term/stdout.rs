//! Prints the output of a command to standard output.
//!
//! All output except file formats goes through here: control characters in text for people are removed, and those in
//! JSON are escaped.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};

use conversations_api_ext::Redaction;

use crate::failure::Failure;
use crate::term::escape::{self, Terminal};
use crate::term::secrets;

/// The kind of a text, which determines how control characters are made harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text for people, or a table: control characters become spaces.
    Text,
    /// JSON: control characters become escapes, which every JSON reader decodes to the same value.
    Json,
}

/// Prints text for people. If the reader has closed the pipe, the command ends quietly.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let is_styled = Terminal::of_stdout().color;
    let text = secrets::without_keys(text);
    print_own(escape::neutralized(&text, is_styled).as_bytes())
}

/// Prints JSON.
pub(crate) fn print_json(json: &str) -> Result<(), Failure> {
    print_own(harmless(json, Kind::Json).as_bytes())
}

/// Prints bytes that contain no external text, unchanged.
pub(crate) fn print_own(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(|error| Failure::output("standard output", &error))
}

/// Returns standard output for files of records, which are written unchanged. On a terminal control characters are
/// removed, because a person reads it.
pub(crate) fn stream() -> Box<dyn io::Write + Send> {
    if io::stdout().is_terminal() {
        Box::new(OnTerminal { rest: Vec::new() })
    } else {
        Box::new(io::stdout())
    }
}

struct OnTerminal {
    /// The bytes of an incomplete UTF-8 character.
    rest: Vec<u8>,
}

impl io::Write for OnTerminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        let end = match str::from_utf8(&self.rest) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            // Bytes that are invalid UTF-8 stay invalid, whatever follows.
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

/// Returns a text that can be printed anywhere: without API keys and control characters.
pub(crate) fn harmless(text: &str, kind: Kind) -> String {
    let text = secrets::without_keys(text);
    let text = match kind {
        Kind::Text => escape::neutralized(&text, false),
        Kind::Json => Cow::Owned(escape::escaped_in_json(&text)),
    };
    text.into_owned()
}

/// Returns a record on one line, masked if requested. JSON allows line breaks only between tokens, so those of a
/// pretty-printed record are removed.
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
