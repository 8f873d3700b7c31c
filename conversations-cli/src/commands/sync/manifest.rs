//! [`Manifest`]: the list of the published files, from which a folder that has lost its state is taken over.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use conversations_api_ext::RereadPolicy;
use serde::Deserialize;

use super::files::Files;
use super::partition::Partition;
use super::paths::Paths;
use super::plan::Plan;
use super::schedule::{end_of, start_of};
use super::state::{DataFile, Day, State, VERSION, too_new};
use crate::failure::Failure;

/// The content of a manifest.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) plan: Plan,
    /// The names of its files as they are in it.
    pub(crate) names: Vec<String>,
    files: Vec<(Partition, DataFile)>,
    incomplete: BTreeSet<NaiveDate>,
}

impl Manifest {
    /// Parses a manifest. Rejects that of another program or of a later version of this one. Returns `None` if it is
    /// damaged and `known`, i.e. if there is a state, which has the same information.
    pub(crate) fn read(json: &[u8], path: &str, known: bool) -> Result<Option<Self>, Failure> {
        #[derive(Deserialize)]
        struct Content {
            version: u32,
            plan: serde_json::Value,
            files: Vec<serde_json::Value>,
            #[serde(default)]
            incomplete: BTreeSet<NaiveDate>,
        }
        let foreign = || {
            Failure::usage(format!(
                "{path} is not the manifest of a sync, and is left as it is: name another folder, or move that \
                 file away if nobody needs it"
            ))
        };
        let content: Content = match serde_json::from_slice(json) {
            Ok(content) => content,
            // Truncated or overwritten by accident.
            Err(error) if known && !error.is_data() => return Ok(None),
            Err(_) => return Err(foreign()),
        };
        if content.version > VERSION {
            return Err(too_new(path, content.version));
        }
        let mut names = Vec::new();
        let files = content.files.into_iter().map(|file| {
            let mut file: DataFile = serde_json::from_value(file).ok()?;
            let partition = Paths::partition(&file.name)?;
            names.push(file.name.clone());
            file.upgrade(partition);
            Some((partition, file))
        });
        let files: Option<Vec<_>> = files.collect();
        let plan = serde_json::from_value(content.plan);
        match (plan, files) {
            (Ok(plan), Some(files)) => Ok(Some(Self {
                plan,
                names,
                files,
                incomplete: content.incomplete,
            })),
            _ if known => Ok(None),
            _ => Err(foreign()),
        }
    }

    /// Returns the first day with a file.
    pub(crate) fn first_day(&self) -> Option<NaiveDate> {
        self.dates().min()
    }

    fn dates(&self) -> impl Iterator<Item = NaiveDate> {
        self.files.iter().filter_map(|(at, _)| at.date())
    }

    /// Returns the state of the folder as far as the manifest describes it. Without the state it is not known when a
    /// day was read, only that the last one was not read before it began. So days that were not final then are
    /// re-read, and with `reread` all days.
    pub(crate) fn to_state(&self, start: NaiveDate, there: &Files, reread: bool) -> State {
        let written = self.dates().max().map_or(DateTime::UNIX_EPOCH, start_of);
        let mut state = State::new(self.plan.clone(), start);
        for (partition, file) in &self.files {
            let is_final = match partition {
                Partition::Unknown => true,
                Partition::Day(date) => {
                    end_of(*date) + RereadPolicy::ABANDONED <= written
                        && !self.incomplete.contains(date)
                }
            };
            let day = Day {
                read_at: if is_final && !reread {
                    written
                } else {
                    DateTime::<Utc>::UNIX_EPOCH
                },
                unsettled: 0,
                records: file.records,
                data: Some(file.clone()),
                index: only_index(*partition, there),
                malformed: 0,
                outside_range: 0,
                held_back: 0,
            };
            match partition {
                Partition::Unknown => state.unknown = Some(day),
                Partition::Day(date) => drop(state.days.insert(*date, day)),
            }
        }
        state
    }
}

/// Returns the name of the index of a partition. If there are several, one is of a run that was killed, and nothing
/// tells which.
fn only_index(partition: Partition, there: &Files) -> Option<String> {
    let prefix = format!("_conversations/index/{partition}-");
    let mut found = there
        .keys()
        .filter(|name| name.starts_with(&prefix) && Paths::is_index(name));
    let first = found.next()?;
    found.next().is_none().then(|| first.clone())
}
