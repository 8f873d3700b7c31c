//! The files that the versions within the retention time need.

use std::collections::BTreeSet;
use std::sync::Arc;

use delta_kernel::arrow::array::AsArray as _;
use delta_kernel::commit_range::{CommitRange, DeltaAction};
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel::history_manager::{HistoryCommitType, get_earliest_commit, latest_version_as_of};
use delta_kernel::snapshot::{Snapshot, SnapshotRef};
use delta_kernel::{Engine, KernelError, KernelResult};

use super::version::select;

/// Returns the names of the files of the versions that were current at `since`, in milliseconds, or later.
pub(super) fn files_since(
    engine: &Arc<dyn Engine>,
    latest: &SnapshotRef,
    since: i64,
) -> KernelResult<BTreeSet<String>> {
    let kind = HistoryCommitType::Recreatable;
    let first = match latest_version_as_of(latest, &**engine, since, kind) {
        Ok(commit) => commit.version,
        // The table is younger than that.
        Err(_) => {
            let log = latest.table_root().join("_delta_log/")?;
            get_earliest_commit(&**engine, &log, None, kind)?
        }
    };
    let root = latest.table_root().as_str();
    let mut files = BTreeSet::new();
    let snapshot = Snapshot::builder_for(root)
        .at_version(first)
        .build(&**engine)?;
    select(&snapshot, &**engine, |name, _| {
        files.insert(name.to_owned());
        false
    })?;
    if first == latest.version() {
        return Ok(files);
    }
    let range = CommitRange::builder_for(root, first + 1).with_end_version(latest.version());
    let range = range.build(&**engine)?;
    for commit in range.commits(Arc::clone(engine), None, &[DeltaAction::Add])? {
        for actions in commit?.get_actions(&**engine)? {
            let actions = ArrowEngineData::try_from_engine_data(actions?)?;
            let names = actions.record_batch().column_by_name("add");
            let names = names.and_then(|add| add.as_struct_opt()?.column_by_name("path"));
            let names = names.and_then(|names| names.as_string_opt::<i32>());
            let names = names.ok_or_else(|| KernelError::MissingColumn("add.path".to_owned()))?;
            files.extend(names.iter().flatten().map(str::to_owned));
        }
    }
    Ok(files)
}
