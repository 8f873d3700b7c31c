//! Helpers to read response bodies and this crate's streams without stream combinators.

pub(crate) mod conversations;
pub(crate) mod deadline;
pub(crate) mod page_by_page;
pub(crate) mod pages;
pub(crate) mod project_records;
pub(crate) mod projects;
pub(crate) mod records;
pub(crate) mod skip_malformed;

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use conversations_api::ByteStream;
use futures_core::Stream;

use crate::Error;

/// Returns the error for a setting that comes too late.
pub(crate) fn already_started() -> Error {
    Error::invalid(
        "a stream that was polled cannot be changed",
        "resume, or select pages, before the first request",
    )
}

/// Returns the value of a mutex that is never locked: it makes a stream `Sync`, so that tasks can share its owner.
pub(crate) fn exclusive<T>(mutex: &mut Mutex<T>) -> &mut T {
    mutex.get_mut().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the next item of a stream as a `Result` that works with `?`. Dropping the future loses nothing.
pub(crate) async fn next_item<T>(
    stream: &mut (impl Stream<Item = Result<T, Error>> + Unpin),
) -> Result<Option<T>, Error> {
    poll_fn(|context| Pin::new(&mut *stream).poll_next(context))
        .await
        .transpose()
}

/// Collects the next items, at most `count`; fewer only at the end.
pub(crate) async fn up_to<T>(
    stream: &mut (impl Stream<Item = Result<T, Error>> + Unpin),
    count: usize,
) -> Result<Vec<T>, Error> {
    let mut items = Vec::new();
    while items.len() < count
        && let Some(item) = next_item(stream).await?
    {
        items.push(item);
    }
    Ok(items)
}

/// Returns the next chunk of a body.
pub(crate) async fn next(stream: &mut ByteStream) -> Option<Result<Bytes, reqwest::Error>> {
    poll_fn(|context| Pin::new(&mut **stream).poll_next(context)).await
}
