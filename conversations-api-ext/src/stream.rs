//! Reading the bytes of a body.

use std::{future::poll_fn, pin::Pin};

use bytes::{Bytes, BytesMut};
use conversations_api::ByteStream;
use futures_core::Stream;

/// The most that is set aside on the word of a header alone.
const MAX_ROOM: usize = 16 * 1024 * 1024;

/// The next chunk of a body.
pub(crate) async fn next(stream: &mut ByteStream) -> Option<Result<Bytes, reqwest::Error>> {
    poll_fn(|context| Pin::new(&mut **stream).poll_next(context)).await
}

/// Reads a body to its end. On failure the error comes with the number of bytes
/// that had arrived.
///
/// `announced` is the length that the server gave, if it gave one: room for that
/// much is made at once, within reason, so that a large body is not moved while
/// it grows.
pub(crate) async fn read_all(
    mut stream: ByteStream,
    announced: Option<u64>,
) -> Result<Bytes, (usize, reqwest::Error)> {
    let room = announced
        .and_then(|length| usize::try_from(length).ok())
        .unwrap_or(0);
    let mut body = BytesMut::with_capacity(room.min(MAX_ROOM));
    while let Some(chunk) = next(&mut stream).await {
        match chunk {
            Ok(chunk) => body.extend_from_slice(&chunk),
            Err(error) => return Err((body.len(), error)),
        }
    }
    Ok(body.freeze())
}

/// Reads at most `limit` bytes, and what there is of them if the body breaks
/// off: for bodies that are a help rather than the thing itself.
pub(crate) async fn read_some(mut stream: ByteStream, limit: usize) -> Bytes {
    let mut body = BytesMut::new();
    while body.len() < limit
        && let Some(Ok(chunk)) = next(&mut stream).await
    {
        let room = limit - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
    }
    body.freeze()
}
