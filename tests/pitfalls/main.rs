//! What the generator, its runtime and reqwest do to this API, one regression test a pitfall. The
//! numbers P1 to P23 are this project's own; each test's comment says which bug it holds down.

mod bodies;
mod clients;
mod errors;
mod generation;
mod lists;
mod packages;
mod requests;
mod support;

// What the client in `lists` expects at the root of its crate.
use conversations_api::{ApiKey, Integer, Timestamp};
