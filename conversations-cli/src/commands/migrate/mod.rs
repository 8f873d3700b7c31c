//! `conversations migrate`: helps migrate from v1 to v3.

mod args;
mod check;
mod plan;
mod report_output;
mod step;
mod versions;

use std::process::ExitCode;

use conversations_api_ext::migrate::Verdict;

use crate::failure::{Exit, Failure};
pub(crate) use args::MigrateArguments;
use args::MigrateCommand;

pub(crate) async fn run(arguments: &MigrateArguments) -> Result<ExitCode, Failure> {
    match &arguments.command {
        MigrateCommand::Check(check) => check::run(check).await,
        MigrateCommand::Plan(plan) => plan::run(plan).await,
    }
}

fn exit(verdict: Verdict) -> ExitCode {
    match verdict {
        Verdict::Ready => ExitCode::SUCCESS,
        Verdict::ReadyWithNotes => Exit::ReadyWithNotes.into(),
        Verdict::NotReady => Exit::NotReady.into(),
    }
}
