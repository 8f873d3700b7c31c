//! [`DeltaTable`]: a synchronized folder as a Delta Lake table, whose log says which files a version consists of.
//!
//! The log is written by `delta_kernel` alone. Each run that changes the table adds one version, which carries the
//! number of the state that belongs to it as the transaction of an application: so a killed run leaves the earlier
//! version with the earlier state, or the next one with the next.

mod add_files;
mod retention;
mod schema;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use conversations_table::Columns;
use delta_kernel::arrow::array::{Array as _, AsArray as _};
use delta_kernel::committer::FileSystemCommitter;
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel::scan::StatsOptions;
use delta_kernel::schema::SchemaRef;
use delta_kernel::snapshot::{Snapshot, SnapshotRef};
use delta_kernel::transaction::create_table::create_table;
use delta_kernel::transaction::data_layout::DataLayout;
use delta_kernel::transaction::{CommitResult, CommittedTransaction, UpdateTableOperation};
use delta_kernel::{Engine, EngineData as _, FilteredEngineData, KernelError, KernelResult};
use delta_kernel_default_engine::DefaultEngineBuilder;
use delta_kernel_default_engine::executor::tokio::TokioMultiThreadExecutor;
use object_store::local::LocalFileSystem;

use super::folder::{Files, Folder};
use super::partition::Partition;
use super::paths::Paths;
use super::state::{DataFile, State};
use crate::failure::Failure;
use crate::output::store::{self, Store, Url};
use crate::term::escape::printable;
use crate::term::stderr::say;

/// The application whose transactions number the states.
const APPLICATION: &str = "conversations sync";

const ENGINE: &str = concat!("conversations/", env!("CARGO_PKG_VERSION"));

/// A checkpoint follows every version that this divides, as is the default of the format: readers then need not read
/// the log from its beginning.
const CHECKPOINT_INTERVAL: u64 = 10;

/// A folder that is a Delta table, or becomes one with the next commit.
pub(crate) struct DeltaTable {
    engine: Arc<dyn Engine>,
    url: String,
    /// The display name.
    name: String,
    /// The columns of the files that this run writes, and the partition.
    schema: SchemaRef,
    /// `None` if there is no log yet.
    current: Option<Version>,
}

/// A version of the table.
struct Version {
    snapshot: SnapshotRef,
    /// The number of the state that belongs to it.
    state: i64,
    /// The names of its files, relative to the folder.
    files: BTreeSet<String>,
    /// The files of which another program has deleted rows.
    rows_deleted: BTreeSet<String>,
}

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

impl DeltaTable {
    /// Opens the table in a folder with these files. Returns `None` if there is no log and none is `requested`.
    pub(crate) async fn open(
        folder: &Folder,
        there: &Files,
        requested: bool,
        columns: &Columns,
    ) -> Result<Option<Self>, Failure> {
        let has_log = there.keys().any(|name| Paths::is_log(name));
        if !has_log && !requested {
            return Ok(None);
        }
        let name = folder.name.clone();
        let (store, url) = location(folder)?;
        let executor = TokioMultiThreadExecutor::new(tokio::runtime::Handle::current());
        let engine = DefaultEngineBuilder::new(store).with_task_executor(Arc::new(executor));
        let engine: Arc<dyn Engine> = Arc::new(engine.build());
        let schema = schema::of(columns).map_err(|error| failed(&name, error))?;
        let url = String::from(url);
        let current = if has_log {
            let version = read(Arc::clone(&engine), url.clone()).await;
            let version = version.map_err(|error| failed(&name, error))?;
            Some(version.ok_or_else(|| foreign(&name))?)
        } else {
            None
        };
        Ok(Some(Self {
            engine,
            url,
            name,
            schema: Arc::new(schema),
            current,
        }))
    }

    /// Returns whether the folder has a log.
    pub(crate) const fn exists(&self) -> bool {
        self.current.is_some()
    }

    /// Returns the number of the state that belongs to the current version.
    pub(crate) fn state(&self) -> Option<i64> {
        self.current.as_ref().map(|current| current.state)
    }

    /// Returns whether the current version consists of the files of `state`.
    pub(crate) fn holds(&self, state: &State) -> bool {
        let current = self.current.as_ref();
        current.is_some_and(|current| current.files == names(state))
    }

    /// Fails if another program has changed what the table consists of: the next commit would undo it, and a file that
    /// another program has merged with others is not one of a day.
    pub(crate) fn check(&self, state: &State) -> Result<(), Failure> {
        let Some(current) = &self.current else {
            return Ok(());
        };
        let expected = names(state);
        let differing = current.files.symmetric_difference(&expected);
        let differing: BTreeSet<_> = differing.chain(&current.rows_deleted).collect();
        let Some(first) = differing.first() else {
            return Ok(());
        };
        Err(Failure::usage(format!(
            "another program has changed {} file(s) of the Delta table {}, {} first, up to its version {}: nothing was \
             changed\nhint: restore the version before it (RESTORE TABLE … TO VERSION AS OF …), and exclude the table \
             from OPTIMIZE, DELETE and UPDATE; or add --rebuild, with all flags of the folder such as --redact, to \
             fetch every day again",
            differing.len(),
            self.name,
            printable(first),
            current.snapshot.version(),
        )))
    }

    /// Commits the next version and returns its number.
    pub(crate) async fn commit(&mut self, commit: Commit) -> Result<u64, Failure> {
        let (state, engine) = (commit.state, Arc::clone(&self.engine));
        let earlier = self.current.take();
        let (url, schema) = (self.url.clone(), Arc::clone(&self.schema));
        let written = blocking(move || write(&*engine, &url, schema, earlier.as_ref(), &commit));
        let committed = match written.await {
            Ok(Some(committed)) => {
                self.checkpoint(&committed).await;
                committed.commit_version()
            }
            // A store may have committed the version although the response to the first attempt was lost.
            outcome => match (
                read(Arc::clone(&self.engine), self.url.clone()).await,
                outcome,
            ) {
                (Ok(Some(now)), _) if now.state == state => now.snapshot.version(),
                (_, Err(error)) => return Err(failed(&self.name, error)),
                _ => {
                    return Err(Failure::busy(format!(
                        "another program has committed to the Delta table {} since this run read it: its changes stay \
                         and those of this run are dropped; run again to be sure",
                        self.name
                    )));
                }
            },
        };
        Ok(committed)
    }

    /// Returns the names of the files of the versions that were current at `since` or later.
    pub(crate) async fn needed_since(
        &self,
        since: DateTime<Utc>,
    ) -> Result<BTreeSet<String>, Failure> {
        let Some(current) = &self.current else {
            return Ok(BTreeSet::new());
        };
        let (engine, latest) = (Arc::clone(&self.engine), Arc::clone(&current.snapshot));
        let files =
            blocking(move || retention::files_since(&engine, &latest, since.timestamp_millis()));
        files.await.map_err(|error| failed(&self.name, error))
    }

    /// Writes a checkpoint if one is due. Without it readers are slower, so a failure does not fail the run.
    async fn checkpoint(&self, committed: &CommittedTransaction) {
        if !committed
            .commit_version()
            .is_multiple_of(CHECKPOINT_INTERVAL)
            || committed.commit_version() == 0
        {
            return;
        }
        let (engine, url) = (Arc::clone(&self.engine), self.url.clone());
        let written = blocking(move || {
            let snapshot = Snapshot::builder_for(url).build(&*engine)?;
            snapshot.checkpoint(&*engine, None).map(drop)
        });
        if let Err(error) = written.await {
            say(format_args!(
                "warning: the checkpoint of {} cannot be written, the next one is attempted {CHECKPOINT_INTERVAL} \
                 versions later: {}",
                self.name,
                failed(&self.name, error).summary()
            ));
        }
    }
}

/// Returns the store as the kernel addresses it, by URLs with the whole path, and the URL of the folder.
fn location(folder: &Folder) -> Result<(Store, Url), Failure> {
    let refuse = || {
        Failure::usage(format!(
            "{} cannot be a Delta table: no URL names it",
            folder.name
        ))
    };
    if let Some(root) = &folder.local {
        let url = Url::from_directory_path(root).map_err(|()| refuse())?;
        return Ok((Arc::new(LocalFileSystem::new().with_fsync(true)), url));
    }
    let mut url = Url::parse(&folder.name).map_err(|_| refuse())?;
    url.set_path(&format!("/{}/", folder.paths.root()));
    Ok((Arc::clone(&folder.store), url))
}

fn names(state: &State) -> BTreeSet<String> {
    let files = state.partitions().filter_map(|(_, day)| day.data.as_ref());
    files.map(|file| file.name.clone()).collect()
}

/// Reads the latest version. Returns `None` if no run has committed to the table.
async fn read(engine: Arc<dyn Engine>, url: String) -> KernelResult<Option<Version>> {
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

/// Returns what the log says of the files of a version that `is_selected` selects by their name and whether rows of
/// them are marked as deleted.
fn select(
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

/// Commits a version. Returns `None` if another program has committed since `earlier`.
fn write(
    engine: &dyn Engine,
    url: &str,
    schema: SchemaRef,
    earlier: Option<&Version>,
    commit: &Commit,
) -> KernelResult<Option<CommittedTransaction>> {
    let kept = |name: &str| earlier.is_some_and(|earlier| earlier.files.contains(name));
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
        .filter(|name| !all.contains(name.as_str()));
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
    for rows in select(snapshot, engine, |name, _| !all.contains(name))? {
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

/// Runs calls of the kernel, which block the calling thread, on a thread of their own.
async fn blocking<T: Send + 'static>(
    run: impl FnOnce() -> KernelResult<T> + Send + 'static,
) -> KernelResult<T> {
    let run = tokio::task::spawn_blocking(run).await;
    run.unwrap_or_else(|panic| Err(KernelError::Generic(panic.to_string())))
}

/// Returns the error for a table at the place that no run has written.
fn foreign(name: &str) -> Failure {
    Failure::usage(format!(
        "{name} is a Delta table that was not written by sync: nothing was changed\nhint: name another folder"
    ))
}

fn failed(name: &str, error: KernelError) -> Failure {
    let failure = match error {
        KernelError::Backtraced { source, .. } => return failed(name, *source),
        KernelError::ObjectStore(error) => {
            return Failure::unwritable(name, format!("_delta_log: {}", store::explain(&error)));
        }
        KernelError::Unsupported(why) => format!(
            "the Delta table {name} has features that this program does not support: {}; nothing was changed\n\
             hint: update the program, or restore the table to a version before another program upgraded it",
            printable(&why)
        ),
        error => format!(
            "the log of the Delta table {name} cannot be read: {}; nothing was changed\nhint: restore _delta_log from \
             a copy; or move it to another place, and synchronize with --table delta --rebuild",
            printable(error.to_string().trim_end_matches('.'))
        ),
    };
    Failure::usage(failure)
}
