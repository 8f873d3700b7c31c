//! Made-up conversations that are the same bytes for the same seed.
//!
//! Record number `n` of a seed depends on nothing but the two numbers, so a small data set is part of a
//! large one and records can be made in any order. The names, numbers, hotels and parcels are invented.

mod calendar;
mod dialogue;
mod json;
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
