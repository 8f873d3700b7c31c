//! The Parquet and Arrow types of the columns.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

use crate::{
    column::{CONVERSATION, Kind, TURN},
    columns::Choice,
};

pub(super) const EXTRA: &str = "extra";

pub(super) fn of(choices: &[Choice]) -> SchemaRef {
    let field = |choice: &Choice| Field::new(choice.to_string(), of_choice(choice), true);
    Arc::new(Schema::new(choices.iter().map(field).collect::<Vec<_>>()))
}

pub(super) fn of_choice(choice: &Choice) -> DataType {
    match choice {
        Choice::Field(index) => of_kind(CONVERSATION[*index].kind),
        Choice::Direction | Choice::Extra | Choice::Metric(_) => DataType::Utf8,
        Choice::LocalDate => DataType::Date32,
        Choice::LocalHour => DataType::Int32,
    }
}

pub(super) fn of_kind(kind: Kind) -> DataType {
    match kind {
        Kind::Text | Kind::Summary | Kind::Json => DataType::Utf8,
        Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        Kind::Integer => DataType::Int64,
        Kind::Boolean => DataType::Boolean,
        Kind::Number | Kind::Latency => DataType::Float64,
        Kind::Texts => DataType::List(item(DataType::Utf8)),
        Kind::Metrics => DataType::Map(entries(), false),
        Kind::Turns => DataType::List(item(DataType::Struct(turn()))),
    }
}

pub(super) const UTC: &str = "UTC";

/// Returns the item field of a list, with the name that readers expect.
pub(super) fn item(of: DataType) -> Arc<Field> {
    Arc::new(Field::new_list_field(of, true))
}

/// Returns the entry field of a map of metrics.
pub(super) fn entries() -> Arc<Field> {
    let name = Field::new("key", DataType::Utf8, false);
    let values = Field::new("value", of_kind(Kind::Texts), true);
    let entry = DataType::Struct(Fields::from(vec![name, values]));
    Arc::new(Field::new("key_value", entry, false))
}

/// Returns the fields of a turn: the documented ones and the rest as JSON.
pub(super) fn turn() -> Fields {
    let documented = TURN
        .iter()
        .map(|column| Field::new(column.name, of_kind(column.kind), true));
    documented
        .chain([Field::new(EXTRA, DataType::Utf8, true)])
        .collect()
}
