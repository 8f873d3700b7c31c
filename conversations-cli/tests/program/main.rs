//! The `conversations` program as its users run it: arguments, files, exit codes, messages.

mod emulator;
mod export;
mod forms;
mod help;
mod list;
mod migrate;
mod output;
mod projects;
mod settings;
mod support;
mod sync;
