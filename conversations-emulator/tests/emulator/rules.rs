//! The rules page only names tests that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The tests of this crate as `module::name`; unit tests by their file.
fn tests() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = BTreeSet::new();
    let mut folders = vec![root.join("tests/emulator"), root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let module = path.file_stem().unwrap().to_string_lossy().into_owned();
                let text = fs::read_to_string(&path).unwrap();
                tests.extend(names(&text).map(|name| format!("{module}::{name}")));
            }
        }
    }
    tests
}

/// The functions with `#[test]` or `#[tokio::test]`.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let attributes = ["#[test]", "#[tokio::test]"];
    let after = text
        .lines()
        .map(str::trim)
        .skip_while(move |line| !attributes.contains(line));
    let mut is_test = false;
    after.filter_map(move |line| {
        if attributes.contains(&line) {
            is_test = true;
            return None;
        }
        let signature = line
            .strip_prefix("async ")
            .unwrap_or(line)
            .strip_prefix("fn ")?;
        let named = std::mem::take(&mut is_test);
        named.then(|| signature.split('(').next().unwrap_or_default())
    })
}

/// The names in backticks in the last cell of each row.
fn named_in_the_table() -> Vec<Vec<String>> {
    let table = include_str!("../../RULES.md");
    let rows = table.lines().filter(|line| {
        line.starts_with('|') && !line.starts_with("|---") && !line.contains("| tests |")
    });
    rows.map(|row| {
        let cell = row.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap();
        let names = cell.split('`').skip(1).step_by(2).map(Into::into);
        names.collect()
    })
    .collect()
}

#[test]
fn every_documented_rule_names_tests_that_exist() {
    let tests = tests();
    let rows = named_in_the_table();
    assert!(rows.len() > 60, "{} rows", rows.len());
    for row in rows {
        assert!(!row.is_empty(), "a rule without a test");
        for name in row {
            assert!(tests.contains(&name), "{name} is no test");
        }
    }
}
