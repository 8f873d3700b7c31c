//! [`Recording`]: the audio of a conversation, as a stream of bytes.

use std::{
    fmt,
    mem::replace,
    pin::Pin,
    str::FromStr,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_core::Stream;
use tracing::Instrument as _;

use crate::{
    Error, agents::download::Download, agents::host::RecordingParameters,
    client::project::checked_conversation_id, client::runtime, response::ClientInner, stream,
};

/// The side of a call that a recording contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Direction {
    /// Both sides, mixed.
    #[default]
    Combined,
    /// The caller alone.
    User,
    /// The agent alone.
    Agent,
}

impl Direction {
    /// Every direction.
    pub const ALL: &'static [Self] = &[Self::Combined, Self::User, Self::Agent];

    /// Returns the name: `combined`, `user` or `agent`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Combined => "combined",
            Self::User => "user",
            Self::Agent => "agent",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Direction {
    type Err = Error;

    /// Parses the name of a direction.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for any other text; the message lists the valid names.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .iter()
            .copied()
            .find(|direction| direction.name() == text.trim())
            .ok_or_else(|| {
                Error::invalid(
                    format!("{text:?} is not a direction of a recording"),
                    "choose combined, user or agent",
                )
            })
    }
}

/// A request for the recording of a conversation; created by [`Client::recording`](crate::Client::recording).
#[derive(Clone)]
#[must_use = "a request is not sent until it is awaited"]
pub struct RecordingRequest {
    inner: Arc<ClientInner>,
    parameters: RecordingParameters,
}

impl RecordingRequest {
    pub(crate) fn new(inner: Arc<ClientInner>, id: String) -> Self {
        Self {
            inner,
            parameters: RecordingParameters {
                id,
                direction: Direction::default(),
                redacted: true,
            },
        }
    }

    /// Sets the side of the call; both sides by default.
    pub fn direction(mut self, direction: Direction) -> Self {
        self.parameters.direction = direction;
        self
    }

    /// Sets whether personal data is muted; `true` by default.
    ///
    /// With `false` the recording is raw if the key has PII access; otherwise the server sends the redacted one.
    pub fn redacted(mut self, redacted: bool) -> Self {
        self.parameters.redacted = redacted;
        self
    }

    /// Sends the request and returns the recording as soon as its first bytes may be read. Awaiting the request does the
    /// same.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) when the conversation has no recording or does not exist: the server
    /// does not tell the two apart. [`InvalidInput`](crate::ErrorKind::InvalidInput) when the id is not a path segment
    /// or the client knows no agents host. Otherwise as for pages.
    pub async fn send(self) -> Result<Recording, Error> {
        let Self { inner, parameters } = self;
        runtime::current()?;
        checked_conversation_id(&parameters.id)?;
        let redacted = parameters.redacted.then_some(true);
        let download = Download::open(inner, parameters).await?;
        Ok(Recording {
            content_length: download.content_length(),
            content_type: download.content_type().map(str::to_owned),
            redacted,
            received: 0,
            state: Mutex::new(State::Idle(Box::new(download))),
        })
    }
}

impl IntoFuture for RecordingRequest {
    type Output = Result<Recording, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    /// Sends the request: `client.recording(id).await`.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl fmt::Debug for RecordingRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordingRequest")
            .field("parameters", &self.parameters)
            .finish_non_exhaustive()
    }
}

/// The recording of a conversation: a stream of bytes, in order and without gaps.
///
/// It is a WAV file of any size; nothing is buffered but the current chunk. A download that breaks is retried by the
/// client's [`RetryPolicy`](crate::RetryPolicy): it resumes where it stopped if the server supports ranges, and
/// otherwise starts over and skips the bytes that were already yielded, after checking that they are the same. The
/// limits of the policy count from the last progress. The stream ends after the last byte; if it cannot reach it, its
/// last item is an error.
///
/// ```
/// # async fn run(client: conversations_api_ext::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use std::io::Write as _;
///
/// let mut recording = client.recording("CAabcd1234567abcdef1250065d4fc7389").send().await?;
/// let mut file = std::fs::File::create("call.wav")?;
/// while let Some(chunk) = recording.next_chunk().await? {
///     file.write_all(&chunk)?;
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is read until the stream is polled"]
pub struct Recording {
    content_length: Option<u64>,
    content_type: Option<String>,
    redacted: Option<bool>,
    received: u64,
    /// In a mutex, so that the stream can be shared between threads.
    state: Mutex<State>,
}

enum State {
    Idle(Box<Download>),
    Busy(Pin<Box<dyn Future<Output = Next> + Send>>),
    Ended,
}

type Next = (Box<Download>, Result<Option<Bytes>, Error>);

impl Recording {
    /// Returns the size of the whole recording in bytes, if the server reports it.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        self.content_length
    }

    /// Returns the content type, usually `audio/wav`; `None` if the server reports none.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// Returns whether personal data is muted: `Some(true)` if that was requested. `None` if the raw recording was
    /// requested: the server sends the redacted one to keys without PII access, and does not say which one it sends.
    #[must_use]
    pub fn is_redacted(&self) -> Option<bool> {
        self.redacted
    }

    /// Returns the number of bytes yielded so far.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Returns the next bytes, or `None` after the last ones. Cancel-safe: dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// As for pages; afterwards the stream has ended.
    #[doc(alias = "chunk")]
    #[doc(alias = "bytes")]
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, Error> {
        stream::next_item(self).await
    }
}

impl Stream for Recording {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let state = stream::exclusive(&mut this.state);
        loop {
            match replace(state, State::Ended) {
                State::Ended => return Poll::Ready(None),
                State::Idle(mut download) => {
                    let span = download.span();
                    let next = async move {
                        let next = download.next().await;
                        (download, next)
                    };
                    *state = State::Busy(Box::pin(next.instrument(span)));
                }
                State::Busy(mut next) => {
                    let Poll::Ready((download, next)) = next.as_mut().poll(cx) else {
                        *state = State::Busy(next);
                        return Poll::Pending;
                    };
                    return Poll::Ready(match next {
                        Ok(Some(chunk)) => {
                            this.received += chunk.len() as u64;
                            *state = State::Idle(download);
                            Some(Ok(chunk))
                        }
                        Ok(None) => None,
                        Err(error) => Some(Err(error)),
                    });
                }
            }
        }
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("content_length", &self.content_length)
            .field("content_type", &self.content_type)
            .field("redacted", &self.redacted)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}
