//! One conversation by its id, and its recording.
//!
//! If a ticket or a report names a conversation, no time range is needed: [`Client::conversation`](crate::Client::conversation)
//! requests it by its id. The response has more than the list: a summary, tags, the language, a score, a note and the
//! functions that the agent called.
//!
//! ```
//! # async fn run(client: conversations_api_ext::Client) -> Result<(), conversations_api_ext::Error> {
//! let conversation = client.conversation("CAabcd1234567abcdef1250065d4fc7389").await?;
//! println!("{:?} {:?}", conversation.started_at, conversation.language);
//! for turn in conversation.turns.iter().flatten() {
//!     println!("user: {}", turn.user_input.as_deref().unwrap_or_default());
//!     println!("agent: {}", turn.agent_response.as_deref().unwrap_or_default());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`detail::to_conversation`](crate::detail::to_conversation) converts it to the [`Conversation`](crate::Conversation)
//! of the list, and the documentation of that module has a table of the fields.
//! [`Redaction::detail`](crate::Redaction::detail) masks what was said in it.
//!
//! # Recordings
//!
//! [`Client::recording`](crate::Client::recording) returns the recording as a stream of bytes, of any size, in order and
//! complete: a download that breaks off resumes, or starts over where the server cannot resume.
//!
//! ```
//! # async fn run(client: conversations_api_ext::Client) -> Result<(), Box<dyn std::error::Error>> {
//! use std::io::Write as _;
//!
//! use conversations_api_ext::{Direction, ErrorKind};
//!
//! let request = client
//!     .recording("CAabcd1234567abcdef1250065d4fc7389")
//!     .direction(Direction::Combined);
//! let mut recording = match request.send().await {
//!     Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()), // It has no recording.
//!     other => other?,
//! };
//! let mut file = std::fs::File::create("call.wav.part")?;
//! while let Some(chunk) = recording.next_chunk().await? {
//!     file.write_all(&chunk)?;
//! }
//! file.sync_all()?;
//! std::fs::rename("call.wav.part", "call.wav")?;
//! # Ok(())
//! # }
//! ```
//!
//! Personal data is muted unless [`redacted(false)`](crate::RecordingRequest::redacted) is set. A key without PII access
//! gets the redacted recording in any case.
//!
//! # Another host
//!
//! These requests go to the *agents host* of the region, `api.us.poly.ai`, `api.uk.poly.ai` or `api.eu.poly.ai`, not to
//! the one that lists conversations. A client for a [`Region`](crate::Region) knows both. For any other base URL, set it
//! with [`ClientBuilder::agents_base_url`](crate::ClientBuilder::agents_base_url) or `POLYAI_AGENTS_BASE_URL`; without
//! it, these requests fail before anything is sent. The key is that of the client unless
//! [`ClientBuilder::agents_api_key`](crate::ClientBuilder::agents_api_key) or `POLYAI_AGENTS_API_KEY` sets another one:
//! the vendor does not say whether a key for the list opens the agents host, and
//! [`Client::diagnose`](crate::Client::diagnose) finds out.
//!
//! Each type of base URL refuses the hosts of the other, so the key is not sent to a host that it was not meant for.
