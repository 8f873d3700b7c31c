//! The answer of a command, on standard output.

use std::io::{self, Write as _};

use conversations_api_ext::Redaction;

use crate::failure::Failure;

/// Writes text as it is. A reader that went away ends the command quietly.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    print_bytes(text.as_bytes())
}

/// Writes bytes as they are.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(|error| Failure::output("standard output", &error))
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
