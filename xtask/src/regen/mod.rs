//! `cargo xtask regen`: everything that follows from the documents, brought up to date or checked.
//!
//! Three kinds of files follow from them: the pre-generated clients, which this program writes itself,
//! and the snapshots and JSON Schemas, which the tests of `conversations-tests` write or compare, with
//! insta as a library; its command line program is not needed. New files are made in a copy of the
//! workspace ([`Stage`]) and written all at once.

mod causes;
mod compile;
pub(crate) mod file_tree;
mod generated_clients;
mod surface;
pub(crate) mod transaction;
mod tree_diff;
mod workspace_copy;

use std::path::Path;
use std::process::Output;

use conversations_changes::Entry;
use conversations_codegen::ApiVersion;
use conversations_codegen::import::{Current, normalise, to_be_worded};

use crate::error::Error;
use crate::outcome::Outcome;
use crate::progress::step;
use crate::regen::file_tree::Tree;
use crate::regen::generated_clients::derive;
use crate::regen::surface::{may_break, moved};
use crate::regen::tree_diff::describe;
use crate::regen::workspace_copy::Stage;

const OPENAPI: &str = "openapi";
const SNAPSHOTS: &str = "tests/snapshots";
/// Everything that a run may write.
pub(crate) const FOLDERS: [&str; 3] = [OPENAPI, generated_clients::FOLDER, SNAPSHOTS];

/// What a run has made.
#[derive(Debug)]
pub(crate) struct Made {
    /// The files that changed, for a person.
    pub(crate) changes: String,
    /// Why our code is not finished with the new document, if that was allowed.
    pub(crate) unfinished: Option<String>,
}

/// How far a run goes to see whether our code agrees with the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trial {
    /// What the snapshots need; the rest of the workspace is the maintainer's work in progress.
    Snapshots,
    /// Every target of the workspace, if the clients have lost or changed something that code can name.
    Workspace,
    /// Every target, but what does not compile is reported and not refused.
    Unfinished,
}

/// Brings everything up to date and says what changed.
pub(crate) fn regen(root: &Path) -> Result<(Outcome, String), Error> {
    let resumed = transaction::recover(root)?;
    let before = Tree::read(root, &FOLDERS)?;
    let made = make(root, &before, &before.below(OPENAPI), Trial::Snapshots, &[])?;
    let mut text = String::new();
    if resumed {
        text.push_str("Finished what an interrupted run had begun.\n");
    }
    if made.changes.is_empty() {
        text.push_str("Nothing changed: everything that follows from openapi/ is up to date.\n");
        return Ok((Outcome::Unchanged, text));
    }
    text.push_str(&made.changes);
    text.push_str("\nRead the diff, then commit it with the change that caused it.\n");
    // A maintainer who has just changed an overlay knows that something changes.
    Ok((Outcome::Unchanged, text))
}

/// Makes all that follows from `openapi` in the copy, and writes it together with `openapi` itself.
/// If a step fails, no file has changed. `changes` is what the report says of a new document, to tell what
/// an error of the compiler comes from.
pub(crate) fn make(
    root: &Path,
    before: &Tree,
    openapi: &Tree,
    trial: Trial,
    changes: &[Entry],
) -> Result<Made, Error> {
    let stage = Stage::open(root)?;
    stage.write(&[OPENAPI], openapi)?;
    let clients = derive(stage.root())?;
    let old = generated_clients::surfaces(&before.below(generated_clients::FOLDER))?;
    let new = generated_clients::surfaces(&clients)?;
    stage.write(&[generated_clients::FOLDER], &clients)?;

    let mut after = openapi.clone();
    after.extend(&clients);
    let is_same = after
        .paths()
        .chain(before.paths())
        .filter(|path| decides(path))
        .all(|path| before.get(path) == after.get(path));
    let snapshots = if is_same && trial != Trial::Snapshots {
        step("nothing is generated otherwise than before: no trial is due");
        Ok(before.below(SNAPSHOTS))
    } else if trial != Trial::Snapshots && may_break(&old, &new) {
        step("checking that the workspace compiles");
        compile::check(&stage, &moved(&old, &new), changes).and_then(|()| write_snapshots(&stage))
    } else {
        write_snapshots(&stage)
    };
    let unfinished = match snapshots {
        Ok(snapshots) => {
            after.extend(&snapshots);
            None
        }
        Err(error @ (Error::Compile(_) | Error::Snapshots(_))) if trial == Trial::Unfinished => {
            after.extend(&before.below(SNAPSHOTS));
            Some(error.to_string())
        }
        Err(error) => return Err(error),
    };
    if Tree::read(root, &FOLDERS)? != *before {
        return Err(Error::Disturbed);
    }
    transaction::write(root, before, &after)?;
    Ok(Made {
        changes: describe(before, &after),
        unfinished,
    })
}

/// Whether code, snapshots or tests follow from a file. The fingerprints of the vendor's words are read by
/// nothing but the next import, and snapshots follow themselves.
fn decides(path: &str) -> bool {
    !path.starts_with("openapi/prose-") && !path.starts_with(SNAPSHOTS)
}

/// Has the tests write their snapshots in the copy.
fn write_snapshots(stage: &Stage) -> Result<Tree, Error> {
    step("writing the snapshots");
    // Written anew, so that those whose parameter is gone do not stay behind.
    stage.write(&[SNAPSHOTS], &Tree::default())?;
    passed(&stage.cargo(&SNAPSHOT_TESTS)?)?;
    Tree::read(stage.root(), &[SNAPSHOTS])
}

/// Fails, with the difference, if anything is stale; writes nothing.
pub(crate) fn check(root: &Path) -> Result<(Outcome, String), Error> {
    if transaction::is_pending(root) {
        return Err(Error::Interrupted);
    }
    let mut text = documents_are_in_their_layout(root)?;
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
    text.push_str("Everything that follows from openapi/ is up to date.\n");
    Ok((Outcome::Unchanged, text))
}

/// Fails if a document is not laid out as this program lays it out; names what is still to be worded.
fn documents_are_in_their_layout(root: &Path) -> Result<String, Error> {
    let openapi = Tree::read(root, &[OPENAPI])?;
    let mut notes = String::new();
    for version in [ApiVersion::V1, ApiVersion::V3] {
        let (path, prose) = paths(version);
        let text = openapi.get(&path).unwrap_or_default();
        let mut before = Tree::default();
        before.insert(path.clone(), text.to_owned());
        let mut after = Tree::default();
        after.insert(path.clone(), normalise(&path, text)?);
        let difference = describe(&before, &after);
        if !difference.is_empty() {
            return Err(Error::Layout { path, difference });
        }
        let current = Current {
            name: &path,
            text,
            prose: openapi.get(&prose).unwrap_or("{}"),
        };
        for place in to_be_worded(current)? {
            notes.push_str(&format!("to be worded by hand: {path} {place}\n"));
        }
    }
    Ok(notes)
}

/// Where a version's document and the fingerprints of the vendor's words are, below the workspace.
pub(crate) fn paths(version: ApiVersion) -> (String, String) {
    let dir = conversations_codegen::OpenapiDir::new(OPENAPI);
    let text = |path: std::path::PathBuf| path.to_string_lossy().replace('\\', "/");
    (
        text(dir.document_path(version)),
        text(dir.prose_path(version)),
    )
}

/// The tests that hold the snapshots; a first difference must not hide the others.
const SNAPSHOT_TESTS: [&str; 7] = [
    "test",
    "--quiet",
    "--package",
    "conversations-tests",
    "--test",
    "generated",
    "--no-fail-fast",
];

fn passed(output: &Output) -> Result<(), Error> {
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Snapshots(format!(
        "the tests that hold the snapshots failed (`cargo test --package conversations-tests --test generated`, \
         {}):\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    )))
}
