//! The files of one export: the output, the summary and the quarantine file must differ.

use std::fs;
use std::path::{Path, PathBuf};

use super::ExportArguments;
use crate::failure::Failure;
use crate::output::file::folder_of;
use crate::output::quarantine::Quarantine;
use crate::output::store;
use crate::output::{Target, temporary_names};

impl ExportArguments {
    /// Rejects one file for two purposes: the file written last would overwrite the other.
    pub(super) fn check_files(&self, target: &Target) -> Result<(), Failure> {
        let mut output = names(&self.output);
        if let Target::File(path) = target {
            output.extend(temporary_names(path).iter().flat_map(|path| names(path)));
        }
        let quarantine = match &self.quarantine {
            Some(path) => Some(path.clone()),
            None => Quarantine::default_path(&self.output, target),
        };
        let files = [
            ("--output", output),
            (
                "--quarantine",
                quarantine.iter().flat_map(|path| names(path)).collect(),
            ),
            (
                "--summary",
                self.summary.iter().flat_map(|path| names(path)).collect(),
            ),
        ];
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
}

/// Returns the names of the file at `path` with symbolic links resolved. Devices and pipes return none, because
/// several outputs may share them.
fn names(path: &Path) -> Vec<PathBuf> {
    if path == Path::new("-") {
        return vec![path.to_owned()];
    }
    let Some(path) = store::local_path(path) else {
        return vec![path.to_owned()];
    };
    if fs::metadata(&path).is_ok_and(|there| !there.is_file()) {
        return Vec::new();
    }
    let folder = fs::canonicalize(folder_of(&path));
    let by_name = folder.ok().zip(path.file_name());
    let by_name = by_name.map(|(folder, name)| folder.join(name));
    by_name.into_iter().chain(fs::canonicalize(&path)).collect()
}
