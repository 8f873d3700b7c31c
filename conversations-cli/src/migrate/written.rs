//! Writes a report to standard output, or to a file that is replaced at once.

use super::arguments::{Shown, ShownArguments};
use crate::answer::{self, Kind};
use crate::failure::Failure;
use crate::file;

/// Writes `text` to the file, or to standard output without one.
pub(super) fn write(text: &str, shown: &ShownArguments) -> Result<(), Failure> {
    let kind = match shown.format {
        Shown::Json => Kind::Json,
        Shown::Text | Shown::Markdown => Kind::Text,
    };
    match (shown.output.as_deref(), kind) {
        (Some(path), _) => file::replace(path, answer::harmless(text, kind).as_bytes())
            .map_err(|error| Failure::unwritable(&path.display(), error)),
        (None, Kind::Text) => answer::print(text),
        (None, Kind::Json) => answer::print_json(text),
    }
}
