//! [`Quarantine`]: the records that are malformed, beside the output that they could not go into.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use conversations_api_ext::Error;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::{Output, Target};

/// Writes malformed records to a file of their own, which is made with the first of them.
pub(crate) struct Quarantine {
    path: Option<PathBuf>,
    /// Whether what the records hold may be written.
    content: bool,
    output: Option<Output>,
}

/// A malformed record, as a line of JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Malformed<'a> {
    id: Option<&'a str>,
    /// Which record of its page it was, counted from 0.
    position: Option<usize>,
    /// The field that is not as it should be.
    path: Option<&'a str>,
    expected: Option<&'a str>,
    reason: String,
    bytes: usize,
    /// What came in its place.
    raw: Option<String>,
}

impl<'a> Malformed<'a> {
    /// `content` says whether what it holds may be shown.
    pub(crate) fn new(error: &'a Error, content: bool) -> Self {
        let raw = error.record_bytes();
        Self {
            id: error.record_id(),
            position: error.record_position(),
            path: error.record_path(),
            expected: error.record_expected(),
            reason: error.to_string(),
            bytes: raw.map_or(0, bytes::Bytes::len),
            raw: raw
                .filter(|_| content)
                .map(|raw| String::from_utf8_lossy(raw).into_owned()),
        }
    }

    pub(crate) fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).expect("it is plain data");
        line.push(b'\n');
        line
    }
}

impl Quarantine {
    /// `beside` is the output; standard output and pipes have no place beside them. Where words are to be
    /// masked, `content` is false: what cannot be read cannot be masked.
    pub(crate) fn new(asked: Option<&Path>, beside: &Path, target: &Target, content: bool) -> Self {
        let path = match (asked, target) {
            (Some(path), _) => Some(path.to_owned()),
            (None, Target::Stream { .. }) => None,
            (None, Target::File(_) | Target::Object { .. }) => {
                let mut name = beside.as_os_str().to_owned();
                name.push(".malformed.jsonl");
                Some(name.into())
            }
        };
        Self {
            path,
            content,
            output: None,
        }
    }

    /// Where the malformed records are, if there are any and they have a place.
    pub(crate) fn place(&self) -> Option<&Path> {
        self.output.as_ref().and(self.path.as_deref())
    }

    pub(crate) async fn add(&mut self, error: &Error) -> Result<(), Failure> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        if self.output.is_none() {
            self.output = Some(Output::create(Target::find(path)?).await?);
        }
        let line = Malformed::new(error, self.content).line();
        let output = self.output.as_mut().expect("was made above");
        let written: io::Result<()> = output.write_all(&line);
        written.map_err(|error| Failure::unwritable(&path.display(), error))
    }

    /// Puts the file in its place. Where there is none to write, one of an earlier run goes: its records belong
    /// to an output that is replaced.
    pub(crate) async fn finish(self) -> Result<(), Failure> {
        match (self.output, self.path) {
            (Some(output), _) => {
                let finished = tokio::task::spawn_blocking(move || output.finish());
                finished
                    .await
                    .map_err(|_| Failure::other("writing panicked; please report this"))?
            }
            (None, Some(path)) => match Target::find(&path) {
                Ok(Target::File(path)) => match std::fs::remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        Err(Failure::unwritable(&path.display(), error))
                    }
                    _ => Ok(()),
                },
                _ => Ok(()),
            },
            (None, None) => Ok(()),
        }
    }
}
