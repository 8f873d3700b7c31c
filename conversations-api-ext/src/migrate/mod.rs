//! Migration from v1 to v3: conversions, a drop-in client, and a comparison of both versions.
//!
//! v1 has been unsupported since 2026-08-31 (see [`Support`]). Three tools help to move to v3:
//!
//! - [`compare`] reads a range from both versions and reports whether numbers would change: see [`Compare`].
//! - [`to_v3`] and [`to_v1`] convert a conversation between versions, [`query_to_v3`] a query.
//! - [`v1`] has the interface of the generated v1 client, backed by v3.

mod compare;
mod conversation;
mod diff;
mod field;
mod findings;
mod metric;
mod query;
mod rule;
mod support;
mod timestamp;
mod tree;
mod turn;
mod turns;
pub mod v1;
mod values;

pub use compare::{
    Compare, Example, Failure, FieldPath, FieldReport, Reason, Report, RequiredReport,
    SampleReport, Side, SideReport, Tally, Verdict, compare,
};
pub use conversation::{record_to_v1, record_to_v3, to_v1, to_v3};
pub use query::{NoteKind, QueryNote, TranslatedQuery, query_to_v3};
pub use rule::Rule;
pub(crate) use support::note_use;
pub use support::{Support, silence_v1_warning};

#[cfg(test)]
mod property_tests;
