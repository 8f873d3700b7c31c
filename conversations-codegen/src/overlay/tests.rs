//! The effect of each kind of action, and invalid actions.

use super::*;
use serde_json::json;

fn applied(tree: &Value, actions: &str) -> Result<Value, Error> {
    let mut document = Document::parse("api.yaml", &format!("{{openapi: 3.0.1, x: {tree}}}"))?;
    Overlay::parse(
        "fix.overlay.yaml",
        &format!("overlay: 1.0.0\ninfo: {{title: fix, version: '1'}}\nactions: {actions}"),
    )?
    .apply(&mut document)?;
    Ok(document.tree()["x"].clone())
}

#[test]
fn objects_merge_arrays_grow_and_scalars_are_replaced() {
    let tree = json!({"a": {"b": 1, "keep": true}, "list": [1], "s": "old"});
    let update = r#"[{target: $.x, description: d, update: {a: {b: 2}, list: [2], s: new}}]"#;
    assert_eq!(
        applied(&tree, update).unwrap(),
        json!({"a": {"b": 2, "keep": true}, "list": [1, 2], "s": "new"})
    );
}

#[test]
fn an_update_of_an_array_is_appended() {
    let grown = applied(
        &json!([{"n": 1}]),
        "[{target: $.x, description: d, update: {n: 2}}]",
    );
    assert_eq!(grown.unwrap(), json!([{"n": 1}, {"n": 2}]));
}

#[test]
fn removing_several_array_elements_removes_exactly_them() {
    let left = applied(
        &json!(["a", "id", "b", "c"]),
        r#"[{target: "$.x[?@ != 'id']", description: d, remove: true}]"#,
    );
    assert_eq!(left.unwrap(), json!(["id"]));
}

#[test]
fn keys_with_slashes_and_tildes_are_matched() {
    let left = applied(
        &json!({"/a/{b}": 1, "c~d": 2}),
        r#"[{target: "$.x['/a/{b}']", description: d, remove: true},
            {target: "$.x['c~d']", description: d, remove: true}]"#,
    );
    assert_eq!(left.unwrap(), json!({}));
}

#[test]
fn a_copy_merges_the_current_value_of_its_source() {
    let moved = applied(
        &json!({"v3": {"get": 1}, "v2": {}}),
        "[{target: $.x.v2, description: d, x-copy: $.x.v3},
          {target: $.x.v3, description: d, remove: true}]",
    );
    assert_eq!(moved.unwrap(), json!({"v2": {"get": 1}}));
}

#[test]
fn an_action_that_matches_nothing_names_file_action_and_target() {
    let error = applied(
        &json!({}),
        "[{target: $.x, description: fine, update: {a: 1}},
          {target: $.x.gone, description: it was loose, update: {a: 1}}]",
    )
    .unwrap_err();
    assert!(matches!(error, Error::StaleOverlay { number: 2, .. }));
    let message = error.to_string();
    for part in [
        "fix.overlay.yaml",
        "action 2 (it was loose)",
        "gone",
        "api.yaml",
    ] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
}

#[test]
fn an_invalid_overlay_is_rejected() {
    for (actions, reason) in [
        ("[{target: $.x, description: d}]", "exactly one of"),
        (
            "[{target: $.x, description: d, remove: true, update: {}}]",
            "exactly one of",
        ),
        (
            "[{target: $.x, description: d, delete: true}]",
            "unknown field `delete`",
        ),
        ("[{target: $.x, remove: true}]", "no description"),
        (
            "[{target: x, description: d, remove: true}]",
            "not a JSONPath",
        ),
        ("[{target: $.x, description: d, x-copy: $.y}]", "x-copy"),
        (
            "[{target: $, description: d, remove: true}]",
            "whole document",
        ),
        (
            "[{target: $.x.s, description: d, update: {a: 1}}]",
            "object or an array",
        ),
    ] {
        let message = applied(&json!({"s": "text"}), actions)
            .unwrap_err()
            .to_string();
        assert!(message.contains(reason), "{actions}: {message}");
        assert!(message.contains("fix.overlay.yaml"), "{message}");
    }
}

proptest::proptest! {
    #[test]
    fn removing_any_subset_leaves_the_rest_in_order(
        list in proptest::collection::vec(0_u8..20, 1..30),
        limit in 0_u8..20,
    ) {
        let kept: Vec<u8> = list.iter().copied().filter(|n| *n < limit).collect();
        proptest::prop_assume!(kept.len() < list.len());
        let left = applied(
            &json!(list),
            &format!(r#"[{{target: "$.x[?@ >= {limit}]", description: d, remove: true}}]"#),
        );
        proptest::prop_assert_eq!(left.unwrap(), json!(kept));
    }
}
