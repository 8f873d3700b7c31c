//! Writes a report to standard output, or to a file that is replaced at once.

use std::io::{self, Write as _};
use std::path::Path;

use crate::failure::Failure;
use crate::file;

/// Writes `text` to the file, or to standard output without one.
pub(super) fn write(text: &str, output: Option<&Path>) -> Result<(), Failure> {
    match output {
        Some(path) => file::replace(path, text.as_bytes())
            .map_err(|error| Failure::unwritable(&path.display(), error)),
        None => {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes())
                .and_then(|()| out.flush())
                .map_err(|error| Failure::output("standard output", &error))
        }
    }
}
