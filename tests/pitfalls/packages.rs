//! Packages: dependencies of a consumer's build, and the contents of published crates.

use std::process::Command;

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "cargo {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn crates(features: &[&str]) -> Vec<String> {
    let mut arguments = vec![
        "tree",
        "--offline",
        "--package",
        "conversations-api",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ];
    arguments.extend(features);
    let mut names: Vec<String> = cargo(&arguments)
        .lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Each user of the crate had to build the generator and its dependencies.
#[test]
fn the_pregenerated_feature_builds_no_generator() {
    let generated = crates(&[]);
    let pregenerated = crates(&["--no-default-features", "--features", "pregenerated"]);
    for name in [
        "progenitor",
        "progenitor-impl",
        "typify",
        "syn",
        "conversations-codegen",
    ] {
        let name = name.to_owned();
        assert!(
            generated.contains(&name),
            "{name} is what the default needs"
        );
        if name != "syn" {
            assert!(
                !pregenerated.contains(&name),
                "{name} is what this feature saves"
            );
        }
    }
    let more = generated.len() - pregenerated.len();
    assert!((20..LARGEST_GENERATOR).contains(&more), "{more}");
    // What the generator's default features bring.
    assert!(!generated.contains(&"progenitor-macro".to_owned()));
}

/// The generator costs each user that many crates at most.
const LARGEST_GENERATOR: usize = 45;

/// Documents outside the crate's directory built here and were missing from the package.
#[test]
fn the_package_contains_documents_overlays_and_pregenerated_clients() {
    let listed = cargo(&[
        "package",
        "--offline",
        "--list",
        "--allow-dirty",
        "--package",
        "conversations-api",
    ]);
    let files: Vec<&str> = listed.lines().collect();
    for file in [
        "openapi/conversations-v1.yaml",
        "openapi/conversations-v3.yaml",
        "openapi/overlays/agents.overlay.yaml",
        "openapi/overlays/common.overlay.yaml",
        "openapi/overlays/v1.overlay.yaml",
        "openapi/overlays/v2.overlay.yaml",
        "openapi/overlays/v3.overlay.yaml",
        "src/generated/agents.rs",
        "src/generated/v1.rs",
        "src/generated/v2.rs",
        "src/generated/v3.rs",
        "LICENSE-MIT",
        "LICENSE-APACHE",
    ] {
        assert!(files.contains(&file), "{file} is not among {files:?}");
    }
}
