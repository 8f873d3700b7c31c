//! [`State`]: what a folder of synchronised data holds, day by day.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::folder::Files;
use super::plan::Plan;
use crate::failure::Failure;

/// The version of the state's own form. A program that knows a later one reads this too.
const VERSION: u32 = 1;

/// What the folder holds. Written as one object at the end of a run, so it is always that of a whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    version: u32,
    pub(crate) plan: Plan,
    /// The first day that is wanted.
    pub(crate) start: NaiveDate,
    pub(crate) days: BTreeMap<NaiveDate, Day>,
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
}

/// A file of records, as the manifest lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DataFile {
    /// Relative to the folder.
    pub(crate) name: String,
    pub(crate) records: u64,
    pub(crate) bytes: u64,
}

impl Day {
    /// Whether the file of its records is there, as long as it was written.
    pub(crate) fn is_whole(&self, there: &Files) -> bool {
        let is_there = |file: &DataFile| there.get(&file.name) == Some(&file.bytes);
        self.data.as_ref().is_none_or(is_there)
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
        }
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
        serde_json::from_slice(json).map_err(|error| refuse(error.to_string()))
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
        let missing = self.days.iter_mut().filter(|(_, day)| !day.is_whole(there));
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
        }
        let files: Vec<_> = self
            .days
            .values()
            .filter_map(|day| day.data.as_ref())
            .collect();
        let manifest = Manifest {
            version: VERSION,
            plan: &self.plan,
            records: files.iter().map(|file| file.records).sum(),
            files,
        };
        let mut json = serde_json::to_vec_pretty(&manifest).expect("a manifest is plain data");
        json.push(b'\n');
        json
    }

    /// Whether an object is part of this state.
    pub(crate) fn holds(&self, name: &str) -> bool {
        self.days.values().any(|day| {
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
