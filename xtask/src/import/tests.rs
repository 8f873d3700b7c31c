//! A rejected import changes no file, whatever the reason.

use std::path::Path;

use super::*;

const V3: &str = include_str!("../../../openapi/conversations-v3.yaml");

/// A workspace without packages, with the files that an import may write.
fn workspace() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let this = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let files = Tree::read(this, &FOLDERS).unwrap();
    files.write_over(root.path(), &Tree::default()).unwrap();
    fs::write(
        root.path().join("Cargo.toml"),
        "[workspace]\nresolver = \"3\"\n\n[workspace.package]\nversion = \"0.1.0\"\n",
    )
    .unwrap();
    fs::write(root.path().join("Cargo.lock"), "version = 4\n").unwrap();
    root
}

/// Every file below the workspace except build output.
fn hashes(root: &Path) -> Tree {
    let mut names: Vec<String> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "target" && name != "Cargo.toml" && name != "Cargo.lock")
        .collect();
    names.sort();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Tree::read(root, &names).unwrap()
}

fn request(from: &Path, fix_overlays: bool) -> Request {
    Request {
        version: ClientModule::V3,
        from: from.to_string_lossy().into_owned(),
        published: None,
        fix_overlays,
        unfinished: false,
        report: None,
    }
}

fn json() -> serde_json::Value {
    conversations_codegen::Document::parse("v3", V3)
        .unwrap()
        .tree()
        .clone()
}

#[test]
fn the_workspace_is_unchanged_after_each_rejection() {
    let pretty = serde_json::to_string_pretty(&json()).unwrap();
    let bomb = (1..20).fold(
        "openapi: 3.0.1\na0: &a0 [x,x,x,x,x,x,x,x]\n".to_owned(),
        |text, n| text + &format!("a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(8)),
    );
    let property = "        num_ood:\n";
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("comma.json", pretty.replacen("\"3.0.1\",", "\"3.0.1\",,", 1).into_bytes(), "not valid JSON"),
        ("trailing.json", pretty.replacen("\n}", ",\n}", 1).into_bytes(), "trailing comma"),
        ("twice.yaml", V3.replacen("info:\n", "info: {}\ninfo:\n", 1).into_bytes(), "duplicate key `info`"),
        ("cut.json", pretty.as_bytes()[..pretty.len() / 2].to_vec(), "is incomplete"),
        ("cut.yaml", V3.as_bytes()[..9000].to_vec(), ""),
        ("page.json", b"<!DOCTYPE html><title>Sign in</title>".to_vec(), "web page"),
        ("new.yaml", V3.replacen("3.0.1", "3.1.0", 1).into_bytes(), "OpenAPI 3.1.0"),
        ("old.yaml", b"swagger: '2.0'\n".to_vec(), "Swagger 2"),
        ("dangling.yaml", V3.replace("schemas/Error'", "schemas/Eror'").into_bytes(), "leads nowhere"),
        (
            "circle.yaml",
            V3.replace("    Error:\n", "    Loop:\n      $ref: '#/components/schemas/Loop'\n    Error:\n")
                .replace("schemas/Error'", "schemas/Loop'")
                .into_bytes(),
            "circular",
        ),
        (
            "other.yaml",
            V3.replace("/conversations", "/calls")
                .replace("Conversation", "Call")
                .replace("Chat", "Talk")
                .into_bytes(),
            "another API",
        ),
        ("moved.yaml", V3.replace("/conversations:", "/calls:").into_bytes(), "now: $.paths['/v3/{account_id}/{project_id}/calls'].get"),
        ("v1.yaml", V3.replace("/v3/", "/v1/").into_bytes(), "belong to v1"),
        ("huge.json", vec![b' '; 33 * 1024 * 1024], "larger than 32 MiB"),
        ("deep.json", "[".repeat(200_000).into_bytes(), "levels deep"),
        ("deep.yaml", format!("a: {}", "[".repeat(200_000)).into_bytes(), "levels deep"),
        ("bomb.yaml", bomb.into_bytes(), "once aliases are expanded"),
        ("tag.yaml", V3.replacen("title: ", "title: !secret ", 1).into_bytes(), "the tag `!secret`"),
        ("utf16.json", b"\xff\xfe{\0}\0".to_vec(), "UTF-16"),
        ("latin1.yaml", b"openapi: 3.0.1 # \xe9\n".to_vec(), "not UTF-8"),
        ("empty.yaml", b"\n".to_vec(), "empty"),
        ("renamed.yaml", V3.replace("ConversationTurn", "Exchange").into_bytes(), "now: $.components.schemas.Exchange"),
        (
            "two_shapes.yaml",
            V3.replace("        '400':", "        '202':\n          description: Later.\n        '400':").into_bytes(),
            "have different types",
        ),
        (
            "no_example.yaml",
            V3.replacen(
                "        - name: cursor\n",
                "        - {name: days, in: query, schema: {type: array, items: {type: array, items: {type: integer}}}}\n        - name: cursor\n",
                1,
            )
            .into_bytes(),
            "parameter days",
        ),
        (
            "commas.yaml",
            V3.replacen(
                "        - name: cursor\n",
                "        - {name: days, in: query, explode: false, schema: {type: array, items: {type: integer}}}\n        - name: cursor\n",
                1,
            )
            .into_bytes(),
            "(`explode: false`) is not supported",
        ),
        (
            "collision.yaml",
            V3.replace(property, &format!("        numOod:\n          type: string\n{property}")).into_bytes(),
            "both `num_ood` in Rust",
        ),
    ];
    let root = workspace();
    let before = hashes(root.path());
    let documents = tempfile::tempdir().unwrap();
    for (name, bytes, reason) in cases {
        let from = documents.path().join(name);
        fs::write(&from, bytes).unwrap();
        let error = run(root.path(), &request(&from, false))
            .unwrap_err()
            .to_string();
        assert!(error.contains(reason), "{name}: {error}");
        assert!(
            hashes(root.path()) == before,
            "{name} was refused and changed the tree"
        );
    }
    let missing = documents.path().join("missing.yaml");
    assert!(run(root.path(), &request(&missing, false)).is_err());
    assert!(hashes(root.path()) == before);
}

#[test]
fn an_ambiguous_overlay_is_rejected_even_with_fix_overlays() {
    let root = workspace();
    let before = hashes(root.path());
    let documents = tempfile::tempdir().unwrap();
    let from = documents.path().join("gone.yaml");
    // The vendor no longer says what the action removes.
    let typed = "        latency:\n          type: number\n";
    assert!(V3.contains(typed));
    fs::write(&from, V3.replacen(typed, "        latency:\n", 1)).unwrap();
    let error = run(root.path(), &request(&from, true))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("the published latency makes room"),
        "{error}"
    );
    assert!(error.contains("delete the action"), "{error}");
    assert!(hashes(root.path()) == before);
}

#[test]
fn a_document_with_what_an_overlay_adds_is_rejected_until_the_action_is_deleted() {
    let root = workspace();
    let before = hashes(root.path());
    let documents = tempfile::tempdir().unwrap();
    let from = documents.path().join("published.yaml");
    let field = "        user_input_dtmf:\n";
    assert!(V3.contains(field));
    let published = format!("        barge_in:\n          type: string\n{field}");
    fs::write(&from, V3.replacen(field, &published, 1)).unwrap();
    let error = run(root.path(), &request(&from, true))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("adds barge_in, which the document has itself now"),
        "{error}"
    );
    assert!(hashes(root.path()) == before);
}

#[test]
fn an_overlay_that_two_documents_share_matches_both_names() {
    let this = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut openapi = Tree::read(this, &["openapi"]).unwrap();
    let old = Document::parse("old", V3).unwrap();
    let new = Document::parse("new", &V3.replace("ConversationTurn", "Exchange")).unwrap();
    let text = overlays(&mut openapi, &request(Path::new("-"), true), &old, &new).unwrap();
    assert!(text.starts_with("Overlays corrected:\n"), "{text}");
    let text = |name: &str| {
        openapi
            .get(&format!("openapi/overlays/{name}.overlay.yaml"))
            .unwrap()
    };
    assert!(
        text("common").contains("schemas['ConversationTurn','Exchange']"),
        "{}",
        text("common")
    );
    assert!(
        text("v3").contains("target: $.components.schemas.Exchange.properties\n"),
        "{}",
        text("v3")
    );
    assert!(!text("v1").contains("Exchange"));
}

#[test]
fn prose_changes_are_described_in_a_few_lines() {
    let moved = |name: &str| ProseChange::Moved {
        from: format!("/components/schemas/Turn/properties/{name}/description"),
        pointer: format!("/components/schemas/Exchange/properties/{name}/description"),
    };
    assert_eq!(
        words(&[moved("a"), moved("b")]),
        "our descriptions moved, 2 location(s): /components/schemas/Turn -> /components/schemas/Exchange\n"
    );
}
