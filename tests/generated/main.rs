//! Snapshots of what the documents become. `cargo xtask regen` rewrites them; a reviewer reads their
//! diff.

mod decode;
mod migration;
mod schema;
mod snapshots;
mod surface;
mod wire;
