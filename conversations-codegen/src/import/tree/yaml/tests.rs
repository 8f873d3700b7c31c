//! Supported YAML, and errors for the rest.

use super::*;
use serde_json::json;

fn read_text(text: &str) -> Result<Node, ImportError> {
    read(&Source::from_bytes("api.yaml", text.as_bytes()).unwrap())
}

fn value(text: &str) -> serde_json::Value {
    read_text(text).unwrap().to_value()
}

#[test]
fn scalars_follow_the_yaml_1_2_core_schema() {
    assert_eq!(
        value(
            "[null, ~, true, yes, on, 7, -7, 0x1f, 0o17, 1.5, 1e3, 2021-07-01, '7', 1.0.0, +1, .5, 1_000, 12:30:00]"
        ),
        json!([
            null,
            null,
            true,
            "yes",
            "on",
            7,
            -7,
            31,
            15,
            1.5,
            1000.0,
            "2021-07-01",
            "7",
            "1.0.0",
            1,
            0.5,
            "1_000",
            "12:30:00"
        ])
    );
    assert_eq!(value("a:\n200: x\n"), json!({"a": null, "200": "x"}));
}

#[test]
fn core_tags_are_applied_and_other_tags_are_rejected() {
    assert_eq!(
        value("a: !!str 7\nb: !!int '7'\nc: !!map {}\n"),
        json!({"a": "7", "b": 7, "c": {}})
    );
    for text in ["a: !secret x", "a: !!binary eA==", "a: !vault {b: 1}"] {
        let refusal = read_text(text).unwrap_err();
        assert!(refusal.message().contains("tag"), "{refusal}");
        assert_eq!(refusal.line_and_column(), Some((1, 4)), "{refusal}");
    }
}

#[test]
fn aliases_are_written_out() {
    assert_eq!(
        value("a: &x {b: [1]}\nc: *x\nd: &y k\n"),
        json!({"a": {"b": [1]}, "c": {"b": [1]}, "d": "k"})
    );
}

#[test]
fn an_alias_bomb_is_rejected_before_it_is_expanded() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        text.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    let refusal = read_text(&text).unwrap_err();
    assert!(refusal.message().contains("500000 values"), "{refusal}");
}

#[test]
fn an_alias_chain_cannot_exceed_the_depth_limit() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..200 {
        text.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    let refusal = read_text(&text).unwrap_err();
    assert!(refusal.message().contains("levels deep"), "{refusal}");
}

#[test]
fn unsupported_yaml_is_reported_at_its_location() {
    for (text, position, reason) in [
        ("a: 1\nb: 2\na: 3\n", (3, 1), "duplicate key `a`"),
        ("a: {b: 1, b: 2}\n", (1, 11), "duplicate key `b`"),
        ("a: &x 1\n<<: *x\n", (2, 1), "merge key"),
        ("a: 1\n---\nb: 2\n", (2, 1), "second document"),
        ("a: &x [*x]\n", (1, 8), "contains it"),
        ("? [a]\n: b\n", (1, 3), "key must be a string"),
        ("a: .inf\n", (1, 4), "JSON cannot represent"),
    ] {
        let refusal = read_text(text).unwrap_err();
        assert!(refusal.message().contains(reason), "{refusal}");
        assert_eq!(refusal.line_and_column(), Some(position), "{refusal}");
    }
    let unclosed = read_text("a:\n  b: [1, 2\n").unwrap_err();
    assert!(unclosed.message().contains("not valid YAML"), "{unclosed}");
}

#[test]
fn excessive_depth_is_rejected_in_flow_and_block_style() {
    let flow = format!("a: {}", "[".repeat(100_000));
    let mut block = String::new();
    for level in 0..2_000 {
        block.push_str(&format!("{}a:\n", " ".repeat(level)));
    }
    for text in [flow, block] {
        let refusal = read_text(&text).unwrap_err();
        assert!(refusal.message().contains("levels deep"), "{refusal}");
    }
}
