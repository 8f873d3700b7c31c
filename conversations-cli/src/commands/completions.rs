//! `conversations completions` and `conversations man`: shell completion scripts and manual pages.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::failure::Failure;
use crate::term::stdout;

const NAME: &str = "conversations";

/// Print a shell completion script
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  source <(conversations completions bash)
  conversations completions zsh > ~/.zfunc/_conversations
  conversations completions fish > ~/.config/fish/completions/conversations.fish

Requires no settings and sends no request. For exit codes, see `conversations export --help`.")]
pub(crate) struct CompletionsArguments {
    /// Shell: bash, elvish, fish, powershell or zsh
    #[arg(value_enum, hide_possible_values = true)]
    shell: Shell,
}

/// Print the manual page of a command, or write all manual pages to a folder
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations man | man -l -
  conversations man export | man -l -
  conversations man migrate plan | man -l -
  conversations man --dir ~/.local/share/man/man1

Requires no settings and sends no request. For exit codes, see `conversations export --help`.")]
pub(crate) struct ManArguments {
    /// Command, e.g. export or migrate plan [default: the program itself]
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    command: Vec<String>,

    /// Write the manual pages of the program and of all commands to this folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints the completion script of `program`, the root command.
pub(crate) fn completions(
    arguments: &CompletionsArguments,
    mut program: Command,
) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, NAME, &mut script);
    stdout::print_own(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints or writes the manual pages of `program`, the root command.
pub(crate) fn man(arguments: &ManArguments, program: Command) -> Result<ExitCode, Failure> {
    let mut program = without_help(program.name(NAME));
    program.build();
    if let Some(dir) = &arguments.dir {
        let written = fs::create_dir_all(dir).and_then(|()| write_pages(&program, dir));
        written.map_err(|error| Failure::unwritable(&dir.display(), error))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut command = &program;
    for name in &arguments.command {
        command = command.find_subcommand(name).ok_or_else(|| {
            Failure::usage(format!("unknown command {name:?}"))
                .with("to list all commands, run `conversations --help`")
        })?;
    }
    let page = page(&Man::new(command.clone()));
    let page =
        page.map_err(|error| Failure::other(format!("cannot render the manual page: {error}")))?;
    stdout::print_own(page.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the manual pages of a command and of all below it to a folder.
fn write_pages(command: &Command, dir: &Path) -> io::Result<()> {
    command
        .get_subcommands()
        .try_for_each(|below| write_pages(below, dir))?;
    let man = Man::new(command.clone());
    fs::write(dir.join(man.get_filename()), page(&man)?)
}

/// Returns a manual page. Indented lines are examples and tables: `man` is not to join them, nor to break a command.
fn page(man: &Man) -> io::Result<String> {
    let mut rendered = Vec::new();
    man.render(&mut rendered)?;
    let mut page = String::new();
    let mut was_indented = false;
    for line in String::from_utf8_lossy(&rendered).lines() {
        let is_indented = line.starts_with("  ");
        page.push_str(match (was_indented, is_indented) {
            (false, true) => ".nf\n",
            (true, false) => ".fi\n",
            _ => "",
        });
        was_indented = is_indented;
        page.push_str(line);
        page.push('\n');
    }
    Ok(page)
}

/// Removes the `help` subcommands: a page of each would say nothing that the page of the command does not.
fn without_help(command: Command) -> Command {
    command
        .disable_help_subcommand(true)
        .mut_subcommands(without_help)
}
