//! What the generator, its runtime and reqwest do to this API, one regression test a pitfall. The
//! numbers P1 to P24 are this project's own; each test's comment says which bug it holds down.

mod bodies;
mod clients;
mod coming;
mod errors;
mod generation;
mod packages;
mod requests;
mod support;

// What the clients in `coming` expect at the root of its crate.
use conversations_api::{ApiKey, Field, Integer, Timestamp};
