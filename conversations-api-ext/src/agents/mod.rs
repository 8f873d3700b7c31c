//! Requests for one conversation: its details and its recording, from the agents host.

pub(crate) mod base_url;
pub(crate) mod recording;

mod download;
pub(crate) mod host;

use std::sync::Arc;

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
    /// [`MalformedRecord`](ErrorKind::MalformedRecord) when the response does not fit the type. Otherwise as for pages;
    /// failed requests are retried by the client's [`RetryPolicy`](crate::RetryPolicy).
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
                match detail(inner, inner.agents()?, id, &mut attempts).await {
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
) -> Result<ConversationDetail, Error> {
    let mut reader = host.conversation(id).await?;
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
    serde_json::from_slice(&body).map_err(|error| {
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
        record::decode_error::<ConversationDetail>(id, 0, &body.clone().into())
            .at(&reader.context.endpoint)
    })
}
