//! The files of one export: the output, the summary and the quarantine file must differ.

use std::path::PathBuf;

use super::args::ExportArguments;
use crate::failure::Failure;
use crate::output::distinct::{check_distinct, names};
use crate::output::quarantine::Quarantine;
use crate::output::{Target, temporary_names};

/// The placeholder for the project name in an output path.
const NAME: &str = "{name}";

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
        check_distinct(&files)
    }

    /// Checks that each project has its own files.
    pub(super) fn check_names(&self) -> Result<(), Failure> {
        let files = [
            ("--output", Some(&self.output)),
            ("--summary", self.summary.as_ref()),
            ("--quarantine", self.quarantine.as_ref()),
        ];
        for (flag, path) in files {
            if path.is_some_and(|path| !path.to_string_lossy().contains(NAME)) {
                return Err(Failure::usage(format!(
                    "with several projects, {flag} must contain {NAME}, because each project has its own file"
                ))
                .with(&format!("use a name such as april-{NAME}.jsonl")));
            }
        }
        Ok(())
    }

    /// Returns the arguments for the project with this file name.
    pub(super) fn of(&self, name: &str) -> Self {
        let named = |path: &PathBuf| PathBuf::from(path.to_string_lossy().replace(NAME, name));
        Self {
            output: named(&self.output),
            summary: self.summary.as_ref().map(named),
            quarantine: self.quarantine.as_ref().map(named),
            ..self.clone()
        }
    }
}
