//! Prints messages for people to standard error.

use std::fmt;

use crate::term::escape;
use crate::term::progress_line;
use crate::term::secrets;

/// Prefixes of messages, which no search text replaces.
const PREFIXES: [&str; 3] = ["error: ", "warning: ", "hint: "];

/// Writes `text` and a newline to standard error, without control characters, API keys and search texts. Write
/// errors are ignored: `eprintln!` would panic if the reader has closed the pipe.
pub(crate) fn say(text: impl fmt::Display) {
    let text = text.to_string();
    let prefix = PREFIXES.into_iter().find(|prefix| text.starts_with(prefix));
    let prefix = prefix.unwrap_or_default();
    let rest = secrets::without_secrets(&text[prefix.len()..]);
    let rest = escape::neutralized(&rest, false);
    let _ = progress_line::write_above(format!("{prefix}{rest}\n").as_bytes());
}
