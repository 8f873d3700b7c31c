//! [`Input`]: reads exported conversations back from the files that this program writes with complete conversations:
//! JSONL, Parquet, and `sync` folders of either.

mod field_selection;
mod file_reader;
mod jsonl;
#[cfg(feature = "parquet")]
mod parquet_file;

use std::collections::VecDeque;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::failure::Failure;
use crate::output::store;
use crate::term::escape::printable;
pub(crate) use field_selection::FieldSelection;
use file_reader::FileReader;
pub(crate) use file_reader::Position;
use jsonl::JsonlReader;
#[cfg(feature = "parquet")]
use parquet_file::ParquetReader;

/// The conversations of several files, one after the other.
pub(crate) struct Input {
    wanted: FieldSelection,
    /// The id of the only conversation that is wanted.
    id: Option<String>,
    passed_over: u64,
    files: VecDeque<PathBuf>,
    reader: Option<Box<dyn FileReader + Send>>,
    /// The sizes of the file being read, of the files before it, and of all files.
    size: u64,
    before: u64,
    all: u64,
}

impl Input {
    /// Opens files and `sync` folders; `-` is standard input. Fails if one of them cannot be read.
    pub(crate) fn open(paths: &[PathBuf], wanted: FieldSelection) -> Result<Self, Failure> {
        let mut files = VecDeque::new();
        for path in paths {
            check_local(path)?;
            if path.is_dir() {
                files.extend(in_folder(path)?);
            } else {
                files.push_back(path.clone());
            }
        }
        let all = files.iter().map(|file| size(file)).sum::<Option<u64>>();
        Ok(Self {
            wanted,
            id: None,
            passed_over: 0,
            files,
            reader: None,
            size: 0,
            before: 0,
            all: all.unwrap_or(0),
        })
    }

    /// Passes over conversations with another id where a file allows finding them without reading all of it.
    pub(crate) fn only(mut self, id: Option<&str>) -> Self {
        self.id = id.map(str::to_owned);
        self
    }

    /// Returns the number of conversations that [`only`](Self::only) passed over.
    pub(crate) fn passed_over(&self) -> u64 {
        self.passed_over
    }

    /// Advances to the next conversation or malformed line; returns `false` at the end. Its JSON is
    /// [`json`](Self::json).
    pub(crate) fn advance(&mut self) -> Result<bool, Failure> {
        loop {
            if let Some(reader) = &mut self.reader
                && reader.advance()?
            {
                return Ok(true);
            }
            self.before += self.size;
            if let Some(reader) = &self.reader {
                self.passed_over += reader.passed_over();
            }
            let Some(file) = self.files.pop_front() else {
                self.reader = None;
                self.size = 0;
                return Ok(false);
            };
            self.size = size(&file).unwrap_or(0);
            self.reader = Some(self.open_file(&file)?);
        }
    }

    fn open_file(&self, path: &Path) -> Result<Box<dyn FileReader + Send>, Failure> {
        if is_parquet(path) {
            open_parquet(path, self.wanted, self.id.as_deref())
        } else {
            Ok(Box::new(JsonlReader::open(path)?))
        }
    }

    /// Returns the JSON of the current conversation; empty for a line that is not UTF-8.
    pub(crate) fn json(&self) -> &str {
        self.reader.as_ref().map_or("", |reader| reader.json())
    }

    /// Returns the position of the current conversation, for messages.
    pub(crate) fn position(&self) -> Position {
        match &self.reader {
            Some(reader) => reader.position(),
            None => Position::new("", "line", 0),
        }
    }

    /// Returns the number of bytes read and the total; 0 and 0 if the total is unknown.
    pub(crate) fn done(&self) -> (u64, u64) {
        let reader = self.reader.as_ref();
        let current = reader.map_or(0, |reader| reader.bytes_read(self.size));
        (self.before + current, self.all)
    }
}

/// Fails for the URL of an object store, which is no path.
fn check_local(path: &Path) -> Result<(), Failure> {
    let Some(url) = store::url(path)? else {
        return Ok(());
    };
    let copy = match url.scheme() {
        "s3" | "s3a" => "`aws s3 sync`",
        "gs" => "`gcloud storage rsync --recursive`",
        "file" => return Err(Failure::usage("--from takes paths: leave out file://")),
        _ => "`azcopy copy --recursive`",
    };
    // The rest of the URL may contain a signature.
    let failure = Failure::usage(format!(
        "--from reads files and folders on this machine, not {}://",
        url.scheme()
    ));
    Err(failure.with(&format!(
        "copy them to this machine first, for example with {copy}"
    )))
}

#[cfg(feature = "parquet")]
fn open_parquet(
    path: &Path,
    wanted: FieldSelection,
    id: Option<&str>,
) -> Result<Box<dyn FileReader + Send>, Failure> {
    Ok(Box::new(ParquetReader::open(path, wanted, id)?))
}

#[cfg(not(feature = "parquet"))]
fn open_parquet(
    path: &Path,
    _: FieldSelection,
    _: Option<&str>,
) -> Result<Box<dyn FileReader + Send>, Failure> {
    let path = printable(&path.to_string_lossy());
    Err(Failure::usage(format!(
        "cannot read {path}: this program was built without Parquet"
    ))
    .with("give JSONL files, or build it with the feature `parquet`"))
}

/// Returns whether the first bytes of a file are those of Parquet.
fn is_parquet(path: &Path) -> bool {
    let mut start = [0; 4];
    let is_file = path.metadata().is_ok_and(|data| data.is_file());
    is_file
        && File::open(path)
            .and_then(|mut file| file.read_exact(&mut start))
            .is_ok()
        && &start == b"PAR1"
}

/// Returns the size of a file; `None` for a pipe, whose length is unknown.
fn size(path: &Path) -> Option<u64> {
    let data = path.metadata().ok()?;
    data.is_file().then_some(data.len())
}

/// The manifest of a folder written by `sync`.
#[derive(Deserialize)]
struct Manifest {
    files: Vec<ManifestFile>,
}

#[derive(Deserialize)]
struct ManifestFile {
    name: String,
}

/// Returns the files listed in a folder's manifest, or in those of its project folders.
fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    if let Some(files) = in_project(folder)? {
        return Ok(files);
    }
    let entries = folder.read_dir();
    let entries = entries.map_err(|error| Failure::unreadable(folder, &error))?;
    let mut projects: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("project="))
        .map(|entry| entry.path())
        .collect();
    projects.sort();
    let mut files = Vec::new();
    let mut is_synced = false;
    for project in projects {
        if let Some(found) = in_project(&project)? {
            is_synced = true;
            files.extend(found);
        }
    }
    if is_synced {
        return Ok(files);
    }
    let folder = printable(&folder.to_string_lossy());
    let failure = Failure::usage(format!(
        "cannot read {folder}: the folder was not written by `sync` (it has no _manifest.json)"
    ));
    Err(failure.with(&format!(
        "give the files in the folder, e.g. {folder}/*.jsonl.zst"
    )))
}

fn in_project(folder: &Path) -> Result<Option<Vec<PathBuf>>, Failure> {
    let path = folder.join("_manifest.json");
    check_file(&path)?;
    let json = match std::fs::read(&path) {
        Ok(json) => json,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::unreadable(&path, &error)),
    };
    let manifest: Manifest = serde_json::from_slice(&json).map_err(|_| {
        Failure::usage(format!(
            "cannot read {}: it is not a manifest written by `sync`",
            printable(&path.to_string_lossy())
        ))
    })?;
    let files = manifest.files.iter().map(|file| folder.join(&file.name));
    let files: Vec<_> = files.collect();
    files.iter().try_for_each(|path| check_file(path))?;
    Ok(Some(files))
}

/// Fails for a pipe in the place of a file: opening it would wait for its writer.
fn check_file(path: &Path) -> Result<(), Failure> {
    if path.metadata().is_ok_and(|data| !data.is_file()) {
        return Err(Failure::unreadable(path, &"it is not a file"));
    }
    Ok(())
}
