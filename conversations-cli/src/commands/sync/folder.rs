//! [`Folder`]: the store and the prefix in it that data is synchronized to.

use std::io;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutMode, PutOptions, PutPayload, UpdateVersion};

use super::files::{FileInfo, Files};
use super::local_files::{sweep, walk};
use super::object_reader::ObjectReader;
use super::paths::Paths;
use crate::failure::Failure;
use crate::output::checksum::Checksum;
use crate::output::store::{self, Store};

/// How often a store is asked for a copy that it has accepted and not completed.
const COPY_POLL: Duration = Duration::from_secs(1);
/// Maximum time to wait for such a copy.
const COPY_LIMIT: Duration = Duration::from_secs(60);

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
        let url = store::url(argument)?;
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

    /// Opens an object to read it from its start; returns `None` if it does not exist.
    pub(crate) async fn open_object(&self, path: &Path) -> Result<Option<ObjectReader>, Failure> {
        let Some(root) = &self.local else {
            return Ok(self.get(path).await?.map(ObjectReader::from));
        };
        match ObjectReader::file(root.join(path.as_ref())) {
            Ok(reader) => Ok(Some(reader)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::unwritable(&self.name, format!("{path}: {error}"))),
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
            "another run has taken over {} while this one was paused: its changes stay and those of this run may be \
             dropped; run again to be sure",
            self.name
        ))
    }

    /// Moves an object of `bytes` bytes to its final name. In a store it is copied, which is atomic for readers, and
    /// then deleted. If it no longer exists, another run has taken over.
    pub(crate) async fn publish(&self, from: &Path, to: &Path, bytes: u64) -> Result<(), Failure> {
        if self.local.is_none() {
            self.copy(from, to, bytes).await?;
            return self.remove(from).await;
        }
        let renamed = self.store.rename(from, to).await;
        renamed.map_err(|error| self.failed(to, &error))
    }

    /// Copies an object of `bytes` bytes, atomically for readers. If it no longer exists, another run has taken over.
    pub(crate) async fn copy(&self, from: &Path, to: &Path, bytes: u64) -> Result<(), Failure> {
        match self.store.copy(from, to).await {
            Ok(()) if self.local.is_some() => Ok(()),
            Ok(()) => self.wait_for_copy(to, bytes).await,
            Err(object_store::Error::NotFound { .. }) if self.local.is_none() => {
                Err(self.overtaken())
            }
            Err(error) => Err(self.failed(to, &error)),
        }
    }

    /// Waits until a copied object has all of its bytes. Azure may only accept a copy and make it later, and makes none
    /// if the source is deleted before.
    async fn wait_for_copy(&self, to: &Path, bytes: u64) -> Result<(), Failure> {
        let limit = Instant::now() + COPY_LIMIT;
        loop {
            match self.store.head(to).await {
                Ok(there) if there.size == bytes => return Ok(()),
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(self.failed(to, &error)),
            }
            if Instant::now() >= limit {
                let why = format!(
                    "{to}: the store has accepted a copy and not completed it within {} seconds",
                    COPY_LIMIT.as_secs()
                );
                return Err(Failure::unwritable(&self.name, why));
            }
            tokio::time::sleep(COPY_POLL).await;
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

    /// Returns the current files of the folder. Those of other programs are passed over, also while they are listed:
    /// there may be any number of them, and folders that cannot be read.
    pub(crate) async fn files(&self) -> Result<Files, Failure> {
        let mut files = Files::new();
        if let Some(root) = self.local.clone() {
            let walked = tokio::task::spawn_blocking(move || {
                walk(&root, "", &mut files)?;
                Ok(files)
            });
            let walked = walked.await.unwrap_or_else(|panic| Err(panic.to_string()));
            return walked.map_err(|why| Failure::unwritable(&self.name, why));
        }
        let root = self.paths.root();
        let mut found = self.store.list((!root.as_ref().is_empty()).then_some(root));
        loop {
            let next = found.try_next().await;
            let Some(object) = next.map_err(|error| self.failed(root, &error))? else {
                return Ok(files);
            };
            let info = FileInfo {
                bytes: object.size,
                modified: object.last_modified,
            };
            let name = self.paths.relative(&object.location);
            if let Some(name) = name.filter(|name| Paths::is_own(name)) {
                files.insert(name, info);
            }
        }
    }

    pub(crate) async fn remove_all(&self, path: &Path) -> Result<(), Failure> {
        let found: Result<Vec<_>, _> = self.store.list(Some(path)).try_collect().await;
        let found = match found {
            Err(object_store::Error::NotFound { .. }) => Vec::new(),
            found => found.map_err(|error| self.failed(path, &error))?,
        };
        for found in found {
            self.remove(&found.location).await?;
        }
        Ok(())
    }

    /// Fails if the file system of a local folder has no hard links. With these, the files and versions of a Delta
    /// table get their names without replacing others.
    pub(crate) fn check_links(&self) -> Result<(), Failure> {
        let Some(root) = &self.local else {
            return Ok(());
        };
        // The names are those of temporary files, which the next run removes if this one is killed here.
        let names = ["probe.json#0", "probe.json#1"];
        let [file, link] = names.map(|name| root.join("_conversations").join(name));
        let _ = std::fs::remove_file(&link);
        let written = std::fs::write(&file, "");
        written.map_err(|error| Failure::unwritable(&self.name, error))?;
        let linked = std::fs::hard_link(&file, &link);
        for name in [file, link] {
            let _ = std::fs::remove_file(name);
        }
        linked.map_err(|error| {
            let why = format!("a Delta table needs a file system with hard links: {error}");
            Failure::unwritable(&self.name, why)
                .with("use a folder on another file system, or synchronize without --table delta")
        })
    }

    /// Removes temporary files of killed writers from a local folder. They have the temporary names of
    /// `object_store`, which does not list them.
    pub(crate) fn sweep(&self) {
        if let Some(root) = &self.local {
            sweep(root);
        }
    }

    pub(crate) fn failed(&self, path: &Path, error: &object_store::Error) -> Failure {
        Failure::unwritable(&self.name, format!("{path}: {}", store::explain(error)))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use object_store::memory::InMemory;

    use super::*;

    /// Returns a folder in a bucket that is in memory.
    pub(crate) fn in_memory(root: &str) -> Folder {
        let store: Store = Arc::new(InMemory::new());
        Folder {
            name: "calls".to_owned(),
            unsynced: Arc::clone(&store),
            store,
            unretried: None,
            paths: Paths::new(Path::from(root)),
            local: None,
        }
    }

    #[tokio::test]
    async fn files_are_listed_by_their_names_and_those_of_a_similar_prefix_are_not() {
        let folder = in_memory("bucket folder/calls");
        let paths = &folder.paths;
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
    }
}
