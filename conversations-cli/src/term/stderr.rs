//! Messages for people, on standard error.

use std::fmt;
use std::io::{self, Write as _};

use crate::term::escape;
use crate::term::progress_line;
use crate::term::secrets;

/// Starts of messages, which no search text replaces.
const PREFIXES: [&str; 3] = ["error: ", "warning: ", "hint: "];

/// Writes `text` and a line end to standard error, without what would control a terminal and without API keys and
/// search texts. If nobody reads it any more, the work continues: `eprintln!` would end it with a panic.
pub(crate) fn say(text: impl fmt::Display) {
    let text = text.to_string();
    let prefix = PREFIXES.into_iter().find(|prefix| text.starts_with(prefix));
    let prefix = prefix.unwrap_or_default();
    let rest = secrets::without_secrets(&text[prefix.len()..]);
    let rest = escape::neutralized(&rest, false);
    progress_line::above(|| {
        let _ = writeln!(io::stderr().lock(), "{prefix}{rest}");
    });
}
