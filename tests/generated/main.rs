//! Snapshots of what is generated from the documents. `cargo xtask regen` updates them, and a reviewer
//! reads the diff.

mod builders;
mod decode;
mod details;
mod migration;
mod schema;
mod snapshots;
mod surface;
mod wire;
