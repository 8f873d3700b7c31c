//! Parses strict JSON with the byte offset of every key and value.
//!
//! serde_json validates the text and returns each value as a slice of it; the slice's address gives the
//! offset. One level is parsed at a time, so the cost is size times depth, and depth is limited.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::import::source::{DEPTH_LIMIT, ImportError, Source};
use crate::import::tree::{Entry, Kind, Node};

/// Parses a JSON text into a tree.
pub(crate) fn read(source: &Source) -> Result<Node, ImportError> {
    refuse_depth(source)?;
    let whole: &RawValue = serde_json::from_str(source.text()).map_err(|e| syntax(source, &e))?;
    node(source, whole)
}

/// Counts brackets outside of strings, before anything recurses.
fn refuse_depth(source: &Source) -> Result<(), ImportError> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (at, byte) in source.text().bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                if depth > DEPTH_LIMIT {
                    return Err(
                        source.refuse(at, format!("nested more than {DEPTH_LIMIT} levels deep"))
                    );
                }
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

fn syntax(source: &Source, error: &serde_json::Error) -> ImportError {
    let at = source.offset(error.line(), error.column());
    let (before, after) = source.text().split_at(at);
    if let Some(before) = before.trim_end().strip_suffix(',')
        && after.starts_with(['}', ']'])
    {
        return source.refuse(before.len(), "not valid JSON: trailing comma; delete it");
    }
    let reason = error.to_string();
    let reason = reason
        .rsplit_once(" at line ")
        .map_or(reason.as_str(), |(reason, _)| reason);
    let hint = if error.is_eof() {
        ": the document is incomplete; fetch it again"
    } else {
        ""
    };
    let at = if error.is_eof() {
        source.text().trim_end().len()
    } else {
        at
    };
    source.refuse(at, format!("not valid JSON: {reason}{hint}"))
}

fn node(source: &Source, raw: &RawValue) -> Result<Node, ImportError> {
    let text = raw.get();
    let at = offset(source, text);
    let inner = |e: &serde_json::Error| source.refuse(at, format!("not valid JSON: {e}"));
    let kind = match text.as_bytes().first() {
        Some(b'{') => {
            let Pairs(pairs) = serde_json::from_str(text).map_err(|e| inner(&e))?;
            let mut entries: Vec<Entry> = Vec::with_capacity(pairs.len());
            let mut seen = std::collections::HashSet::new();
            for (key, value) in pairs {
                let at = offset(source, key.get());
                let key: String = serde_json::from_str(key.get()).map_err(|e| inner(&e))?;
                if !seen.insert(key.clone()) {
                    return Err(source.refuse(at, duplicate(&key)));
                }
                let value = node(source, value)?;
                entries.push(Entry { at, key, value });
            }
            Kind::Map(entries)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(|e| inner(&e))?;
            Kind::List(
                items
                    .into_iter()
                    .map(|item| node(source, item))
                    .collect::<Result<_, _>>()?,
            )
        }
        _ => match serde_json::from_str(text).map_err(|e| inner(&e))? {
            serde_json::Value::Bool(flag) => Kind::Bool(flag),
            serde_json::Value::Number(number) => Kind::Number(number),
            serde_json::Value::String(text) => Kind::Text(text),
            _ => Kind::Null,
        },
    };
    Ok(Node::new(at, kind))
}

pub(in crate::import) fn duplicate(key: &str) -> String {
    format!("duplicate key `{key}`: delete one of the two")
}

/// The offset of a slice in the source text.
fn offset(source: &Source, slice: &str) -> usize {
    (slice.as_ptr() as usize).saturating_sub(source.text().as_ptr() as usize)
}

struct Pairs<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Node, ImportError> {
        read(&Source::from_bytes("api.json", text.as_bytes()).unwrap())
    }

    #[test]
    fn order_offsets_and_escapes_are_preserved() {
        let text = r#"{"z": [1, -2.5], "a\u00e9\/": "\ud83d\ude00", "n": null, "t": true}"#;
        let node = read_text(text).unwrap();
        let keys: Vec<_> = node
            .map()
            .unwrap()
            .iter()
            .map(|e| (e.key.as_str(), e.at))
            .collect();
        assert_eq!(keys, [("z", 1), ("aé/", 17), ("n", 46), ("t", 57)]);
        assert_eq!(node.pointer("/z/1").unwrap().at, 10);
        assert_eq!(
            node.to_value(),
            serde_json::from_str::<serde_json::Value>(text).unwrap()
        );
    }

    #[test]
    fn invalid_json_is_reported_at_its_location() {
        for (text, position, reason) in [
            ("{\n  \"a\": 1,\n}", (2, 9), "trailing comma"),
            ("[1, ]", (1, 3), "trailing comma"),
            ("{\"a\": [1, 2", (1, 12), "is incomplete"),
            ("{\"a\": 1, \"a\": 2}", (1, 10), "duplicate key `a`"),
            ("{\"a\": 01}", (1, 8), "invalid number"),
            ("{} {}", (1, 4), "trailing characters"),
        ] {
            let refusal = read_text(text).unwrap_err();
            assert!(refusal.message().contains(reason), "{refusal}");
            assert_eq!(refusal.line_and_column(), Some(position), "{refusal}");
        }
    }

    #[test]
    fn excessive_depth_is_rejected_before_anything_recurses() {
        let text = "[".repeat(1_000_000);
        let refusal = read_text(&text).unwrap_err();
        assert!(refusal.message().contains("levels deep"), "{refusal}");
        let brackets_in_a_text = format!("\"{}\\\"[\"", "[".repeat(500));
        assert!(read_text(&brackets_in_a_text).is_ok());
    }
}
