//! Where recordings go: a folder, a prefix in a store, or one file.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use object_store::ObjectStoreExt as _;
use object_store::path::Path as ObjectPath;

use super::index::{IndexFormat, Row};
use super::wav::{self, HEADS, Header};
use crate::failure::Failure;
use crate::output::shared_folder::warn_if_shared;
use crate::output::store::{self, Store, Url};
use crate::output::{Output, Target, file};

/// Where recordings go.
pub(super) enum Destination {
    /// One recording: a file, an object or standard output.
    One(PathBuf),
    Folder(PathBuf),
    Prefix {
        url: Url,
        store: Store,
        path: ObjectPath,
    },
}

impl Destination {
    /// Finds the destination that `output` names: `-` and names that end in `.wav` are one recording, all others a
    /// folder, which is created.
    pub(super) fn find(output: &Path) -> Result<Self, Failure> {
        if output == Path::new("-") {
            if io::stdout().is_terminal() {
                return Err(Failure::usage("a recording cannot be shown on a terminal")
                    .with("redirect standard output, or give a file or a folder as --output"));
            }
            return Ok(Self::One(output.to_owned()));
        }
        let url = store::url(output)?;
        let is_wav = output
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("wav"));
        if is_wav && !output.is_dir() {
            if let Some(path) = store::local_path(output) {
                warn_if_shared(file::folder_of(&path));
            }
            return Ok(Self::One(output.to_owned()));
        }
        if let Some(url) = url.filter(|url| url.scheme() != "file") {
            let (store, path) = store::open(&url)?;
            return Ok(Self::Prefix { url, store, path });
        }
        let folder = store::local_path(output).unwrap_or_else(|| output.to_owned());
        create_private(&folder).map_err(|error| Failure::no_folder(&folder.display(), &error))?;
        warn_if_shared(&folder);
        // Those of killed runs: once for all recordings, because a folder may have many.
        file::remove_stale(&folder.join("*"));
        Ok(Self::Folder(folder))
    }

    /// Returns whether only one recording fits.
    pub(super) const fn is_one(&self) -> bool {
        matches!(self, Self::One(_))
    }

    /// Returns whether the recording goes to a stream: standard output, a pipe or a device.
    pub(super) fn is_stream(&self) -> bool {
        match self {
            Self::One(path) => {
                path == Path::new("-") || fs::metadata(path).is_ok_and(|there| !there.is_file())
            }
            Self::Folder(_) | Self::Prefix { .. } => false,
        }
    }

    /// Returns the display name.
    pub(super) fn name(&self) -> String {
        match self {
            Self::One(path) if path == Path::new("-") => "standard output".to_owned(),
            Self::One(path) | Self::Folder(path) => path.display().to_string(),
            Self::Prefix { url, .. } => url.to_string(),
        }
    }

    /// Returns the size of the file or object of this name in the folder; `None` if there is none. Anything else of
    /// this name counts as absent; writing replaces it.
    pub(super) async fn bytes_of(&self, name: &str) -> Result<Option<u64>, Failure> {
        match self {
            Self::One(_) => Ok(None),
            Self::Folder(folder) => match fs::symlink_metadata(folder.join(name)) {
                Ok(there) => Ok(there.is_file().then_some(there.len())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(self.failed(name, error)),
            },
            Self::Prefix { store, path, .. } => match store.head(&path.clone().join(name)).await {
                Ok(object) => Ok(Some(object.size)),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(self.failed(name, store::explain(&error))),
            },
        }
    }

    /// Checks the file or object of this name, which has `bytes` bytes, and reads its header. The inner error is that
    /// it is no complete recording.
    pub(super) async fn check(
        &self,
        name: &str,
        bytes: u64,
    ) -> Result<Result<Option<Header>, &'static str>, Failure> {
        let mut checked = Ok(None);
        for length in HEADS {
            let length = bytes.min(length as u64);
            let head = match self {
                Self::One(_) => return Ok(Ok(None)),
                Self::Folder(folder) => {
                    let mut head = Vec::new();
                    let read = File::open(folder.join(name))
                        .and_then(|file| file.take(length).read_to_end(&mut head));
                    read.map_err(|error| self.failed(name, error))?;
                    head
                }
                // A store rejects an empty range.
                Self::Prefix { .. } if length == 0 => Vec::new(),
                Self::Prefix { store, path, .. } => {
                    let head = store.get_range(&path.clone().join(name), 0..length).await;
                    let head = head.map_err(|error| self.failed(name, store::explain(&error)))?;
                    head.to_vec()
                }
            };
            checked = wav::check(&head, bytes);
            // A longer header needs more than this.
            if !matches!(checked, Ok(None)) {
                break;
            }
        }
        Ok(checked)
    }

    /// Opens the output of a recording. Nothing is at the destination before it is finished.
    pub(super) async fn create(&self, name: &str) -> Result<Output, Failure> {
        match self {
            Self::One(path) => Output::create(Target::find(path)?).await,
            Self::Folder(folder) => Output::create_swept(folder.join(name)),
            Self::Prefix { .. } => Output::create(self.object(name)).await,
        }
    }

    /// Returns the index of earlier runs; empty if there is none. A file of another kind is an error, because writing
    /// the index would replace it.
    pub(super) async fn read_index(&self, format: IndexFormat) -> Result<Vec<Row>, Failure> {
        let name = format.file_name();
        let content = match self {
            Self::One(_) => return Ok(Vec::new()),
            Self::Folder(folder) => {
                if self.bytes_of(name).await?.is_none() {
                    return Ok(Vec::new());
                }
                fs::read(folder.join(name)).map_err(|error| self.failed(name, error))?
            }
            Self::Prefix { store, path, .. } => {
                let content = async { store.get(&path.clone().join(name)).await?.bytes().await };
                match content.await {
                    Ok(content) => content.to_vec(),
                    Err(object_store::Error::NotFound { .. }) => return Ok(Vec::new()),
                    Err(error) => return Err(self.failed(name, store::explain(&error))),
                }
            }
        };
        format.read(&content).map_err(|line| {
            self.failed(
                name,
                format_args!("it is not an index of recordings (line {line})"),
            )
            .with("move it, or use another folder")
        })
    }

    /// Replaces the index.
    pub(super) async fn write_index(
        &self,
        format: IndexFormat,
        rows: &[Row],
    ) -> Result<(), Failure> {
        let (name, content) = (format.file_name(), format.write(rows));
        match self {
            Self::One(_) => Ok(()),
            Self::Folder(folder) => {
                let replaced = file::replace(&folder.join(name), &content);
                replaced.map_err(|error| self.failed(name, error))
            }
            Self::Prefix { .. } => Output::put(self.object(name), content).await,
        }
    }

    fn object(&self, name: &str) -> Target {
        match self {
            Self::Prefix { store, path, .. } => Target::Object {
                name: self.name_of(name),
                store: store.clone(),
                path: path.clone().join(name),
                is_local: false,
            },
            Self::One(path) | Self::Folder(path) => Target::File(path.join(name)),
        }
    }

    /// Returns the display name of a file or object in the folder.
    fn name_of(&self, name: &str) -> String {
        format!("{}/{name}", self.name().trim_end_matches('/'))
    }

    fn failed(&self, name: &str, why: impl std::fmt::Display) -> Failure {
        Failure::unwritable(&self.name_of(name), why)
    }
}

/// Creates a folder that only its owner can read; one that is there is left as it is.
fn create_private(folder: &Path) -> io::Result<()> {
    #[cfg_attr(
        not(unix),
        expect(unused_mut, reason = "permissions are those of the folder")
    )]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}
