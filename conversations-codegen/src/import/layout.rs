//! Serializes a document in the canonical layout, so that two documents differ in their text only where
//! they differ in content.

use crate::import::tree::yaml::core_schema;
use crate::import::tree::{Entry, Kind, Node};

/// Strings longer than this are folded.
const LINE: usize = 60;

/// A folded line ends with the word that passes this column.
const WIDTH: usize = 80;

/// Serializes the document as block-style YAML with two spaces of indentation, keys in the order of
/// `node`.
pub(crate) fn lay_out(node: &Node) -> String {
    let mut text = String::new();
    match &node.kind {
        Kind::Map(entries) if !entries.is_empty() => map(&mut text, entries, 0, false),
        Kind::List(items) if !items.is_empty() => list(&mut text, items, 0),
        _ => {
            value(&mut text, node, 0);
            // A nested value starts with a space after its key; the top level has no key.
            text = text.trim_start_matches(' ').to_owned();
        }
    }
    text
}

fn indent(text: &mut String, columns: usize) {
    text.extend(std::iter::repeat_n(' ', columns));
}

/// `started` means that the line of the first key is already indented.
fn map(text: &mut String, entries: &[Entry], depth: usize, started: bool) {
    for (index, entry) in entries.iter().enumerate() {
        if index > 0 || !started {
            indent(text, depth);
        }
        text.push_str(&one_line(&entry.key));
        text.push(':');
        value(text, &entry.value, depth);
    }
}

fn list(text: &mut String, items: &[Node], depth: usize) {
    for item in items {
        indent(text, depth);
        text.push('-');
        match &item.kind {
            Kind::Map(entries) if !entries.is_empty() => {
                text.push(' ');
                map(text, entries, depth + 2, true);
            }
            _ => value(text, item, depth),
        }
    }
}

/// Writes what follows a key's colon or an element's dash, up to the end of the line.
fn value(text: &mut String, node: &Node, depth: usize) {
    match &node.kind {
        Kind::Map(entries) if entries.is_empty() => text.push_str(" {}\n"),
        Kind::Map(entries) => {
            text.push('\n');
            map(text, entries, depth + 2, false);
        }
        Kind::List(items) if items.is_empty() => text.push_str(" []\n"),
        Kind::List(items) => {
            text.push('\n');
            list(text, items, depth + 2);
        }
        Kind::Null => text.push_str(" null\n"),
        Kind::Bool(flag) => text.push_str(if *flag { " true\n" } else { " false\n" }),
        Kind::Number(number) => text.push_str(&format!(" {number}\n")),
        Kind::Text(words) => scalar(text, words, depth + 2),
    }
}

fn scalar(text: &mut String, words: &str, depth: usize) {
    if is_literal(words) {
        text.push_str(if words.ends_with('\n') {
            " |\n"
        } else {
            " |-\n"
        });
        for line in words.strip_suffix('\n').unwrap_or(words).split('\n') {
            if !line.is_empty() {
                indent(text, depth);
                text.push_str(line);
            }
            text.push('\n');
        }
        return;
    }
    let line = one_line(words);
    if words.chars().count() <= LINE || !is_foldable(words) {
        text.push(' ');
        text.push_str(&line);
        text.push('\n');
        return;
    }
    text.push_str(" >-\n");
    let mut filled = 0;
    for word in words.split(' ') {
        if filled > WIDTH {
            text.push('\n');
            filled = 0;
        }
        if filled == 0 {
            indent(text, depth);
            filled = depth;
        } else {
            text.push(' ');
            filled += 1;
        }
        text.push_str(word);
        filled += word.chars().count();
    }
    text.push('\n');
}

/// Several lines, which a literal block preserves.
fn is_literal(words: &str) -> bool {
    words.contains('\n')
        && !words.starts_with(['\n', ' ', '\t'])
        && !words.ends_with("\n\n")
        && words.chars().all(|c| c == '\n' || is_printable(c))
        && !words.split('\n').any(|line| line.ends_with([' ', '\t']))
}

/// One line with single spaces between words, which folding can split and rejoin.
fn is_foldable(words: &str) -> bool {
    words.contains(' ')
        && words.chars().all(is_printable)
        && words.split(' ').all(|word| !word.is_empty())
        && !words.contains('\t')
}

fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A string on one line: plain if no YAML parser, old or new, could read it as another type.
pub(super) fn one_line(words: &str) -> String {
    if words.chars().all(is_printable) {
        if is_plain(words) {
            words.to_owned()
        } else {
            format!("'{}'", words.replace('\'', "''"))
        }
    } else {
        let mut quoted = String::from("\"");
        for c in words.chars() {
            match c {
                '"' => quoted.push_str("\\\""),
                '\\' => quoted.push_str("\\\\"),
                '\n' => quoted.push_str("\\n"),
                '\t' => quoted.push_str("\\t"),
                '\r' => quoted.push_str("\\r"),
                c if is_printable(c) => quoted.push(c),
                c => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            }
        }
        quoted.push('"');
        quoted
    }
}

fn is_plain(words: &str) -> bool {
    let Some(first) = words.chars().next() else {
        return false;
    };
    !(first.is_whitespace()
        || words.ends_with(char::is_whitespace)
        || "-?:,[]{}#&*!|>'\"%@`=<~".contains(first)
        || words.contains(": ")
        || words.contains(" #")
        || words.ends_with(':')
        || core_schema(words).is_some()
        || is_yaml_1_1(words))
}

/// What older parsers read as a boolean, a date or a number.
fn is_yaml_1_1(words: &str) -> bool {
    let lower = words.to_ascii_lowercase();
    if matches!(
        lower.as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null" | ".inf" | ".nan"
    ) {
        return true;
    }
    let digits = words.strip_prefix(['+', '.']).unwrap_or(words);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let is_date = words.len() >= 8
        && words.as_bytes().get(4) == Some(&b'-')
        && words.bytes().take(4).all(|b| b.is_ascii_digit());
    let is_number = words
        .bytes()
        .all(|b| b.is_ascii_hexdigit() || b"xo_:+-.".contains(&b))
        && words.matches('.').count() < 2;
    is_date || is_number
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::import::source::Source;
    use crate::import::tree::json as json_reader;
    use crate::import::tree::yaml;

    fn node(value: &Value) -> Node {
        let source = Source::from_bytes("a.json", value.to_string().as_bytes()).unwrap();
        json_reader::read(&source).unwrap()
    }

    #[test]
    fn a_long_text_is_folded_and_a_short_one_is_not() {
        let words = "Count of turns in which nothing recognisable came from the caller, for one reason or another.";
        assert_eq!(
            lay_out(&node(
                &json!({"a": {"b": words, "c": "short"}, "d": ["x", {"e": 1, "f": []}]})
            )),
            "a:\n  b: >-\n    Count of turns in which nothing recognisable came from the caller, for one reason\n    or another.\n  c: short\nd:\n  - x\n  - e: 1\n    f: []\n"
        );
    }

    #[test]
    fn ambiguous_strings_are_quoted() {
        for (words, line) in [
            ("200", "'200'"),
            ("no", "'no'"),
            ("2021-07-01T14:15:00.000Z", "'2021-07-01T14:15:00.000Z'"),
            ("1.0.0", "1.0.0"),
            ("#/components", "'#/components'"),
            ("`true` if", "'`true` if'"),
            ("state: keys", "'state: keys'"),
            ("it's", "it's"),
            ("'", "''''"),
            ("", "''"),
            ("https://a.b", "https://a.b"),
            ("a\tb", "\"a\\tb\""),
            ("12:30", "'12:30'"),
        ] {
            assert_eq!(one_line(words), line);
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            "[ -~]{0,12}",
            "\\PC{0,6}",
            "([a-z`':#-]{1,9} ){0,30}[a-z]{1,9}",
            "[a-z \n\t:#]{0,20}",
            "[0-9.:eE_+-]{1,8}",
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1000_i32..1000).prop_map(|n| Value::from(f64::from(n) / 8.0)),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(
                    text.clone().prop_filter("a merge key", |t| t != "<<"),
                    inner,
                    0..5
                )
                .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn json_and_yaml_parse_the_canonical_layout_alike(value in any_value()) {
            let text = lay_out(&node(&value));
            let source = Source::from_bytes("a.yaml", text.as_bytes()).unwrap();
            prop_assert_eq!(&yaml::read(&source).unwrap().to_value(), &value, "{}", text);
            let other: Value = serde_saphyr::from_str(&text).unwrap();
            prop_assert_eq!(&other, &value, "{}", text);
        }
    }
}
