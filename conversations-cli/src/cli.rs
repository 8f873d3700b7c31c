//! The command line: the root parser and the dispatch to commands. Only this file imports the commands.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory as _, Parser, Subcommand};

use crate::args::EXIT_CODES;
use crate::commands::audio::AudioArguments;
use crate::commands::completions::{CompletionsArguments, ManArguments};
use crate::commands::doctor::DoctorArguments;
use crate::commands::emulator::EmulatorArguments;
use crate::commands::export::ExportArguments;
use crate::commands::list::ListArguments;
use crate::commands::migrate::MigrateArguments;
use crate::commands::report::ReportArguments;
use crate::commands::schema::SchemaArguments;
use crate::commands::search::{SampleArguments, SearchArguments};
use crate::commands::show::ShowArguments;
use crate::commands::stats::StatsArguments;
use crate::commands::sync::SyncArguments;
use crate::commands::sync::vacuum::VacuumArguments;
use crate::commands::{
    audio, completions, doctor, emulator, export, list, migrate, report, schema, search, show,
    stats, sync,
};
use crate::failure::Failure;
use crate::output::distinct::{check_distinct, names};
use crate::output::quarantine::Quarantine;
use crate::output::temporary_names;
use crate::term::log::LogArguments;

const EXAMPLES: &str = "\
Examples:
  conversations list --demo
  conversations doctor
  conversations export --start 2026-04-01 -o april.parquet
  conversations sync /data/calls --start 2026-04-01";

/// Export, search and analyze PolyAI voice and chat conversations
#[derive(Debug, Parser)]
#[command(name = "conversations", version, after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"), propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    pub(crate) log: LogArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Export(ExportArguments),
    Sync(SyncArguments),
    Vacuum(VacuumArguments),
    List(ListArguments),
    Migrate(MigrateArguments),
    Search(SearchArguments),
    Sample(SampleArguments),
    Show(ShowArguments),
    Audio(AudioArguments),
    Stats(StatsArguments),
    Report(ReportArguments),
    Schema(SchemaArguments),
    Doctor(DoctorArguments),
    Emulator(EmulatorArguments),
    Completions(CompletionsArguments),
    Man(ManArguments),
}

impl Arguments {
    /// Rejects a log that is also another file of the command: the log would be mixed into it, or overwritten by it.
    /// `matches` are those that the arguments were parsed from.
    pub(crate) fn check_log(&self, mut matches: &ArgMatches) -> Result<(), Failure> {
        let Some(log) = self.log.file() else {
            return Ok(());
        };
        while let Some((_, more)) = matches.subcommand() {
            matches = more;
        }
        let log = names(log);
        for id in matches.ids().map(clap::Id::as_str) {
            let Ok(Some(paths)) = matches.try_get_many::<PathBuf>(id) else {
                continue;
            };
            if id == "log_file" {
                continue;
            }
            let flag = format!("--{}", id.replace('_', "-"));
            let mut files: Vec<_> = paths.flat_map(|path| names(path)).collect();
            if id == "output" {
                let more = |path: &PathBuf| {
                    [vec![Quarantine::beside(path)], temporary_names(path).into()].concat()
                };
                let more: Vec<_> = files.iter().flat_map(more).collect();
                files.extend(more);
            }
            check_distinct(&[(flag.as_str(), files), ("--log-file", log.clone())])?;
        }
        Ok(())
    }
}

impl Command {
    /// Runs the command to completion.
    pub(crate) async fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Export(arguments) => export::run(&arguments).await,
            Self::Sync(arguments) => sync::run(&arguments).await,
            Self::Vacuum(arguments) => sync::vacuum::run(&arguments).await,
            Self::List(arguments) => list::run(&arguments).await,
            Self::Migrate(arguments) => migrate::run(&arguments).await,
            Self::Search(arguments) => search::search(&arguments).await,
            Self::Sample(arguments) => search::sample(&arguments).await,
            Self::Show(arguments) => show::run(&arguments).await,
            Self::Audio(arguments) => audio::run(&arguments).await,
            Self::Stats(arguments) => stats::run(&arguments).await,
            Self::Report(arguments) => report::run(&arguments).await,
            Self::Schema(arguments) => schema::run(&arguments),
            Self::Doctor(arguments) => doctor::run(arguments).await,
            Self::Emulator(arguments) => emulator::run(&arguments).await,
            Self::Completions(arguments) => {
                completions::completions(&arguments, Arguments::command())
            }
            Self::Man(arguments) => completions::man(&arguments, Arguments::command()),
        }
    }
}
