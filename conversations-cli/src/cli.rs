//! The command line: the root parser and the dispatch to commands. Only this file imports the commands.

use std::path::{Path, PathBuf};
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

/// The flags that name what a command writes. In a message, other files come before them.
const WRITTEN: [&str; 6] = [
    "folder",
    "output",
    "quarantine",
    "summary",
    "resume",
    "log_file",
];

impl Arguments {
    /// Rejects arguments that do not fit together, as far as the parser cannot. `matches` are those that the arguments
    /// were parsed from.
    pub(crate) fn check(&self, mut matches: &ArgMatches) -> Result<(), Failure> {
        while let Some((_, more)) = matches.subcommand() {
            matches = more;
        }
        if let Command::Show(show) = &self.command {
            show.check_flags(matches)?;
        }
        self.check_files(matches)
    }

    /// Rejects a file with two purposes if the command writes it for one of them: it would overwrite the other, or be
    /// mixed into it.
    fn check_files(&self, matches: &ArgMatches) -> Result<(), Failure> {
        let log = self.log.file().map(|log| ("log_file", vec![log]));
        let others = matches.ids().map(clap::Id::as_str);
        let others = others.filter(|id| *id != "log_file").filter_map(|id| {
            let paths = matches.try_get_many::<PathBuf>(id).ok()??;
            Some((id, paths.map(PathBuf::as_path).collect::<Vec<_>>()))
        });
        let mut files = Vec::new();
        for (id, paths) in others.chain(log) {
            let written = WRITTEN.iter().position(|written| *written == id);
            let flag = match id {
                "folder" => "FOLDER".to_owned(),
                id => format!("--{}", id.replace('_', "-")),
            };
            // Standard input is not standard output.
            let paths = paths.into_iter();
            let paths = paths.filter(|path| written.is_some() || *path != Path::new("-"));
            let paths = paths.flat_map(|path| self.files_of(id, path));
            let names: Vec<_> = paths.flat_map(|path| names(&path)).collect();
            files.push((written, flag, names));
        }
        files.sort_by_key(|(written, ..)| *written);
        for (index, (written, flag, names)) in files.iter().enumerate() {
            for (_, other, earlier) in &files[..index] {
                // `report` has messages of its own for what it reads.
                if written.is_some() && (&**other, &**flag) != ("--from", "--output") {
                    check_distinct(&[(&**other, earlier.clone()), (&**flag, names.clone())])?;
                }
            }
        }
        Ok(())
    }

    /// Returns the files that the path of a flag stands for: the path itself, and what the command writes next to it
    /// or in it.
    fn files_of(&self, id: &str, path: &Path) -> Vec<PathBuf> {
        let mut files = vec![path.to_owned()];
        match (&self.command, id) {
            (Command::Export(_), "output") => {
                files.push(Quarantine::beside(path));
                files.extend(temporary_names(path));
            }
            (Command::Audio(audio), "output") => files.extend(audio.index_files()),
            (Command::Sync(_), "folder") => files.push(path.join("_manifest.json")),
            _ => {}
        }
        files
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
