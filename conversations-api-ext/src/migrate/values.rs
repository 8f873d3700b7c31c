//! Converts the single values that the two versions write differently.

use std::collections::BTreeMap;

use chrono::DateTime;
use conversations_api::{Latency, Nullable, OneOrMany, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

/// Replaces null with v3's empty value.
pub(super) fn filled<T: Default>(field: Nullable<T>) -> Nullable<T> {
    if field.is_null() {
        return T::default().into();
    }
    field
}

/// Replaces null and absence with `""`, for a text that v3 always sends.
pub(super) fn always_there(field: Nullable<String>) -> Nullable<String> {
    if field.is_none() && field.unreadable().is_none() {
        return String::new().into();
    }
    field
}

/// Replaces `""` with null.
pub(super) fn emptied(field: Nullable<String>) -> Nullable<String> {
    if field.as_deref() == Some("") {
        return Nullable::NULL;
    }
    field
}

/// Rewrites a valid time as RFC 3339; without a zone it means UTC. Other values stay.
pub(super) fn time(field: Nullable<Timestamp>) -> Nullable<Timestamp> {
    field.map_value(|time| {
        if DateTime::parse_from_rfc3339(time.as_str()).is_ok() {
            return time;
        }
        time.to_utc().map_or(time, Timestamp::from)
    })
}

/// Replaces a list of a single text with that text.
pub(super) fn one_or_many(value: OneOrMany) -> OneOrMany {
    match value {
        OneOrMany::Many(values) => match <[Value; 1]>::try_from(values) {
            Ok([Value::String(text)]) => OneOrMany::One(text),
            Ok([other]) => OneOrMany::Many(vec![other]),
            Err(values) => OneOrMany::Many(values),
        },
        other => other,
    }
}

pub(super) fn named(values: BTreeMap<String, OneOrMany>) -> BTreeMap<String, OneOrMany> {
    values
        .into_iter()
        .map(|(name, value)| (name, one_or_many(value)))
        .collect()
}

/// Replaces the object form with its number if it has no other data.
pub(super) fn latency(field: Nullable<Latency>) -> Nullable<Latency> {
    field.map_value(|latency| match latency {
        Latency::Detailed(detail) => {
            let bare = detail.label.is_absent()
                && detail.perceived_latency_percentile_1d.is_absent()
                && detail.extra.is_empty();
            match detail.perceived_latency.as_ref() {
                Some(seconds) if bare => Latency::Seconds(seconds.clone()),
                _ => Latency::Detailed(detail),
            }
        }
        other => other,
    })
}

/// Removes a field that the other version does not declare from the unknown ones, if it has the right shape.
pub(super) fn taken<T>(
    extra: &mut Map<String, Value>,
    name: &str,
    read: fn(&Value) -> Option<T>,
) -> Nullable<T> {
    let field = match extra.get(name) {
        Some(Value::Null) => Nullable::NULL,
        Some(value) => read(value).into(),
        None => Nullable::ABSENT,
    };
    if !field.is_absent() {
        extra.remove(name);
    }
    field
}

/// Adds a field to the unknown ones, under its name.
pub(super) fn kept<T>(extra: &mut Map<String, Value>, name: &str, field: Nullable<T>)
where
    Value: From<T>,
{
    if field.is_absent() {
        return;
    }
    let sent = field.unreadable().cloned();
    let value = field.into_option().map(Value::from);
    let value = value.or(sent).unwrap_or(Value::Null);
    extra.insert(name.to_owned(), value);
}

/// Sets fields of a value of a generated type, which other crates cannot write as a literal. The fields are evaluated
/// before the value, so that it can be made of what they leave.
macro_rules! with_fields {
    ($base:expr; $($field:ident: $value:expr),* $(,)?) => {{
        $(let $field = $value;)*
        let mut base = $base;
        $(base.$field = $field;)*
        base
    }};
}
pub(super) use with_fields;

/// Carries over, unchanged, the fields that a conversion does not name: those that a newer document has added to one
/// of the versions, and the unknown ones, which may be known to the other.
///
/// `rest` is what the conversion has left of a conversation or turn, `extra` its unknown fields; `extra_of` returns
/// the map for what does not fit the type that the other version declares.
pub(super) fn carried<A: Serialize, B: DeserializeOwned>(
    rest: &A,
    extra: Map<String, Value>,
    extra_of: impl Fn(&mut B) -> &mut Map<String, Value>,
) -> B {
    let Ok(Value::Object(mut left)) = serde_json::to_value(rest) else {
        unreachable!("a generated type with named fields is written as a JSON object");
    };
    left.extend(extra);
    if let Ok(other) = B::deserialize(&left) {
        return other;
    }
    let (fitting, odd): (Map<_, _>, Map<_, _>) = left
        .into_iter()
        .partition(|(name, value)| B::deserialize(json!({"id": "", name: value})).is_ok());
    let mut other = B::deserialize(&fitting).unwrap_or_else(|_| {
        unreachable!("each field has been read alone, and none depends on another")
    });
    extra_of(&mut other).extend(odd);
    other
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// A type whose document has added `mood`.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Newer {
        id: String,
        #[serde(default, skip_serializing_if = "Nullable::is_absent")]
        mood: Nullable<String>,
        #[serde(default, skip_serializing_if = "Nullable::is_absent")]
        tags: Nullable<Vec<String>>,
        #[serde(flatten)]
        extra: Map<String, Value>,
    }

    /// A type whose document has not.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Older {
        id: String,
        #[serde(flatten)]
        extra: Map<String, Value>,
    }

    fn map_of(field: Nullable<String>) -> Nullable<usize> {
        field.map_value(|text| text.len())
    }

    fn map(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_field_that_only_one_document_has_is_carried_both_ways() {
        let newer = Newer {
            id: "CA1".to_owned(),
            mood: Some("calm".to_owned()).into(),
            tags: Nullable::ABSENT,
            extra: Map::new(),
        };
        let older = carried(&newer, map(json!({"far": [1]})), |to: &mut Older| {
            &mut to.extra
        });
        assert_eq!(older.extra, map(json!({"far": [1], "mood": "calm"})));
        let rest = Older {
            id: older.id,
            extra: Map::new(),
        };
        let back = carried(&rest, older.extra, |to: &mut Newer| &mut to.extra);
        assert_eq!(back.mood.as_deref(), Some("calm"));
        assert_eq!(back.extra, map(json!({"far": [1]})));
    }

    #[test]
    fn a_value_of_another_type_than_the_other_document_declares_stays_unknown() {
        let rest = Older {
            id: "CA1".to_owned(),
            extra: Map::new(),
        };
        let newer = carried(
            &rest,
            map(json!({"mood": {"deep": 3}, "tags": 3, "far": 1})),
            |to: &mut Newer| &mut to.extra,
        );
        assert!(newer.tags.is_absent());
        assert_eq!(newer.id, "CA1");
        assert_eq!(newer.extra, map(json!({"far": 1, "tags": 3})));
        // A field with one value keeps a value of another type itself.
        assert_eq!(newer.mood.unreadable(), Some(&json!({"deep": 3})));
        let back = map_of(Nullable::clone(&newer.mood));
        assert_eq!(back.unreadable(), Some(&json!({"deep": 3})));
    }

    #[test]
    fn null_is_carried_as_null() {
        let rest = Older {
            id: "CA1".to_owned(),
            extra: Map::new(),
        };
        let newer = carried(&rest, map(json!({"mood": null})), |to: &mut Newer| {
            &mut to.extra
        });
        assert!(newer.mood.is_null());
        assert!(newer.extra.is_empty());
    }
}
