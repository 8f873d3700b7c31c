//! File permissions of a synchronized folder on this machine.
//!
//! By default the umask of the program allows only the owner access, because the folder contains transcripts.

use std::io;
use std::path::Path;

/// Makes files and folders created from now on readable by the group.
pub(super) fn allow_group_to_read_new_files() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::WGRP | rustix::fs::Mode::RWXO);
}

/// Lets the group read and enter a folder, but not what is in it.
pub(super) fn let_group_enter(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    add(folder, READ_AND_ENTER)?;
    let _ = folder;
    Ok(())
}

#[cfg(unix)]
const READ_AND_ENTER: u32 = 0o050;

#[cfg(not(unix))]
pub(super) fn make_group_readable(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes the data and the manifest readable by the group, including those of earlier runs. Internal files stay
/// private to the owner: they hold records as received, even if the data is redacted.
#[cfg(unix)]
pub(super) fn make_group_readable(root: &Path) -> io::Result<()> {
    use std::fs;

    const READ: u32 = 0o040;
    let_group_enter(root)?;
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_folder = entry.file_type()?.is_dir();
        if name == "_conversations" {
            set(&entry.path(), 0o700)?;
        } else if name == "_manifest.json" {
            add(&entry.path(), READ)?;
        } else if is_folder
            && (name == "_delta_log" || name.as_encoded_bytes().starts_with(b"date="))
        {
            add(&entry.path(), READ_AND_ENTER)?;
            for file in fs::read_dir(entry.path())? {
                add(&file?.path(), READ)?;
            }
        }
    }
    Ok(())
}

/// Adds permission bits to one of our files or folders. Skips symbolic links and files of other owners.
#[cfg(unix)]
fn add(path: &Path, bits: u32) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;

    let metadata = std::fs::symlink_metadata(path)?;
    let is_ours = metadata.uid() == rustix::process::geteuid().as_raw();
    let mode = metadata.mode() & 0o7777;
    if metadata.is_symlink() || !is_ours || mode & bits == bits {
        return Ok(());
    }
    set(path, mode | bits)
}

#[cfg(unix)]
fn set(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}
