//! `cargo xtask regen`: updates or checks everything that is derived from the documents.
//!
//! That is the pre-generated clients, which this program writes itself, and the snapshots and JSON
//! Schemas, which the tests of `conversations-tests` write or compare with the insta library; its
//! command-line program is not needed. New files are generated in a copy of the workspace ([`WorkspaceCopy`])
//! and written when all checks have passed.

mod causes;
mod compile;
mod compiler_error;
pub(crate) mod file_tree;
mod generated_clients;
mod surface;
mod tree_diff;
mod workspace_copy;

use std::path::Path;
use std::process::Output;

use conversations_changes::Entry;
use conversations_codegen::ClientModule;
use conversations_codegen::import::{Current, missing_descriptions, normalize};

use crate::error::Error;
use crate::openapi_files;
use crate::outcome::Outcome;
use crate::progress::step;
use crate::regen::file_tree::Tree;
use crate::regen::generated_clients::derive;
use crate::regen::surface::{may_break, moved};
use crate::regen::tree_diff::describe;
use crate::regen::workspace_copy::WorkspaceCopy;

const SNAPSHOTS: &str = "tests/snapshots";
/// Every folder that a run may write to.
pub(crate) const FOLDERS: [&str; 3] = [openapi_files::FOLDER, generated_clients::FOLDER, SNAPSHOTS];

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Made {
    /// A description of the changed files.
    pub(crate) changes: String,
    /// Why the workspace does not work with the new document yet, if that was allowed.
    pub(crate) unfinished: Option<String>,
}

/// How thoroughly a run checks that the workspace works with the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CompileCheck {
    /// Only what the snapshots need; the rest of the workspace may be work in progress.
    Snapshots,
    /// Every target of the workspace, if the clients have lost or changed something that code can name.
    Workspace,
    /// Every target, but compiler errors are reported instead of failing the run.
    Unfinished,
}

/// Updates everything and describes the changes.
pub(crate) fn regen(root: &Path) -> Result<(Outcome, String), Error> {
    let before = Tree::read(root, &FOLDERS)?;
    let made = make(
        root,
        &before,
        &before.below(openapi_files::FOLDER),
        CompileCheck::Snapshots,
        &[],
    )?;
    let mut text = String::new();
    if made.changes.is_empty() {
        text.push_str("Nothing changed: everything derived from openapi/ is up to date.\n");
        return Ok((Outcome::Unchanged, text));
    }
    text.push_str(&made.changes);
    text.push_str("\nReview the diff, then commit it together with its cause.\n");
    // A maintainer who has just edited an overlay expects changes, so this is not a failure.
    Ok((Outcome::Unchanged, text))
}

/// Generates everything from `openapi` in the workspace copy, and writes it together with `openapi`
/// itself. If a step fails, no file has changed. `changes` is the report of a new document, used to
/// explain compiler errors.
pub(crate) fn make(
    root: &Path,
    before: &Tree,
    openapi: &Tree,
    compile_check: CompileCheck,
    changes: &[Entry],
) -> Result<Made, Error> {
    let copy = WorkspaceCopy::open(root)?;
    copy.write(&[openapi_files::FOLDER], openapi)?;
    let clients = derive(copy.root())?;
    let old = generated_clients::surfaces(&before.below(generated_clients::FOLDER))?;
    let new = generated_clients::surfaces(&clients)?;
    copy.write(&[generated_clients::FOLDER], &clients)?;

    let mut after = openapi.clone();
    after.extend(&clients);
    let is_same = after
        .paths()
        .chain(before.paths())
        .filter(|path| decides(path))
        .all(|path| before.get(path) == after.get(path));
    let snapshots = if is_same && compile_check != CompileCheck::Snapshots {
        step("the generated clients are unchanged: skipping the compile check");
        Ok(before.below(SNAPSHOTS))
    } else if compile_check != CompileCheck::Snapshots && may_break(&old, &new) {
        step("checking that the workspace compiles");
        compile::check(&copy, &moved(&old, &new), changes).and_then(|()| write_snapshots(&copy))
    } else {
        write_snapshots(&copy)
    };
    let unfinished = match snapshots {
        Ok(snapshots) => {
            after.extend(&snapshots);
            None
        }
        Err(error @ (Error::Compile(_) | Error::Snapshots(_)))
            if compile_check == CompileCheck::Unfinished =>
        {
            after.extend(&before.below(SNAPSHOTS));
            Some(error.to_string())
        }
        Err(error) => return Err(error),
    };
    if Tree::read(root, &FOLDERS)? != *before {
        return Err(Error::Disturbed);
    }
    after.write_over(root, before)?;
    Ok(Made {
        changes: describe(before, &after),
        unfinished,
    })
}

/// Whether code, snapshots or tests are derived from a file. Only the next import reads the fingerprints
/// of the vendor's prose, and snapshots are themselves derived.
fn decides(path: &str) -> bool {
    !path.starts_with("openapi/prose-") && !path.starts_with(SNAPSHOTS)
}

/// Runs the snapshot tests in the workspace copy and returns the snapshots.
fn write_snapshots(copy: &WorkspaceCopy) -> Result<Tree, Error> {
    step("writing the snapshots");
    // Start empty, so that snapshots of removed parameters do not remain.
    copy.write(&[SNAPSHOTS], &Tree::default())?;
    passed(&copy.cargo(&SNAPSHOT_TESTS)?)?;
    Tree::read(copy.root(), &[SNAPSHOTS])
}

/// Fails with the difference if anything is stale; writes nothing.
pub(crate) fn check(root: &Path) -> Result<(Outcome, String), Error> {
    let mut text = documents_are_in_the_canonical_layout(root)?;
    let (present, wanted) = (
        Tree::read(root, &[generated_clients::FOLDER])?,
        derive(root)?,
    );
    let stale = describe(&present, &wanted);
    if !stale.is_empty() {
        let surface = describe(
            &generated_clients::surfaces(&present)?,
            &generated_clients::surfaces(&wanted)?,
        );
        return Err(Error::Stale(stale + &surface));
    }
    let output = workspace_copy::cargo()
        .current_dir(root)
        .args(SNAPSHOT_TESTS)
        .envs([
            ("INSTA_UPDATE", "no"),
            ("INSTA_FORCE_PASS", "0"),
            ("INSTA_OUTPUT", "diff"),
        ])
        .output()
        .map_err(Error::file("cannot run", "cargo test"))?;
    passed(&output).map_err(|error| Error::Stale(error.to_string()))?;
    text.push_str("Everything derived from openapi/ is up to date.\n");
    Ok((Outcome::Unchanged, text))
}

/// Fails if a document is not in the canonical layout; lists descriptions that are still to be written.
fn documents_are_in_the_canonical_layout(root: &Path) -> Result<String, Error> {
    let openapi = Tree::read(root, &[openapi_files::FOLDER])?;
    let mut notes = String::new();
    for version in [ClientModule::V1, ClientModule::V3] {
        let (path, prose) = (
            openapi_files::document(version),
            openapi_files::prose(version),
        );
        let text = openapi.get(&path).unwrap_or_default();
        let mut before = Tree::default();
        before.insert(path.clone(), text.to_owned());
        let mut after = Tree::default();
        after.insert(path.clone(), normalize(&path, text)?);
        let difference = describe(&before, &after);
        if !difference.is_empty() {
            return Err(Error::Layout { path, difference });
        }
        let current = Current {
            name: &path,
            text,
            prose: openapi.get(&prose).unwrap_or("{}"),
        };
        for pointer in missing_descriptions(current)? {
            notes.push_str(&format!("describe by hand: {path} {pointer}\n"));
        }
    }
    Ok(notes)
}

/// The snapshot tests; without --no-fail-fast the first difference would hide the others. With the features of the
/// whole workspace, because `cargo test --workspace` has compiled the dependencies with these.
const SNAPSHOT_TESTS: [&str; 6] = [
    "test",
    "--quiet",
    "--workspace",
    "--test",
    "generated",
    "--no-fail-fast",
];

fn passed(output: &Output) -> Result<(), Error> {
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Snapshots(format!(
        "the snapshot tests failed (`cargo test --workspace --test generated`, \
         {}):\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    )))
}
