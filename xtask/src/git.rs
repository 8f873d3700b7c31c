//! Reads files at a revision, and the revisions of a file, from git.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;

/// The repository of this workspace.
#[derive(Debug)]
pub(crate) struct Git {
    root: PathBuf,
}

/// A commit that changed a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commit {
    /// The short hash.
    pub(crate) id: String,
    /// The commit date, `2026-05-11`.
    pub(crate) date: String,
}

impl Git {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// The content of `path` at `revision`.
    pub(crate) fn file_at(&self, revision: &str, path: &str) -> Result<String, Error> {
        // Git would parse it as an option.
        if revision.is_empty() || revision.starts_with('-') {
            return Err(Error::Operand(format!("`{revision}` is not a revision")));
        }
        self.run(&["show", "--end-of-options", &format!("{revision}:{path}")])
    }

    /// The last `most` commits up to `revision` that changed `path`, newest first.
    pub(crate) fn commits(
        &self,
        revision: &str,
        path: &str,
        most: usize,
    ) -> Result<Vec<Commit>, Error> {
        let count = format!("--max-count={most}");
        let log = self.run(&[
            "log",
            &count,
            "--format=%h %cs",
            "--end-of-options",
            revision,
            "--",
            path,
        ])?;
        Ok(log
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(id, date)| Commit {
                id: id.to_owned(),
                date: date.to_owned(),
            })
            .collect())
    }

    fn run(&self, arguments: &[&str]) -> Result<String, Error> {
        let output = Command::new("git")
            .current_dir(&self.root)
            .args(arguments)
            .output()
            .map_err(Error::file("cannot run", "git"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(Error::Git {
            command: arguments.join(" "),
            message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Creates a repository with two commits of one file.
    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let run = |arguments: &[&str]| {
            let status = Command::new("git")
                .current_dir(folder.path())
                .args([
                    "-c",
                    "user.name=A",
                    "-c",
                    "user.email=a@example.com",
                    "-c",
                    "commit.gpgsign=false",
                ])
                .args(arguments)
                .env("GIT_COMMITTER_DATE", "2026-05-11T12:00:00Z")
                .env("GIT_CONFIG_GLOBAL", "/dev/null")
                .output()
                .unwrap();
            assert!(status.status.success(), "{arguments:?}");
        };
        run(&["init", "--quiet"]);
        for text in ["first", "second"] {
            std::fs::write(folder.path().join("a.yaml"), text).unwrap();
            run(&["add", "a.yaml"]);
            run(&["commit", "--quiet", "--message", text]);
        }
        folder
    }

    #[test]
    fn a_file_is_read_at_a_revision_and_its_commits_are_listed_newest_first() {
        let folder = repository();
        let git = Git::new(folder.path());
        assert_eq!(git.file_at("HEAD", "a.yaml").unwrap(), "second");
        assert_eq!(git.file_at("HEAD~1", "a.yaml").unwrap(), "first");
        let commits = git.commits("HEAD", "a.yaml", 10).unwrap();
        assert_eq!(commits.len(), 2);
        assert_eq!(commits[0].date, "2026-05-11");
        assert_eq!(git.file_at(&commits[1].id, "a.yaml").unwrap(), "first");
        assert_eq!(git.commits("HEAD", "a.yaml", 1).unwrap(), commits[..1]);
    }

    #[test]
    fn an_option_is_not_a_revision() {
        let folder = repository();
        let refusal = Git::new(folder.path())
            .file_at("--output=x", "a.yaml")
            .unwrap_err();
        assert!(refusal.to_string().contains("not a revision"), "{refusal}");
        let refusal = Git::new(folder.path())
            .file_at("nowhere", "a.yaml")
            .unwrap_err();
        assert!(refusal.to_string().contains("nowhere"), "{refusal}");
    }
}
