//! [`StoredContent`] and [`FolderContent`]: what a folder contains when a run begins.

use std::collections::BTreeSet;

use bytes::Bytes;
use chrono::NaiveDate;
use object_store::UpdateVersion;
use object_store::path::Path;

use super::args::SyncArguments;
use super::delta::DeltaTable;
use super::files::Files;
use super::folder::Folder;
use super::manifest::Manifest;
use super::ownership::Ownership;
use super::paths::Paths;
use super::plan::Plan;
use super::publish::{self, Versions};
use super::run_context::RunContext;
use super::state::State;
use crate::failure::Failure;
use crate::output::Format;
use crate::term::plural::plural;

/// What is stored in a folder, as read before its settings are known.
pub(super) struct StoredContent {
    folder: Folder,
    there: Files,
    table: Option<DeltaTable>,
    state_path: Path,
    state: Option<(Bytes, UpdateVersion)>,
    manifest: Option<(Bytes, UpdateVersion)>,
}

/// What a folder contains when a run begins.
pub(super) struct FolderContent {
    pub(super) there: Files,
    pub(super) state: State,
    pub(super) versions: Versions,
    pub(super) ownership: Ownership,
    /// The Delta table that the folder is, or becomes with the next commit.
    pub(super) table: Option<DeltaTable>,
    /// Whether the manifest matches the state.
    pub(super) is_current: bool,
    /// Whether the folder still holds files written with other settings, or files of an unknown origin.
    pub(super) is_rebuild: bool,
    /// The last day of these files: a rebuild must reach it, because it replaces all of them.
    pub(super) rebuilt_until: Option<NaiveDate>,
}

impl StoredContent {
    pub(super) async fn read(folder: &Folder) -> Result<Self, Failure> {
        let there = folder.files().await?;
        let table = DeltaTable::open(folder, &there, false).await?;
        let state_path = (folder.paths).state_of(table.as_ref().and_then(DeltaTable::state));
        Ok(Self {
            state: folder.get_versioned(&state_path).await?,
            manifest: folder.get_versioned(&folder.paths.manifest()).await?,
            folder: folder.clone(),
            there,
            table,
            state_path,
        })
    }

    /// Returns the settings of the folder; `None` if it has none, or if they are damaged, which
    /// [`interpret`](Self::interpret) reports. The manifest of a table is written after its version, and its state before.
    pub(super) fn plan(&self) -> Option<Plan> {
        let state = self.state.as_ref();
        let state = state.and_then(|(json, _)| State::read(json, "").ok());
        state.map(|state| state.plan).or_else(|| {
            let (json, _) = self.manifest.as_ref()?;
            Manifest::read(json, "", false).ok()?.map(|it| it.plan)
        })
    }

    /// Interprets the content. A folder without a state is taken over from its manifest; `first` is the first day of a
    /// new one. `becomes_table` is whether a folder without a log becomes a Delta table.
    pub(super) async fn interpret(
        self,
        arguments: &SyncArguments,
        plan: Plan,
        becomes_table: bool,
        first: NaiveDate,
        context: &RunContext,
    ) -> Result<FolderContent, Failure> {
        let Self {
            folder,
            mut there,
            mut table,
            state_path,
            state: read_state,
            manifest: read,
        } = self;
        let folder = &folder;
        if becomes_table && table.is_none() {
            table = DeltaTable::open(folder, &there, true).await?;
        }
        if let Some(table) = &mut table {
            if context.layout.format != Format::Parquet {
                return Err(Failure::usage(format!(
                    "the files of a Delta table are Parquet: leave out --format, or synchronize to a folder other than \
                     {}",
                    folder.name
                )));
            }
            table.set_columns(&context.layout.columns)?;
            if !arguments.dry_run {
                folder.check_links()?;
            }
        }
        let known = match &read_state {
            Some((json, _)) if arguments.rebuild && State::is_damaged(json) => None,
            Some((json, _)) => {
                let path = format!("{}/{state_path}", folder.name);
                Some(State::read(json, &path)?)
            }
            None => None,
        };
        let state_version = read_state.map(|(_, version)| version);
        let manifest = match &read {
            Some((json, _)) => {
                let path = format!("{}/{}", folder.name, folder.paths.manifest());
                let has_days = known.as_ref().is_some_and(|state| !state.days.is_empty());
                Manifest::read(json, &path, has_days)?
            }
            None => None,
        };
        // A run that is killed before it commits to a table leaves files that belong to nothing.
        let data = there.keys().filter(|name| {
            Paths::partition(name).is_some() && (table.is_none() || !Paths::is_versioned(name))
        });
        let data: BTreeSet<_> = data.collect();
        let mut written: BTreeSet<String> = BTreeSet::new();
        let mut claimed = BTreeSet::new();
        let is_known = known.is_some();
        let mut state = match (known, &manifest) {
            (Some(mut state), manifest) => {
                plan.check(&state.plan, &folder.name, arguments.rebuild)?;
                // A state that was restored from a copy does not know of days that a later run has published: without
                // them, their files would be superseded, and nothing would guard their records.
                if let Some(manifest) = manifest.as_ref().filter(|it| it.plan == state.plan) {
                    state.add_missing(manifest.to_state(state.start, &there, true));
                }
                if let Some(manifest) = manifest.as_ref().filter(|_| state.days.is_empty()) {
                    plan.check(&manifest.plan, &folder.name, arguments.rebuild)?;
                }
                let earlier = data.iter().filter(|name| Paths::is_earlier_data(name));
                written.extend(earlier.map(|name| (*name).clone()));
                state
            }
            (None, Some(manifest)) => {
                plan.check(&manifest.plan, &folder.name, arguments.rebuild)?;
                let start = manifest.first_day().unwrap_or(first);
                context.progress.warn(format_args!(
                    "the state of {} is missing or damaged: its files are taken over from the manifest",
                    folder.name
                ));
                manifest.to_state(start, &there, arguments.rebuild)
            }
            (None, None) if data.is_empty() => State::new(plan.clone(), first),
            (None, None) if arguments.rebuild => {
                claimed.extend(data.iter().map(|name| (*name).clone()));
                let dates = data
                    .iter()
                    .filter_map(|name| Paths::partition(name)?.date());
                let start = dates.min().map_or(first, |date| date.min(first));
                State::new(plan.clone(), start)
            }
            (None, None) => return Err(no_state(folder, &data)),
        };
        written.extend(state.written_names());
        written.extend(manifest.into_iter().flat_map(|manifest| manifest.names));
        // The next commit would undo what another program has changed, also on days that are not due.
        let changed = table.as_ref().map_or(Ok(()), |table| table.check(&state));
        let is_changed = changed.is_err();
        if !arguments.rebuild {
            changed?;
        }
        let is_rebuild = state.plan != plan || !claimed.is_empty() || is_changed;
        let is_current = match &read {
            Some((json, _)) => is_known && **json == *state.manifest(),
            None => state.days.is_empty(),
        };
        let is_current = is_current && table.as_ref().is_none_or(|table| table.holds(&state));
        let mut replaced = 0;
        let mut rebuilt_until = None;
        if is_rebuild {
            let records: u64 = state.partitions().map(|(_, day)| day.records).sum();
            replaced = records.max(claimed.len() as u64);
            let claimed = claimed.iter();
            let claimed = claimed.filter_map(|name| Paths::partition(name)?.date());
            rebuilt_until = state.days.keys().copied().chain(claimed).max();
            // A run may have been killed after its commit: the staged files are then the only ones of its days.
            if !table.as_ref().is_some_and(DeltaTable::exists) {
                publish::roll_forward(folder, &state, &mut there).await?;
            }
            // Rebuild: no day is known under the new settings. The old files stay until the rebuild is complete.
            state = State::new(plan, state.start);
        }
        Ok(FolderContent {
            there,
            state,
            versions: Versions {
                state: state_version,
                manifest: read.map(|(_, version)| version),
            },
            ownership: Ownership {
                written,
                claimed,
                replaced,
            },
            table,
            is_current,
            is_rebuild,
            rebuilt_until,
        })
    }
}

/// Returns the error for a folder with data whose origin is not known.
fn no_state(folder: &Folder, data: &BTreeSet<&String>) -> Failure {
    Failure::usage(format!(
        "{} has {}, {} first, but no state and no manifest of a sync: nothing was changed\nhint: \
         restore _manifest.json or _conversations/ from a copy, name another folder, or add --rebuild, with all \
         flags of the folder such as --redact, to fetch these days again and replace their files",
        folder.name,
        plural(data.len() as u64, "data file"),
        data.first().map_or("", |name| name.as_str())
    ))
}
