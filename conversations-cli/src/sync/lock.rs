//! [`Lock`]: one run at a time in a folder.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutMode, PutOptions, PutPayload, UpdateVersion};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use super::folder::Folder;
use crate::failure::Failure;
use crate::file::{self, LockedFile, OpenError};
use crate::say::say;

/// How often the holder of a lock in a store says that it is still there.
const RENEW: Duration = Duration::from_secs(30);
/// A lock in a store that has not been renewed for so long is one whose holder was killed.
const STALE: TimeDelta = TimeDelta::seconds(150);

/// Held while this exists.
pub(crate) enum Lock {
    /// On this machine the system gives the lock back even if the program is killed.
    Local(#[expect(dead_code, reason = "held, not read")] File),
    Store {
        folder: Folder,
        renewing: JoinHandle<()>,
    },
}

/// Who holds a lock.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Holder {
    host: String,
    process: u32,
    since: DateTime<Utc>,
    renewed: DateTime<Utc>,
}

impl Holder {
    fn this() -> Self {
        let now = Utc::now();
        Self {
            host: gethostname::gethostname().to_string_lossy().into_owned(),
            process: std::process::id(),
            since: now,
            renewed: now,
        }
    }

    fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a holder is plain data")
    }
}

impl Lock {
    pub(crate) async fn take(folder: &Folder) -> Result<Self, Failure> {
        match &folder.local {
            Some(root) => {
                let path = root.join("_conversations").join("lock.json");
                take_file(&path)
                    .map(Self::Local)
                    .map_err(|refused| refused.failure(folder))
            }
            None => take_object(folder).await,
        }
    }

    /// Gives the lock back. Dropping it does the same on this machine, and in a store leaves it to go stale.
    pub(crate) async fn release(self) {
        if let Self::Store { folder, renewing } = self {
            renewing.abort();
            if let Err(failure) = folder.remove(&folder.names.lock()).await {
                say(format_args!(
                    "warning: the lock could not be removed and goes stale: {failure}"
                ));
            }
        }
    }
}

enum Refused {
    Held(Option<Holder>),
    Io(std::io::Error),
}

impl Refused {
    fn failure(self, folder: &Folder) -> Failure {
        match self {
            Self::Held(holder) => held(folder, holder.as_ref()),
            Self::Io(error) => {
                Failure::no_folder(&format!("{}/_conversations", folder.name), &error)
            }
        }
    }
}

fn held(folder: &Folder, holder: Option<&Holder>) -> Failure {
    let who = holder.map_or_else(
        || "another run".to_owned(),
        |holder| {
            let since = holder.since.to_rfc3339_opts(SecondsFormat::Secs, true);
            format!(
                "process {} on {}, since {since},",
                holder.process, holder.host
            )
        },
    );
    Failure::busy(format!(
        "{who} is synchronising {}: wait for it to end; one run at a time can write there",
        folder.name
    ))
}

fn take_file(path: &std::path::Path) -> Result<File, Refused> {
    if let Some(folder) = path.parent() {
        let mut private = std::fs::DirBuilder::new();
        // Records are kept there as they arrived, also where the data is redacted and others may read it.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut private, 0o700);
        private
            .recursive(true)
            .create(folder)
            .map_err(Refused::Io)?;
    }
    let mut file = match file::open_locked(path) {
        Ok(LockedFile {
            file,
            unlocked: None,
        }) => file,
        Ok(LockedFile {
            unlocked: Some(error),
            ..
        })
        | Err(OpenError::Io(error)) => return Err(Refused::Io(error)),
        Err(OpenError::Locked(mut file)) => {
            let mut json = String::new();
            let holder = file.read_to_string(&mut json).ok();
            return Err(Refused::Held(
                holder.and_then(|_| serde_json::from_str(&json).ok()),
            ));
        }
    };
    let write = |file: &mut File| {
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(&Holder::this().json())
    };
    write(&mut file).map_err(Refused::Io)?;
    Ok(file)
}

async fn take_object(folder: &Folder) -> Result<Lock, Failure> {
    let path = folder.names.lock();
    let mut holder = Holder::this();
    let mut version = match put(folder, &path, &holder, PutMode::Create).await {
        Ok(version) => version,
        Err(object_store::Error::AlreadyExists { .. }) => {
            let there = folder.store.get(&path).await;
            let there = there.map_err(|error| folder.failed(&path, &error))?;
            let version = UpdateVersion {
                e_tag: there.meta.e_tag.clone(),
                version: there.meta.version.clone(),
            };
            // By the store's clock: the holder's may have been wrong when it wrote, and a time that is yet to come
            // would hold the lock until then.
            let renewed = there.meta.last_modified;
            let json = there
                .bytes()
                .await
                .map_err(|error| folder.failed(&path, &error))?;
            let other: Option<Holder> = serde_json::from_slice(&json).ok();
            let stale = other.is_none() || Utc::now() - renewed > STALE;
            if !stale {
                return Err(held(folder, other.as_ref()));
            }
            match put(folder, &path, &holder, PutMode::Update(version)).await {
                Ok(version) => version,
                Err(object_store::Error::Precondition { .. }) => return Err(held(folder, None)),
                Err(error) => return Err(folder.failed(&path, &error)),
            }
        }
        Err(error) => return Err(folder.failed(&path, &error)),
    };
    let renewing = tokio::spawn({
        let folder = folder.clone();
        async move {
            loop {
                tokio::time::sleep(RENEW).await;
                holder.renewed = Utc::now();
                // A failure now is not the end: the lock lasts for several renewals, and a store that is
                // gone is noticed where the data goes.
                if let Ok(now) =
                    put(&folder, &path, &holder, PutMode::Update(version.clone())).await
                {
                    version = now;
                }
            }
        }
    });
    Ok(Lock::Store {
        folder: folder.clone(),
        renewing,
    })
}

async fn put(
    folder: &Folder,
    path: &Path,
    holder: &Holder,
    mode: PutMode,
) -> object_store::Result<UpdateVersion> {
    let payload = PutPayload::from(holder.json());
    let put = folder
        .store
        .put_opts(path, payload, PutOptions::from(mode))
        .await?;
    Ok(UpdateVersion {
        e_tag: put.e_tag,
        version: put.version,
    })
}
