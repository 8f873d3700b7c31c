//! Predicates on an [`Error`] that programs branch on.

use crate::{Error, ErrorKind, client::endpoint::Endpoint, error::ConnectFault, error::response};

impl Error {
    /// Returns whether the key was rejected (HTTP 401): missing, cut short, or of another region or version.
    ///
    /// # Example
    ///
    /// ```
    /// # use conversations_api_ext::{Client, Error, Query};
    /// async fn check(client: &Client) -> Result<(), Error> {
    ///     match client.records(Query::v3()).next_record().await {
    ///         Err(error) if error.is_unauthorized() => {
    ///             eprintln!("renew the key: {error}");
    ///             Err(error)
    ///         }
    ///         other => other.map(drop),
    ///     }
    /// }
    /// ```
    ///
    /// # Troubleshooting
    ///
    /// - Compare the key with the one in Agent Studio, including white space and line ends.
    /// - A v3 key belongs to one project in one region; v1 and v2 take the older keys (PolyAI docs,
    ///   Conversations API overview, "Authentication").
    /// - A key that worked yesterday and is rejected today was replaced: ask the project's administrator.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.kind() == ErrorKind::Unauthorized
    }

    /// Returns whether the key is known but may not read this project (HTTP 403).
    ///
    /// # Example
    ///
    /// ```
    /// # use conversations_api_ext::Error;
    /// fn advice(error: &Error) -> Option<&'static str> {
    ///     error.is_forbidden().then_some("give the key the permission \"Conversations data\"")
    /// }
    /// ```
    ///
    /// # Troubleshooting
    ///
    /// - In Agent Studio, under API Keys, check whether the key was revoked.
    /// - Check that it has the permission "Conversations data" for this project.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.kind() == ErrorKind::Forbidden
    }

    /// Returns whether the host has no such account or project (HTTP 404), usually because of a wrong region.
    ///
    /// # Example
    ///
    /// ```
    /// # use conversations_api_ext::{Client, Error, Query, Region};
    /// /// The region that knows the project, out of all there are.
    /// async fn find(clients: Vec<(Region, Client)>) -> Result<Option<Region>, Error> {
    ///     for (region, client) in clients {
    ///         match client.pages(Query::v3().page_size(1)?).next_page().await {
    ///             Ok(_) => return Ok(Some(region)),
    ///             Err(error) if error.is_wrong_region_or_project() => {}
    ///             Err(error) => return Err(error),
    ///         }
    ///     }
    ///     Ok(None)
    /// }
    /// ```
    ///
    /// # Troubleshooting
    ///
    /// - In Agent Studio, the account is called Workspace ID and the project Agent ID.
    /// - [`code`](Self::code) shows which of the two is unknown, on deployments that send codes.
    /// - Hosts such as `api.us.poly.ai` belong to another API of the vendor; a [`Region`](crate::Region) has the
    ///   correct one.
    #[doc(alias = "is_not_found")]
    #[must_use]
    pub fn is_wrong_region_or_project(&self) -> bool {
        // The agents host has no account in its paths, and a conversation may have no recording.
        let is_list = |endpoint: &Endpoint| endpoint.version().is_some();
        self.kind() == ErrorKind::NotFound && self.0.endpoint.as_ref().is_none_or(is_list)
    }

    /// Returns whether there were too many requests (HTTP 429), even after all retries of the
    /// [`RetryPolicy`](crate::RetryPolicy).
    ///
    /// # Example
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use conversations_api_ext::Error;
    /// /// When to try again, if that is all there is to do.
    /// fn try_again_in(error: &Error) -> Option<Duration> {
    ///     let window = Duration::from_secs(60);
    ///     error.is_rate_limited().then(|| error.retry_after().unwrap_or(window))
    /// }
    /// ```
    ///
    /// # Troubleshooting
    ///
    /// - Other programs with the same key count as well: do not run them at the same time.
    /// - Use larger pages: the limit is on requests, and a page of 1000 is one.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
    }

    /// Returns whether the connection, the response or the next part of it took too long, or the server reported a
    /// timeout (HTTP 408).
    ///
    /// # Example
    ///
    /// ```
    /// # use conversations_api_ext::Error;
    /// fn smaller(error: &Error, page_size: u32) -> u32 {
    ///     if error.is_timeout() { (page_size / 2).max(1) } else { page_size }
    /// }
    /// ```
    ///
    /// # Troubleshooting
    ///
    /// - A narrower time range or a smaller page gets a response sooner.
    /// - Set the limits with [`ClientBuilder`](crate::ClientBuilder); the message says which one was reached.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Returns whether one record is malformed; the stream continues with the next one.
    ///
    /// # Example
    ///
    /// ```
    /// # use conversations_api_ext::{Error, Record, Records};
    /// /// The next record that can be used.
    /// async fn next(records: &mut Records, odd: &mut Vec<Error>) -> Result<Option<Record>, Error> {
    ///     loop {
    ///         match records.next_record().await {
    ///             Err(error) if error.is_malformed_record() => odd.push(error),
    ///             other => return other,
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// # Troubleshooting
    ///
    /// - [`record_id`](Self::record_id) and [`record_bytes`](Self::record_bytes) return what was received. The bytes
    ///   contain personal data.
    /// - If only the typed form does not fit, [`Records`](crate::Records) returns the record as it is.
    #[must_use]
    pub fn is_malformed_record(&self) -> bool {
        self.kind() == ErrorKind::MalformedRecord
    }

    /// Returns whether a later retry may succeed: the network, the server or its limits failed, not the request.
    ///
    /// # Example
    ///
    /// ```
    /// # use conversations_api_ext::Error;
    /// fn severity(error: &Error) -> &'static str {
    ///     if error.is_transient() { "warning" } else { "error" }
    /// }
    /// ```
    ///
    /// # Troubleshooting
    ///
    /// - [`attempts`](Self::attempts) and [`elapsed`](Self::elapsed) describe the attempts so far.
    /// - If it persists, send the time and [`correlation_id`](Self::correlation_id) to the vendor's support.
    #[must_use]
    #[doc(alias = "is_retryable")]
    pub fn is_transient(&self) -> bool {
        match self.kind() {
            ErrorKind::RateLimited | ErrorKind::Timeout => true,
            ErrorKind::Connection => !matches!(
                self.connect_fault(),
                Some(ConnectFault::Certificate | ConnectFault::ProxyLogin | ConnectFault::Protocol)
            ),
            ErrorKind::Server => self.status().is_some_and(response::is_transient),
            ErrorKind::Body => self.is_cut_off(),
            _ => false,
        }
    }
}
