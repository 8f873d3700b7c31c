//! `conversations sync`: keeps a folder up to date with the project, one run at a time.
//!
//! The API has no modification time, so a run re-reads every day that may still change and compares. Days are staged
//! as they arrive and published together at the end. The next run retries failed days and resumes a killed run.

mod args;
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
mod folder;
mod folder_content;
mod id_hash;
mod index;
mod lock;
mod manifest;
mod ownership;
mod packed_records;
mod partition;
mod paths;
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
mod staging;
mod state;
mod table_commit;
mod table_file;
mod undated;
pub(crate) mod vacuum;
mod verify;
mod worker;

use std::process::ExitCode;
use std::time::Instant;

use chrono::Utc;

use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupts;
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
    let mut interrupts = Interrupts::listen()?;
    loop {
        let began = Instant::now();
        let once = tokio::select! {
            once = run_once(arguments) => once,
            () = interrupts.wait() => Err(Failure::interrupted(
                "interrupted; what was fetched is kept, run the same command again to resume",
            )),
        };
        let Some(every) = arguments.every else {
            return once.map(ExitCode::from);
        };
        match once {
            Ok(_) => {}
            Err(failure) if failure.is_passing() => {
                say(format_args!("warning: {failure}; retrying later"));
            }
            Err(failure) => return Err(failure),
        }
        tokio::select! {
            () = tokio::time::sleep(every.saturating_sub(began.elapsed())) => {}
            () = interrupts.wait() => return Ok(ExitCode::SUCCESS),
        }
    }
}

/// Brings the folder of each project up to date.
async fn run_once(arguments: &SyncArguments) -> Result<Exit, Failure> {
    let Some(projects) = projects::several(&arguments.source.connection)? else {
        let source = Source::open(&arguments.source).await?;
        let once = Sync::once(arguments, &source.client, Utc::now()).await;
        return once.map(|(exit, _)| exit);
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
            Ok(client) => Sync::once(&own, &client, Utc::now())
                .await
                .map(|(exit, _)| exit),
            Err(failure) => Err(failure),
        };
        outcomes.add(&project.name, outcome)?;
    }
    Ok(outcomes.exit(arguments.source.quiet))
}
