//! [`Download`]: reads a recording over several responses, if one breaks off.

use std::{sync::Arc, time::Instant};

use bytes::{Buf as _, Bytes};
use crc32fast::Hasher;
use reqwest::{
    StatusCode,
    header::{
        ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
        HeaderMap, HeaderName,
    },
};
use tracing::Instrument as _;

use crate::{
    Error, ErrorKind,
    agents::host::{RecordingParameters, Rest},
    client::observer,
    error::response::not_a_page,
    response::ClientInner,
    response::attempts::Attempts,
    response::reader::BodyReader,
};

/// A recording that is being downloaded.
pub(crate) struct Download {
    inner: Arc<ClientInner>,
    parameters: RecordingParameters,
    attempts: Attempts,
    /// The current response; `None` after a failure.
    reader: Option<BodyReader>,
    entity: Entity,
    /// The number of bytes yielded.
    position: u64,
    /// The checksum of the bytes yielded.
    yielded: Hasher,
    /// The number of bytes of this response that were yielded before.
    skip: u64,
    /// The checksum of the bytes skipped in this response.
    skipped: Hasher,
    /// The position at the start of this attempt.
    attempt_start: u64,
    /// The first bytes: a WAV header states its length.
    start: Vec<u8>,
    /// The time since which the reader has not asked for more.
    paused: Option<Instant>,
}

/// What the first response says about the recording; later ones must agree.
#[derive(Default)]
struct Entity {
    length: Option<u64>,
    content_type: Option<String>,
    /// A strong entity tag.
    tag: Option<String>,
    /// Whether a part of the recording can be requested.
    ranges: bool,
}

/// A failure after this much progress counts as the first one.
const PROGRESS: u64 = 64 * 1024;

/// The length of `RIFF` and the size that follows it.
const RIFF_HEAD: usize = 8;

enum Step {
    Chunk(Bytes),
    /// Bytes that were yielded before.
    Skipped,
    End,
}

impl Download {
    /// Requests the recording and waits for the head of the response.
    pub(crate) async fn open(
        inner: Arc<ClientInner>,
        parameters: RecordingParameters,
    ) -> Result<Self, Error> {
        let endpoint = inner.agents()?.endpoint();
        let span = tracing::info_span!(
            target: observer::TARGET,
            "conversations.recording",
            server.address = endpoint.base_url().hostname(),
            server.port = endpoint.base_url().port(),
            conversations.account = endpoint.project().account().as_str(),
            conversations.project = endpoint.project().project().as_str(),
        );
        let mut this = Self {
            attempts: Attempts::new(
                Arc::clone(&inner),
                endpoint,
                span.clone(),
                "/v1/agents/{agentId}/conversations/{conversationId}/audio",
                0,
            ),
            inner,
            parameters,
            reader: None,
            entity: Entity::default(),
            position: 0,
            yielded: Hasher::new(),
            skip: 0,
            skipped: Hasher::new(),
            attempt_start: 0,
            start: Vec::new(),
            paused: None,
        };
        async {
            while let Err(error) = this.request().await {
                this.attempts.failed(error).await?;
            }
            Ok::<_, Error>(())
        }
        .instrument(span)
        .await?;
        this.paused = Some(this.inner.clock.now());
        Ok(this)
    }

    pub(crate) fn content_length(&self) -> Option<u64> {
        self.entity.length
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        self.entity.content_type.as_deref()
    }

    pub(crate) fn span(&self) -> tracing::Span {
        self.attempts.span()
    }

    /// Returns the next bytes; `None` after the last ones.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if let Some(paused) = self.paused.take() {
            let now = self.inner.clock.now();
            self.attempts.exclude(now.saturating_duration_since(paused));
        }
        loop {
            match self.step().await {
                Ok(Step::Chunk(chunk)) => {
                    self.paused = Some(self.inner.clock.now());
                    return Ok(Some(chunk));
                }
                Ok(Step::Skipped) => {}
                Ok(Step::End) => {
                    self.attempts.succeeded();
                    return Ok(None);
                }
                Err(error) => {
                    self.reader = None;
                    if self.position - self.attempt_start >= PROGRESS {
                        self.attempts.restart();
                    }
                    self.attempts.failed(error).await?;
                }
            }
        }
    }

    async fn step(&mut self) -> Result<Step, Error> {
        if self.reader.is_none() {
            self.request().await?;
        }
        let reader = self.reader.as_mut().expect("it was just requested");
        let read = self.inner.agents()?.retries().noting_stops(reader.next());
        let (read, stopped) = read.await;
        self.attempts.exclude(stopped);
        match read? {
            Some(chunk) => {
                self.attempts.arrived();
                self.attempts.current().bytes += chunk.len();
                self.take(chunk)
            }
            None => self.end(),
        }
    }

    /// Sends a request for what is missing, or for the whole recording where parts cannot be requested.
    async fn request(&mut self) -> Result<(), Error> {
        self.attempts.begin().await;
        self.attempt_start = self.position;
        let host = self.inner.agents()?;
        let rest = self.entity.rest(self.position);
        let is_part = rest.is_some();
        let sent = host.recording(&self.parameters, rest, &self.inner.observer);
        let (sent, stopped) = host.retries().noting_stops(sent).await;
        self.attempts.exclude(stopped);
        let reader = match sent {
            Ok(reader) => reader,
            // The next attempt requests the whole recording.
            Err(error)
                if is_part
                    && error.status() == Some(StatusCode::RANGE_NOT_SATISFIABLE.as_u16()) =>
            {
                self.entity.ranges = false;
                return Err(error.with_kind(ErrorKind::Body).cut_off());
            }
            Err(error) => return Err(error),
        };
        self.attempts.head(reader.status.as_u16(), &reader.headers);
        if self.position == 0 {
            self.entity = Entity::of(&reader)?;
            self.skip = 0;
        } else if reader.status == StatusCode::PARTIAL_CONTENT {
            self.entity.continued(&reader, self.position)?;
            self.skip = 0;
        } else {
            self.entity.repeated(&reader)?;
            self.skip = self.position;
            self.skipped = Hasher::new();
        }
        self.reader = Some(reader);
        Ok(())
    }

    /// Drops the bytes that were yielded before, and checks that they are the same.
    fn take(&mut self, mut chunk: Bytes) -> Result<Step, Error> {
        if self.skip > 0 {
            let known =
                usize::try_from(self.skip).map_or(chunk.len(), |skip| skip.min(chunk.len()));
            self.skipped.update(&chunk[..known]);
            self.skip -= known as u64;
            chunk.advance(known);
            if self.skip == 0 && self.skipped.clone().finalize() != self.yielded.clone().finalize()
            {
                return Err(self.changed());
            }
        }
        if chunk.is_empty() {
            return Ok(Step::Skipped);
        }
        let room = RIFF_HEAD - self.start.len();
        self.start
            .extend_from_slice(&chunk[..chunk.len().min(room)]);
        self.yielded.update(&chunk);
        self.position += chunk.len() as u64;
        Ok(Step::Chunk(chunk))
    }

    fn end(&mut self) -> Result<Step, Error> {
        let length = self.entity.length.or_else(|| riff_length(&self.start));
        let is_short = length.is_some_and(|length| self.position < length);
        // More than was announced is another recording. The head of a WAV may leave out what follows its samples.
        if self
            .entity
            .length
            .is_some_and(|length| self.position > length)
        {
            return Err(self.changed());
        }
        if self.skip == 0 && !is_short {
            return Ok(Step::End);
        }
        let reader = self.reader.as_ref().expect("its end was just read");
        let length = length.map_or_else(String::new, |length| format!(" of {length}"));
        let received = self.position - self.skip;
        Err(incomplete(
            reader,
            format!("the recording ended after {received}{length} bytes"),
        ))
    }

    fn changed(&self) -> Error {
        let reader = self.reader.as_ref().expect("a chunk was just read");
        changed(reader)
    }
}

impl Entity {
    fn of(reader: &BodyReader) -> Result<Self, Error> {
        let headers = &reader.headers;
        if reader.status == StatusCode::PARTIAL_CONTENT {
            return Err(unrequested_part(reader));
        }
        let content_type = text(headers, &CONTENT_TYPE).map(str::to_owned);
        if let Some(media_type) = content_type.as_deref()
            && !is_audio(media_type)
        {
            // A sign-in page or an error object: not the start of a file that somebody will play.
            return Err(not_a_page(
                "the response is not a recording but has another content type",
                "check that the agents base URL is that of the API, without a proxy or a sign-in page in between",
                reader.status,
                headers,
                &[],
                &reader.context,
            ));
        }
        // Lengths and ranges are those of the encoded form.
        let is_plain =
            text(headers, &CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity");
        let length = text(headers, &CONTENT_LENGTH).and_then(|length| length.parse().ok());
        Ok(Self {
            length: length.filter(|_| is_plain),
            content_type,
            tag: strong_tag(headers),
            ranges: is_plain && text(headers, &ACCEPT_RANGES) != Some("none"),
        })
    }

    /// Returns the request for the rest; `None` if it must start over. Without a tag or a length nothing would show
    /// that the rest belongs to another recording.
    fn rest(&self, position: u64) -> Option<Rest> {
        let is_checked = self.tag.is_some() || self.length.is_some();
        (position > 0 && self.ranges && is_checked).then(|| Rest {
            from: position,
            if_range: self.tag.clone(),
        })
    }

    /// Checks that a part continues at `position`.
    fn continued(&mut self, reader: &BodyReader, position: u64) -> Result<(), Error> {
        let headers = &reader.headers;
        if self.is_other(strong_tag(headers), None) {
            return Err(changed(reader));
        }
        let Some((first, length)) = text(headers, &CONTENT_RANGE).and_then(content_range) else {
            self.ranges = false;
            return Err(incomplete(
                reader,
                "the server sent a part of the recording without saying which".to_owned(),
            ));
        };
        if self.is_other(None, length) {
            return Err(changed(reader));
        }
        if first != position {
            self.ranges = false;
            return Err(incomplete(
                reader,
                format!("the server sent the recording from byte {first} instead of {position}"),
            ));
        }
        Ok(())
    }

    /// Checks that a whole response is the same recording, as far as its headers tell.
    fn repeated(&self, reader: &BodyReader) -> Result<(), Error> {
        let again = Self::of(reader)?;
        if self.is_other(again.tag, again.length) {
            return Err(changed(reader));
        }
        Ok(())
    }

    /// Whether a tag or a length, if both are known, is another one.
    fn is_other(&self, tag: Option<String>, length: Option<u64>) -> bool {
        let other_tag = self.tag.is_some() && tag.is_some() && self.tag != tag;
        let other_length = self.length.is_some() && length.is_some() && self.length != length;
        other_tag || other_length
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    Some(headers.get(name)?.to_str().ok()?.trim())
}

/// Returns the entity tag, unless it is weak: bytes may differ under a weak one.
fn strong_tag(headers: &HeaderMap) -> Option<String> {
    let tag = text(headers, &ETAG)?;
    (tag.starts_with('"') && tag.ends_with('"') && tag.len() > 2).then(|| tag.to_owned())
}

fn is_audio(media_type: &str) -> bool {
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let media_type = media_type.to_ascii_lowercase();
    media_type.starts_with("audio/")
        || ["", "application/octet-stream", "binary/octet-stream"].contains(&media_type.as_str())
}

/// Reads `bytes 5-9/10`: the first byte, and the whole length unless it is `*`.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (unit, range) = text.split_once(' ')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (range, length) = range.trim().split_once('/')?;
    let (first, _) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, length.trim().parse().ok()))
}

/// Reads the length of the file from the start of a WAV; `None` where a streaming encoder left it open: it writes 0, the
/// largest number, or a header's length more than the largest number of whole blocks below 2 GiB.
fn riff_length(start: &[u8]) -> Option<u64> {
    let size = start.strip_prefix(b"RIFF")?;
    let size = u32::from_le_bytes(size.get(..4)?.try_into().ok()?);
    (1..0x7fff_0000)
        .contains(&size)
        .then(|| u64::from(size) + RIFF_HEAD as u64)
}

/// Returns the transient error for an incomplete recording.
fn incomplete(reader: &BodyReader, what: String) -> Error {
    not_a_page(
        what,
        "retry; if it stays, report the time and the correlation id to PolyAI",
        reader.status,
        &reader.headers,
        &[],
        &reader.context,
    )
    .cut_off()
}

fn unrequested_part(reader: &BodyReader) -> Error {
    incomplete(
        reader,
        "the server sent a part of the recording although all of it was requested".to_owned(),
    )
}

/// Returns the permanent error for a recording that became another one.
fn changed(reader: &BodyReader) -> Error {
    not_a_page(
        "the recording changed while it was downloaded",
        "discard what was received and download it again",
        reader.status,
        &reader.headers,
        &[],
        &reader.context,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_gives_the_first_byte_and_the_length() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range("Bytes 5-9/*"), Some((5, None)));
        for text in ["", "bytes */10", "bytes 5", "items 5-9/10", "bytes -9/10"] {
            assert_eq!(content_range(text), None, "{text}");
        }
    }

    #[test]
    fn a_wav_header_gives_the_length_unless_it_is_open() {
        let head = |size: u32| [b"RIFF".as_slice(), &size.to_le_bytes()].concat();
        assert_eq!(riff_length(&head(36)), Some(44));
        assert_eq!(riff_length(&head(0)), None);
        for open in [0x7fff_0000, 0x7fff_f024, u32::MAX] {
            assert_eq!(riff_length(&head(open)), None);
        }
        assert_eq!(riff_length(b"RIF"), None);
        assert_eq!(riff_length(b"OggS\0\0\0\0"), None);
    }

    #[test]
    fn only_a_strong_tag_is_a_condition_for_a_part() {
        let tag =
            |text: &'static str| strong_tag(&HeaderMap::from_iter([(ETAG, text.parse().unwrap())]));
        assert_eq!(tag("\"a\"").as_deref(), Some("\"a\""));
        assert_eq!(tag("W/\"a\""), None);
        assert_eq!(tag("\"\""), None);
        assert_eq!(tag("a"), None);
    }
}
