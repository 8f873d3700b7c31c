//! Requests for one conversation: its details and its recording, from the agents host.

pub(crate) mod base_url;
pub(crate) mod recording;

mod download;
pub(crate) mod host;

use std::{borrow::Cow, sync::Arc};

use serde::Deserialize;
use tracing::Instrument as _;

use crate::{
    Client, ConversationDetail, Error, ErrorKind, RecordingRequest, agents::host::AgentsHost,
    client::observer, client::project::checked_conversation_id, client::runtime, record,
    response::ClientInner, response::attempts::Attempts,
};

impl Client {
    /// Returns one conversation by its id, with summary, tags, score, note and function events.
    ///
    /// It is requested from the [agents host](crate::AgentsBaseUrl), not from the one that lists conversations, and no
    /// time range is needed. [`detail::to_conversation`](crate::detail::to_conversation) converts it to the form of
    /// the list.
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound) when the project has no such conversation.
    /// [`InvalidInput`](ErrorKind::InvalidInput) when the id is not a path segment or the client knows no agents host.
    /// [`MalformedRecord`](ErrorKind::MalformedRecord) when the response does not fit the type;
    /// [`conversation_json`](Self::conversation_json) returns it all the same. [`Body`](ErrorKind::Body) when the
    /// response is another conversation. Otherwise as for pages; failed requests are retried by the client's
    /// [`RetryPolicy`](crate::RetryPolicy).
    ///
    /// # Example
    ///
    /// ```
    /// # async fn run(client: conversations_api_ext::Client) -> Result<(), conversations_api_ext::Error> {
    /// let conversation = client.conversation("CAabcd1234567abcdef1250065d4fc7389").await?;
    /// if let Some(summary) = conversation.short_summary.as_ref().and_then(|summary| summary.content()) {
    ///     println!("{summary}");
    /// }
    /// for (turn, event) in conversation.function_events.iter().flat_map(|events| events.iter()) {
    ///     println!("turn {turn:?}: {:?}", event.name.as_deref());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "get_conversation")]
    #[doc(alias = "get")]
    pub async fn conversation(&self, id: impl AsRef<str>) -> Result<ConversationDetail, Error> {
        let id = id.as_ref();
        let json = self.conversation_json(id).await?;
        match serde_json::from_str(&json) {
            Ok(detail) => Ok(detail),
            Err(_) => Err(
                record::decode_error::<ConversationDetail>(id, 0, &json.into())
                    .at(&self.inner().agents()?.endpoint()),
            ),
        }
    }

    /// Returns one conversation by its id as received: a JSON object, byte for byte, with the id that was requested.
    ///
    /// One field of an unexpected type makes [`conversation`](Self::conversation) fail; here the others can still be
    /// read.
    ///
    /// # Errors
    ///
    /// As for [`conversation`](Self::conversation), but [`MalformedRecord`](ErrorKind::MalformedRecord) only when the
    /// response is not JSON or its id is not a text.
    pub async fn conversation_json(&self, id: impl AsRef<str>) -> Result<String, Error> {
        let id = id.as_ref();
        runtime::current()?;
        checked_conversation_id(id)?;
        let inner = self.inner();
        let endpoint = inner.agents()?.endpoint();
        let span = tracing::info_span!(
            target: observer::TARGET,
            "conversations.conversation",
            server.address = endpoint.base_url().hostname(),
            server.port = endpoint.base_url().port(),
            conversations.account = endpoint.project().account().as_str(),
            conversations.project = endpoint.project().project().as_str(),
        );
        let mut attempts = Attempts::new(
            Arc::clone(inner),
            endpoint,
            span.clone(),
            "/v1/agents/{agentId}/conversations/{conversationId}",
            0,
        );
        async {
            loop {
                attempts.begin().await;
                let host = inner.agents()?;
                let result = detail(inner, host, id, &mut attempts);
                let (result, stopped) = host.retries().noting_stops(result).await;
                attempts.exclude(stopped);
                match result {
                    Ok(detail) => {
                        attempts.succeeded();
                        return Ok::<_, Error>(detail);
                    }
                    Err(error) => attempts.failed(error).await?,
                }
            }
        }
        .instrument(span)
        .await
    }

    /// Checks that a text can be the id of a conversation, without sending a request.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) when it is not a path segment; every request for it would fail.
    pub fn check_conversation_id(id: &str) -> Result<(), Error> {
        checked_conversation_id(id)
    }

    /// Returns a request for the recording of a conversation: both sides, with personal data muted, unless set
    /// otherwise.
    ///
    /// Nothing is sent before [`send`](RecordingRequest::send). Like [`conversation`](Self::conversation), it goes to
    /// the [agents host](crate::AgentsBaseUrl).
    ///
    /// # Example
    ///
    /// ```
    /// # async fn run(client: conversations_api_ext::Client) -> Result<(), conversations_api_ext::Error> {
    /// use conversations_api_ext::Direction;
    ///
    /// let mut recording = client
    ///     .recording("CAabcd1234567abcdef1250065d4fc7389")
    ///     .direction(Direction::User)
    ///     .send()
    ///     .await?;
    /// println!("{:?} bytes of {:?}", recording.content_length(), recording.content_type());
    /// while let Some(chunk) = recording.next_chunk().await? {
    ///     // Write the chunk to a file.
    ///     # let _ = chunk;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "audio")]
    #[doc(alias = "download")]
    #[doc(alias = "get_recording")]
    pub fn recording(&self, id: impl Into<String>) -> RecordingRequest {
        RecordingRequest::new(Arc::clone(self.inner()), id.into())
    }
}

impl ClientInner {
    /// Returns the agents host.
    pub(crate) fn agents(&self) -> Result<&AgentsHost, Error> {
        self.agents.as_ref().ok_or_else(|| {
            Error::invalid(
                format!(
                    "no agents host is known for {}, which single conversations and recordings come from",
                    self.origin.base_url.host()
                ),
                "pass it to `ClientBuilder::agents_base_url`, or set POLYAI_AGENTS_BASE_URL",
            )
        })
    }
}

async fn detail(
    inner: &ClientInner,
    host: &AgentsHost,
    id: &str,
    attempts: &mut Attempts,
) -> Result<String, Error> {
    let mut reader = host.conversation(id, &inner.observer).await?;
    attempts.head(reader.status.as_u16(), &reader.headers);
    let mut body = Vec::new();
    while let Some(chunk) = reader.next().await? {
        attempts.current().bytes += chunk.len();
        if body.len() + chunk.len() > inner.max_record {
            return Err(Error::new(
                ErrorKind::Body,
                format!("the conversation is larger than {} bytes", inner.max_record),
                "set a larger `ClientBuilder::max_record_len`",
            )
            .at(&reader.context.endpoint));
        }
        body.extend_from_slice(&chunk);
    }
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(crate::error::response::something_else(
            "the response is not a conversation".to_owned(),
            reader.status,
            &reader.headers,
            &body,
            &reader.context,
        ));
    }
    let identity = serde_json::from_slice::<Identity<'_>>(&body).map_err(|error| {
        if error.is_eof() {
            return crate::error::response::not_a_page(
                format!("the conversation ended after {} bytes", body.len()),
                "retry",
                reader.status,
                &reader.headers,
                &[],
                &reader.context,
            )
            .cut_off();
        }
        record::decode_error::<Identity<'_>>(id, 0, &body.clone().into())
            .at(&reader.context.endpoint)
    })?;
    match identity.conversation_id {
        Some(received) if received == id => {}
        // A cache that ignores a part of the path: what it sent is private, and belongs to another id.
        Some(_) => {
            return Err(crate::error::response::not_a_page(
                "the response is another conversation: its `conversationId` is not the id that was requested",
                "check that no proxy or cache responds instead of the API, and report the time and the correlation \
                 id to PolyAI",
                reader.status,
                &reader.headers,
                &[],
                &reader.context,
            ));
        }
        None => {
            return Err(crate::error::response::something_else(
                "the response is not a conversation: it has no `conversationId`".to_owned(),
                reader.status,
                &reader.headers,
                &body,
                &reader.context,
            ));
        }
    }
    String::from_utf8(body).map_err(|_| {
        Error::new(
            ErrorKind::MalformedRecord,
            format!("conversation {id} is not UTF-8"),
            "report its id to PolyAI",
        )
        .at(&reader.context.endpoint)
    })
}

/// The id in a response. All other fields are only checked to be JSON.
#[derive(Deserialize)]
struct Identity<'a> {
    #[serde(borrow, rename = "conversationId")]
    conversation_id: Option<Cow<'a, str>>,
}
