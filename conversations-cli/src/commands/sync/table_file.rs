//! [`TableFile`]: a file of the table, and how it is written.

use std::sync::atomic::Ordering;

use conversations_table::TableError;
use tokio::runtime::Handle;

use super::run_context::RunContext;
use crate::failure::Failure;
use crate::output::{Layout, Output, Sink, Target};

/// A written file of the table, which appears in the folder when its output is complete.
pub(crate) struct TableFile {
    pub(crate) output: Output,
    pub(crate) bytes: u64,
    pub(crate) checksum: String,
}

/// Writes a file of the table under a name relative to the folder. Blocks the calling thread.
pub(crate) fn write_table(
    context: &RunContext,
    handle: &Handle,
    name: &str,
    rows: impl FnOnce(&mut Sink) -> Result<(), TableError>,
) -> Result<TableFile, Failure> {
    let folder = &context.folder;
    let target = Target::Object {
        name: format!("{}/{name}", folder.name),
        store: folder.store.clone(),
        path: folder.paths.at(name),
        is_local: folder.local.is_some(),
    };
    let output = handle.block_on(Output::create(target))?;
    let bytes = output.bytes();
    // The rows were masked when they arrived.
    let masked = Layout {
        redaction: None,
        ..context.layout.clone()
    };
    let written = (|| {
        let mut sink = Sink::new(output, &masked)?;
        rows(&mut sink)?;
        sink.finish()
    })();
    let output = written.map_err(|error: TableError| {
        Failure::unwritable(&folder.name, format!("{name}: {error}"))
    })?;
    Ok(TableFile {
        bytes: bytes.load(Ordering::Relaxed),
        checksum: output.checksum(),
        output,
    })
}
