//! A field as the text of a CSV cell.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat};
use serde_json::value::RawValue;

use crate::{
    cell::{self, Cell},
    column::Kind,
};

/// What stands between the values of a cell that has several.
pub(crate) const SEPARATOR: &str = "; ";

/// The text of a field; empty where it is absent or null. A time is written in UTC with as many digits of
/// a second as it has, a list joined, and what its column cannot hold as the JSON it is.
pub(crate) fn text(kind: Kind, raw: Option<&RawValue>) -> Cow<'_, str> {
    let Some(json) = raw else {
        return Cow::Borrowed("");
    };
    let written = match kind {
        Kind::Time => match cell::time(raw) {
            Cell::Value(micros) => return time(micros).into(),
            _ => cell::text(raw),
        },
        Kind::Texts => match cell::texts(raw) {
            Cell::Value(texts) => return joined(texts),
            _ => Cell::Misfit,
        },
        Kind::Text | Kind::Integer | Kind::Boolean | Kind::Latency => cell::text(raw),
        Kind::Json | Kind::Metrics | Kind::Turns => Cell::Misfit,
    };
    match written {
        Cell::Value(text) | Cell::Part(text) => text,
        _ if json.get() == "null" => Cow::Borrowed(""),
        _ => Cow::Borrowed(json.get()),
    }
}

/// Microseconds since 1970 as RFC 3339.
pub(crate) fn time(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros).map_or_else(String::new, |time| {
        time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    })
}

pub(crate) fn joined(mut texts: Vec<Cow<'_, str>>) -> Cow<'_, str> {
    match texts.len() {
        0 => Cow::Borrowed(""),
        1 => texts.swap_remove(0),
        _ => texts.join(SEPARATOR).into(),
    }
}
