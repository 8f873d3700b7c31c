//! A copy of the workspace in which a new document is tried out before anything is written to the
//! workspace itself.
//!
//! The copy is kept below the target directory, so that the next run compiles only what differs. It
//! includes uncommitted work, which a `git worktree` would not. Compiled dependencies are shared with
//! the workspace; its own packages must not be, or each build would invalidate the other's: cargo
//! identifies packages by their path within a workspace and their version, so the copy has another
//! version.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs, io};

use crate::error::Error;
use crate::regen::file_tree::Tree;

/// The copy of the workspace.
#[derive(Debug)]
pub(crate) struct WorkspaceCopy {
    root: PathBuf,
    target: PathBuf,
    /// A lock held while the copy is in use; two runs at once would mix their files.
    _lock: File,
}

impl WorkspaceCopy {
    /// Updates the copy of the workspace at `root`.
    pub(crate) fn open(root: &Path) -> Result<Self, Error> {
        let target = target_directory(root)?;
        let tree = target.join("regen").join("tree");
        fs::create_dir_all(&tree).map_err(Error::file("cannot create", &tree))?;
        let lock = target.join("regen").join("lock");
        let file = File::create(&lock).map_err(Error::file("cannot create", &lock))?;
        file.try_lock().map_err(|_| Error::Busy)?;
        let copy = Self {
            root: tree,
            target,
            _lock: file,
        };
        copy_folder(root, &copy.root, &copy.target, &[MANIFEST, "Cargo.lock"])?;
        let manifest = root.join(MANIFEST);
        let text = fs::read_to_string(&manifest).map_err(Error::file("cannot read", &manifest))?;
        write_if_different(&copy.root.join(MANIFEST), marked(&text).as_bytes())?;
        // Cargo writes the changed versions into the lock file, which then has to stay unchanged.
        let lock = root.join("Cargo.lock");
        let text = fs::read_to_string(&lock).map_err(Error::file("cannot read", &lock))?;
        write_if_different(&copy.root.join("Cargo.lock"), marked_lock(&text).as_bytes())?;
        Ok(copy)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Replaces the files below `folders` with `wanted`.
    pub(crate) fn write(&self, folders: &[&str], wanted: &Tree) -> Result<(), Error> {
        wanted.write_over(&self.root, &Tree::read(&self.root, folders)?)
    }

    /// Runs cargo in the copy.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Result<Output, Error> {
        cargo()
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .args(arguments)
            .args(
                WITHOUT_DEBUG_INFO
                    .iter()
                    .flat_map(|setting| ["--config", setting]),
            )
            .envs(SNAPSHOT_SETTINGS)
            .output()
            .map_err(Error::file("cannot run", "cargo"))
    }
}

/// Disables debug information for the packages that every new document rebuilds, which halves the build
/// time. By package name, so that compiled dependencies are still shared.
const WITHOUT_DEBUG_INFO: [&str; 3] = [
    "profile.dev.package.conversations-api.debug=false",
    "profile.dev.package.conversations-api-ext.debug=false",
    "profile.dev.package.conversations-tests.debug=false",
];

/// Insta settings: write every snapshot silently, and fail for anything else.
const SNAPSHOT_SETTINGS: [(&str, &str); 4] = [
    ("INSTA_UPDATE", "always"),
    ("INSTA_FORCE_PASS", "0"),
    ("INSTA_OUTPUT", "none"),
    ("RUST_BACKTRACE", "0"),
];

/// The cargo that runs this program.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn target_directory(root: &Path) -> Result<PathBuf, Error> {
    let output = cargo()
        .current_dir(root)
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .output()
        .map_err(Error::file("cannot run", "cargo metadata"))?;
    let metadata: Option<serde_json::Value> = serde_json::from_slice(&output.stdout).ok();
    metadata
        .as_ref()
        .and_then(|metadata| metadata["target_directory"].as_str())
        .map(PathBuf::from)
        .ok_or_else(|| Error::Cargo(String::from_utf8_lossy(&output.stderr).into_owned()))
}

const MANIFEST: &str = "Cargo.toml";
/// Build metadata, which version requirements ignore.
const MARK: &str = "+regen";

/// The workspace manifest with changed versions of its own packages.
fn marked(manifest: &str) -> String {
    let mut in_package = false;
    let lines = manifest.split_inclusive('\n').map(|line| {
        if line.starts_with('[') {
            in_package = line.trim_end() == "[workspace.package]";
        }
        mark(line, in_package)
    });
    lines.collect()
}

/// The lock file with changed versions of the packages without a source, which are those of the
/// workspace.
fn marked_lock(lock: &str) -> String {
    let packages = lock.split_inclusive("\n\n").map(|package| {
        let is_own = package.starts_with("[[package]]") && !package.contains("\nsource = ");
        let lines = package.split_inclusive('\n').map(|line| mark(line, is_own));
        lines.collect::<String>()
    });
    packages.collect()
}

fn mark(line: &str, is_meant: bool) -> String {
    match line
        .strip_prefix("version = \"")
        .and_then(|rest| rest.split_once('"'))
    {
        Some((version, rest)) if is_meant => format!("version = \"{version}{MARK}\"{rest}"),
        _ => line.to_owned(),
    }
}

/// Entries that no build reads: version control, build output, private files.
fn is_left_out(name: &str) -> bool {
    matches!(name, ".git" | ".env" | "target")
        || name.ends_with(".jsonl")
        || name.ends_with(".snap.new")
}

/// Makes `to` a copy of `from`, except for the files in `own`; an unchanged file keeps its modification
/// time, which cargo relies on.
fn copy_folder(from: &Path, to: &Path, target: &Path, own: &[&str]) -> Result<(), Error> {
    let mut present: BTreeSet<OsString> = BTreeSet::new();
    for entry in read_folder(from)? {
        let name = entry.file_name();
        let source = entry.path();
        if is_left_out(&name.to_string_lossy()) || source == target {
            continue;
        }
        let target_path = to.join(&name);
        let kind = entry
            .file_type()
            .map_err(Error::file("cannot read", &source))?;
        if kind.is_symlink() {
            copy_link(&source, &target_path)?;
        } else if kind.is_dir() {
            if target_path.is_symlink() || target_path.is_file() {
                fs::remove_file(&target_path)
                    .map_err(Error::file("cannot remove", &target_path))?;
            }
            fs::create_dir_all(&target_path).map_err(Error::file("cannot create", &target_path))?;
            copy_folder(&source, &target_path, target, &[])?;
        } else if !own.iter().any(|file| name == *file) {
            copy_file(&source, &target_path)?;
        }
        present.insert(name);
    }
    for entry in read_folder(to)? {
        let path = entry.path();
        if present.contains(&entry.file_name()) {
            continue;
        }
        if path.is_dir() && !path.is_symlink() {
            fs::remove_dir_all(&path).map_err(Error::file("cannot remove", &path))?;
        } else {
            fs::remove_file(&path).map_err(Error::file("cannot remove", &path))?;
        }
    }
    Ok(())
}

fn read_folder(path: &Path) -> Result<Vec<fs::DirEntry>, Error> {
    fs::read_dir(path)
        .and_then(Iterator::collect)
        .map_err(Error::file("cannot read", path))
}

fn copy_file(source: &Path, target_path: &Path) -> Result<(), Error> {
    if target_path.is_symlink() {
        fs::remove_file(target_path).map_err(Error::file("cannot remove", target_path))?;
    }
    let bytes = fs::read(source).map_err(Error::file("cannot read", source))?;
    write_if_different(target_path, &bytes)
}

fn write_if_different(target_path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if fs::read(target_path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::write(target_path, bytes).map_err(Error::file("cannot write", target_path))
}

/// Copies a symbolic link. Links of this workspace point into it, so their copies point into the copy.
fn copy_link(source: &Path, target_path: &Path) -> Result<(), Error> {
    let leads_to = fs::read_link(source).map_err(Error::file("cannot read", source))?;
    if fs::read_link(target_path).is_ok_and(|there| there == leads_to) {
        return Ok(());
    }
    link(&leads_to, target_path).map_err(Error::file("cannot link", target_path))
}

#[cfg(unix)]
fn link(leads_to: &Path, target_path: &Path) -> io::Result<()> {
    if target_path.exists() || target_path.is_symlink() {
        fs::remove_file(target_path)?;
    }
    std::os::unix::fs::symlink(leads_to, target_path)
}

#[cfg(not(unix))]
fn link(leads_to: &Path, target_path: &Path) -> io::Result<()> {
    // A text file with the target path is what a checkout without symbolic links contains; the build
    // supports it.
    fs::write(target_path, leads_to.to_string_lossy().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_is_updated_and_unchanged_files_keep_their_time() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("src")).unwrap();
        fs::create_dir_all(from.join("target/debug")).unwrap();
        fs::create_dir_all(&to).unwrap();
        fs::write(from.join("src/a.rs"), "a").unwrap();
        fs::write(from.join("src/b.rs"), "b").unwrap();
        fs::write(from.join(".env"), "KEY=secret").unwrap();
        let copy = || copy_folder(&from, &to, &from.join("target"), &[]).unwrap();
        copy();
        let modified = |name: &str| fs::metadata(to.join(name)).unwrap().modified().unwrap();
        let before = modified("src/a.rs");

        fs::remove_file(from.join("src/b.rs")).unwrap();
        fs::write(from.join("src/c.rs"), "c").unwrap();
        copy();
        let copied = Tree::read(&to, &["src"]).unwrap();
        assert_eq!(copied.paths().collect::<Vec<_>>(), ["src/a.rs", "src/c.rs"]);
        assert_eq!(modified("src/a.rs"), before);
        assert!(!to.join(".env").exists() && !to.join("target").exists());
    }

    #[test]
    fn only_the_workspaces_own_packages_get_another_version() {
        let manifest = "[workspace.package]\nversion = \"0.1.0\"\n[workspace.dependencies]\nx = \"1\"\nversion = \"2\"\n";
        assert_eq!(marked(manifest), manifest.replace("0.1.0", "0.1.0+regen"));
        let lock = "version = 4\n\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"x\"\nversion = \"0.1.0\"\nsource = \"registry\"\n";
        assert_eq!(marked_lock(lock), lock.replacen("0.1.0", "0.1.0+regen", 1));
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_is_copied_as_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("real")).unwrap();
        fs::create_dir_all(&to).unwrap();
        fs::write(from.join("real/file"), "x").unwrap();
        std::os::unix::fs::symlink("real", from.join("alias")).unwrap();
        for _ in 0..2 {
            copy_folder(&from, &to, Path::new("/nowhere"), &[]).unwrap();
            assert_eq!(fs::read_link(to.join("alias")).unwrap(), Path::new("real"));
            assert_eq!(fs::read_to_string(to.join("alias/file")).unwrap(), "x");
        }
    }
}
