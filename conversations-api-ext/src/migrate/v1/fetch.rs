//! One call of the drop-in client: requests to v3, with the responses combined into a v1 page.

use std::{
    num::NonZeroU64,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use conversations_api::{
    ByteStream, Error, Integer, Nullable, ResponseValue, Timestamp, v1::types, v3,
};
use futures_core::Stream;

use super::{Client, parameters::Parameters};
use crate::{V1, V3, Version as _, migrate::to_v1};

/// The default limit of v1.
const DEFAULT_LIMIT: u64 = 5;

/// The maximum number of consecutive empty pages.
const MAX_EMPTY: u32 = 100;

type Failure = Error<ByteStream>;

/// The validated parameters of a call.
struct Call {
    account_id: String,
    project_id: String,
    client_env: types::ClientEnv,
    end_time: Option<Timestamp>,
    in_progress: Option<bool>,
    start_time: Option<Timestamp>,
    variant_id: Option<String>,
    variant_name: Option<String>,
    limit: u64,
    offset: u64,
}

/// The position of a v3 page.
#[derive(Clone, PartialEq)]
enum Begin {
    Offset(u64),
    Cursor(String),
}

pub(super) async fn page(
    client: &Client,
    parameters: Parameters,
) -> Result<ResponseValue<types::ConversationPage>, Failure> {
    let call = Call::new(client, parameters).map_err(Error::InvalidRequest)?;
    let fingerprint = call.fingerprint();
    let remembered = client.cursors().cursor(&fingerprint, call.offset);
    let start = match remembered {
        Some(cursor) => Begin::Cursor(cursor),
        None => Begin::Offset(call.offset),
    };
    let fetched = match (call.fetch(client, &start).await, start) {
        // The cursor may have expired, which the server decides; the offset is the same position.
        (Err(Error::ErrorResponse(response)), Begin::Cursor(_)) if response.status() == 400 => {
            call.fetch(client, &Begin::Offset(call.offset)).await?
        }
        (fetched, _) => fetched?,
    };
    let (response, next, conversations) = fetched;
    let (status, headers) = (response.status(), response.headers().clone());
    let passed = call.offset + conversations.len() as u64;
    let next_offset: Nullable<Integer> = match &next {
        Some(Begin::Offset(offset)) => Integer::from(*offset).into(),
        Some(Begin::Cursor(_)) => Integer::from(passed).into(),
        None => Nullable::ABSENT,
    };
    if let Some(Begin::Cursor(cursor)) = next {
        client.cursors().remember(fingerprint, passed, cursor);
    }
    let mut conversations: Vec<_> = conversations.into_iter().map(to_v1).collect();
    conversations.sort_by_cached_key(|conversation| {
        let start = conversation.started_at.as_ref().and_then(Timestamp::to_utc);
        (start.is_none(), start)
    });
    let page = types::ConversationPage::builder()
        .conversations(conversations)
        .next_offset(next_offset)
        .extra(response.into_inner().extra);
    let page = page.try_into().expect("every field has its own type");
    Ok(ResponseValue::new(page, status, headers))
}

/// The last response, the position of the next page, and the conversations of all responses.
type Fetched = (
    ResponseValue<v3::types::ConversationPage>,
    Option<Begin>,
    Vec<v3::types::Conversation>,
);

impl Call {
    fn new(client: &Client, parameters: Parameters) -> Result<Self, String> {
        let limit = parameters.limit?.map_or(DEFAULT_LIMIT, NonZeroU64::get);
        if limit > V1::MAX_PAGE_SIZE.into() {
            return Err(format!(
                "the limit {limit} is out of range for v1: give 1 to {}",
                V1::MAX_PAGE_SIZE
            ));
        }
        let call = Self {
            account_id: parameters.account_id?,
            project_id: parameters.project_id?,
            client_env: parameters.client_env?.unwrap_or_default(),
            end_time: parameters.end_time?,
            in_progress: parameters.in_progress?,
            start_time: parameters.start_time?,
            variant_id: parameters.variant_id?,
            variant_name: parameters.variant_name?,
            limit,
            offset: parameters.offset?.unwrap_or(0),
        };
        if parameters.include_context_state?.unwrap_or(false) {
            client.say_there_is_no_context_state();
        }
        Ok(call)
    }

    /// Returns a fingerprint of everything but limit and offset.
    fn fingerprint(&self) -> String {
        let time = |time: &Option<Timestamp>| time.as_ref().map(|time| time.as_str().to_owned());
        format!(
            "{:?}",
            (
                &self.account_id,
                &self.project_id,
                self.client_env,
                time(&self.start_time),
                time(&self.end_time),
                self.in_progress,
                &self.variant_id,
                &self.variant_name,
            )
        )
    }

    async fn fetch(&self, client: &Client, start: &Begin) -> Result<Fetched, Failure> {
        let mut conversations = Vec::new();
        let mut from = start.clone();
        let mut furthest = match start {
            Begin::Offset(offset) => *offset,
            Begin::Cursor(_) => 0,
        };
        let mut empty = 0;
        loop {
            let left = self.limit - conversations.len() as u64;
            let size = left.min(V3::MAX_PAGE_SIZE.into());
            let size = NonZeroU64::new(size).unwrap_or(NonZeroU64::MIN);
            let mut response = self.request_page(client, &from, size).await?;
            let page = std::mem::take(&mut response.conversations);
            let page = page.into_option().unwrap_or_default();
            empty = if page.is_empty() { empty + 1 } else { 0 };
            conversations.extend(page);
            let next = next(&response);
            let is_repeated = match &next {
                Some(Begin::Offset(offset)) => *offset <= furthest,
                next => next.as_ref() == Some(&from),
            };
            if let Some(Begin::Offset(offset)) = next {
                furthest = furthest.max(offset);
            }
            if is_repeated || empty > MAX_EMPTY {
                return Err(Error::Custom(
                    "the server names a next page that does not lead forward".to_owned(),
                ));
            }
            match next {
                Some(next) if (conversations.len() as u64) < self.limit => from = next,
                next => return Ok((response, next, conversations)),
            }
        }
    }

    async fn request_page(
        &self,
        client: &Client,
        from: &Begin,
        size: NonZeroU64,
    ) -> Result<ResponseValue<v3::types::ConversationPage>, Failure> {
        let mut request = client
            .v3
            .list_conversations()
            .account_id(self.account_id.as_str())
            .project_id(self.project_id.as_str())
            // By its name, which is the same in both versions.
            .client_env(self.client_env.to_string())
            // Part of every v1 turn; v3 sends it on request only.
            .include_latency(true)
            .limit(size);
        if let Some(time) = &self.start_time {
            request = request.start_time(time.clone());
        }
        if let Some(time) = &self.end_time {
            request = request.end_time(time.clone());
        }
        if let Some(in_progress) = self.in_progress {
            request = request.in_progress(in_progress);
        }
        if let Some(id) = &self.variant_id {
            request = request.variant_id(id.as_str());
        }
        if let Some(name) = &self.variant_name {
            request = request.variant_name(name.as_str());
        }
        request = match from {
            Begin::Offset(0) => request,
            Begin::Offset(offset) => request.offset(*offset),
            Begin::Cursor(cursor) => request.cursor(cursor.as_str()),
        };
        request.send().await
    }
}

/// Returns the next position: the cursor if there is one, otherwise the offset. Some servers write "no next page" as a null
/// cursor and the offset 0.
fn next(page: &v3::types::ConversationPage) -> Option<Begin> {
    if let Some(cursor) = page.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
        return Some(Begin::Cursor(cursor.to_owned()));
    }
    let offset = u64::try_from(page.next_offset.as_ref()?.as_i64()?).ok()?;
    (offset > 0 || !page.cursor.is_null()).then_some(Begin::Offset(offset))
}

/// Returns a stream with a single chunk.
pub(super) fn once(bytes: Bytes) -> ByteStream {
    ByteStream::new(Box::pin(Once(Some(bytes))))
}

struct Once(Option<Bytes>);

impl Stream for Once {
    type Item = reqwest::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}
