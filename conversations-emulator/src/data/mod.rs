//! The conversations that an emulator serves: loading, editing and scheduled changes.

pub(crate) mod dataset;
pub(crate) mod edit;
pub(crate) mod entry;
pub(crate) mod jsonl;
pub(crate) mod line_problem;
pub(crate) mod live;
pub(crate) mod spans;
pub(crate) mod splice;
pub(crate) mod time;
pub(crate) mod transition;
