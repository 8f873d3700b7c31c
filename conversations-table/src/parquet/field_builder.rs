//! [`FieldBuilder`]: the column of a field of a conversation or a turn, under construction.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, StringArray,
    builder::{
        ArrayBuilder as _, BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, MapBuilder,
        MapFieldNames, StringBuilder, TimestampMicrosecondBuilder,
    },
};
use serde_json::value::RawValue;

use super::schema::{UTC, entries, item};
use crate::{
    cell::{self, Cell},
    column::Kind,
    metrics,
    texts::Texts,
};

/// The precision with which a column holds a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    Fully,
    /// The value, without other data in its JSON.
    Partly,
    /// A rounded value, or none.
    Inexactly,
}

/// The column of a field that is not a list of turns.
pub(super) enum FieldBuilder {
    Text(StringBuilder),
    Json(StringBuilder),
    Time(TimestampMicrosecondBuilder),
    Integer(Int64Builder),
    Boolean(BooleanBuilder),
    Number(Float64Builder),
    Latency(Float64Builder),
    Summary(StringBuilder),
    Texts(ListBuilder<StringBuilder>),
    Metrics(Box<MapBuilder<StringBuilder, ListBuilder<StringBuilder>>>),
}

impl FieldBuilder {
    pub(super) fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Json => Self::Json(StringBuilder::new()),
            Kind::Time => Self::Time(TimestampMicrosecondBuilder::new().with_timezone(UTC)),
            Kind::Integer => Self::Integer(Int64Builder::new()),
            Kind::Boolean => Self::Boolean(BooleanBuilder::new()),
            Kind::Number => Self::Number(Float64Builder::new()),
            Kind::Latency => Self::Latency(Float64Builder::new()),
            Kind::Summary => Self::Summary(StringBuilder::new()),
            Kind::Texts => Self::Texts(texts()),
            Kind::Metrics => {
                let names = MapFieldNames {
                    entry: entries().name().clone(),
                    key: "key".to_owned(),
                    value: "value".to_owned(),
                };
                let builder = MapBuilder::new(Some(names), StringBuilder::new(), texts());
                Self::Metrics(Box::new(builder))
            }
            Kind::Turns => unreachable!("turns have a builder of their own"),
        }
    }

    /// Adds the value of a field, and returns how precisely the column holds it.
    pub(super) fn push(&mut self, raw: Option<&RawValue>) -> Held {
        match self {
            Self::Text(column) => put(cell::text(raw), |text| column.append_option(text)),
            Self::Json(column) => put(cell::json(raw), |json| column.append_option(json)),
            Self::Time(column) => put(cell::time(raw), |time| column.append_option(time)),
            Self::Integer(column) => put(cell::integer(raw), |whole| column.append_option(whole)),
            Self::Boolean(column) => put(cell::boolean(raw), |truth| column.append_option(truth)),
            Self::Number(column) => put(cell::number(raw), |number| column.append_option(number)),
            Self::Latency(column) => put(cell::latency(raw), |time| column.append_option(time)),
            Self::Summary(column) => put(cell::summary(raw), |text| column.append_option(text)),
            Self::Texts(column) => put(Texts::parse(raw), |texts| append(column, texts)),
            Self::Metrics(column) => put(metrics::read(raw), |metrics| {
                let there = metrics.is_some();
                for metric in metrics.unwrap_or_default() {
                    column.keys().append_value(metric.name);
                    append(column.values(), Some(metric.values));
                }
                column
                    .append(there)
                    .expect("each name was added with its values");
            }),
        }
    }

    /// Returns the column so far, and clears the builder.
    pub(super) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(column) | Self::Json(column) | Self::Summary(column) => {
                Arc::new(finish(column))
            }
            Self::Time(column) => Arc::new(column.finish()),
            Self::Integer(column) => Arc::new(column.finish()),
            Self::Boolean(column) => Arc::new(column.finish()),
            Self::Number(column) | Self::Latency(column) => Arc::new(column.finish()),
            Self::Texts(column) => Arc::new(column.finish()),
            Self::Metrics(column) => Arc::new(column.finish()),
        }
    }
}

fn texts() -> ListBuilder<StringBuilder> {
    ListBuilder::new(StringBuilder::new()).with_field(item(arrow_schema::DataType::Utf8))
}

/// Returns the column so far, and a builder with room for as much again: to grow it anew would copy a batch twice.
pub(super) fn finish(column: &mut StringBuilder) -> StringArray {
    let (rows, bytes) = (column.len(), column.values_slice().len());
    let next = StringBuilder::with_capacity(rows, bytes + bytes / 8);
    std::mem::replace(column, next).finish()
}

fn append(column: &mut ListBuilder<StringBuilder>, texts: Option<Texts<'_>>) {
    if let Some(texts) = texts {
        texts.for_each(|text| column.values().append_value(text));
    }
    column.append(texts.is_some());
}

/// Appends a cell to a column.
fn put<T>(cell: Cell<T>, append: impl FnOnce(Option<T>)) -> Held {
    let (value, held) = match cell {
        Cell::Value(value) => (Some(value), Held::Fully),
        Cell::Part(value) => (Some(value), Held::Partly),
        Cell::Rounded(value) => (Some(value), Held::Inexactly),
        Cell::Empty => (None, Held::Fully),
        Cell::Mismatch => (None, Held::Inexactly),
    };
    append(value);
    held
}
