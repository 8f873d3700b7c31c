//! A set of text files by their path below the workspace.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::error::Error;

/// Files by path, with `/` separators.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tree(BTreeMap<String, String>);

impl Tree {
    /// Reads every file below `folders`; a missing folder is empty.
    pub(crate) fn read(root: &Path, folders: &[&str]) -> Result<Self, Error> {
        let mut tree = Self::default();
        for folder in folders {
            tree.read_folder(root, folder)?;
        }
        Ok(tree)
    }

    fn read_folder(&mut self, root: &Path, folder: &str) -> Result<(), Error> {
        let path = root.join(folder);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::file("cannot read", path)(error)),
        };
        for entry in entries {
            let entry = entry.map_err(Error::file("cannot read", &path))?;
            let below = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                self.read_folder(root, &below)?;
            } else {
                let text = fs::read_to_string(entry.path())
                    .map_err(Error::file("cannot read", entry.path()))?;
                self.insert(below, text);
            }
        }
        Ok(())
    }

    /// Only the files below `folder`.
    pub(crate) fn below(&self, folder: &str) -> Self {
        let below = |path: &str| {
            path.strip_prefix(folder)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        let files = self.0.iter().filter(|(path, _)| below(path));
        Self(
            files
                .map(|(path, text)| (path.clone(), text.clone()))
                .collect(),
        )
    }

    /// Adds the files of `other`, replacing existing ones.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.0.extend(
            other
                .0
                .iter()
                .map(|(path, text)| (path.clone(), text.clone())),
        );
    }

    pub(crate) fn insert(&mut self, path: String, text: String) {
        self.0.insert(path, text);
    }

    pub(crate) fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Writes this tree below `root`, and removes files of `present` that it lacks. If that fails, every file is as it
    /// was.
    ///
    /// All texts are on the disk before the first file is replaced, so that a full disk replaces none. A run that is
    /// killed while it replaces files leaves some as they were: `regen --check` then fails, and another run writes the
    /// rest. The fingerprints of the vendor's prose come after the document, by their names: with new ones next to the
    /// old document, the next import would find nothing to reword.
    pub(crate) fn write_over(&self, root: &Path, present: &Self) -> Result<(), Error> {
        let new = self.0.iter().map(|(path, text)| (path, Some(text)));
        let gone = present.0.keys().filter(|path| self.get(path).is_none());
        let changes: Vec<_> = new
            .filter(|(path, text)| present.0.get(*path) != *text)
            .chain(gone.map(|path| (path, None)))
            .collect();
        if changes.is_empty() {
            return Ok(());
        }
        let drafts = tempfile::Builder::new().prefix(".regen-").tempdir_in(root);
        let drafts = drafts.map_err(Error::file("cannot write below", root))?;
        let mut replacements = Vec::new();
        for (number, (path, text)) in changes.into_iter().enumerate() {
            let draft = |kind: &str| drafts.path().join(format!("{number}.{kind}"));
            let (new, old) = (
                text.map(|_| draft("new")),
                present.get(path).map(|_| draft("old")),
            );
            let path = root.join(path);
            if let (Some(new), Some(text)) = (&new, text) {
                fs::write(new, text).map_err(Error::file("cannot write", new))?;
            }
            if let Some(old) = &old {
                fs::copy(&path, old).map_err(Error::file("cannot copy", &path))?;
            }
            replacements.push(Replacement { path, new, old });
        }
        for (index, replacement) in replacements.iter().enumerate() {
            if let Err(error) = replacement.make() {
                let made = replacements[..index].iter().rev();
                made.for_each(Replacement::undo);
                return Err(error);
            }
        }
        Ok(())
    }
}

/// A file to replace, create or remove: its new text and a copy of its present one, next to the workspace's files.
struct Replacement {
    path: PathBuf,
    new: Option<PathBuf>,
    old: Option<PathBuf>,
}

impl Replacement {
    fn make(&self) -> Result<(), Error> {
        let Some(new) = &self.new else {
            return fs::remove_file(&self.path).map_err(Error::file("cannot remove", &self.path));
        };
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(Error::file("cannot create", folder))?;
        }
        fs::rename(new, &self.path).map_err(Error::file("cannot write", &self.path))
    }

    /// Takes back what was made. The error that led here is the one to report.
    fn undo(&self) {
        let _ = match &self.old {
            Some(old) => fs::rename(old, &self.path),
            None => fs::remove_file(&self.path),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_a_tree_also_removes_the_files_it_lacks() {
        let root = tempfile::tempdir().unwrap();
        let mut before = Tree::default();
        before.insert("a/gone.txt".into(), "1".into());
        before.insert("a/b/kept.txt".into(), "2".into());
        before.write_over(root.path(), &Tree::default()).unwrap();

        let mut after = Tree::default();
        after.insert("a/b/kept.txt".into(), "3".into());
        after.insert("a/new.txt".into(), "4".into());
        after.write_over(root.path(), &before).unwrap();

        assert_eq!(Tree::read(root.path(), &["a", "missing"]).unwrap(), after);
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_every_other_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        let tree = |files: &[(&str, &str)]| {
            let files = files
                .iter()
                .map(|(path, text)| (path.to_string(), text.to_string()));
            Tree(files.collect())
        };
        let before = tree(&[
            ("a/changed.txt", "1"),
            ("z/changed.txt", "1"),
            ("z/gone.txt", "1"),
        ]);
        before.write_over(root.path(), &Tree::default()).unwrap();
        // A folder with something in it cannot become a file.
        fs::create_dir_all(root.path().join("m/folder/below")).unwrap();

        let after = tree(&[
            ("a/changed.txt", "2"),
            ("a/new.txt", "2"),
            ("m/folder", "2"),
            ("z/changed.txt", "2"),
        ]);
        let error = after.write_over(root.path(), &before).unwrap_err();

        assert!(error.to_string().contains("m/folder"), "{error}");
        assert_eq!(Tree::read(root.path(), &["a", "z"]).unwrap(), before);
        let names = fs::read_dir(root.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        assert_eq!(
            names
                .filter(|name| name.to_string_lossy().starts_with('.'))
                .count(),
            0
        );
    }
}
