//! Reading the bytes of a body.

use std::{future::poll_fn, pin::Pin};

use bytes::{Bytes, BytesMut};
use conversations_api::ByteStream;
use futures_core::Stream;

/// The next chunk of a body.
pub(crate) async fn next(stream: &mut ByteStream) -> Option<Result<Bytes, reqwest::Error>> {
    poll_fn(|context| Pin::new(&mut **stream).poll_next(context)).await
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
