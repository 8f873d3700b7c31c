//! Compares snapshots, and checks for obsolete ones.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// Compares `content` with `snapshots/FOLDER/NAME.snap`.
pub(crate) fn assert_snapshot(folder: &str, name: &str, content: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder_path(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, content));
}

/// Fails if `folder` contains a snapshot that is not in `names`: its parameter or body was removed.
pub(crate) fn assert_no_leftovers<'a>(folder: &str, names: impl IntoIterator<Item = &'a str>) {
    let expected: BTreeSet<String> = names
        .into_iter()
        .map(|name| format!("{name}.snap"))
        .collect();
    let found: BTreeSet<String> = std::fs::read_dir(folder_path(folder))
        .map(|entries| {
            entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter(|file| file.ends_with(".snap"))
                .collect()
        })
        .unwrap_or_default();
    let left: Vec<_> = found.difference(&expected).collect();
    assert!(
        left.is_empty(),
        "snapshots/{folder} has obsolete snapshots: {left:?}; run `cargo xtask regen`"
    );
}

fn folder_path(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("snapshots")
        .join(folder)
}
