//! [`Lock`]: ensures that only one run at a time writes to a folder.

use std::fs::File;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutMode, PutOptions, PutPayload, UpdateVersion};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::folder::Folder;
use super::holder::{Holder, held};
use super::lock_file::take_file;
use crate::failure::{Exit, Failure};
use crate::interrupt::{Interrupts, interruption};
use crate::output::store::Store;
use crate::term::stderr::say;

/// How often the holder of a lock in a store renews it.
const RENEW: Duration = Duration::from_secs(30);
/// The age after which an unrenewed lock in a store is stale: its holder was killed or paused.
const STALE: TimeDelta = TimeDelta::seconds(150);
/// Maximum time to remove a lock from a store: after a signal, the program must end even if the store does not respond.
const RELEASE: Duration = Duration::from_secs(10);
/// Maximum number of attempts to create a lock that exists and is gone when it is read.
const ATTEMPTS: usize = 5;

/// Does `work` while holding the lock, until another run has taken it or a signal requests the program to stop. `run`
/// is the id of this run, and `interrupted` the message after a signal.
pub(crate) async fn hold<T>(
    folder: &Folder,
    run: &str,
    interrupts: &mut Option<Interrupts>,
    interrupted: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let lock = tokio::select! {
        lock = Lock::take(folder, run) => lock?,
        () = interruption(interrupts) => {
            abandon(folder, run).await;
            return Err(Failure::interrupted(interrupted));
        }
    };
    let outcome = tokio::select! {
        outcome = work => outcome,
        () = lock.lost() => Err(folder.overtaken()),
        () = interruption(interrupts) => Err(Failure::interrupted(interrupted)),
    };
    let outcome = match outcome {
        // A run that was paused for longer than its lock lasts mostly fails first: its requests have timed out, or it
        // finds that files of another run do not match what it has read before.
        Err(failure)
            if !matches!(failure.exit(), Exit::Interrupted | Exit::Busy)
                && is_taken(folder, run).await =>
        {
            Err(folder.overtaken())
        }
        outcome => outcome,
    };
    lock.release().await;
    outcome
}

/// Returns whether another run has taken the lock in a store. It may have released it since.
async fn is_taken(folder: &Folder, run: &str) -> bool {
    if folder.local.is_some() {
        return false;
    }
    let path = folder.paths.lock();
    match tokio::time::timeout(RELEASE, folder.get(&path)).await {
        Ok(Ok(there)) => !there.is_some_and(|json| Holder::is_of(&json, run)),
        Ok(Err(_)) | Err(_) => false,
    }
}

/// Renews the lock of this run before it commits. Fails if another run has taken it: a run that was paused while it read
/// the state may have read what the other one has committed since, and conditional writes would not stop it.
pub(crate) async fn confirm(folder: &Folder, run: &str) -> Result<(), Failure> {
    if folder.local.is_some() {
        return Ok(());
    }
    let path = folder.paths.lock();
    for _ in 0..ATTEMPTS {
        let Some((json, version)) = folder.get_versioned(&path).await? else {
            break;
        };
        let mut holder = match serde_json::from_slice::<Holder>(&json) {
            Ok(holder) if holder.run == run => holder,
            _ => break,
        };
        holder.renewed = Utc::now();
        match put(&folder.store, &path, &holder, PutMode::Update(version)).await {
            Ok(_) => return Ok(()),
            // The renewal of this run, a retry of this request, or another run was faster.
            Err(
                object_store::Error::Precondition { .. } | object_store::Error::NotFound { .. },
            ) => {}
            Err(error) => return Err(folder.failed(&path, &error)),
        }
    }
    Err(folder.overtaken())
}

/// A lock on a folder, held until it is released or dropped.
enum Lock {
    /// A file lock, which the system releases even if the process is killed.
    Local(#[expect(dead_code, reason = "held, not read")] File),
    Store(Box<Lease>),
}

/// A lock in a store, valid as long as it is renewed.
struct Lease {
    folder: Folder,
    /// The id of the run.
    run: String,
    renewing: JoinHandle<()>,
    lost: watch::Receiver<bool>,
}

impl Lock {
    /// Acquires the lock.
    async fn take(folder: &Folder, run: &str) -> Result<Self, Failure> {
        match &folder.local {
            Some(root) => {
                let path = root.join("_conversations").join("lock.json");
                take_file(&path, run)
                    .map(Self::Local)
                    .map_err(|refused| refused.failure(folder))
            }
            None => take_object(folder, run).await,
        }
    }

    /// Waits until another run has taken the lock, which it may if this one was paused for too long.
    async fn lost(&self) {
        if let Self::Store(lease) = self {
            let mut lost = lease.lost.clone();
            if lost.wait_for(|lost| *lost).await.is_ok() {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Releases the lock. Dropping it does the same for a local folder; in a store the lock becomes stale instead.
    async fn release(self) {
        if let Self::Store(lease) = self {
            lease.renewing.abort();
            if let Err(why) = remove(&lease.folder, &lease.run).await {
                say(format_args!(
                    "warning: the lock could not be removed and goes stale: {why}"
                ));
            }
        }
    }
}

/// Removes the lock of a run that does not hold it for certain: its request to take it may have arrived.
async fn abandon(folder: &Folder, run: &str) {
    if folder.local.is_none() {
        // The run already has a failure to report.
        let _ = remove(folder, run).await;
    }
}

/// Removes the lock from a store if this run holds it.
async fn remove(folder: &Folder, run: &str) -> Result<(), String> {
    let path = folder.paths.lock();
    let remove = async {
        match folder.get(&path).await? {
            Some(json) if Holder::is_of(&json, run) => folder.remove(&path).await,
            _ => Ok(()),
        }
    };
    match tokio::time::timeout(RELEASE, remove).await {
        Ok(removed) => removed.map_err(|failure| failure.to_string()),
        Err(_) => Err("the store does not respond".to_owned()),
    }
}

async fn take_object(folder: &Folder, run: &str) -> Result<Lock, Failure> {
    let path = folder.paths.lock();
    let mut holder = Holder::this(run);
    let mut version = match acquire(folder, &path, &holder).await {
        Ok(version) => version,
        Err(failure) => {
            abandon(folder, run).await;
            return Err(failure);
        }
    };
    let (sender, lost) = watch::channel(false);
    let renewing = tokio::spawn({
        let folder = folder.clone();
        async move {
            loop {
                tokio::time::sleep(RENEW).await;
                holder.renewed = Utc::now();
                let renewal = PutMode::Update(version.clone());
                match put(&folder.store, &path, &holder, renewal).await {
                    Ok(now) => version = now,
                    Err(
                        object_store::Error::Precondition { .. }
                        | object_store::Error::NotFound { .. },
                    ) => match holder_there(&folder, &path).await {
                        // A retry found what the first attempt had written.
                        Some((there, now)) if there.run == holder.run => version = now,
                        _ => {
                            // The receiver may be gone because the run has ended.
                            let _ = sender.send(true);
                            return;
                        }
                    },
                    // Not fatal: the lock outlasts several renewals, and an unreachable store is noticed when data
                    // is written.
                    Err(_) => {}
                }
            }
        }
    });
    Ok(Lock::Store(Box::new(Lease {
        folder: folder.clone(),
        run: run.to_owned(),
        renewing,
        lost,
    })))
}

/// Creates the lock or takes over a stale one.
async fn acquire(folder: &Folder, path: &Path, holder: &Holder) -> Result<UpdateVersion, Failure> {
    for _ in 0..ATTEMPTS {
        let version = match create(folder, path, holder).await {
            Ok(version) => version,
            Err(object_store::Error::AlreadyExists { .. }) => {
                match take_existing(folder, path, holder).await? {
                    Some(version) => version,
                    None => continue,
                }
            }
            Err(error) => return Err(refused(folder, path, &error)),
        };
        return prove(folder, path, holder, version).await;
    }
    Err(held(folder, None))
}

/// Creates the lock if there is none. The first attempt has no retries: a store without conditional writes responds
/// with a status that would be retried for minutes.
async fn create(
    folder: &Folder,
    path: &Path,
    holder: &Holder,
) -> object_store::Result<UpdateVersion> {
    if let Some(store) = &folder.unretried {
        match put(store, path, holder, PutMode::Create).await {
            Err(error) if !is_settled(&error) => {}
            settled => return settled,
        }
    }
    put(&folder.store, path, holder, PutMode::Create).await
}

/// Returns whether a retry would fail in the same way.
fn is_settled(error: &object_store::Error) -> bool {
    is_unsupported(error)
        || matches!(
            error,
            object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }
        )
}

/// Takes over a stale lock, or one that this run has created in a request whose response was lost. Returns `None` if
/// its holder has just released it. Both times are from the store's clock: this machine's may be minutes off, which
/// would break the lock of a live run.
async fn take_existing(
    folder: &Folder,
    path: &Path,
    holder: &Holder,
) -> Result<Option<UpdateVersion>, Failure> {
    let there = match folder.store.get(path).await {
        Ok(there) => there,
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(folder.failed(path, &error)),
    };
    let version = UpdateVersion {
        e_tag: there.meta.e_tag.clone(),
        version: there.meta.version.clone(),
    };
    let renewed = there.meta.last_modified;
    let json = there.bytes().await;
    let json = json.map_err(|error| folder.failed(path, &error))?;
    if Holder::is_of(&json, &holder.run) {
        return Ok(Some(version));
    }
    let other: Option<Holder> = serde_json::from_slice(&json).ok();
    if folder.time(&holder.run).await? - renewed <= STALE {
        return Err(held(folder, other.as_ref()));
    }
    match put(&folder.store, path, holder, PutMode::Update(version)).await {
        Ok(version) => Ok(Some(version)),
        Err(object_store::Error::Precondition { .. }) => match holder_there(folder, path).await {
            Some((there, now)) if there.run == holder.run => Ok(Some(now)),
            there => Err(held(folder, there.map(|(holder, _)| holder).as_ref())),
        },
        Err(error) => Err(refused(folder, path, &error)),
    }
}

/// Verifies that the store honors conditional writes. Some ignore the condition, and two runs would both hold the
/// lock.
async fn prove(
    folder: &Folder,
    path: &Path,
    holder: &Holder,
    version: UpdateVersion,
) -> Result<UpdateVersion, Failure> {
    match put(&folder.store, path, holder, PutMode::Create).await {
        Err(object_store::Error::AlreadyExists { .. }) => {}
        Ok(_) => return Err(unsupported(folder)),
        Err(error) => return Err(refused(folder, path, &error)),
    }
    let store = folder.unretried.as_ref().unwrap_or(&folder.store);
    match put(store, path, holder, PutMode::Update(version.clone())).await {
        Ok(version) => Ok(version),
        Err(object_store::Error::Precondition { .. }) => Err(held(folder, None)),
        Err(error) if is_unsupported(&error) => Err(unsupported(folder)),
        // The next renewal retries after a transient failure.
        Err(_) => match holder_there(folder, path).await {
            Some((there, now)) if there.run == holder.run => Ok(now),
            _ => Ok(version),
        },
    }
}

async fn holder_there(folder: &Folder, path: &Path) -> Option<(Holder, UpdateVersion)> {
    let (json, version) = folder.get_versioned(path).await.ok()??;
    Some((serde_json::from_slice(&json).ok()?, version))
}

fn refused(folder: &Folder, path: &Path, error: &object_store::Error) -> Failure {
    if is_unsupported(error) {
        unsupported(folder)
    } else {
        folder.failed(path, error)
    }
}

fn is_unsupported(error: &object_store::Error) -> bool {
    matches!(
        error,
        object_store::Error::NotImplemented { .. } | object_store::Error::NotSupported { .. }
    ) || error.to_string().contains("501 Not Implemented")
}

fn unsupported(folder: &Folder) -> Failure {
    Failure::unwritable(
        &folder.name,
        "the store does not support conditional writes (If-None-Match, If-Match), without which two runs at once \
         would lose data: use a store that does, or sync to a folder on this machine and copy that to the store",
    )
}

async fn put(
    store: &Store,
    path: &Path,
    holder: &Holder,
    mode: PutMode,
) -> object_store::Result<UpdateVersion> {
    let payload = PutPayload::from(holder.json());
    let put = store
        .put_opts(path, payload, PutOptions::from(mode))
        .await?;
    Ok(UpdateVersion {
        e_tag: put.e_tag,
        version: put.version,
    })
}
