//! The schema of a Delta table of conversations.

use std::sync::Arc;

use bytes::Bytes;
use conversations_table::{Columns, ParquetTable};
use delta_kernel::engine::arrow_conversion::TryFromArrow as _;
use delta_kernel::expressions::ColumnName;
use delta_kernel::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use delta_kernel::schema::{DataType, MetadataValue, StructField, StructType};
use delta_kernel::{KernelError, KernelResult};

/// The partition column; null for records without a readable start.
pub(super) const PARTITION: &str = "date";

/// The comments of the columns that the API does not document.
const COMMENTS: [(&str, &str); 5] = [
    (
        PARTITION,
        "Day in UTC on which the conversation started; null if it has no readable start",
    ),
    ("started_at", "Start of the conversation, UTC"),
    ("metrics", "Map from the name of a metric to its values"),
    ("state", "Context state, as JSON"),
    ("extra", "Fields that have no column, as a JSON object"),
];

/// Returns the schema of files with these columns, and the partition column.
pub(super) fn of(columns: &Columns) -> KernelResult<StructType> {
    // The schema of an empty file is that of the files which the run writes.
    let empty = ParquetTable::new(Vec::new(), columns).and_then(ParquetTable::finish);
    let empty = empty.map_err(|error| KernelError::Generic(error.to_string()))?;
    let footer = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(empty))?;
    let files = StructType::try_from_arrow(Arc::clone(footer.schema()))?;
    let fields = files.fields().cloned();
    let fields = fields.chain([StructField::nullable(PARTITION, DataType::DATE)]);
    StructType::try_new(fields.map(|field| {
        let comment = COMMENTS.iter().find(|(name, _)| *name == field.name);
        match comment {
            Some((_, text)) => field.with_metadata([("comment", MetadataValue::from(*text))]),
            None => field,
        }
    }))
}

/// Returns the fields of `files` that the table lacks, each with the path of the struct that it belongs to. Fields
/// that only the table has stay: in new files they are null.
pub(super) fn added(
    files: &StructType,
    table: &StructType,
) -> KernelResult<Vec<(ColumnName, StructField)>> {
    let mut added = Vec::new();
    compare(files, table, &[], &mut added)?;
    Ok(added)
}

fn compare(
    files: &StructType,
    table: &StructType,
    at: &[String],
    added: &mut Vec<(ColumnName, StructField)>,
) -> KernelResult<()> {
    for field in files.fields() {
        match table.field(&field.name) {
            Some(there) => {
                let at = [at, std::slice::from_ref(&field.name)].concat();
                compare_types(&field.data_type, &there.data_type, &at, added)?;
            }
            None => added.push((ColumnName::new(at), field.clone())),
        }
    }
    Ok(())
}

fn compare_types(
    files: &DataType,
    table: &DataType,
    at: &[String],
    added: &mut Vec<(ColumnName, StructField)>,
) -> KernelResult<()> {
    let below = |name: &str| [at, &[name.to_owned()]].concat();
    match (files, table) {
        (DataType::Struct(files), DataType::Struct(table)) => compare(files, table, at, added),
        (DataType::Array(files), DataType::Array(table)) => {
            let at = below("element");
            compare_types(files.element_type(), table.element_type(), &at, added)
        }
        (DataType::Map(files), DataType::Map(table)) => {
            let at = below("value");
            compare_types(files.value_type(), table.value_type(), &at, added)
        }
        (files, table) if files == table => Ok(()),
        (files, table) => Err(KernelError::Unsupported(format!(
            "the column {} has the type {table} in the table, and {files} in the files of this program",
            at.join(".")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(table: &StructType, name: &str) -> StructType {
        let fields = table.fields().filter(|field| field.name != name);
        StructType::try_new(fields.cloned()).unwrap()
    }

    #[test]
    fn columns_are_added_at_any_depth_and_never_removed() {
        let files = of(&Columns::default()).unwrap();
        assert!(added(&files, &files).unwrap().is_empty());
        let narrow = without(&files, "handoff_reason");
        let names = |found: Vec<(ColumnName, StructField)>| -> Vec<String> {
            let paths = found.iter().map(|(at, field)| {
                let path = at.path().iter().chain([&field.name]);
                path.cloned().collect::<Vec<_>>().join(".")
            });
            paths.collect()
        };
        assert_eq!(names(added(&files, &narrow).unwrap()), ["handoff_reason"]);
        assert!(added(&narrow, &files).unwrap().is_empty());

        let turns = files.field("turns").unwrap();
        let DataType::Array(list) = &turns.data_type else {
            panic!("turns are a list")
        };
        let DataType::Struct(turn) = list.element_type() else {
            panic!("a turn is a struct")
        };
        let turn = without(turn, "is_ood");
        let list = delta_kernel::schema::ArrayType::new(DataType::from(turn), true);
        let old = without(&files, "turns");
        let old = old.fields().cloned();
        let old = old.chain([StructField::nullable("turns", DataType::from(list))]);
        let old = StructType::try_new(old).unwrap();
        assert_eq!(
            names(added(&files, &old).unwrap()),
            ["turns.element.is_ood"]
        );
    }

    #[test]
    fn a_column_of_another_type_is_refused_by_name() {
        let files = of(&Columns::default()).unwrap();
        let other = without(&files, "num_turns")
            .fields()
            .cloned()
            .collect::<Vec<_>>();
        let other = other.into_iter();
        let other = other.chain([StructField::nullable("num_turns", DataType::STRING)]);
        let other = StructType::try_new(other).unwrap();
        let error = added(&files, &other).unwrap_err().to_string();
        assert!(error.contains("num_turns"), "{error}");
    }
}
