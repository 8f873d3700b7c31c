//! Pitfalls of the generator, its runtime and reqwest with this API, one regression test each. The
//! comment of each test describes the bug that it prevents.

mod bodies;
mod clients;
mod coming;
mod errors;
mod generation;
mod hosts;
mod packages;
mod requests;
mod support;

// The clients in `coming` expect these types at the root of their crate.
use conversations_api::{ApiKey, Integer, Nullable, Number, Timestamp};
