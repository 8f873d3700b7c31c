//! [`Folder`]: the store and the prefix in it that data is synchronized to.

use std::collections::HashMap;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    ObjectMeta, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, UpdateVersion,
};

use super::paths::Paths;
use crate::failure::Failure;
use crate::output::checksum::Checksum;
use crate::output::store::{self, Store};

/// The files of a folder, by their names relative to it.
pub(crate) type Files = HashMap<String, FileInfo>;

/// What a store lists of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileInfo {
    pub(crate) bytes: u64,
    pub(crate) modified: DateTime<Utc>,
}

#[derive(Clone)]
pub(crate) struct Folder {
    /// The display name.
    pub(crate) name: String,
    pub(crate) store: Store,
    /// The same store. In a local folder, files need not survive a power failure.
    unsynced: Store,
    /// The same store without retries, for probing its capabilities; `None` for a local folder.
    pub(crate) unretried: Option<Store>,
    pub(crate) paths: Paths,
    /// The path of a local folder.
    pub(crate) local: Option<std::path::PathBuf>,
}

impl Folder {
    /// Opens a folder or the prefix named by a URL. Creates a folder that does not exist.
    pub(crate) fn open(argument: &FilePath) -> Result<Self, Failure> {
        let url = store::url(argument);
        let local = match &url {
            Some(url) => url.to_file_path().ok(),
            None => Some(argument.to_owned()),
        };
        if let Some(folder) = local {
            let name = folder.display().to_string();
            let refuse = |why: String| Failure::unwritable(&name, why);
            std::fs::create_dir_all(&folder).map_err(|error| Failure::no_folder(&name, &error))?;
            let folder = std::fs::canonicalize(&folder).map_err(|e| refuse(e.to_string()))?;
            let store =
                LocalFileSystem::new_with_prefix(&folder).map_err(|e| refuse(e.to_string()))?;
            let store = store.with_automatic_cleanup(true);
            return Ok(Self {
                name,
                store: Arc::new(store.clone().with_fsync(true)),
                unsynced: Arc::new(store),
                unretried: None,
                paths: Paths::new(Path::default()),
                local: Some(folder),
            });
        }
        let url = url.expect("what is no URL is a folder");
        let (store, root) = store::open(&url)?;
        let (unretried, _) = store::open_unretried(&url)?;
        Ok(Self {
            name: url.to_string(),
            unsynced: Arc::clone(&store),
            store,
            unretried: Some(unretried),
            paths: Paths::new(root),
            local: None,
        })
    }

    /// Returns the content of an object; `None` if it does not exist.
    pub(crate) async fn get(&self, path: &Path) -> Result<Option<Bytes>, Failure> {
        let found = match self.store.get(path).await {
            Ok(found) => found.bytes().await,
            Err(error) => Err(error),
        };
        match found {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    /// Returns the content of an object and its version; `None` if it does not exist.
    pub(crate) async fn get_versioned(
        &self,
        path: &Path,
    ) -> Result<Option<(Bytes, UpdateVersion)>, Failure> {
        let found = match self.store.get(path).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(self.failed(path, &error)),
        };
        let version = UpdateVersion {
            e_tag: found.meta.e_tag.clone(),
            version: found.meta.version.clone(),
        };
        let bytes = found.bytes().await;
        let bytes = bytes.map_err(|error| self.failed(path, &error))?;
        Ok(Some((bytes, version)))
    }

    /// Returns the checksum of the bytes of an object; `None` if it does not exist.
    pub(crate) async fn checksum(&self, path: &Path) -> Result<Option<String>, Failure> {
        let mut bytes = match self.store.get(path).await {
            Ok(found) => found.into_stream(),
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(self.failed(path, &error)),
        };
        let mut checksum = Checksum::default();
        while let Some(bytes) = bytes
            .try_next()
            .await
            .map_err(|error| self.failed(path, &error))?
        {
            checksum.update(&bytes);
        }
        Ok(Some(checksum.to_string()))
    }

    /// Replaces an object if it still has the version that was read, or creates it. In a store this fails if another
    /// run has written it since: a run that was paused for longer than its lock lasts must not overwrite its
    /// successor's work. A local lock ends with its holder, so this cannot happen there.
    pub(crate) async fn replace(
        &self,
        path: &Path,
        content: Vec<u8>,
        version: &mut Option<UpdateVersion>,
    ) -> Result<(), Failure> {
        if self.local.is_some() {
            return self.put(path, content).await;
        }
        let mode = version.clone().map_or(PutMode::Create, PutMode::Update);
        let content = Bytes::from(content);
        let options = PutOptions::from(mode);
        let put = self
            .store
            .put_opts(path, PutPayload::from(content.clone()), options);
        match put.await {
            Ok(put) => {
                *version = Some(UpdateVersion {
                    e_tag: put.e_tag,
                    version: put.version,
                });
                Ok(())
            }
            Err(
                object_store::Error::Precondition { .. }
                | object_store::Error::AlreadyExists { .. },
            ) => match self.get_versioned(path).await? {
                // The response to the first attempt was lost, and the retry found what it had written.
                Some((there, now)) if there == content => {
                    *version = Some(now);
                    Ok(())
                }
                _ => Err(self.overtaken()),
            },
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    /// Returns the error that another run has taken over while this one was paused.
    pub(crate) fn overtaken(&self) -> Failure {
        Failure::busy(format!(
            "another run has taken over {} while this one was paused: its changes stay and those of this run are \
             dropped; run again to be sure",
            self.name
        ))
    }

    /// Moves an object to its final name. In a store it is copied, which is atomic for readers, and then deleted. If
    /// it no longer exists, another run has taken over.
    pub(crate) async fn publish(&self, from: &Path, to: &Path) -> Result<(), Failure> {
        match self.store.rename(from, to).await {
            Ok(()) => Ok(()),
            Err(object_store::Error::NotFound { .. }) if self.local.is_none() => {
                Err(self.overtaken())
            }
            Err(error) => Err(self.failed(to, &error)),
        }
    }

    /// Copies an object, atomically for readers. If it no longer exists, another run has taken over.
    pub(crate) async fn copy(&self, from: &Path, to: &Path) -> Result<(), Failure> {
        match self.store.copy(from, to).await {
            Ok(()) => Ok(()),
            Err(object_store::Error::NotFound { .. }) if self.local.is_none() => {
                Err(self.overtaken())
            }
            Err(error) => Err(self.failed(to, &error)),
        }
    }

    /// Returns the time of the store's clock: the clock of this machine may differ from that of the machine of
    /// another run.
    pub(crate) async fn time(&self, run: &str) -> Result<DateTime<Utc>, Failure> {
        let path = self.paths.clock(run);
        self.put(&path, "{}").await?;
        let there = self.store.head(&path).await;
        let time = there.map(|there| there.last_modified);
        let time = time.map_err(|error| self.failed(&path, &error))?;
        self.remove(&path).await?;
        Ok(time)
    }

    /// Writes an object atomically.
    pub(crate) async fn put(
        &self,
        path: &Path,
        content: impl Into<PutPayload>,
    ) -> Result<(), Failure> {
        let put = self.store.put(path, content.into()).await;
        put.map(drop).map_err(|error| self.failed(path, &error))
    }

    /// Puts an object that only saves time: after a power failure it may be damaged or absent, and its reader must
    /// notice. Flushing it to the disk would take longer than the rest of a page.
    pub(crate) async fn put_unsynced(
        &self,
        path: &Path,
        content: impl Into<PutPayload>,
    ) -> Result<(), Failure> {
        let put = self.unsynced.put(path, content.into()).await;
        put.map(drop).map_err(|error| self.failed(path, &error))
    }

    pub(crate) async fn remove(&self, path: &Path) -> Result<(), Failure> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    /// Lists everything under `path`.
    pub(crate) async fn list(&self, path: &Path) -> Result<Vec<Path>, Failure> {
        let found = self.found(path).await?;
        Ok(found.into_iter().map(|found| found.location).collect())
    }

    /// Returns the current files of the folder.
    pub(crate) async fn files(&self) -> Result<Files, Failure> {
        let found = self.found(self.paths.root()).await?;
        let named = found.into_iter().filter_map(|found| {
            let info = FileInfo {
                bytes: found.size,
                modified: found.last_modified,
            };
            Some((self.paths.relative(&found.location)?, info))
        });
        Ok(named.collect())
    }

    async fn found(&self, path: &Path) -> Result<Vec<ObjectMeta>, Failure> {
        let prefix = (!path.as_ref().is_empty()).then_some(path);
        let found: Result<Vec<_>, _> = self.store.list(prefix).try_collect().await;
        match found {
            Ok(found) => Ok(found),
            Err(object_store::Error::NotFound { .. }) => Ok(Vec::new()),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    pub(crate) async fn remove_all(&self, path: &Path) -> Result<(), Failure> {
        for found in self.list(path).await? {
            self.remove(&found).await?;
        }
        Ok(())
    }

    /// Removes temporary files of killed writers from a local folder. They have the temporary names of
    /// `object_store`, which does not list them.
    pub(crate) fn sweep(&self) {
        if let Some(root) = &self.local {
            sweep(root, 0, false);
        }
    }

    pub(crate) fn failed(&self, path: &Path, error: &object_store::Error) -> Failure {
        Failure::unwritable(&self.name, format!("{path}: {}", store::explain(error)))
    }
}

/// Names that runs create are at most three folders deep.
const DEPTH: usize = 4;

/// Removes the temporary files that killed runs have left. In a folder that other programs write to, too, only after a
/// day: the writer may be at work.
fn sweep(folder: &FilePath, depth: usize, is_shared: bool) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder
            && depth < DEPTH
            && (name.starts_with("date=")
                || depth > 0
                || ["_conversations", "_delta_log"].contains(&name))
        {
            sweep(&entry.path(), depth + 1, is_shared || name == "_delta_log");
            // Removes the folder only if it is empty.
            let _ = std::fs::remove_dir(entry.path());
        } else if !is_folder && is_temporary(name) && (!is_shared || is_old(&entry)) {
            // A file that cannot be removed does no harm; the next run retries.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn is_old(file: &std::fs::DirEntry) -> bool {
    let modified = file.metadata().and_then(|data| data.modified());
    let age = modified.ok().and_then(|modified| modified.elapsed().ok());
    age.is_some_and(|age| age > Duration::from_secs(24 * 60 * 60))
}

fn is_temporary(name: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    name.rsplit_once('#').is_some_and(|(stem, suffix)| {
        number(suffix)
            && ["conversations", ".json", ".parquet", ".csv"]
                .iter()
                .any(|part| stem.contains(part))
    })
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    #[tokio::test]
    async fn files_are_listed_by_their_names_and_those_of_a_similar_prefix_are_not() {
        let paths = Paths::new(Path::from("bucket folder/calls"));
        let store: Store = Arc::new(InMemory::new());
        let folder = Folder {
            name: "calls".to_owned(),
            unsynced: Arc::clone(&store),
            store,
            unretried: None,
            paths: paths.clone(),
            local: None,
        };
        let date = "2026-04-01".parse().unwrap();
        let date: chrono::NaiveDate = date;
        let data = Paths::data(date, "parquet");
        folder.put(&paths.at(&data), "data").await.unwrap();
        folder.put(&paths.state(), "{}").await.unwrap();
        let beside = Path::from("bucket folder/calls-of-others/x");
        folder.put(&beside, "x").await.unwrap();
        let expected = [("_conversations/state.json".to_owned(), 2), (data, 4)];
        let files = folder.files().await.unwrap().into_iter();
        let mut files: Vec<_> = files.map(|(name, info)| (name, info.bytes)).collect();
        files.sort();
        assert_eq!(files, expected);
        assert_eq!(folder.list(paths.root()).await.unwrap().len(), 2);
    }
}
