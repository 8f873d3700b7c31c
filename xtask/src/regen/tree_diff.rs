//! Describes the difference between two file trees: line counts, and a unified diff of the files that
//! people review.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use similar::TextDiff;

use crate::regen::file_tree::Tree;

/// Files that are reviewed through their snapshots or described otherwise, and only counted here.
fn is_counted_only(path: &str) -> bool {
    path.ends_with(".rs") || path.starts_with("openapi/prose-")
}

/// Folders with one snapshot per parameter: a change of every request changes each of them.
const ALIKE: &str = "tests/snapshots/wire/";
/// Maximum number of them to show.
const SHOWN: usize = 3;

/// A unified diff of the reviewed files and one line for each other file; empty if nothing differs.
pub(crate) fn describe(before: &Tree, after: &Tree) -> String {
    let mut text = String::new();
    let mut paths: Vec<&str> = before.paths().chain(after.paths()).collect();
    paths.sort_unstable();
    paths.dedup();
    let mut reported: BTreeMap<&str, usize> = BTreeMap::new();
    for path in paths {
        let (old, new) = (before.get(path), after.get(path));
        if old == new {
            continue;
        }
        let diff = TextDiff::from_lines(old.unwrap_or_default(), new.unwrap_or_default());
        let (mut added, mut removed) = (0, 0);
        for change in diff.iter_all_changes() {
            match change.tag() {
                similar::ChangeTag::Insert => added += 1,
                similar::ChangeTag::Delete => removed += 1,
                similar::ChangeTag::Equal => {}
            }
        }
        // If a folder's files all change the same way, a few of them suffice.
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let seen = reported.entry(folder).or_default();
        *seen += 1;
        if path.starts_with(ALIKE) && *seen > SHOWN {
            continue;
        }
        let verb = match (old, new) {
            (None, _) => "new",
            (_, None) => "gone",
            _ => "changed",
        };
        writeln!(text, "{verb:8} {path}  +{added} -{removed}")
            .expect("writing to a String cannot fail");
        if !is_counted_only(path) {
            for hunk in diff.unified_diff().context_radius(1).iter_hunks() {
                for line in hunk.to_string().lines().skip(1) {
                    writeln!(text, "    {line}").expect("writing to a String cannot fail");
                }
            }
        }
    }
    for (folder, files) in reported {
        if folder.starts_with(ALIKE) && files > SHOWN {
            let more = files - SHOWN;
            writeln!(text, "and {more} more in {folder}").expect("writing to a String cannot fail");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        for (path, text) in files {
            tree.insert((*path).to_owned(), (*text).to_owned());
        }
        tree
    }

    #[test]
    fn equal_trees_have_an_empty_diff() {
        let same = tree(&[("a.snap", "x\n")]);
        assert_eq!(describe(&same, &same), "");
    }

    #[test]
    fn snapshots_are_shown_and_generated_code_is_counted() {
        let before = tree(&[
            ("a.snap", "one\ntwo\n"),
            ("c.rs", "old\n"),
            ("gone.snap", "x\n"),
        ]);
        let after = tree(&[
            ("a.snap", "one\n2\n"),
            ("b.snap", "new\n"),
            ("c.rs", "new\nmore\n"),
        ]);
        assert_eq!(
            describe(&before, &after),
            "changed  a.snap  +1 -1\n     one\n    -two\n    +2\n\
             new      b.snap  +1 -0\n    +new\n\
             changed  c.rs  +2 -1\n\
             gone     gone.snap  +0 -1\n    -x\n"
        );
    }

    #[test]
    fn of_many_equal_changes_a_few_are_shown() {
        let wire = |line: &str| {
            let mut tree = Tree::default();
            for name in ["a", "b", "c", "d", "e"] {
                tree.insert(
                    format!("tests/snapshots/wire/v3/{name}.snap"),
                    line.to_owned(),
                );
            }
            tree
        };
        let text = describe(&wire("old\n"), &wire("new\n"));
        assert_eq!(text.matches("changed").count(), 3);
        assert!(
            text.ends_with("and 2 more in tests/snapshots/wire/v3\n"),
            "{text}"
        );
    }
}
