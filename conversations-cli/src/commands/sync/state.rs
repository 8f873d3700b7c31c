//! [`State`]: the content of a synchronized folder, day by day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::files::Files;
use super::partition::Partition;
use super::paths::Paths;
use super::plan::Plan;
use crate::failure::Failure;

/// The version of the state format; later programs read earlier ones. Before version 2 the file names contained the
/// hash, and a program of that version would remove the files of this one.
pub(crate) const VERSION: u32 = 2;

/// The content of the folder. It is written as one object, which commits a run: files are published after it, and a
/// run that finds them unpublished publishes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    version: u32,
    pub(crate) plan: Plan,
    /// The first requested day.
    pub(crate) start: NaiveDate,
    pub(crate) days: BTreeMap<NaiveDate, Day>,
    /// The records without a readable start. Its `index` names their JSON instead of an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Option<Day>,
    /// Days that could not be read. They are retried however old they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) failed: BTreeMap<NaiveDate, Missed>,
    /// The published files that this state replaces. The run that writes it removes them, or the next one if it is
    /// killed, except for a last copy of the records of a day.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) superseded: BTreeSet<String>,
}

/// A day that could not be read when it was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Missed {
    pub(crate) since: DateTime<Utc>,
    /// The last attempt; `None` if there was none, because a run ends early if the server is down.
    pub(crate) attempted: Option<DateTime<Utc>>,
}

/// One day, by the start of conversations in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Day {
    /// When it was requested from the server.
    #[serde(rename = "looked_at")]
    pub(crate) read_at: DateTime<Utc>,
    /// The number of records that may still change: in progress, young, or changed at the last read.
    pub(crate) unsettled: u64,
    pub(crate) records: u64,
    /// `None` for a day without conversations.
    pub(crate) data: Option<DataFile>,
    /// The name of the object with the index of the day.
    pub(crate) index: Option<String>,
    /// The number of malformed records in the response. The day is re-read until there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) malformed: u64,
    /// The number of records outside the day in the response. The day is re-read until there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) outside_range: u64,
    /// The number of records that are kept although the response lacked them, because too many were missing. The day is
    /// re-read until the server sends them or the user accepts that they are gone.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) held_back: u64,
}

const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A file of records, as listed in the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DataFile {
    /// The name relative to the folder.
    pub(crate) name: String,
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    /// The hash of the records: changes whenever one of them does.
    #[serde(default)]
    pub(crate) hash: String,
    /// The [`Checksum`](crate::output::checksum::Checksum) of the bytes of the file; `None` if an earlier version of
    /// the program wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) checksum: Option<String>,
}

impl DataFile {
    /// Returns the extension of its name.
    pub(crate) fn extension(&self) -> &str {
        let file = self.name.rsplit('/').next().unwrap_or_default();
        file.split_once('.').map_or("", |(_, extension)| extension)
    }

    /// Returns the names the file may have before it is published: staged, or the name from an earlier version.
    pub(crate) fn unpublished(&self, partition: Partition) -> [String; 2] {
        [
            Paths::staged(partition, &self.hash, self.extension()),
            Paths::earlier_data(partition, &self.hash, self.extension()),
        ]
    }

    /// Converts from the version in which the name contains the hash.
    pub(crate) fn upgrade(&mut self, partition: Partition) {
        let earlier = Some(&self.name).filter(|name| Paths::is_earlier_data(name));
        let hash = earlier
            .and_then(|name| name.rsplit_once("conversations-"))
            .and_then(|(_, rest)| rest.split_once('.'))
            .map(|(hash, _)| hash.to_owned());
        if let Some(hash) = hash {
            self.name = Paths::data(partition, self.extension());
            self.hash = hash;
        }
    }
}

impl Day {
    /// Returns whether its data file is published or staged, with the length it was written with.
    pub(crate) fn is_whole(&self, partition: Partition, there: &Files) -> bool {
        self.data.as_ref().is_none_or(|file| {
            let is_there = |name: &str| there.get(name).is_some_and(|it| it.bytes == file.bytes);
            is_there(&file.name)
                || file
                    .unpublished(partition)
                    .iter()
                    .any(|name| is_there(name))
        })
    }

    /// Returns whether the server returned records that are in no file.
    pub(crate) const fn is_incomplete(&self) -> bool {
        self.malformed > 0 || self.outside_range > 0
    }

    /// Returns whether it must be re-read regardless of its age.
    pub(crate) fn is_invalid(&self) -> bool {
        self.read_at == DateTime::UNIX_EPOCH || self.has_lost_its_file()
    }

    /// Returns whether the file with its records is missing or damaged.
    pub(crate) const fn has_lost_its_file(&self) -> bool {
        self.records > 0 && self.data.is_none()
    }
}

impl State {
    pub(crate) const fn new(plan: Plan, start: NaiveDate) -> Self {
        Self {
            version: VERSION,
            plan,
            start,
            days: BTreeMap::new(),
            unknown: None,
            failed: BTreeMap::new(),
            superseded: BTreeSet::new(),
        }
    }

    /// Returns the content of the folder by partition.
    pub(crate) fn partitions(&self) -> impl Iterator<Item = (Partition, &Day)> {
        let unknown = self.unknown.iter().map(|day| (Partition::Unknown, day));
        let days = self
            .days
            .iter()
            .map(|(date, day)| (Partition::Day(*date), day));
        unknown.chain(days)
    }

    /// Returns the files of the partitions that have one.
    pub(crate) fn files_mut(&mut self) -> impl Iterator<Item = (Partition, &mut DataFile)> {
        let unknown = self.unknown.iter_mut();
        let unknown = unknown.map(|day| (Partition::Unknown, day));
        let days = self.days.iter_mut();
        let days = days.map(|(date, day)| (Partition::Day(*date), day));
        let all = unknown.chain(days);
        all.filter_map(|(at, day)| Some((at, day.data.as_mut()?)))
    }

    /// Parses a state written by this or an earlier version of the program.
    pub(crate) fn read(json: &[u8], path: &str) -> Result<Self, Failure> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let refuse = |why: String| {
            Failure::usage(format!(
                "{path} cannot be read: {why}; restore it from a copy, or add --rebuild, with all flags of the \
                 folder such as --redact, to fetch it again"
            ))
        };
        let Version { version } = serde_json::from_slice(json)
            .map_err(|error| refuse(format!("it is not the state of a sync ({error})")))?;
        if version > VERSION {
            return Err(too_new(path, version));
        }
        let mut state: Self =
            serde_json::from_slice(json).map_err(|error| refuse(error.to_string()))?;
        for (date, day) in &mut state.days {
            if let Some(file) = &mut day.data {
                file.upgrade(Partition::Day(*date));
            }
        }
        state.version = VERSION;
        Ok(state)
    }

    /// Returns whether JSON is a damaged state, and not one of a later version of the program.
    pub(crate) fn is_damaged(json: &[u8]) -> bool {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let version = serde_json::from_slice(json);
        let is_too_new = version.is_ok_and(|Version { version }| version > VERSION);
        !is_too_new && Self::read(json, "").is_err()
    }

    /// Adds the partitions of another state whose files this one neither holds nor has superseded.
    pub(crate) fn add_missing(&mut self, other: Self) {
        let is_superseded = |day: &Day| {
            let name = day.data.as_ref().map(|file| &file.name);
            name.is_some_and(|name| self.superseded.contains(name))
        };
        let days = other.days.into_iter();
        let days: Vec<_> = days.filter(|(_, day)| !is_superseded(day)).collect();
        let unknown = other.unknown.filter(|day| !is_superseded(day));
        for (date, day) in days {
            self.days.entry(date).or_insert(day);
        }
        self.unknown = self.unknown.take().or(unknown);
    }

    /// Returns the names of the published files that runs have written, including lost and superseded ones.
    pub(crate) fn written_names(&self) -> impl Iterator<Item = String> {
        let current = self.partitions().filter_map(|(at, day)| match &day.data {
            Some(file) => Some(file.name.clone()),
            None => (day.records > 0).then(|| Paths::data(at, &self.plan.format)),
        });
        current.chain(self.superseded.iter().cloned())
    }

    /// Marks a partition whose file is missing or damaged: its file must be written again.
    pub(crate) fn invalidate_file(&mut self, partition: Partition) {
        let day = match partition {
            Partition::Unknown => self.unknown.as_mut(),
            Partition::Day(date) => self.days.get_mut(&date),
        };
        if let Some(day) = day {
            day.data = None;
            day.read_at = DateTime::UNIX_EPOCH;
        }
    }

    /// Marks days for a re-read that were read at a future time, and returns their number: a clock was wrong, so
    /// records that it made final may not be.
    pub(crate) fn invalidate_future(&mut self, now: DateTime<Utc>) -> usize {
        let doubtful = self.days.values_mut().filter(|day| day.read_at > now);
        doubtful
            .map(|day| day.read_at = DateTime::UNIX_EPOCH)
            .count()
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("a state is plain data")
    }

    /// Returns the manifest for readers: identical for identical data, whenever it was fetched.
    pub(crate) fn manifest(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Manifest<'a> {
            version: u32,
            plan: &'a Plan,
            records: u64,
            files: Vec<&'a DataFile>,
            /// Days that are missing or may lack records, because the server failed or returned malformed records, or
            /// because their file was lost.
            #[serde(skip_serializing_if = "Vec::is_empty")]
            incomplete: Vec<NaiveDate>,
        }
        let files: Vec<_> = self
            .partitions()
            .filter_map(|(_, day)| day.data.as_ref())
            .collect();
        let unread = self.days.iter();
        let unread = unread.filter(|(_, day)| day.is_incomplete() || day.has_lost_its_file());
        let mut incomplete: Vec<_> = unread.map(|(date, _)| *date).collect();
        incomplete.extend(self.failed.keys());
        incomplete.sort_unstable();
        incomplete.dedup();
        let manifest = Manifest {
            version: VERSION,
            plan: &self.plan,
            records: files.iter().map(|file| file.records).sum(),
            files,
            incomplete,
        };
        let mut json = serde_json::to_vec_pretty(&manifest).expect("a manifest is plain data");
        json.push(b'\n');
        json
    }

    /// Returns whether an object is part of this state.
    pub(crate) fn holds(&self, name: &str) -> bool {
        self.partitions().any(|(_, day)| {
            day.index.as_deref() == Some(name)
                || day.data.as_ref().is_some_and(|file| file.name == name)
        })
    }
}

pub(crate) fn too_new(path: &str, version: u32) -> Failure {
    Failure::usage(format!(
        "{path} was written by a later version of this program (form {version}, this one knows {VERSION}): \
         update the program"
    ))
}
