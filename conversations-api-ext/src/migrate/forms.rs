//! The single values that the two versions write differently, each in the form of the other one.

use std::collections::BTreeMap;

use chrono::DateTime;
use conversations_api::{Field, Latency, OneOrMany, Timestamp};
use serde_json::{Map, Value};

/// The same field with its value passed through `convert`; null and absence stay what they are.
pub(super) fn map<T, U>(field: Field<T>, convert: impl FnOnce(T) -> U) -> Field<U> {
    if field.is_null() {
        return Field::NULL;
    }
    field.into_option().map(convert).into()
}

/// Null becomes what v3 has for nothing.
pub(super) fn filled<T: Default>(field: Field<T>) -> Field<T> {
    if field.is_null() {
        return T::default().into();
    }
    field
}

/// A text that v3 always has: null and absence become `""`.
pub(super) fn always_there(field: Field<String>) -> Field<String> {
    field.into_option().unwrap_or_default().into()
}

/// `""` becomes null.
pub(super) fn emptied(field: Field<String>) -> Field<String> {
    if field.as_deref() == Some("") {
        return Field::NULL;
    }
    field
}

/// A time that can be read becomes RFC 3339; without a zone it means UTC. Others stay.
pub(super) fn time(field: Field<Timestamp>) -> Field<Timestamp> {
    map(field, |time| {
        if DateTime::parse_from_rfc3339(time.as_str()).is_ok() {
            return time;
        }
        time.to_utc().map_or(time, Timestamp::from)
    })
}

/// A list of a single text becomes that text.
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

/// The object form becomes the number where it says no more than that.
pub(super) fn latency(field: Field<Latency>) -> Field<Latency> {
    map(field, |latency| match latency {
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

/// Takes a field that the other version does not declare out of its unknown ones, if it has the right shape.
pub(super) fn taken<T>(
    extra: &mut Map<String, Value>,
    name: &str,
    read: fn(&Value) -> Option<T>,
) -> Field<T> {
    let field = match extra.get(name) {
        Some(Value::Null) => Field::NULL,
        Some(value) => read(value).into(),
        None => Field::ABSENT,
    };
    if !field.is_absent() {
        extra.remove(name);
    }
    field
}

/// Puts a field among the unknown ones, under its name.
pub(super) fn kept<T>(extra: &mut Map<String, Value>, name: &str, field: Field<T>)
where
    Value: From<T>,
{
    if field.is_absent() {
        return;
    }
    let value = field.into_option().map_or(Value::Null, Value::from);
    extra.insert(name.to_owned(), value);
}
