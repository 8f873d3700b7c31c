//! Applies the faults of a plan to responses.

pub(crate) mod content;
mod corruption;
pub(crate) mod middleware;
pub(crate) mod page_text;
pub(crate) mod transfer;
