//! Response bodies: pages, records in the view of each version, and errors.

pub(crate) mod body_rules;
pub(crate) mod correlation;
pub(crate) mod descriptions;
pub(crate) mod object_writer;
pub(crate) mod page;
pub(crate) mod problem;
pub(crate) mod view;
