//! The agents host: one conversation by its id, and its recording.

pub(crate) mod detail;
pub(crate) mod detail_values;
pub(crate) mod function_events;
pub(crate) mod quirks;
pub(crate) mod respond;
pub(crate) mod route;
