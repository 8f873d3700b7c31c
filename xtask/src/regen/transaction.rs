//! Writes many files atomically.
//!
//! All files are first written below [`FOLDER`]; then a journal that lists them is renamed into place,
//! which commits the transaction, and the files are moved to their destinations. If a run is killed
//! before the journal exists, nothing has changed; if after, the next run finishes it. An error while
//! moving rolls everything back. Git alone cannot do this: `git restore` would also discard the
//! maintainer's uncommitted edits.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::regen::file_tree::Tree;

/// The staging folder in the workspace, on the same file system, so that a move is atomic.
pub(crate) const FOLDER: &str = ".regen";
const JOURNAL: &str = "journal";

/// An operation on one file, by its path with `/` separators.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Write(String),
    Remove(String),
}

impl Step {
    fn path(&self) -> &str {
        match self {
            Self::Write(path) | Self::Remove(path) => path,
        }
    }
}

/// Changes the files below `root` from `before` to `after`.
pub(crate) fn write(root: &Path, before: &Tree, after: &Tree) -> Result<(), Error> {
    let steps = steps(before, after);
    if steps.is_empty() {
        return Ok(());
    }
    prepare(root, &steps, after)?;
    finish(root, &steps, None)
}

/// Finishes a committed transaction of a killed run, or removes an uncommitted one. Returns whether
/// there was something to finish.
pub(crate) fn recover(root: &Path) -> Result<bool, Error> {
    let folder = root.join(FOLDER);
    match fs::read_to_string(folder.join(JOURNAL)) {
        Ok(journal) => {
            finish(root, &parsed(&journal), None)?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            remove_folder(&folder)?;
            Ok(false)
        }
        Err(error) => Err(Error::file("cannot read", folder.join(JOURNAL))(error)),
    }
}

/// Whether a killed run has left a committed transaction.
pub(crate) fn is_pending(root: &Path) -> bool {
    root.join(FOLDER).join(JOURNAL).exists()
}

fn steps(before: &Tree, after: &Tree) -> Vec<Step> {
    let written = after
        .paths()
        .filter(|path| after.get(path) != before.get(path))
        .map(|path| Step::Write(path.to_owned()));
    let removed = before
        .paths()
        .filter(|path| after.get(path).is_none())
        .map(|path| Step::Remove(path.to_owned()));
    written.chain(removed).collect()
}

fn prepare(root: &Path, steps: &[Step], after: &Tree) -> Result<(), Error> {
    let folder = root.join(FOLDER);
    remove_folder(&folder)?;
    let mut journal = String::new();
    for step in steps {
        if let Step::Write(path) = step {
            let waiting = waiting(root, path);
            create_parent(&waiting)?;
            write_through(&waiting, after.get(path).unwrap_or_default())?;
        }
        let verb = match step {
            Step::Write(_) => "write",
            Step::Remove(_) => "remove",
        };
        journal.push_str(&format!("{verb} {}\n", step.path()));
    }
    let draft = folder.join("journal.draft");
    create_parent(&draft)?;
    write_through(&draft, &journal)?;
    fs::rename(&draft, folder.join(JOURNAL)).map_err(Error::file("cannot move", draft))
}

fn parsed(journal: &str) -> Vec<Step> {
    journal
        .lines()
        .filter_map(|line| match line.split_once(' ')? {
            ("write", path) => Some(Step::Write(path.to_owned())),
            ("remove", path) => Some(Step::Remove(path.to_owned())),
            _ => None,
        })
        .collect()
}

/// Moves every file to its destination; `killed_after` lets a test stop as a kill would.
fn finish(root: &Path, steps: &[Step], killed_after: Option<usize>) -> Result<(), Error> {
    let folder = root.join(FOLDER);
    for (done, step) in steps.iter().enumerate() {
        if killed_after == Some(done) {
            return Ok(());
        }
        if let Err(error) = make(root, step) {
            for step in steps[..=done].iter().rev() {
                undo(root, step)?;
            }
            remove_folder(&folder)?;
            return Err(error);
        }
    }
    remove_folder(&folder)
}

/// Moves one file to its destination after a backup of the old one. Idempotent.
fn make(root: &Path, step: &Step) -> Result<(), Error> {
    let place = root.join(step.path());
    let aside = aside(root, step.path());
    let waiting = waiting(root, step.path());
    let is_done = match step {
        Step::Write(_) => !waiting.exists(),
        Step::Remove(_) => !place.exists(),
    };
    if is_done {
        return Ok(());
    }
    if place.is_file() && !aside.exists() {
        create_parent(&aside)?;
        // A copy instead of a move, so that the destination is never missing.
        fs::copy(&place, &aside).map_err(Error::file("cannot copy", &place))?;
    }
    match step {
        Step::Write(_) => {
            create_parent(&place)?;
            fs::rename(&waiting, &place).map_err(Error::file("cannot write", place))
        }
        Step::Remove(_) => fs::remove_file(&place).map_err(Error::file("cannot remove", place)),
    }
}

fn undo(root: &Path, step: &Step) -> Result<(), Error> {
    let place = root.join(step.path());
    let aside = aside(root, step.path());
    if aside.exists() {
        fs::rename(&aside, &place).map_err(Error::file("cannot put back", place))
    } else if matches!(step, Step::Write(_))
        && !waiting(root, step.path()).exists()
        && place.is_file()
    {
        fs::remove_file(&place).map_err(Error::file("cannot remove", place))
    } else {
        Ok(())
    }
}

fn waiting(root: &Path, path: &str) -> PathBuf {
    root.join(FOLDER).join("new").join(path)
}

fn aside(root: &Path, path: &str) -> PathBuf {
    root.join(FOLDER).join("old").join(path)
}

fn create_parent(path: &Path) -> Result<(), Error> {
    match path.parent() {
        Some(folder) => fs::create_dir_all(folder).map_err(Error::file("cannot create", folder)),
        None => Ok(()),
    }
}

fn write_through(path: &Path, text: &str) -> Result<(), Error> {
    File::create(path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .map_err(Error::file("cannot write", path))
}

fn remove_folder(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::file("cannot remove", folder)(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLDERS: [&str; 2] = ["a", "b"];

    fn tree(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        for (path, text) in files {
            tree.insert((*path).to_owned(), (*text).to_owned());
        }
        tree
    }

    fn before() -> Tree {
        tree(&[("a/changed", "1"), ("a/gone", "2"), ("b/same", "3")])
    }

    fn after() -> Tree {
        tree(&[("a/changed", "one"), ("a/deep/new", "4"), ("b/same", "3")])
    }

    fn workspace() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &Tree::default(), &before()).unwrap();
        root
    }

    fn read(root: &Path) -> Tree {
        Tree::read(root, &FOLDERS).unwrap()
    }

    #[test]
    fn a_transaction_writes_all_files_and_cleans_up() {
        let root = workspace();
        write(root.path(), &before(), &after()).unwrap();
        assert_eq!(read(root.path()), after());
        assert!(!root.path().join(FOLDER).exists());
    }

    #[test]
    fn a_run_killed_at_any_step_is_finished_by_the_next_run() {
        let all = steps(&before(), &after());
        for killed_after in 0..all.len() {
            let root = workspace();
            prepare(root.path(), &all, &after()).unwrap();
            finish(root.path(), &all, Some(killed_after)).unwrap();
            assert!(is_pending(root.path()));
            assert!(recover(root.path()).unwrap());
            assert_eq!(read(root.path()), after(), "killed after {killed_after}");
            assert!(!recover(root.path()).unwrap());
        }
    }

    #[test]
    fn a_run_killed_before_the_commit_has_changed_nothing() {
        let root = workspace();
        prepare(root.path(), &steps(&before(), &after()), &after()).unwrap();
        fs::remove_file(root.path().join(FOLDER).join(JOURNAL)).unwrap();
        assert!(!recover(root.path()).unwrap());
        assert_eq!(read(root.path()), before());
        assert!(!root.path().join(FOLDER).exists());
    }

    #[test]
    fn a_failed_write_rolls_all_files_back() {
        let root = workspace();
        // A non-empty folder at the destination of a file.
        fs::create_dir_all(root.path().join("b/zoo/inside")).unwrap();
        fs::write(root.path().join("b/zoo/inside/file"), "x").unwrap();
        let present = read(root.path());
        let mut wanted = after();
        wanted.insert("b/zoo".to_owned(), "5".to_owned());
        let error = write(root.path(), &before(), &wanted).unwrap_err();
        assert!(error.to_string().contains("b/zoo"), "{error}");
        assert_eq!(read(root.path()), present);
        assert!(!root.path().join("a/deep/new").exists());
        assert!(!root.path().join(FOLDER).exists());
    }
}
