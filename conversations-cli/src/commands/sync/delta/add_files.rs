//! The entries of the log for the files that a version adds.

use std::sync::Arc;

use chrono::Utc;
use delta_kernel::arrow::array::{RecordBatch, StringArray};
use delta_kernel::arrow::datatypes::{DataType, Field, Schema};
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel::schema::SchemaRef;
use delta_kernel::{Engine, EngineData, KernelResult};
use serde_json::json;

use super::super::partition::Partition;
use super::super::state::DataFile;
use super::schema::PARTITION;

/// Returns the files as rows of the schema that the kernel expects. The only statistic is the number of records: the
/// minimum and maximum of a column would be ids and phone numbers, which would stay in the log after the records are
/// deleted.
pub(super) fn rows(
    engine: &dyn Engine,
    form: &SchemaRef,
    files: &[&(Partition, DataFile)],
) -> KernelResult<Box<dyn EngineData>> {
    let now = Utc::now().timestamp_millis();
    let rows = files.iter().map(|(partition, file)| {
        json!({
            "path": file.name,
            "partitionValues": { PARTITION: partition.date() },
            "size": file.bytes,
            "modificationTime": now,
            "stats": { "numRecords": file.records, "tightBounds": true },
        })
        .to_string()
    });
    let rows = StringArray::from_iter_values(rows);
    let column = Field::new("json", DataType::Utf8, false);
    let rows = RecordBatch::try_new(Arc::new(Schema::new(vec![column])), vec![Arc::new(rows)])?;
    let rows = Box::new(ArrowEngineData::new(rows));
    engine.json_handler().parse_json(rows, Arc::clone(form))
}
