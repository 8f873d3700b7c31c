//! [`Parameters`]: the parameters of a call of the drop-in client.

use std::num::NonZeroU64;

use conversations_api::{Timestamp, v1::types};

/// A parameter, or the error in its value.
type Set<T> = Result<T, String>;

/// The parameters of a call as given.
#[derive(Clone, Debug)]
pub(super) struct Parameters {
    pub(super) account_id: Set<String>,
    pub(super) project_id: Set<String>,
    pub(super) client_env: Set<Option<types::ClientEnv>>,
    pub(super) end_time: Set<Option<Timestamp>>,
    pub(super) in_progress: Set<Option<bool>>,
    pub(super) include_context_state: Set<Option<bool>>,
    pub(super) limit: Set<Option<NonZeroU64>>,
    pub(super) offset: Set<Option<u64>>,
    pub(super) start_time: Set<Option<Timestamp>>,
    pub(super) variant_id: Set<Option<String>>,
    pub(super) variant_name: Set<Option<String>>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            account_id: Err("account_id was not given".to_owned()),
            project_id: Err("project_id was not given".to_owned()),
            client_env: Ok(None),
            end_time: Ok(None),
            in_progress: Ok(None),
            include_context_state: Ok(None),
            limit: Ok(None),
            offset: Ok(None),
            start_time: Ok(None),
            variant_id: Ok(None),
            variant_name: Ok(None),
        }
    }
}
