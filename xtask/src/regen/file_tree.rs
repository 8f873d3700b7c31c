//! A set of text files by their path below the workspace.

use std::collections::BTreeMap;
use std::path::Path;
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

    /// Writes this tree below `root`, and removes files of `present` that it lacks.
    ///
    /// A run that is killed leaves some files unwritten: `regen --check` then fails, and `regen` derives them from the
    /// documents. The fingerprints of the vendor's prose are derived from nothing, so they are written before the
    /// document to which they belong: in reverse order.
    pub(crate) fn write_over(&self, root: &Path, present: &Self) -> Result<(), Error> {
        for (path, text) in self.0.iter().rev() {
            if present.get(path) == Some(text) {
                continue;
            }
            let path = root.join(path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(Error::file("cannot create", folder))?;
            }
            write_atomically(&path, text).map_err(Error::file("cannot write", &path))?;
        }
        for path in present.paths().filter(|path| self.get(path).is_none()) {
            let path = root.join(path);
            fs::remove_file(&path).map_err(Error::file("cannot remove", &path))?;
        }
        Ok(())
    }
}

/// A full disk must not leave half of a document.
fn write_atomically(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("draft");
    fs::write(&draft, text)?;
    fs::rename(draft, path)
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
}
