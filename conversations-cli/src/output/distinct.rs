//! Rejects one file for two purposes: the file written last would overwrite the other.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use crate::failure::Failure;
use crate::output::file::folder_of;
use crate::output::store;

/// Checks that no two flags name the same file. Each flag comes with the [`names`] of its files.
pub(crate) fn check_distinct(files: &[(&str, Vec<PathBuf>)]) -> Result<(), Failure> {
    for (number, (flag, names)) in files.iter().enumerate() {
        for (other, earlier) in &files[..number] {
            if let Some(name) = names.iter().find(|name| earlier.contains(name)) {
                return Err(Failure::usage(format!(
                    "{other} and {flag} must be different files, but both are {}",
                    name.display()
                )));
            }
        }
    }
    Ok(())
}

/// Checks that an output is not one of the files and folders that are read, and not in one of the folders: it would
/// replace what may be the only copy of a conversation.
pub(crate) fn check_not_read(output: &Path, inputs: &[PathBuf]) -> Result<(), Failure> {
    let written = names(output);
    for input in inputs.iter().filter(|input| *input != Path::new("-")) {
        let read = names(input);
        let folder = fs::canonicalize(input).ok().filter(|path| path.is_dir());
        let (output, input) = (output.display(), input.display());
        if written.iter().any(|name| read.contains(name)) {
            return Err(Failure::usage(format!(
                "the output {output} would replace what --from {input} reads"
            ))
            .with("name another file with --output"));
        }
        if folder.is_some_and(|folder| written.iter().any(|name| name.starts_with(&folder))) {
            return Err(Failure::usage(format!(
                "the output {output} is in the folder that --from {input} reads"
            ))
            .with("name a file outside of it with --output"));
        }
    }
    Ok(())
}

/// Returns the names of the file at `path` with symbolic links resolved. Devices and pipes return none, because
/// several outputs may share them.
pub(crate) fn names(path: &Path) -> Vec<PathBuf> {
    if path == Path::new("-") {
        return vec![path.to_owned()];
    }
    let Some(path) = store::local_path(path) else {
        return vec![path.to_owned()];
    };
    if fs::metadata(&path).is_ok_and(|there| !there.is_file()) {
        return Vec::new();
    }
    let folder = folder_of(&path);
    // A folder that a run creates has no links in it.
    let folder = fs::canonicalize(folder).or_else(|_| absolute(folder));
    let by_name = folder.ok().zip(path.file_name());
    let by_name = by_name.map(|(folder, name)| folder.join(name));
    by_name.into_iter().chain(fs::canonicalize(&path)).collect()
}
