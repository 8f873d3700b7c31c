//! Refuses Delta tables, in a build without the feature `delta`.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use conversations_table::Columns;

use super::files::Files;
use super::folder::Folder;
use super::partition::Partition;
use super::paths::Paths;
use super::state::{DataFile, State};
use crate::failure::Failure;

/// A Delta table, which this build cannot open.
pub(crate) enum DeltaTable {}

/// What a run commits.
#[expect(
    dead_code,
    reason = "a build without Delta tables never commits to one"
)]
pub(crate) struct Commit {
    pub(crate) state: i64,
    pub(crate) files: Vec<(Partition, DataFile)>,
    pub(crate) query_fingerprint: String,
    pub(crate) metrics: Vec<(&'static str, u64)>,
}

impl DeltaTable {
    /// Refuses a folder that is a Delta table or is to become one: as a plain folder, its files would be replaced
    /// while readers of the table read them.
    pub(crate) async fn open(
        folder: &Folder,
        there: &Files,
        requested: bool,
    ) -> Result<Option<Self>, Failure> {
        if !requested && !there.keys().any(|name| Paths::is_log(name)) {
            return Ok(None);
        }
        let failure = Failure::usage(format!(
            "{} is a Delta table, and this program was built without the feature `delta`: nothing was changed",
            folder.name
        ));
        Err(failure.with("build it with its default features, or name another folder"))
    }

    pub(crate) fn set_columns(&mut self, _: &Columns) -> Result<(), Failure> {
        match *self {}
    }

    pub(crate) const fn exists(&self) -> bool {
        match *self {}
    }

    pub(crate) fn state(&self) -> Option<i64> {
        match *self {}
    }

    pub(crate) fn holds(&self, _: &State) -> bool {
        match *self {}
    }

    pub(crate) fn check(&self, _: &State) -> Result<(), Failure> {
        match *self {}
    }

    pub(crate) async fn needed_since(&self, _: DateTime<Utc>) -> Result<BTreeSet<String>, Failure> {
        match *self {}
    }

    pub(crate) async fn commit(&mut self, _: Commit) -> Result<u64, Failure> {
        match *self {}
    }
}
