//! The emulator as its clients meet it: real HTTP on loopback, one module for each kind of rule.

mod access;
mod data;
mod errors;
mod filters;
mod paging;
mod parameters;
mod retrieval;
mod support;
mod transport;
mod views;
