//! Terminal output: standard output and error, tables, progress.

pub(crate) mod escape;
pub(crate) mod log;
pub(crate) mod plural;
pub(crate) mod progress;
pub(crate) mod progress_line;
pub(crate) mod rows;
pub(crate) mod secrets;
pub(crate) mod stderr;
pub(crate) mod stdout;
pub(crate) mod table;
pub(crate) mod text_store;
pub(crate) mod warnings;
