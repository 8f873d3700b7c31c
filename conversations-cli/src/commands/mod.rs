//! The commands of the program, each in its own folder or file.

pub(crate) mod audio;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod emulator;
pub(crate) mod export;
pub(crate) mod list;
pub(crate) mod migrate;
pub(crate) mod report;
pub(crate) mod schema;
pub(crate) mod search;
pub(crate) mod show;
pub(crate) mod stats;
pub(crate) mod sync;
