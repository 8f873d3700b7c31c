//! [`Side`]: one of the two versions that are compared.

use std::fmt;

use super::SideReport;
use crate::{BoundedRange, Client, Query, Records, TimeRange, Version};

/// One of the two versions that are compared: a client and its query.
///
/// The time range of the query is replaced by that of the comparison; its other filters apply, so use the same for
/// both sides. Setting `include_latency` on v2 and v3 compares latency too.
///
/// ```
/// # use conversations_api_ext::{Client, Environment, Query, migrate::Side};
/// fn sandbox(v1: &Client, v3: &Client) -> [Side; 2] {
///     let v3_query = Query::v3().environment(Environment::Sandbox).include_latency(true);
///     [
///         Side::new(v1, Query::v1().environment(Environment::Sandbox)),
///         Side::new(v3, v3_query),
///     ]
/// }
/// ```
pub struct Side {
    version: &'static str,
    client: Client,
    open: Box<Open>,
}

type Open = dyn Fn(&Client, TimeRange) -> Records + Send + Sync;

impl Side {
    /// Creates a side from a client and a query.
    pub fn new<V: Version>(client: &Client, query: Query<V>) -> Self {
        Self {
            version: V::NAME,
            client: client.clone(),
            open: Box::new(move |client, range| client.records(query.clone().time_range(range))),
        }
    }

    pub(super) fn records(&self, range: TimeRange) -> Records {
        (self.open)(&self.client, range)
    }

    pub(super) fn report(&self, range: BoundedRange) -> SideReport {
        // A checkpoint contains the fingerprint of server, project and query: what must be the same to resume.
        let fingerprint = self.records(range.into()).checkpoint().to_string();
        SideReport {
            version: self.version.to_owned(),
            host: self.client.base_url().host().to_owned(),
            project: self.client.project().to_string(),
            records: 0,
            duplicates: 0,
            malformed: 0,
            fingerprint,
        }
    }
}

impl fmt::Debug for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Side")
            .field("version", &self.version)
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}
