//! What the generator, its runtime and reqwest do to this API, one regression test a pitfall. The
//! numbers P1 to P22 are this project's own; each test's comment says which bug it holds down.

mod bodies;
mod clients;
mod errors;
mod generation;
mod packages;
mod requests;
mod support;
