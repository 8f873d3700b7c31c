//! `conversations sync`: keeps a folder up to date with the project, one run at a time.
//!
//! The API has no modification time, so a run re-reads every day that may still change and compares. Days are staged
//! as they arrive and published together at the end. The next run retries failed days and resumes a killed run.

mod args;
mod chunk_writer;
mod conflicts;
mod copy_rows;
mod day_reader;
mod day_result;
mod day_results;
#[cfg(feature = "delta")]
mod delta;
#[cfg(not(feature = "delta"))]
#[path = "no_delta.rs"]
mod delta;
mod download;
mod duplicates;
mod entries;
mod external_sort;
mod fields;
mod files;
mod folder;
mod folder_content;
mod holder;
mod id_hash;
mod id_lookup;
mod index;
mod index_block;
mod local_files;
mod lock;
mod lock_file;
mod manifest;
mod object_reader;
mod ownership;
mod packed_records;
mod partition;
mod paths;
mod payload_writer;
mod permissions;
mod plan;
mod publish;
mod read_error;
mod report;
mod run;
mod run_context;
mod run_note;
mod schedule;
#[cfg(test)]
mod simulation;
mod sort_key;
mod sorted_ids;
mod staging;
mod state;
mod table_commit;
mod table_file;
mod undated;
mod uploads;
pub(crate) mod vacuum;
mod verify;
mod worker;

use std::process::ExitCode;
use std::time::Instant;

use chrono::Utc;

use crate::failure::{Exit, Failure};
use crate::interrupt::{Interrupts, interruption};
use crate::output::shared_folder::warn_if_shared;
use crate::output::store;
use crate::source::Source;
use crate::source::projects::{self, Outcomes};
use crate::term::escape::printable;
use crate::term::stderr::say;
pub(crate) use args::SyncArguments;
pub(crate) use plan::Plan;
use run::Sync;

pub(crate) async fn run(arguments: &SyncArguments) -> Result<ExitCode, Failure> {
    arguments.check()?;
    if let Some(root) = store::local_path(&arguments.folder) {
        warn_if_shared(&root);
    }
    if arguments.group_readable {
        permissions::allow_group_to_read_new_files();
    }
    let mut interrupts = Some(Interrupts::listen()?);
    let mut has_succeeded = false;
    loop {
        let began = Instant::now();
        let once = run_once(arguments, &mut interrupts).await;
        let Some(every) = arguments.every else {
            return once.map(ExitCode::from);
        };
        match once {
            Ok(_) => has_succeeded = true,
            // A store that is unreachable or a disk that is full only ends a process that has never written there:
            // its target is more likely to be wrong.
            Err(failure) if failure.is_passing() || (has_succeeded && failure.is_of_output()) => {
                say(format_args!("warning: {failure}; retrying later"));
            }
            Err(failure) => return Err(failure),
        }
        tokio::select! {
            () = tokio::time::sleep(every.saturating_sub(began.elapsed())) => {}
            () = interruption(&mut interrupts) => return Ok(ExitCode::SUCCESS),
        }
    }
}

/// Brings the folder of each project up to date.
async fn run_once(
    arguments: &SyncArguments,
    interrupts: &mut Option<Interrupts>,
) -> Result<Exit, Failure> {
    let Some(projects) = projects::several(&arguments.source.connection)? else {
        let source = Source::open(&arguments.source).await?;
        let once = Sync::once(arguments, &source.client, Utc::now(), interrupts);
        return once.await.map(|(exit, _)| exit);
    };
    if arguments.summary.is_some() {
        return Err(Failure::usage(
            "--summary is for one project: run once for each, or read the state in the folders",
        ));
    }
    let mut outcomes = Outcomes::default();
    for project in projects {
        let folder = arguments.folder.to_string_lossy();
        let folder = format!(
            "{}/project={}",
            folder.trim_end_matches('/'),
            project.file_name()
        );
        let own = SyncArguments {
            folder: folder.into(),
            ..arguments.clone()
        };
        if !arguments.source.quiet {
            say(format_args!("{}:", printable(&project.name)));
        }
        let outcome = match project.client {
            Ok(client) => Sync::once(&own, &client, Utc::now(), interrupts)
                .await
                .map(|(exit, _)| exit),
            Err(failure) => Err(failure),
        };
        outcomes.add(&project.name, outcome)?;
    }
    let may_open = arguments.group_readable && !arguments.dry_run;
    // There is no folder if no project has a key.
    if let Some(root) =
        store::local_path(&arguments.folder).filter(|root| may_open && root.is_dir())
    {
        permissions::let_group_enter(&root)
            .map_err(|error| Failure::unwritable(&root.display(), error))?;
    }
    Ok(outcomes.exit(arguments.source.quiet))
}
