//! [`State`]: what a folder of synchronised data holds, day by day.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::folder::Files;
use super::names::Names;
use super::partition::Partition;
use super::plan::Plan;
use crate::failure::Failure;

/// The version of the state's own form; later programs read earlier ones. Before version 2 the name of a file held
/// its hash, and a program of that time would remove the files of this one.
const VERSION: u32 = 2;

/// What the folder holds. Written as one object, which is what commits a run: files are published after it, and a
/// run that finds them unpublished publishes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    version: u32,
    pub(crate) plan: Plan,
    /// The first day that is wanted.
    pub(crate) start: NaiveDate,
    pub(crate) days: BTreeMap<NaiveDate, Day>,
    /// The records without a readable start. Its `index` names their JSON rather than what is known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Option<Day>,
    /// Days that could not be read: they are retried however old they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) failed: BTreeMap<NaiveDate, Missed>,
}

/// A day that could not be read when it was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Missed {
    pub(crate) since: DateTime<Utc>,
    /// When it was last attempted, if it ever was: a run ends early where the server is down.
    pub(crate) attempted: Option<DateTime<Utc>>,
}

/// One day, by the conversations' own start in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Day {
    /// When the server was asked for it.
    pub(crate) looked_at: DateTime<Utc>,
    /// How many records may still change: in progress, young, or changed when last looked at.
    pub(crate) unsettled: u64,
    pub(crate) records: u64,
    /// `None` for a day without conversations.
    pub(crate) data: Option<DataFile>,
    /// The name of the object that holds what is known of each record.
    pub(crate) index: Option<String>,
    /// How many malformed records the server sent: until it sends none, the day is re-read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) malformed: u64,
    /// How many records outside the day the server sent for it: until it sends none, the day is re-read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) outside_range: u64,
}

const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A file of records, as the manifest lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DataFile {
    /// Relative to the folder.
    pub(crate) name: String,
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    /// Of the records: changes whenever one of them does.
    #[serde(default)]
    pub(crate) hash: String,
}

impl DataFile {
    /// How its name ends.
    fn ending(&self) -> &str {
        let file = self.name.rsplit('/').next().unwrap_or_default();
        file.split_once('.').map_or("", |(_, ending)| ending)
    }

    /// Where the file may be before it is published: staged, or under the name an earlier version gave it.
    pub(crate) fn unpublished(&self, partition: Partition) -> [String; 2] {
        [
            Names::staged(partition, &self.hash, self.ending()),
            Names::earlier_data(partition, &self.hash, self.ending()),
        ]
    }

    /// From the form in which the name holds the hash.
    fn upgrade(&mut self, partition: Partition) {
        let hash = self
            .name
            .rsplit_once("conversations-")
            .and_then(|(_, rest)| rest.split_once('.'))
            .map(|(hash, _)| hash.to_owned());
        if let Some(hash) = hash {
            self.name = Names::data(partition, self.ending());
            self.hash = hash;
        }
    }
}

impl Day {
    /// Whether the file of its records is there or about to be, as long as it was written.
    pub(crate) fn is_whole(&self, partition: Partition, there: &Files) -> bool {
        self.data.as_ref().is_none_or(|file| {
            let is_there = |name: &str| there.get(name) == Some(&file.bytes);
            is_there(&file.name)
                || file
                    .unpublished(partition)
                    .iter()
                    .any(|name| is_there(name))
        })
    }

    /// Whether the server sent something for it that is in no file.
    pub(crate) const fn is_incomplete(&self) -> bool {
        self.malformed > 0 || self.outside_range > 0
    }

    /// Whether it has to be looked at again whatever the time is.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.looked_at == DateTime::UNIX_EPOCH || (self.records > 0 && self.data.is_none())
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
        }
    }

    /// What is in the folder, by partition.
    pub(crate) fn partitions(&self) -> impl Iterator<Item = (Partition, &Day)> {
        let unknown = self.unknown.iter().map(|day| (Partition::Unknown, day));
        let days = self
            .days
            .iter()
            .map(|(date, day)| (Partition::Day(*date), day));
        unknown.chain(days)
    }

    /// Reads a state, whichever version of this program wrote it.
    pub(crate) fn read(json: &[u8], place: &str) -> Result<Self, Failure> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let refuse = |why: String| {
            Failure::usage(format!(
                "{place} cannot be read: {why}; restore it from a copy, or name a new folder"
            ))
        };
        let Version { version } = serde_json::from_slice(json)
            .map_err(|error| refuse(format!("it is not the state of a sync ({error})")))?;
        if version > VERSION {
            return Err(too_new(place, version));
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

    /// Refuses the manifest of another program or of a later version of this one. Returns the plan in it where no
    /// state tells what the folder holds; `known` says whether a state does.
    pub(crate) fn check_manifest(
        json: &[u8],
        place: &str,
        known: bool,
    ) -> Result<Option<Plan>, Failure> {
        #[derive(Deserialize)]
        struct Manifest {
            version: u32,
            plan: serde_json::Value,
            #[serde(rename = "files")]
            _files: Vec<serde_json::Value>,
        }
        let foreign = || {
            Failure::usage(format!(
                "{place} is not the manifest of a sync, and is left as it is: name another folder, or move that \
                 file away if nobody needs it"
            ))
        };
        let manifest: Manifest = match serde_json::from_slice(json) {
            Ok(manifest) => manifest,
            // Cut short or overwritten by accident: the state knows what was in it.
            Err(error) if known && !error.is_data() => return Ok(None),
            Err(_) => return Err(foreign()),
        };
        if manifest.version > VERSION {
            return Err(too_new(place, manifest.version));
        }
        if known {
            return Ok(None);
        }
        serde_json::from_value(manifest.plan)
            .map(Some)
            .map_err(|_| foreign())
    }

    /// Doubts the days whose files are gone or not as they were written, and names the first of them.
    pub(crate) fn doubt_missing(&mut self, there: &Files) -> Option<(usize, NaiveDate)> {
        let missing = self.days.iter_mut();
        let missing = missing.filter(|(date, day)| !day.is_whole(Partition::Day(**date), there));
        let missing: Vec<_> = missing
            .map(|(date, day)| {
                day.data = None;
                day.looked_at = DateTime::UNIX_EPOCH;
                *date
            })
            .collect();
        Some((missing.len(), *missing.first()?))
    }

    /// Doubts the days that were looked at in a time that has not come yet, and counts them: a clock was wrong,
    /// and what was settled by it may not be.
    pub(crate) fn doubt_the_future(&mut self, now: DateTime<Utc>) -> usize {
        let doubtful = self.days.values_mut().filter(|day| day.looked_at > now);
        doubtful
            .map(|day| day.looked_at = DateTime::UNIX_EPOCH)
            .count()
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("a state is plain data")
    }

    /// What readers go by: the same for the same data, whenever it was fetched.
    pub(crate) fn manifest(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Manifest<'a> {
            version: u32,
            plan: &'a Plan,
            records: u64,
            files: Vec<&'a DataFile>,
            /// Days that are missing or may lack records, because the server failed or sent what cannot be read.
            #[serde(skip_serializing_if = "Vec::is_empty")]
            incomplete: Vec<NaiveDate>,
        }
        let files: Vec<_> = self
            .partitions()
            .filter_map(|(_, day)| day.data.as_ref())
            .collect();
        let unread = self.days.iter().filter(|(_, day)| day.is_incomplete());
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

    /// Whether an object is part of this state.
    pub(crate) fn holds(&self, name: &str) -> bool {
        self.partitions().any(|(_, day)| {
            day.index.as_deref() == Some(name)
                || day.data.as_ref().is_some_and(|file| file.name == name)
        })
    }
}

fn too_new(place: &str, version: u32) -> Failure {
    Failure::usage(format!(
        "{place} was written by a later version of this program (form {version}, this one knows {VERSION}): \
         update the program"
    ))
}
