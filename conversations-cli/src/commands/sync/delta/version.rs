//! [`Version`]: what the log lists for one version of the table.

use std::collections::BTreeSet;
use std::sync::Arc;

use delta_kernel::arrow::array::{Array as _, AsArray as _};
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel::scan::StatsOptions;
use delta_kernel::snapshot::{Snapshot, SnapshotRef};
use delta_kernel::{Engine, EngineData as _, FilteredEngineData, KernelError, KernelResult};

use super::{APPLICATION, blocking};

/// A version of the table.
pub(super) struct Version {
    pub(super) snapshot: SnapshotRef,
    /// The number of the state that belongs to it.
    pub(super) state: i64,
    /// The names of its files, relative to the folder.
    pub(super) files: BTreeSet<String>,
    /// The files in which another program has marked rows as deleted.
    pub(super) rows_deleted: BTreeSet<String>,
}

/// Reads the latest version. Returns `None` if no run has committed to the table.
pub(super) async fn read(engine: Arc<dyn Engine>, url: String) -> KernelResult<Option<Version>> {
    blocking(move || {
        let snapshot = Snapshot::builder_for(url).build(&*engine)?;
        let Some(state) = snapshot.get_app_id_version(APPLICATION, &*engine)? else {
            return Ok(None);
        };
        let (mut files, mut rows_deleted) = (BTreeSet::new(), BTreeSet::new());
        select(&snapshot, &*engine, |name, has_deleted_rows| {
            files.insert(name.to_owned());
            if has_deleted_rows {
                rows_deleted.insert(name.to_owned());
            }
            false
        })?;
        Ok(Some(Version {
            snapshot,
            state,
            files,
            rows_deleted,
        }))
    })
    .await
}

/// Returns the entries of the log for the files of a version that `is_selected` selects, by their name and whether
/// rows of them are marked as deleted.
pub(super) fn select(
    snapshot: &SnapshotRef,
    engine: &dyn Engine,
    mut is_selected: impl FnMut(&str, bool) -> bool,
) -> KernelResult<Vec<FilteredEngineData>> {
    let scan = Arc::clone(snapshot).scan_builder();
    let scan = scan.with_stats(StatsOptions::json_only()).build()?;
    let mut found = Vec::new();
    for batch in scan.scan_metadata(engine)? {
        let (data, mut selection) = batch?.scan_files.into_parts();
        let data = ArrowEngineData::try_from_engine_data(data)?;
        selection.resize(data.len(), true);
        let rows = data.record_batch();
        let names = rows.column_by_name("path");
        let names = names.and_then(|names| names.as_string_opt::<i32>());
        let names = names.ok_or_else(|| KernelError::MissingColumn("path".to_owned()))?;
        let marks = rows.column_by_name("deletionVector");
        for (row, selected) in selection.iter_mut().enumerate() {
            let is_marked = marks.is_some_and(|marks| marks.is_valid(row));
            *selected = *selected && is_selected(names.value(row), is_marked);
        }
        if selection.contains(&true) {
            found.push(FilteredEngineData::try_new(data, selection)?);
        }
    }
    Ok(found)
}
