//! The files of one export: the output, the summary and the quarantine file must differ.

use super::ExportArguments;
use crate::failure::Failure;
use crate::output::distinct::{check_distinct, names};
use crate::output::quarantine::Quarantine;
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
        check_distinct(&files)
    }
}
