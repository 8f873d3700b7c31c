//! The `conversations` program as its users run it: arguments, files, exit codes, messages.

mod days;
mod disk;
mod doctor;
mod emulator;
mod exit_codes;
mod export;
mod forms;
mod help;
mod large_records;
mod list;
mod migrate;
mod names;
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
mod surroundings;
mod sync;
mod sync_folder;
mod sync_kills;
mod sync_state;
mod synced;
#[cfg(unix)]
mod terminal;
mod trouble;
