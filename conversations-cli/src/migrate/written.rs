//! Writing a report: to standard output, or to a file that is complete or as it was.

use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::failure::Failure;

/// Writes `text` to the file, or to standard output without one.
pub(super) fn write(text: &str, output: Option<&Path>) -> Result<(), Failure> {
    match output {
        Some(path) => {
            replace(path, text).map_err(|error| Failure::unwritable(&path.display(), error))
        }
        None => {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes())
                .and_then(|()| out.flush())
                .map_err(|error| Failure::output("standard output", &error))
        }
    }
}

/// Puts a file in the place of another at once.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
