//! Query parameters and the selection of the conversations of one page.

pub(crate) mod cursor;
pub(crate) mod filters;
pub(crate) mod parameters;
pub(crate) mod retrieval;
pub(crate) mod select;
