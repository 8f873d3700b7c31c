//! Generated conversations: the same seed produces the same bytes.
//!
//! Record `n` of a seed depends only on `n` and the seed, so a small data set is a subset of a large one
//! and records can be generated in any order. All names, numbers, hotels and parcels are fictional.

mod calendar;
mod dialogue;
mod json;
mod language;
mod metrics;
mod random;
mod record;
mod records;
mod scenario;
mod state;
mod turns;
mod values;
mod variants;

pub(crate) use records::records;
