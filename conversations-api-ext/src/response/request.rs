//! Builds a request from a query and a position, with the generated client of each version.

use std::num::NonZeroU64;

use conversations_api::{ByteStream, Error as RawError, ResponseValue, v1, v2, v3};
use reqwest::Client;

use crate::{
    ApiKey, Environment, Retrieval, TurnType, Variant,
    client::endpoint::Origin,
    pager::position::Position,
    query::Spec,
    query::time::{sent_end, sent_start},
    query::version::Tag,
};

/// The generated clients, one per version.
#[derive(Clone)]
pub(crate) struct Clients {
    v1: v1::Client,
    v2: v2::Client,
    v3: v3::Client,
    key: ApiKey,
}

impl Clients {
    pub(crate) fn new(origin: &Origin, http: Client, key: ApiKey) -> Self {
        let url = origin.base_url.as_str();
        Self {
            v1: v1::Client::new_with_client(url, http.clone(), key.clone()),
            v2: v2::Client::new_with_client(url, http.clone(), key.clone()),
            v3: v3::Client::new_with_client(url, http, key.clone()),
            key,
        }
    }

    /// Returns the key that every request contains.
    pub(crate) fn key(&self) -> &ApiKey {
        &self.key
    }

    /// Sends one request, always with every filter: the server remembers none of them.
    pub(crate) async fn send(
        &self,
        origin: &Origin,
        spec: &Spec,
        position: &Position,
    ) -> Result<ResponseValue<ByteStream>, RawError<ByteStream>> {
        match spec.version {
            Tag::V1 => {
                let mut request = filtered!(self.v1, v1, origin, spec, position);
                if spec.include_context_state {
                    request = request.include_context_state(true);
                }
                request.send().await
            }
            Tag::V2 => {
                retrieving!(self.v2, v2, origin, spec, position)
                    .send()
                    .await
            }
            Tag::V3 => {
                retrieving!(self.v3, v3, origin, spec, position)
                    .send()
                    .await
            }
        }
    }
}

/// Builds a request with the parameters of all versions. A macro, because the builders of the versions are distinct
/// types with the same methods.
macro_rules! filtered {
    ($client:expr, $api:ident, $origin:expr, $spec:expr, $position:expr) => {{
        let spec: &Spec = $spec;
        let page_size = NonZeroU64::new(spec.page_size.into()).unwrap_or(NonZeroU64::MIN);
        let mut request = $client
            .list_conversations_stream()
            .account_id($origin.project.account().as_str())
            .project_id($origin.project.project().as_str())
            .client_env(match spec.environment {
                Environment::Live => $api::types::ClientEnv::Live,
                Environment::Sandbox => $api::types::ClientEnv::Sandbox,
                Environment::PreRelease => $api::types::ClientEnv::PreRelease,
            })
            .limit(page_size);
        let range = spec.requested_range();
        if let Some(start) = range.start() {
            request = request.start_time(sent_start(start));
        }
        if let Some(end) = range.end() {
            request = request.end_time(sent_end(end));
        }
        match &spec.variant {
            Some(Variant::Id(id)) => request = request.variant_id(id.as_str()),
            Some(Variant::Name(name)) => request = request.variant_name(name.as_str()),
            None => {}
        }
        if let Some(in_progress) = spec.in_progress {
            request = request.in_progress(in_progress);
        }
        if let Position::Offset(offset) | Position::Anchored { offset, .. } = $position {
            request = request.offset(*offset);
        }
        for (name, value) in spec.extra_params.iter() {
            request = request.extra_param(name, value);
        }
        request
    }};
}
use filtered;

/// Builds a request with the parameters of v2 and v3.
macro_rules! retrieving {
    ($client:expr, $api:ident, $origin:expr, $spec:expr, $position:expr) => {{
        let spec: &Spec = $spec;
        let mut request = filtered!($client, $api, $origin, spec, $position);
        if !spec.channels.is_empty() {
            request = request.channel(spec.channels.clone());
        }
        if spec.include_latency {
            request = request.include_latency(true);
        }
        if spec.include_turn_metadata {
            request = request.include_turn_metadata(true);
        }
        match &spec.retrieval {
            Retrieval::All => {}
            Retrieval::TranscriptSearch {
                text, turn_type, ..
            } => {
                request = request
                    .query_type($api::types::QueryType::Transcript)
                    .query(text.as_str());
                match turn_type {
                    Some(TurnType::User) => {
                        request = request.turn_type($api::types::TurnType::User)
                    }
                    Some(TurnType::Agent) => {
                        request = request.turn_type($api::types::TurnType::Agent)
                    }
                    None => {}
                }
            }
            Retrieval::SemanticSearch { text, .. } => {
                request = request
                    .query_type($api::types::QueryType::Semantic)
                    .query(text.as_str());
            }
            Retrieval::RandomSample { .. } => {
                request = request.sample($api::types::Sample::Random);
            }
        }
        if let Some(cursor) = $position.cursor() {
            request = request.cursor(cursor);
        }
        request
    }};
}
use retrieving;
