//! The files of a synchronized folder on this machine.

use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use super::files::{FileInfo, Files};
use super::paths::Paths;

/// Names that runs create are at most three folders deep.
const DEPTH: usize = 4;

/// Adds the files of this program in the folder `below` of a local folder, by their names relative to it.
pub(super) fn walk(root: &Path, below: &str, files: &mut Files) -> Result<(), String> {
    let failed = |name: &str, error: io::Error| {
        let at = if name.is_empty() { "the folder" } else { name };
        format!("{at}: {error}")
    };
    let is_gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    let entries = match fs::read_dir(root.join(below)) {
        Err(error) if is_gone(&error) => return Ok(()),
        entries => entries.map_err(|error| failed(below, error))?,
    };
    for entry in entries {
        let entry = entry.map_err(|error| failed(below, error))?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let is_at_root = below.is_empty();
        let name = if is_at_root {
            name
        } else {
            format!("{below}/{name}")
        };
        if !Paths::is_own(&name) || is_temporary(&name) {
            continue;
        }
        let data = match fs::metadata(entry.path()) {
            Err(error) if is_gone(&error) => continue,
            data => data.map_err(|error| failed(&name, error))?,
        };
        if data.is_file() {
            let info = FileInfo {
                bytes: data.len(),
                modified: data
                    .modified()
                    .map_err(|error| failed(&name, error))?
                    .into(),
            };
            files.insert(name, info);
        } else if !data.is_dir() {
            // Opening a pipe would wait for its writer.
            return Err(format!("{name} is a pipe, a socket or a device: remove it"));
        } else if (is_at_root || name.starts_with("_conversations/"))
            && name.split('/').count() < DEPTH
        {
            walk(root, &name, files)?;
        }
    }
    Ok(())
}

/// Removes the temporary files of killed writers. They have the temporary names of `object_store`, which does not list
/// them.
pub(super) fn sweep(root: &Path) {
    sweep_in(root, 0, false);
}

/// Removes the temporary files in a folder and those below. In one that other programs write to, too, only after a day:
/// the writer may be at work.
fn sweep_in(folder: &Path, depth: usize, is_shared: bool) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder
            && depth < DEPTH
            && (name.starts_with("date=")
                || depth > 0
                || ["_conversations", "_delta_log"].contains(&name))
        {
            sweep_in(&entry.path(), depth + 1, is_shared || name == "_delta_log");
            // Removes the folder only if it is empty.
            let _ = fs::remove_dir(entry.path());
        } else if !is_folder && is_temporary(name) && (!is_shared || is_old(&entry)) {
            // A file that cannot be removed does no harm; the next run retries.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_old(file: &fs::DirEntry) -> bool {
    let modified = file.metadata().and_then(|data| data.modified());
    let age = modified.ok().and_then(|modified| modified.elapsed().ok());
    age.is_some_and(|age| age > Duration::from_secs(24 * 60 * 60))
}

fn is_temporary(name: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    name.rsplit_once('#').is_some_and(|(stem, suffix)| {
        number(suffix)
            && ["conversations", ".json", ".parquet", ".csv"]
                .iter()
                .any(|part| stem.contains(part))
    })
}
