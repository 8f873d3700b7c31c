//! [`DeltaTable`]: a synchronized folder as a Delta Lake table, whose log lists the files of each version.
//!
//! Only `delta_kernel` writes the log. Each run that changes the table adds one version, which carries the number of
//! the state that belongs to it as the transaction of an application: a killed run leaves the earlier version with the
//! earlier state, or the next version with the next state.

mod add_files;
mod commit;
mod retention;
mod schema;
mod version;

use std::collections::BTreeSet;
use std::error::Error;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use conversations_table::Columns;
use delta_kernel::schema::SchemaRef;
use delta_kernel::snapshot::Snapshot;
use delta_kernel::transaction::CommittedTransaction;
use delta_kernel::{Engine, KernelError, KernelResult};
use delta_kernel_default_engine::DefaultEngineBuilder;
use delta_kernel_default_engine::executor::tokio::TokioMultiThreadExecutor;
use object_store::local::LocalFileSystem;

use super::files::Files;
use super::folder::Folder;
use super::paths::Paths;
use super::state::State;
use crate::failure::Failure;
use crate::output::store::{self, Store, Url};
use crate::term::escape::printable;
use crate::term::plural::plural;
use crate::term::stderr::say;

pub(crate) use commit::Commit;
use commit::write;
use version::{Version, read};

/// The application id of the transactions that number the states.
const APPLICATION: &str = "conversations sync";

/// The number of versions from one checkpoint to the next, the default of the format: readers start at the last one
/// instead of the first version.
const CHECKPOINT_INTERVAL: u64 = 10;

/// A folder that is a Delta table, or becomes one with the next commit.
pub(crate) struct DeltaTable {
    engine: Arc<dyn Engine>,
    url: String,
    /// The display name.
    name: String,
    /// The columns of the files that this run writes, and the partition column; `None` until they are set.
    schema: Option<SchemaRef>,
    /// `None` if there is no log yet.
    current: Option<Version>,
}

impl DeltaTable {
    /// Opens the table in a folder with these files. Returns `None` if there is no log and none is `requested`.
    pub(crate) async fn open(
        folder: &Folder,
        there: &Files,
        requested: bool,
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
            schema: None,
            current,
        }))
    }

    /// Sets the columns of the files that this run writes.
    pub(crate) fn set_columns(&mut self, columns: &Columns) -> Result<(), Failure> {
        let schema = schema::of(columns).map_err(|error| failed(&self.name, error))?;
        self.schema = Some(Arc::new(schema));
        Ok(())
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
        current
            .is_some_and(|current| current.rows_deleted.is_empty() && current.files == names(state))
    }

    /// Fails if another program has changed the files of the table. The next commit would undo its change, and a file
    /// that another program has merged from several is not the file of one day.
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
            "another program has changed {} of the Delta table {}, {} first, up to its version {}: nothing was \
             changed\nhint: restore the version before it (RESTORE TABLE … TO VERSION AS OF …), and exclude the table \
             from OPTIMIZE, DELETE and UPDATE; or add --rebuild, with all flags of the folder such as --redact, to \
             fetch every day again",
            plural(differing.len() as u64, "file"),
            self.name,
            printable(first),
            current.snapshot.version(),
        )))
    }

    /// Commits the next version and returns its number.
    pub(crate) async fn commit(&mut self, commit: Commit) -> Result<u64, Failure> {
        let (state, engine) = (commit.state, Arc::clone(&self.engine));
        let earlier = self.current.take();
        let schema = self.schema.clone().expect("set before anything is written");
        let url = self.url.clone();
        let written = blocking(move || write(&*engine, &url, schema, earlier.as_ref(), &commit));
        let committed = match written.await {
            Ok(Some(committed)) => {
                self.checkpoint(&committed).await;
                committed.commit_version()
            }
            // A store may have committed the version although the response to the first attempt was lost: the retry
            // then conflicts with it.
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

/// Returns the store for the kernel, which addresses objects by their whole path, and the URL of the folder.
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
    let root = folder.paths.root().as_ref();
    // The kernel rejects the empty segment of `//`.
    url.set_path(&format!(
        "/{root}{}",
        if root.is_empty() { "" } else { "/" }
    ));
    Ok((Arc::clone(&folder.store), url))
}

fn names(state: &State) -> BTreeSet<String> {
    let files = state.partitions().filter_map(|(_, day)| day.data.as_ref());
    files.map(|file| file.name.clone()).collect()
}

/// Runs calls of the kernel, which block, on a thread where blocking is allowed.
async fn blocking<T: Send + 'static>(
    run: impl FnOnce() -> KernelResult<T> + Send + 'static,
) -> KernelResult<T> {
    let run = tokio::task::spawn_blocking(run).await;
    run.unwrap_or_else(|panic| Err(KernelError::Generic(panic.to_string())))
}

/// Returns the error for a table that no run has written.
fn foreign(name: &str) -> Failure {
    Failure::usage(format!(
        "{name} is a Delta table that was not written by sync: nothing was changed\nhint: name another folder"
    ))
}

fn failed(name: &str, error: KernelError) -> Failure {
    if let Some(why) = of_store(&error) {
        return Failure::unwritable(name, format!("_delta_log: {why}"));
    }
    let failure = match error {
        KernelError::Backtraced { source, .. } => return failed(name, *source),
        KernelError::Unsupported(why) => format!(
            "the Delta table {name} has features that this program does not support: {}; nothing was changed\n\
             hint: update the program, or restore the table to a version before another program upgraded it",
            printable(&why)
        ),
        error => format!(
            "the log of the Delta table {name} cannot be read: {}; nothing was changed\nhint: restore the whole folder \
             from a copy; or move _delta_log to another place, and synchronize with --table delta --rebuild",
            printable(error.to_string().trim_end_matches('.'))
        ),
    };
    Failure::usage(failure)
}

/// Returns why a store or file system failed, which says nothing about the log. A file that is not there is a hole in it.
fn of_store(error: &(dyn Error + 'static)) -> Option<String> {
    let mut causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.find_map(|cause| match cause.downcast_ref() {
        Some(object_store::Error::NotFound { .. }) => None,
        Some(error) => Some(store::explain(error)),
        None => {
            let error: &io::Error = cause.downcast_ref()?;
            let is_content = [
                ErrorKind::InvalidData,
                ErrorKind::UnexpectedEof,
                ErrorKind::NotFound,
            ];
            (!is_content.contains(&error.kind())).then(|| error.to_string())
        }
    })
}
