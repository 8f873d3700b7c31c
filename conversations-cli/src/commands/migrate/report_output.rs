//! Writes a report to standard output, or atomically replaces a file.

use super::args::{ReportArguments, ReportFormat};
use crate::failure::Failure;
use crate::output::file;
use crate::term::stdout::{self, Kind};

/// Writes `text` to the file, or to standard output if none is given.
pub(super) fn write(text: &str, arguments: &ReportArguments) -> Result<(), Failure> {
    let kind = match arguments.format {
        ReportFormat::Json => Kind::Json,
        ReportFormat::Text | ReportFormat::Markdown => Kind::Text,
    };
    match (arguments.output.as_deref(), kind) {
        (Some(path), _) => file::replace(path, stdout::harmless(text, kind).as_bytes())
            .map_err(|error| Failure::unwritable(&path.display(), error)),
        (None, Kind::Text) => stdout::print(text),
        (None, Kind::Json) => stdout::print_json(text),
    }
}
