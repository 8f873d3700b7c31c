//! How each column is encoded: whether it has a dictionary, and minimum and maximum values.

use parquet::{
    file::properties::{EnabledStatistics, WriterPropertiesBuilder},
    schema::types::ColumnPath,
};

use crate::{
    column::{CONVERSATION, Column, Kind, TURN},
    columns::Choice,
};

/// Fields whose values are different in nearly every row.
const DISTINCT: [&str; 3] = ["id", "user_input", "translated_user_input"];

/// The texts with minimum and maximum values. Phone numbers, and what callers and agents said or wrote, are not among
/// them: the footer would show them.
const WITH_STATISTICS: [&str; 7] = [
    "id",
    "account_id",
    "project_id",
    "environment",
    "channel",
    "variant_id",
    "variant_name",
];

/// Sets the properties of a column, whose table has no statistics by default.
pub(super) fn of(choice: &Choice, properties: WriterPropertiesBuilder) -> WriterPropertiesBuilder {
    let path = vec![choice.to_string()];
    let column = match choice {
        Choice::Field(index) => &CONVERSATION[*index],
        Choice::Extra => return properties,
        Choice::Direction | Choice::LocalDate | Choice::LocalHour | Choice::Metric(_) => {
            return with_statistics(path, properties);
        }
    };
    match column.kind {
        Kind::Turns => TURN.iter().fold(properties, |properties, column| {
            let list = ["list", "element", column.name];
            let path = path.iter().cloned().chain(list.map(str::to_owned));
            without_dictionary(column, path.collect(), properties)
        }),
        _ if has_statistics(column) => {
            without_dictionary(column, path.clone(), with_statistics(path, properties))
        }
        _ => without_dictionary(column, path, properties),
    }
}

/// Returns whether a column has minimum and maximum values. Nested columns and JSON have none: readers rarely skip by
/// them, and computing them takes a comparison for each value.
fn has_statistics(column: &Column) -> bool {
    match column.kind {
        Kind::Text => WITH_STATISTICS.contains(&column.name),
        Kind::Time | Kind::Integer | Kind::Boolean | Kind::Number | Kind::Latency => true,
        Kind::Json | Kind::Metrics | Kind::Summary | Kind::Texts | Kind::Turns => false,
    }
}

/// Adds minimum and maximum values, by which readers skip parts of a file.
fn with_statistics(
    path: Vec<String>,
    properties: WriterPropertiesBuilder,
) -> WriterPropertiesBuilder {
    properties.set_column_statistics_enabled(ColumnPath::new(path), EnabledStatistics::Page)
}

/// Writes a column without a dictionary if its values rarely repeat: looking each of them up takes longer than writing
/// it.
fn without_dictionary(
    column: &Column,
    path: Vec<String>,
    properties: WriterPropertiesBuilder,
) -> WriterPropertiesBuilder {
    let is_distinct = matches!(column.kind, Kind::Time | Kind::Json);
    if !is_distinct && !DISTINCT.contains(&column.name) {
        return properties;
    }
    properties.set_column_dictionary_enabled(ColumnPath::new(path), false)
}
