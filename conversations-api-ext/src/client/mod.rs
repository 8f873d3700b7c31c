//! [`Client`]: the client for one project of the Conversations API.

pub(crate) mod base_url;
pub(crate) mod builder;
pub(crate) mod clock;
pub(crate) mod endpoint;
pub(crate) mod env;
pub(crate) mod http;
pub(crate) mod observer;
pub(crate) mod project;
pub(crate) mod region;
pub(crate) mod runtime;
mod setup_error;
#[cfg(feature = "__rustls")]
mod tls;
pub(crate) mod url_rules;

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    AgentsBaseUrl, ApiKey, BaseUrl, BoundedRange, ClientBuilder, Conversations, Error, Follow,
    Pages, Parallel, Project, Query, Records, Version, agents::host::AgentsHost, migrate,
    query::Spec, response::ClientInner,
};

/// A client for the conversations of one project.
///
/// Cheap to clone; clones share connections. It is `Send + Sync`, so a program needs only one. `Debug` shows the
/// endpoint, never the key.
///
/// The key is sent in the `x-api-key` header, marked sensitive, to the host of the [`BaseUrl`], for single conversations
/// to the [`AgentsBaseUrl`](crate::AgentsBaseUrl), and nowhere else: redirects are errors, and plain http is accepted
/// for this machine only, unless [`BaseUrl::plain_http`] names another host, and never through a proxy of the environment.
///
/// # Example
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # use conversations_emulator::{Dataset, Emulator};
/// # let data = Dataset::generate(7, 20);
/// # let ids = (data.account_id().to_owned(), data.project_id().to_owned());
/// # let emulator = Emulator::builder().data(data).start().await?;
/// # let (base_url, key) = (emulator.base_url(), emulator.api_key());
/// # let (account, project) = (ids.0.as_str(), ids.1.as_str());
/// use conversations_api_ext::{ApiKey, BaseUrl, Client, Project, Query};
///
/// let client = Client::builder(
///     base_url.parse::<BaseUrl>()?,
///     Project::new(account, project)?,
///     ApiKey::new(key)?,
/// )
/// .build()?;
///
/// let mut records = client.records(Query::v3());
/// while let Some(record) = records.next_record().await? {
///     println!("{} {:?}", record.id(), record.started_at());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<ClientInner>,
}

impl Client {
    /// Returns a builder for a client of one project, at a [`Region`](crate::Region) or any other [`BaseUrl`].
    #[doc(alias = "new")]
    #[doc(alias = "endpoint")]
    #[doc(alias = "endpoint_url")]
    #[doc(alias = "region")]
    pub fn builder(base_url: impl Into<BaseUrl>, project: Project, key: ApiKey) -> ClientBuilder {
        ClientBuilder::new(base_url.into(), project, key)
    }

    /// Returns a builder with the settings of this client, to build one with others.
    ///
    /// The new client has its own retry budget and rate limit, and its own connections unless they are those of
    /// [`ClientBuilder::http_client`].
    ///
    /// ```
    /// # use conversations_api_ext::{Client, Error, RetryPolicy};
    /// fn without_retries(client: &Client) -> Result<Client, Error> {
    ///     client.to_builder().retry(RetryPolicy::none()).build()
    /// }
    /// ```
    #[doc(alias = "with")]
    #[doc(alias = "config")]
    pub fn to_builder(&self) -> ClientBuilder {
        self.inner.builder.clone()
    }

    pub(crate) fn from_inner(inner: ClientInner) -> Self {
        Self {
            inner: Arc::new(inner),
        }
    }

    pub(crate) fn inner(&self) -> &Arc<ClientInner> {
        &self.inner
    }

    /// Returns the base URL that requests for lists go to.
    #[must_use]
    pub fn base_url(&self) -> &BaseUrl {
        &self.inner.origin.base_url
    }

    /// Returns the base URL that requests for one conversation and for its recording go to, if there is one.
    #[must_use]
    pub fn agents_base_url(&self) -> Option<&AgentsBaseUrl> {
        self.inner.agents.as_ref().map(AgentsHost::base_url)
    }

    /// Returns the project whose conversations are fetched.
    #[must_use]
    pub fn project(&self) -> &Project {
        &self.inner.origin.project
    }

    /// Returns the results of a query as a stream of pages. Nothing is sent before the first poll.
    #[doc(alias = "into_paginator")]
    #[doc(alias = "paginator")]
    pub fn pages<V: Version>(&self, query: Query<V>) -> Pages {
        migrate::note_use::<V>();
        self.pages_of(query.into_spec())
    }

    pub(crate) fn pages_of(&self, spec: Spec) -> Pages {
        Pages::new(Arc::clone(&self.inner), spec)
    }

    /// Returns the results of a query as a stream of raw records, for exports and counts.
    ///
    /// A record is the JSON with its id, its start time and whether it is in progress.
    #[doc(alias = "items")]
    #[doc(alias = "list")]
    #[doc(alias = "send")]
    #[doc(alias = "into_stream")]
    #[doc(alias = "list_conversations")]
    pub fn records<V: Version>(&self, query: Query<V>) -> Records {
        migrate::note_use::<V>();
        Records::new(Arc::clone(&self.inner), query.into_spec())
    }

    /// Returns the records of a time range, fetched in several time windows at once.
    ///
    /// For large ranges it is several times faster than [`records`](Self::records). `range` replaces the query's own.
    pub fn parallel<V: Version>(&self, query: Query<V>, range: BoundedRange) -> Parallel {
        migrate::note_use::<V>();
        Parallel::new(Arc::clone(&self.inner), query.into_spec(), range)
    }

    /// Returns the new and changed conversations of a query, from now on: see [`Follow`].
    ///
    /// A day is read again until it was read `look_back` after its end, for conversations that the server adds or changes
    /// late; a few days are usual. The first pass returns the conversations since the start of the query's time range, or
    /// since the start of the day `look_back` ago, with at least one request for each day.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a query that is a search or a sample, that has an end, or that
    /// contradicts itself.
    #[doc(alias = "tail")]
    #[doc(alias = "watch")]
    #[doc(alias = "poll")]
    pub fn follow<V: Version>(
        &self,
        query: Query<V>,
        look_back: Duration,
    ) -> Result<Follow, Error> {
        migrate::note_use::<V>();
        Follow::new(Arc::clone(&self.inner), query.into_spec(), look_back)
    }

    /// Returns the results of a query as a stream of typed conversations.
    #[doc(alias = "send")]
    #[doc(alias = "into_stream")]
    #[doc(alias = "items")]
    #[doc(alias = "list")]
    #[doc(alias = "list_conversations")]
    pub fn conversations<V: Version>(&self, query: Query<V>) -> Conversations {
        Conversations::new(self.records(query))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url().as_str())
            .field("account", self.project().account())
            .field("project", self.project().project())
            .finish_non_exhaustive()
    }
}
