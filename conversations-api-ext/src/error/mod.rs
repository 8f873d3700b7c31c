//! [`Error`]: what failed, where, and what to do about it.
//!
//! The printed text (`Display`, `Debug`, the chain of sources) consists of this crate's own words, identifiers and
//! machine codes. A server's free text may repeat the search text, so it has an accessor; if the request had no
//! search text, a short, sanitized excerpt is printed.

pub(crate) mod body;
pub(crate) mod builder;
pub(crate) mod kind;
pub(crate) mod predicates;
pub(crate) mod quote;
pub(crate) mod request_context;
pub(crate) mod response;
mod text;
pub(crate) mod timeouts;
pub(crate) mod transport;

use std::{borrow::Cow, error::Error as StdError, sync::Arc, time::Duration};

use bytes::Bytes;

use crate::{
    BaseUrl, Project, Region, TimeRange, client::endpoint::Endpoint, error::kind::ErrorKind,
    retry::limit::Limit,
};

/// The error type of every operation in this crate: one pointer wide, cheap to clone, and safe to log.
///
/// [`kind`](Self::kind) is for programs, `Display` for people: it reports what failed, on which host and project,
/// and what to do. Neither `Display` nor `Debug` nor any [`source`](StdError::source) contains the API key, the
/// search text, or conversation content. The server's own message is behind
/// [`server_message`](Self::server_message); its start is quoted for a rejected request (HTTP 4xx) without a search
/// text.
///
/// # Example
///
/// ```
/// use conversations_api_ext::{ErrorKind, Query};
///
/// let error = Query::v3().page_size(5000).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidInput);
/// assert!(error.to_string().contains("1 to 1000"));
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    hint: Cow<'static, str>,
    endpoint: Option<Endpoint>,
    response: Option<ResponseDetails>,
    record: Option<RecordDetails>,
    attempts: Option<Attempts>,
    /// Whether the body ended early or was damaged in transit.
    cut_off: bool,
    connect_fault: Option<ConnectFault>,
    /// The failed window of a parallel fetch, and the number of other failed windows.
    window: Option<(TimeRange, usize)>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The number of attempts at a page.
#[derive(Clone)]
struct Attempts {
    attempts: u32,
    elapsed: Duration,
    limit: Option<Limit>,
}

/// The details of a response that was not a page.
#[derive(Clone, Default)]
pub(crate) struct ResponseDetails {
    pub(crate) status: u16,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) correlation_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

/// Why a connection failed, in the cases that decide whether to retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectFault {
    /// The server's certificate is not trusted.
    #[cfg_attr(not(feature = "__rustls"), expect(dead_code))]
    Certificate,
    /// The proxy requires a login, or rejected the given one.
    ProxyLogin,
    /// The host or the proxy refused the connection.
    Refused,
    /// The peer does not speak the protocol: no TLS version or cipher in common, or no valid HTTP.
    Protocol,
    UnknownHost,
}

/// The malformed record of a page.
#[derive(Clone)]
pub(crate) struct RecordDetails {
    pub(crate) position: usize,
    pub(crate) id: Option<String>,
    /// The invalid field and what was expected instead.
    pub(crate) invalid_field: Option<InvalidField>,
    pub(crate) raw: Bytes,
}

/// An invalid field of a record.
#[derive(Clone)]
pub(crate) struct InvalidField {
    pub(crate) path: String,
    pub(crate) expected: Option<String>,
}

impl Error {
    pub(crate) fn new(
        kind: ErrorKind,
        message: impl Into<Cow<'static, str>>,
        hint: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Arc::new(Inner {
            kind,
            message: message.into(),
            hint: hint.into(),
            endpoint: None,
            response: None,
            record: None,
            attempts: None,
            cut_off: false,
            connect_fault: None,
            window: None,
            source: None,
        }))
    }

    fn inner(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.0)
    }

    /// Returns an error for an invalid value from the caller; `message` names the rule and the value.
    pub(crate) fn invalid(
        message: impl Into<Cow<'static, str>>,
        hint: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(ErrorKind::InvalidInput, message, hint)
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.inner().kind = kind;
        self
    }

    pub(crate) fn at(mut self, endpoint: &Endpoint) -> Self {
        self.inner().endpoint = Some(endpoint.clone());
        self
    }

    pub(crate) fn with_response(mut self, response: ResponseDetails) -> Self {
        self.inner().response = Some(response);
        self
    }

    pub(crate) fn with_record(mut self, record: RecordDetails) -> Self {
        self.inner().record = Some(record);
        self
    }

    /// Sets the number of attempts and the limit that ended them.
    pub(crate) fn with_attempts(
        mut self,
        attempts: u32,
        elapsed: Duration,
        limit: Option<Limit>,
    ) -> Self {
        self.inner().attempts = Some(Attempts {
            attempts,
            elapsed,
            limit,
        });
        self
    }

    /// Sets the failed window of a parallel fetch and the number of other failed windows.
    pub(crate) fn of_window(mut self, times: TimeRange, more: usize) -> Self {
        self.inner().window = Some((times, more));
        self
    }

    /// Returns the limit that ended the attempts, if any.
    pub(crate) fn limit(&self) -> Option<Limit> {
        self.0.attempts.as_ref()?.limit
    }

    /// Marks the body as ended early or damaged in transit.
    pub(crate) fn cut_off(mut self) -> Self {
        self.inner().cut_off = true;
        self
    }

    pub(crate) fn is_cut_off(&self) -> bool {
        self.0.cut_off
    }

    /// Sets why the connection failed.
    pub(crate) fn with_connect_fault(mut self, fault: ConnectFault) -> Self {
        self.inner().connect_fault = Some(fault);
        self
    }

    pub(crate) fn connect_fault(&self) -> Option<ConnectFault> {
        self.0.connect_fault
    }

    /// Sets the source. It must be free of personal data: error reporters print the text of the whole chain.
    pub(crate) fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.inner().source = Some(Arc::new(source));
        self
    }

    /// Returns the kind of the error, for a program to decide what to do.
    #[doc(alias = "is_connect")]
    #[doc(alias = "is_decode")]
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns a short description of the failure: the first part of `Display`, without endpoint and hint.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.0.message
    }

    /// Returns the region of the request; `None` for a server outside the vendor's regions, and for errors without a
    /// request.
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        self.0.endpoint.as_ref()?.base_url().region()
    }

    /// Returns the project of the request, with its account; `None` for errors without a request.
    ///
    /// ```
    /// # use conversations_api_ext::Error;
    /// fn label(error: &Error) -> String {
    ///     error.project().map_or_else(String::new, |project| project.to_string())
    /// }
    /// ```
    #[must_use]
    pub fn project(&self) -> Option<&Project> {
        Some(self.0.endpoint.as_ref()?.project())
    }

    /// Returns the base URL of the request; `None` for errors without a request.
    #[doc(alias = "url")]
    #[doc(alias = "host")]
    #[must_use]
    pub fn base_url(&self) -> Option<&BaseUrl> {
        Some(self.0.endpoint.as_ref()?.base_url())
    }

    /// Returns the HTTP status; `None` if no response arrived.
    ///
    /// For a [`Body`](ErrorKind::Body) error this is the status of the page, e.g. 200.
    #[doc(alias = "status_code")]
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.response().map(|response| response.status)
    }

    /// Returns the server's error code, such as `PROJECT_NOT_FOUND`.
    ///
    /// Older deployments and gateways send none. A code that this crate does not know is dropped: codes are printed,
    /// and a gateway may send any text in this field.
    #[doc(alias = "error_code")]
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.response()?.code.as_deref()
    }

    /// Returns the server's own error message, up to 64 KiB of it.
    ///
    /// It may repeat the request, including the search text: show it to the user, keep it out of shared logs.
    #[must_use]
    pub fn server_message(&self) -> Option<&str> {
        self.response()?.message.as_deref()
    }

    /// Returns the correlation id, by which the vendor's support finds this request.
    ///
    /// It comes from the header `X-PolyAI-Correlation-Id`, or else from `error_id` in the body. Only a UUID, as
    /// documented, is accepted.
    #[doc(alias = "request_id")]
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.response()?.correlation_id.as_deref()
    }

    /// Returns the wait that the server requests in `Retry-After` (seconds or a date).
    ///
    /// For a 429 without the header, wait about one minute.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.response()?.retry_after
    }

    /// Returns the number of attempts at the page since the last that brought new records; 0 for errors without a
    /// request.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0
            .attempts
            .as_ref()
            .map_or(0, |attempts| attempts.attempts)
    }

    /// Returns the time that the attempts took, waits included.
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        self.0.attempts.as_ref().map(|attempts| attempts.elapsed)
    }

    /// Returns the position of a [`MalformedRecord`](ErrorKind::MalformedRecord) in its page, counted from 0.
    #[must_use]
    pub fn record_position(&self) -> Option<usize> {
        self.0.record.as_ref().map(|record| record.position)
    }

    /// Returns the id of a [`MalformedRecord`](ErrorKind::MalformedRecord), if it has a readable one.
    #[must_use]
    pub fn record_id(&self) -> Option<&str> {
        self.0.record.as_ref()?.id.as_deref()
    }

    /// Returns the path of the invalid field of a [`MalformedRecord`](ErrorKind::MalformedRecord), such as `id` or
    /// `turns[3].is_ood`; `None` if the record as a whole is invalid.
    #[must_use]
    pub fn record_path(&self) -> Option<&str> {
        Some(&self.0.record.as_ref()?.invalid_field.as_ref()?.path)
    }

    /// Returns what was expected at [`record_path`](Self::record_path), such as `a boolean`; `None` if unknown.
    #[must_use]
    pub fn record_expected(&self) -> Option<&str> {
        self.0
            .record
            .as_ref()?
            .invalid_field
            .as_ref()?
            .expected
            .as_deref()
    }

    /// Removes the bytes of the record.
    pub(crate) fn without_record_bytes(mut self) -> Self {
        if let Some(record) = &mut self.inner().record {
            record.raw = Bytes::new();
        }
        self
    }

    /// Returns the bytes of a [`MalformedRecord`](ErrorKind::MalformedRecord) as received. They contain personal data.
    #[must_use]
    pub fn record_bytes(&self) -> Option<&Bytes> {
        self.0.record.as_ref().map(|record| &record.raw)
    }

    fn response(&self) -> Option<&ResponseDetails> {
        self.0.response.as_ref()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source: &(dyn StdError + 'static) = self.0.source.as_deref()?;
        Some(source)
    }
}

impl From<conversations_api::InvalidApiKey> for Error {
    fn from(error: conversations_api::InvalidApiKey) -> Self {
        Self::invalid(error.to_string(), "")
    }
}

/// Errors move between tasks together with their streams, so they must be `Send` and `Sync`.
const _: () = {
    const fn shareable<T: Send + Sync + 'static>() {}
    shareable::<Error>();
    shareable::<Arc<Error>>();
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_small_enough_to_return_by_value() {
        assert!(size_of::<Error>() <= 128);
        assert!(size_of::<Result<u64, Error>>() <= 128);
    }
}
