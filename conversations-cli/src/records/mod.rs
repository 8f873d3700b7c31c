//! Reads records: queries, fetches, and files read back.

pub(crate) mod details;
pub(crate) mod failed_requests;
pub(crate) mod fetch;
pub(crate) mod for_each;
pub(crate) mod query;
pub(crate) mod reader;
pub(crate) mod recording_name;
pub(crate) mod shard;
pub(crate) mod top_k;
