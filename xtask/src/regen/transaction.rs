//! Writes many files at once, or none.
//!
//! Everything is first written below [`FOLDER`]; then a journal that lists the files appears there under its
//! name in one step, and from then on the whole is decided. The files are then moved to their places. Killed
//! before the journal, a run has changed nothing; killed after it, the next run finishes. An error while
//! moving puts everything back.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::regen::file_tree::Tree;

/// Where the files wait, below the workspace: on the same disk, so that moving is one step.
pub(crate) const FOLDER: &str = ".regen";
const JOURNAL: &str = "journal";

/// What is to be done with one file; `/` between folders.
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

/// Makes the files below `root` what `after` says, where `before` is what they are.
pub(crate) fn write(root: &Path, before: &Tree, after: &Tree) -> Result<(), Error> {
    let steps = steps(before, after);
    if steps.is_empty() {
        return Ok(());
    }
    prepare(root, &steps, after)?;
    finish(root, &steps, None)
}

/// Finishes what a killed run had decided, and clears away what it had not. True if there was something
/// to finish.
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

/// Whether a killed run has left something to finish.
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

/// Moves every file to its place; `killed_after` is where a test stops, as a kill would.
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

/// One file to its place; what was there before is kept aside. Done twice, it is as if done once.
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
        // A copy where the file is replaced, so that its place is never empty.
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
    fn all_is_written_and_nothing_left_behind() {
        let root = workspace();
        write(root.path(), &before(), &after()).unwrap();
        assert_eq!(read(root.path()), after());
        assert!(!root.path().join(FOLDER).exists());
    }

    #[test]
    fn a_run_killed_at_any_step_is_finished_by_the_next() {
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
    fn a_run_killed_before_it_was_decided_has_changed_nothing() {
        let root = workspace();
        prepare(root.path(), &steps(&before(), &after()), &after()).unwrap();
        fs::remove_file(root.path().join(FOLDER).join(JOURNAL)).unwrap();
        assert!(!recover(root.path()).unwrap());
        assert_eq!(read(root.path()), before());
        assert!(!root.path().join(FOLDER).exists());
    }

    #[test]
    fn a_file_that_cannot_be_written_puts_all_others_back() {
        let root = workspace();
        // A folder with something in it stands where a file is to be.
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
