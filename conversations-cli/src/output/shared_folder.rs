//! Who else may be able to read a new file, on systems where the program does not restrict its files.

use std::path::{Path, PathBuf};
use std::sync::Once;

use crate::term::stderr::say;

/// Prints a warning, once per process, if other users may be able to read new files in `folder`.
///
/// Unix needs none, because the umask of the program allows only the owner access. Elsewhere a file has the
/// permissions of its folder, and only the folder of the user is private unless someone has changed that.
pub(crate) fn warn_if_shared(folder: &Path) {
    static WARNED: Once = Once::new();
    let home = std::env::home_dir();
    if cfg!(unix) || home.as_deref().is_some_and(|home| is_below(folder, home)) {
        return;
    }
    WARNED.call_once(|| {
        let home = home.map_or_else(
            || "your own".to_owned(),
            |home| format!("below {}", home.display()),
        );
        say(format_args!(
            "warning: other users of this machine may be able to read the files in {}: they have the permissions of \
             that folder\nhint: use a folder {home}",
            folder.display()
        ));
    });
}

/// Returns whether `folder`, which need not exist yet, is `home` or below it.
fn is_below(folder: &Path, home: &Path) -> bool {
    let Ok(folder) = std::path::absolute(folder) else {
        return false;
    };
    let real = |path: &Path| -> Option<PathBuf> { path.canonicalize().ok() };
    let existing = folder.ancestors().find_map(real);
    existing.is_some_and(|folder| real(home).is_some_and(|home| folder.starts_with(home)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_below_that_of_the_user_are_private() {
        let root = tempfile::tempdir().unwrap();
        let home = root.path().join("home");
        std::fs::create_dir_all(home.join("calls")).unwrap();
        std::fs::create_dir(root.path().join("home2")).unwrap();
        for (folder, private) in [
            ("home", true),
            ("home/calls/not/there/yet", true),
            ("home/calls/../../home2", false),
            ("home2", false),
            (".", false),
        ] {
            assert_eq!(
                is_below(&root.path().join(folder), &home),
                private,
                "{folder}"
            );
        }
        assert!(!is_below(&home, &root.path().join("nobody")));
    }
}
