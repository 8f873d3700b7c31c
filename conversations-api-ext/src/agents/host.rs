//! [`AgentsHost`]: the agents host of a client, and the requests to it.

use std::sync::Arc;

use conversations_api::{
    ByteStream, Error as RawError, ResponseValue,
    agents::{self, types},
};
use reqwest::StatusCode;

use crate::{
    ApiKey, Direction, Error, Project,
    agents::base_url::AgentsBaseUrl,
    client::endpoint::{Endpoint, Origin},
    client::observer::Observed,
    error::request_context::RequestContext,
    error::timeouts::Timeouts,
    response::reader::{BodyReader, respond},
    retry::Retries,
};

/// The server of single conversations, with the client and the key for it.
pub(crate) struct AgentsHost {
    base_url: AgentsBaseUrl,
    origin: Arc<Origin>,
    client: agents::Client,
    key: ApiKey,
    timeouts: Timeouts,
    proxy: Option<Arc<str>>,
    /// Not those of the list: that another server responds, or does not, says nothing about this one. The rate limiter is
    /// the same, because it limits the requests of the client.
    retries: Retries,
}

/// What to request of a recording.
#[derive(Clone, Debug)]
pub(crate) struct RecordingParameters {
    pub(crate) id: String,
    pub(crate) direction: Direction,
    pub(crate) redacted: bool,
}

/// The part of a recording to request, and the entity tag that it must still have.
pub(crate) struct Rest {
    pub(crate) from: u64,
    pub(crate) if_range: Option<String>,
}

impl AgentsHost {
    pub(crate) fn new(
        base_url: AgentsBaseUrl,
        project: Project,
        http: reqwest::Client,
        key: ApiKey,
        timeouts: Timeouts,
        proxy: Option<Arc<str>>,
        retries: Retries,
    ) -> Self {
        let client = agents::Client::new_with_client(base_url.as_str(), http, key.clone());
        let origin = Origin {
            base_url: base_url.as_base_url().clone(),
            project,
        };
        Self {
            base_url,
            origin: Arc::new(origin),
            client,
            key,
            timeouts,
            proxy,
            retries,
        }
    }

    /// Returns whether this is the key of its requests.
    pub(crate) fn uses(&self, key: &ApiKey) -> bool {
        self.key == *key
    }

    pub(crate) fn retries(&self) -> &Retries {
        &self.retries
    }

    pub(crate) fn base_url(&self) -> &AgentsBaseUrl {
        &self.base_url
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::agents(Arc::clone(&self.origin))
    }

    /// Requests one conversation and returns its response once the headers have arrived.
    pub(crate) async fn conversation(
        &self,
        id: &str,
        observer: &Observed,
    ) -> Result<BodyReader, Error> {
        let context = self.context("the conversation");
        let request = self
            .client
            .get_conversation_stream()
            .agent_id(self.origin.project.project().as_str())
            .conversation_id(id);
        Self::response(request.send(), context, observer).await
    }

    /// Requests a recording, or the `rest` of it.
    pub(crate) async fn recording(
        &self,
        parameters: &RecordingParameters,
        rest: Option<Rest>,
        observer: &Observed,
    ) -> Result<BodyReader, Error> {
        let context = self.context("the recording");
        let mut request = self
            .client
            .get_recording_stream()
            .agent_id(self.origin.project.project().as_str())
            .conversation_id(parameters.id.as_str())
            .direction(match parameters.direction {
                Direction::Combined => types::Direction::Combined,
                Direction::User => types::Direction::User,
                Direction::Agent => types::Direction::Agent,
            })
            .redacted(parameters.redacted);
        if let Some(Rest { from, if_range }) = rest {
            request = request.range(format!("bytes={from}-"));
            if let Some(tag) = if_range {
                request = request.if_range(tag);
            }
        }
        Self::response(request.send(), context, observer).await
    }

    async fn response(
        sent: impl Future<Output = Result<ResponseValue<ByteStream>, RawError<ByteStream>>>,
        context: RequestContext,
        observer: &Observed,
    ) -> Result<BodyReader, Error> {
        let response = respond(sent, &context, observer).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        debug_assert!([StatusCode::OK, StatusCode::PARTIAL_CONTENT].contains(&status));
        BodyReader::new(response.into_inner(), status, headers, context)
    }

    fn context(&self, subject: &'static str) -> RequestContext {
        RequestContext::of_subject(
            subject,
            self.endpoint(),
            self.key.clone(),
            self.timeouts,
            self.proxy.clone(),
        )
    }
}
