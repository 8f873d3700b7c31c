//! The `conversations` program as its users run it: arguments, files, exit codes, messages.

mod doctor;
mod emulator;
mod export;
mod forms;
mod help;
mod list;
mod migrate;
mod output;
#[cfg(unix)]
mod progress;
mod projects;
mod reference;
mod search;
mod settings;
mod show;
mod stats;
mod support;
mod sync;
#[cfg(unix)]
mod terminal;
