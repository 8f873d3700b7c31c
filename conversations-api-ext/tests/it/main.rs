//! Tests the client against servers on this machine: the emulator for documented API behavior, a scripted server for
//! faulty behavior.

mod checkpoints;
mod complete_fetch;
mod content_encoding;
mod diagnosis;
mod drift;
mod examples;
mod failures;
mod filters;
mod first_guesses;
mod half_open_range;
mod leaving_v1;
mod listing;
mod malformed_records;
mod observed;
mod one_conversation;
mod other_time_filter;
mod paging_guard;
mod parallel;
mod parity;
mod parity_trouble;
mod predicates;
mod privacy;
mod projects;
mod redaction;
mod redirects;
mod retries;
mod scripted;
mod server_message;
mod skipping;
mod slow;
mod streams;
mod support;
mod unreachable;
mod waits;
