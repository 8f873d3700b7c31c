//! Checks that the workspace compiles with a new document, and explains errors by the document's
//! changes.

use conversations_changes::Entry;

use crate::error::Error;
use crate::regen::causes::explain;
use crate::regen::compiler_error::compiler_errors;
use crate::regen::surface::ChangedItem;
use crate::regen::workspace_copy::WorkspaceCopy;

/// Checks every target of the workspace copy; `moved` are the changed items of the clients, `changes`
/// the entries of the report.
pub(crate) fn check(
    copy: &WorkspaceCopy,
    moved: &[ChangedItem],
    changes: &[Entry],
) -> Result<(), Error> {
    let output = copy.cargo(&[
        "check",
        "--workspace",
        "--all-targets",
        "--keep-going",
        "--message-format=json",
        "--quiet",
    ])?;
    if output.status.success() {
        return Ok(());
    }
    let errors = compiler_errors(&String::from_utf8_lossy(&output.stdout));
    if errors.is_empty() {
        return Err(Error::Cargo(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ));
    }
    Err(Error::Compile(explain(&errors, moved, changes)))
}
