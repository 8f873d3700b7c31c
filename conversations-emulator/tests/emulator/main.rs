//! Tests of the emulator over real HTTP on loopback, one module per subject.

mod access;
mod admin;
mod agents;
mod bodies;
mod changes;
mod data;
mod errors;
mod faults_answers;
mod faults_connections;
mod faults_pages;
mod faults_rules;
mod filters;
mod journal;
mod keys;
mod paging;
mod parameters;
mod proxy;
mod raw;
mod recordings;
mod retrieval;
mod rules;
mod support;
mod transport;
mod views;
