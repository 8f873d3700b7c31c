//! `cargo xtask diff` from the command line.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn published() -> String {
    fs::read_to_string(root().join("openapi/conversations-v3.yaml")).unwrap()
}

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .output()
        .unwrap()
}

fn diff(old: &str, new: &Path, more: &[&str]) -> Output {
    xtask(&[&["diff", old, new.to_str().unwrap()], more].concat())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The published v3 document with one string replaced.
fn edited(folder: &TempDir, from: &str, to: &str) -> PathBuf {
    let said = published();
    assert!(said.contains(from), "{from}");
    let path = folder.path().join("new.yaml");
    fs::write(&path, said.replace(from, to)).unwrap();
    path
}

#[test]
fn the_exit_code_is_the_verdict() {
    let folder = TempDir::new().unwrap();
    for (from, to, code) in [
        ("maximum: 1000", "maximum: 1000", 0),
        ("CAabcd1234567abcdef1250065d4fc7389", "CA0", 10),
        ("maximum: 1000", "maximum: 2000", 10),
        ("        - name: cursor\n", "        - name: position\n", 11),
        ("openapi: 3.0.1", "openapi: 3.1.0", 1),
        ("paths:\n", "paths: [\n", 1),
    ] {
        let output = diff("v3", &edited(&folder, from, to), &[]);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{to}: {}",
            text(&output.stderr)
        );
        let is_refused = code == 1;
        assert_eq!(output.stdout.is_empty(), is_refused);
        assert_eq!(text(&output.stderr).starts_with("error: "), is_refused);
    }
}

#[test]
fn an_invalid_operand_is_rejected_with_the_valid_ones() {
    for (operand, said) in [
        (
            "v4",
            "neither a file nor v1, v3, v1@REVISION or v3@REVISION",
        ),
        ("v2", "v2 has no document of its own: compare v3"),
        ("v3@--output=x", "is not a revision"),
        ("v3@no-such-revision", "no-such-revision"),
    ] {
        let output = xtask(&["diff", operand, "v3"]);
        assert_eq!(output.status.code(), Some(1), "{operand}");
        assert!(
            text(&output.stderr).contains(said),
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn a_changed_surface_names_the_modules_and_the_next_version() {
    let folder = TempDir::new().unwrap();
    let new = edited(
        &folder,
        "        - name: cursor\n",
        "        - name: position\n",
    );
    let said = text(&diff("v3", &new, &[]).stdout);
    for part in [
        "parameter renamed: cursor -> position",
        "v2, v3: - builder::ListConversations::cursor()",
        "write `position` for `cursor`",
        "next version: ",
        "ours  emulator conversations-emulator/src/",
        "SUGGESTED FOR CHANGELOG.md",
    ] {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
}

#[test]
fn json_and_github_output_leave_the_workspace_unchanged() {
    let folder = TempDir::new().unwrap();
    let new = edited(&folder, "maximum: 1000", "maximum: 2000");
    let report = folder.path().join("report.md");
    let before = published();

    let output = diff(
        "v3",
        &new,
        &["--format", "json", "--report", report.to_str().unwrap()],
    );
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["verdict"], "compatible");
    assert_eq!(json["changes"][0]["check"], "request-bound-loosened");
    assert!(
        fs::read_to_string(&report)
            .unwrap()
            .starts_with("## API document v3: compatible")
    );

    let said = text(&diff("v3", &new, &["--format", "github"]).stdout);
    assert!(said.starts_with("::notice file="), "{said}");
    assert_eq!(published(), before);
}

#[test]
fn checks_are_listed_as_text_and_json() {
    let table = text(&xtask(&["checks"]).stdout);
    assert!(table.starts_with("BREAKING"), "{table}");
    let json: serde_json::Value =
        serde_json::from_slice(&xtask(&["checks", "--format", "json"]).stdout).unwrap();
    for check in json.as_array().unwrap() {
        let id = check["id"].as_str().unwrap();
        assert!(
            table.contains(id) && table.contains(check["reason"].as_str().unwrap()),
            "{id}"
        );
    }
}
