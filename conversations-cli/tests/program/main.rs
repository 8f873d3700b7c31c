//! Runs the `conversations` program like its users do: arguments, files, exit codes, messages.
//!
//! Modules for Unix alone need a shell, signals, file permissions, pseudoterminals, or the error messages of the system.

#[cfg(unix)]
mod audio;
mod bucket;
mod by_id;
mod days;
#[cfg(all(unix, feature = "delta"))]
mod delta_table;
mod details;
#[cfg(unix)]
mod disk;
mod doctor;
mod emulator;
#[cfg(unix)]
mod errors;
#[cfg(unix)]
mod exit_codes;
mod export;
#[cfg(unix)]
mod file_safety;
mod forms;
mod help;
mod hostile;
mod inputs;
mod key_by_mistake;
mod large_records;
mod list;
mod list_server;
mod migrate;
mod mixed_lists;
mod names;
mod outages;
mod output;
mod privacy;
#[cfg(unix)]
mod progress;
mod projects;
mod reference;
mod report;
mod resume;
mod run;
mod s3_request;
mod scripted;
mod search;
mod session;
mod settings;
mod show;
mod stats;
mod stores;
mod support;
#[cfg(unix)]
mod surroundings;
mod sync;
#[cfg(unix)]
mod sync_bucket;
mod sync_damage;
#[cfg(all(unix, feature = "delta"))]
mod sync_delta;
#[cfg(all(unix, feature = "delta"))]
mod sync_delta_foreign;
#[cfg(all(unix, feature = "delta"))]
mod sync_delta_interruptions;
mod sync_faults;
mod sync_folder;
mod sync_kills;
mod sync_malformed;
mod sync_moves;
mod sync_resume;
mod sync_settings;
mod sync_state;
mod sync_takeover;
mod synced;
mod ten_days;
#[cfg(unix)]
mod terminal;
mod trouble;
