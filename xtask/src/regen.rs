//! `cargo xtask regen`: everything that follows from the documents, brought up to date or checked.
//!
//! Three kinds of files follow from them: the pre-generated clients, which this program writes itself,
//! and the snapshots and JSON Schemas, which the tests of `conversations-tests` write or compare, with
//! insta as a library; its command line program is not needed.

use std::env;
use std::path::Path;
use std::process::{Command, Output};

use crate::change::describe;
use crate::derived::{self, derive};
use crate::error::Error;
use crate::tree::Tree;

const SNAPSHOTS: &str = "tests/snapshots";

/// Brings everything up to date and says what changed. If a step fails, the files are as before.
pub(crate) fn regen(root: &Path) -> Result<String, Error> {
    let folders = [derived::FOLDER, SNAPSHOTS];
    let clients = derive(root)?;
    let before = Tree::read(root, &folders)?;
    let outcome = clients
        .write_over(root, &Tree::read(root, &[derived::FOLDER])?)
        // Snapshots are written anew, so that those whose parameter is gone do not stay behind.
        .and_then(|()| Tree::default().write_over(root, &Tree::read(root, &[SNAPSHOTS])?))
        .and_then(|()| run_snapshot_tests(root, "always"));
    let after = Tree::read(root, &folders)?;
    if let Err(error) = outcome {
        before.write_over(root, &after)?;
        return Err(error);
    }
    let changes = describe(&before, &after);
    Ok(if changes.is_empty() {
        "Nothing changed: everything that follows from openapi/ is up to date.\n".to_owned()
    } else {
        format!("{changes}\nRead the diff, then commit it with the change that caused it.\n")
    })
}

/// Fails, with the difference, if anything is stale; writes nothing.
pub(crate) fn check(root: &Path) -> Result<String, Error> {
    let (present, wanted) = (Tree::read(root, &[derived::FOLDER])?, derive(root)?);
    let stale = describe(&present, &wanted);
    if !stale.is_empty() {
        let surface = describe(&derived::surfaces(&present)?, &derived::surfaces(&wanted)?);
        return Err(Error::Stale(stale + &surface));
    }
    run_snapshot_tests(root, "no")
        .map_err(|error| Error::Stale(error.to_string()))
        .map(|()| "Everything that follows from openapi/ is up to date.\n".to_owned())
}

/// Runs the tests that hold the snapshots; `update` is insta's own setting.
fn run_snapshot_tests(root: &Path, update: &str) -> Result<(), Error> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(cargo)
        .current_dir(root)
        .args([
            "test",
            "--quiet",
            "--package",
            "conversations-tests",
            "--test",
            "generated",
        ])
        // A first difference must not hide the others.
        .args(["--no-fail-fast"])
        .env("INSTA_UPDATE", update)
        .env("INSTA_FORCE_PASS", "0")
        .env("INSTA_OUTPUT", "diff")
        .output()
        .map_err(Error::file("cannot run", "cargo test"))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Snapshots(format!(
        "{}{}\n`cargo test --package conversations-tests --test generated` failed ({status})",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    )))
}
