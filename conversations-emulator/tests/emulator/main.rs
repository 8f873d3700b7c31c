//! The emulator as its clients meet it: real HTTP on loopback, one module for each kind of rule.

mod access;
mod bodies;
mod data;
mod errors;
mod filters;
mod keys;
mod paging;
mod parameters;
mod retrieval;
mod rules;
mod support;
mod transport;
mod views;
