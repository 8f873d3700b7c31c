//! [`Commit`]: the next version of the table.

use std::collections::BTreeSet;
use std::sync::Arc;

use delta_kernel::committer::FileSystemCommitter;
use delta_kernel::schema::SchemaRef;
use delta_kernel::transaction::create_table::create_table;
use delta_kernel::transaction::data_layout::DataLayout;
use delta_kernel::transaction::{CommitResult, CommittedTransaction, UpdateTableOperation};
use delta_kernel::{Engine, KernelError, KernelResult};

use super::super::partition::Partition;
use super::super::state::DataFile;
use super::version::{Version, select};
use super::{APPLICATION, add_files, schema};

const ENGINE: &str = concat!("conversations/", env!("CARGO_PKG_VERSION"));

/// What a run commits.
pub(crate) struct Commit {
    /// The number of the state that belongs to the version.
    pub(crate) state: i64,
    /// All files of the version.
    pub(crate) files: Vec<(Partition, DataFile)>,
    /// The fingerprint of what the table consists of: the project, the filters and the columns.
    pub(crate) query_fingerprint: String,
    /// The number of records by what happened to them, under the names that a `MERGE` has.
    pub(crate) metrics: Vec<(&'static str, u64)>,
}

/// Commits a version. Returns `None` if another program has committed since `earlier`.
pub(super) fn write(
    engine: &dyn Engine,
    url: &str,
    schema: SchemaRef,
    earlier: Option<&Version>,
    commit: &Commit,
) -> KernelResult<Option<CommittedTransaction>> {
    // A file in which another program has marked rows as deleted is added again, without the marks.
    let kept = |name: &str| {
        earlier.is_some_and(|it| it.files.contains(name) && !it.rows_deleted.contains(name))
    };
    let added: Vec<_> = (commit.files.iter())
        .filter(|(_, file)| !kept(&file.name))
        .collect();
    let all: BTreeSet<&str> = (commit.files.iter())
        .map(|(_, file)| file.name.as_str())
        .collect();
    let parameters = [("queryFingerprint", Some(commit.query_fingerprint.as_str()))];
    let metrics = |removed: usize| {
        let files = [
            ("numTargetFilesAdded", added.len() as u64),
            ("numTargetFilesRemoved", removed as u64),
        ];
        let metrics = commit.metrics.iter().copied().chain(files);
        metrics.map(|(name, count)| (name, Some(count.to_string())))
    };
    let committer = Box::new(FileSystemCommitter::new());
    let Some(earlier) = earlier else {
        let transaction = create_table(url, schema, ENGINE, true)
            .with_data_layout(DataLayout::partitioned([schema::PARTITION]))
            .with_transaction_id(APPLICATION, commit.state)
            .with_operation_parameters(parameters)
            .with_operation_metrics(metrics(0))
            .build(engine, committer);
        let mut transaction = match transaction {
            Err(KernelError::TableAlreadyExistsAtPath(_)) => return Ok(None),
            transaction => transaction?,
        };
        let form = transaction.add_files_schema();
        transaction.add_files(add_files::rows(engine, form, &added)?);
        return outcome(transaction.commit(engine)?);
    };
    let removed = earlier
        .files
        .iter()
        .filter(|name| !all.contains(name.as_str()) || !kept(name));
    let removed = removed.count();
    let snapshot = &earlier.snapshot;
    let mut builder = Arc::clone(snapshot)
        .update_table(UpdateTableOperation::Merge, ENGINE, true)
        .with_transaction_id(APPLICATION, commit.state)
        .with_operation_parameters(parameters)
        .with_operation_metrics(metrics(removed));
    for (parent, field) in schema::added(&schema, &snapshot.schema())? {
        builder = builder.add_column_at(parent, field);
    }
    let mut transaction = builder.build(engine, committer)?;
    if !added.is_empty() {
        let form = transaction.add_files_schema();
        transaction.add_files(add_files::rows(engine, form, &added)?);
    }
    for rows in select(snapshot, engine, |name, is_marked| {
        is_marked || !all.contains(name)
    })? {
        transaction.remove_files(rows);
    }
    outcome(transaction.commit(engine)?)
}

fn outcome<S>(result: CommitResult<S>) -> KernelResult<Option<CommittedTransaction>> {
    match result {
        CommitResult::Committed(committed) => Ok(Some(committed)),
        CommitResult::Conflicted(_) => Ok(None),
        CommitResult::Retryable(failed) => Err(failed.error),
    }
}
