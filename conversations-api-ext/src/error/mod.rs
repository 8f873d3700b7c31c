//! [`Error`]: what failed, where, and what to do about it.
//!
//! The text shown (`Display`, `Debug`, the chain of sources) is made of this
//! crate's own words, identifiers and machine codes. A server's free text may
//! repeat the search text, so it has an accessor; of a request without such a
//! text, a short and sanitized quotation is shown.

pub(crate) mod body;
pub(crate) mod classify;
pub(crate) mod exchange;
pub(crate) mod kind;
pub(crate) mod predicates;
pub(crate) mod quote;
pub(crate) mod transport;

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc, time::Duration};

use bytes::Bytes;

use crate::{Region, TimeRange, client::endpoint::Place, error::kind::ErrorKind, retry::Limit};

/// The error of every operation in this crate: one pointer wide, and safe to log.
///
/// [`kind`](Self::kind) is for programs, `Display` for people: it says what
/// failed, on which host and project, and what to do. Neither `Display` nor
/// `Debug` nor any [`source`](StdError::source) contains the API key, the search
/// text, or anything out of a conversation. What the server said in its own
/// words is behind [`server_message`](Self::server_message); the start of it is
/// quoted for a rejected request (HTTP 4xx) that carried no search text.
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
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    what: Cow<'static, str>,
    fix: Cow<'static, str>,
    place: Option<Place>,
    answer: Option<Answer>,
    record: Option<BadRecord>,
    tried: Option<Tried>,
    /// The body ended early, or was damaged on its way.
    cut_off: bool,
    connect_fault: Option<ConnectFault>,
    /// The window of a parallel fetch, and how many others failed.
    window: Option<(TimeRange, usize)>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// How often a page was asked for.
struct Tried {
    attempts: u32,
    elapsed: Duration,
    limit: Option<Limit>,
}

/// What is known of an answer that was not a page.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) correlation_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

/// Why no connection was made, where that decides whether a retry can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectFault {
    /// The server's certificate is not to be trusted.
    Certificate,
    /// The proxy wants a login, or another one.
    ProxyLogin,
    /// The host, or the proxy, refuses.
    Refused,
    UnknownHost,
}

/// Which record of its page was malformed.
pub(crate) struct BadRecord {
    pub(crate) position: usize,
    pub(crate) id: Option<String>,
    /// Where in the record, and what should have been there.
    pub(crate) misfit: Option<Misfit>,
    pub(crate) raw: Bytes,
}

/// A field that is not as it should be.
pub(crate) struct Misfit {
    pub(crate) path: String,
    pub(crate) expected: Option<String>,
}

impl Error {
    pub(crate) fn new(
        kind: ErrorKind,
        what: impl Into<Cow<'static, str>>,
        fix: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            what: what.into(),
            fix: fix.into(),
            place: None,
            answer: None,
            record: None,
            tried: None,
            cut_off: false,
            connect_fault: None,
            window: None,
            source: None,
        }))
    }

    /// A rule broken by the caller's own value: `what` names rule and value.
    pub(crate) fn invalid(
        what: impl Into<Cow<'static, str>>,
        fix: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(ErrorKind::InvalidInput, what, fix)
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    pub(crate) fn at(mut self, place: &Place) -> Self {
        self.0.place = Some(place.clone());
        self
    }

    pub(crate) fn with_answer(mut self, answer: Answer) -> Self {
        self.0.answer = Some(answer);
        self
    }

    pub(crate) fn with_record(mut self, record: BadRecord) -> Self {
        self.0.record = Some(record);
        self
    }

    /// Says how often was tried, and what ended that.
    pub(crate) fn tried(mut self, attempts: u32, elapsed: Duration, limit: Option<Limit>) -> Self {
        self.0.tried = Some(Tried {
            attempts,
            elapsed,
            limit,
        });
        self
    }

    /// Says which window of a parallel fetch failed, and how many others.
    pub(crate) fn of_window(mut self, times: TimeRange, more: usize) -> Self {
        self.0.window = Some((times, more));
        self
    }

    /// What ended the attempts, if that was a limit.
    pub(crate) fn limit(&self) -> Option<Limit> {
        self.0.tried.as_ref()?.limit
    }

    /// Says that the body ended early, or was damaged on its way.
    pub(crate) fn cut_off(mut self) -> Self {
        self.0.cut_off = true;
        self
    }

    pub(crate) fn is_cut_off(&self) -> bool {
        self.0.cut_off
    }

    /// Says why no connection was made.
    pub(crate) fn with_connect_fault(mut self, fault: ConnectFault) -> Self {
        self.0.connect_fault = Some(fault);
        self
    }

    pub(crate) fn connect_fault(&self) -> Option<ConnectFault> {
        self.0.connect_fault
    }

    /// `source` must be free of personal data: its text is printed by whoever
    /// walks the chain.
    pub(crate) fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// What went wrong, for a program to decide on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What failed, in a few words: the first part of `Display`, without the place and without advice.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.0.what
    }

    /// The region that was asked; `None` for a server that is not of the vendor's regions, and for errors that
    /// no request led to.
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        self.0.place.as_ref()?.base_url().region()
    }

    /// The HTTP status, when an answer arrived at all. For a
    /// [`Body`](ErrorKind::Body) error that is the status of the page, e.g. 200.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.answer().map(|answer| answer.status)
    }

    /// The server's machine code, such as `PROJECT_NOT_FOUND`. Older deployments
    /// and gateways send none. A code that this crate does not know counts as none: it
    /// is printed, and a gateway may repeat anything there.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.answer()?.code.as_deref()
    }

    /// What the server said in its own words, up to 64 KiB of it.
    ///
    /// May repeat what was asked for, the search text included: show it to the
    /// person who asked, keep it out of shared logs.
    #[must_use]
    pub fn server_message(&self) -> Option<&str> {
        self.answer()?.message.as_deref()
    }

    /// The id under which the vendor's support finds this request: the header
    /// `X-PolyAI-Correlation-Id`, or else `error_id` of the body. Only a UUID, as
    /// documented, counts as one.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.answer()?.correlation_id.as_deref()
    }

    /// How long the server asks to wait, from the header `Retry-After` (seconds
    /// or a date). A 429 without it means about one minute.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.answer()?.retry_after
    }

    /// How often the page was asked for. 0 for errors that no request led to.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.tried.as_ref().map_or(0, |tried| tried.attempts)
    }

    /// How long that took, waits included.
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        self.0.tried.as_ref().map(|tried| tried.elapsed)
    }

    /// For [`MalformedRecord`](ErrorKind::MalformedRecord): which record of its
    /// page it was, counted from 0.
    #[must_use]
    pub fn record_position(&self) -> Option<usize> {
        self.0.record.as_ref().map(|record| record.position)
    }

    /// For [`MalformedRecord`](ErrorKind::MalformedRecord): the id of the
    /// record, if it has a readable one.
    #[must_use]
    pub fn record_id(&self) -> Option<&str> {
        self.0.record.as_ref()?.id.as_deref()
    }

    /// For [`MalformedRecord`](ErrorKind::MalformedRecord): the path of the field that is not as it should be,
    /// such as `id` or `turns[3].is_ood`. `None` if the record as a whole is not.
    #[must_use]
    pub fn record_path(&self) -> Option<&str> {
        Some(&self.0.record.as_ref()?.misfit.as_ref()?.path)
    }

    /// What should have been [there](Self::record_path), such as `a boolean`; `None` where that cannot be said.
    #[must_use]
    pub fn record_expected(&self) -> Option<&str> {
        self.0.record.as_ref()?.misfit.as_ref()?.expected.as_deref()
    }

    /// The same without the bytes of the record.
    pub(crate) fn without_record_bytes(mut self) -> Self {
        if let Some(record) = &mut self.0.record {
            record.raw = Bytes::new();
        }
        self
    }

    /// For [`MalformedRecord`](ErrorKind::MalformedRecord): the record's bytes as
    /// they arrived. They hold personal data.
    #[must_use]
    pub fn record_bytes(&self) -> Option<&Bytes> {
        self.0.record.as_ref().map(|record| &record.raw)
    }

    fn answer(&self) -> Option<&Answer> {
        self.0.answer.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)?;
        if let Some(answer) = &self.0.answer {
            write!(f, " (HTTP {}", answer.status)?;
            if let Some(code) = &answer.code {
                write!(f, ", code {code}")?;
            }
            if let Some(id) = &answer.correlation_id {
                write!(f, ", correlation id {id}")?;
            }
            f.write_str(")")?;
        }
        if let Some(place) = &self.0.place {
            write!(f, " {place}")?;
        }
        if let Some(tried) = &self.0.tried {
            tried.fmt(f)?;
        }
        if let Some((times, more)) = &self.0.window {
            write!(f, ", for the window {times:?}")?;
            if *more > 0 {
                write!(f, " and {more} more")?;
            }
        }
        if !self.0.fix.is_empty() {
            write!(f, ": {}", self.0.fix)?;
        }
        Ok(())
    }
}

impl fmt::Display for Tried {
    /// Nothing for what was tried once and would not have been tried again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.attempts > 1 {
            let seconds = self.elapsed.as_secs_f64();
            write!(f, ", tried {} times in {seconds:.1} s", self.attempts)?;
        }
        match self.limit {
            Some(Limit::Attempts) if self.attempts > 1 => f.write_str(" (the limit of attempts)"),
            Some(Limit::Time | Limit::Outage) => f.write_str(" (retry time limit reached)"),
            Some(Limit::Budget) => f.write_str(" (the retry budget of this client is used up)"),
            Some(Limit::Attempts) | None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Error");
        out.field("kind", &self.0.kind)
            .field("what", &self.0.what)
            .field("fix", &self.0.fix);
        if let Some(place) = &self.0.place {
            out.field("place", &format_args!("{place}"));
        }
        if let Some(answer) = &self.0.answer {
            out.field("status", &answer.status)
                .field("code", &answer.code)
                .field("correlation_id", &answer.correlation_id)
                .field("retry_after", &answer.retry_after)
                .field(
                    "server_message",
                    &Hidden(answer.message.as_deref().map(str::len)),
                );
        }
        if let Some(record) = &self.0.record {
            out.field("record_position", &record.position)
                .field("record_id", &record.id)
                .field("record_path", &self.record_path())
                .field("record_expected", &self.record_expected())
                .field("record_bytes", &Hidden(Some(record.raw.len())));
        }
        if let Some(tried) = &self.0.tried {
            out.field("attempts", &tried.attempts)
                .field("elapsed", &tried.elapsed)
                .field("limit", &tried.limit);
        }
        if let Some(window) = &self.0.window {
            out.field("window", window);
        }
        if let Some(source) = &self.0.source {
            out.field("source", source);
        }
        out.finish()
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

/// Stands in `Debug` for text that must not be printed: says how long it is.
struct Hidden(Option<usize>);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(length) => write!(f, "<{length} bytes, hidden>"),
            None => f.write_str("none"),
        }
    }
}

/// Errors are moved across tasks together with the streams that raise them.
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

    #[test]
    fn what_the_server_said_is_kept_but_not_printed() {
        let error = Error::new(ErrorKind::BadRequest, "refused", "fix it").with_answer(Answer {
            status: 400,
            code: Some("CONVERSATIONS_VALIDATION_FAILED".into()),
            message: Some("query MARKER is too long".into()),
            correlation_id: Some("c-1".into()),
            retry_after: None,
        });
        assert_eq!(error.server_message(), Some("query MARKER is too long"));
        assert_eq!(
            error.to_string(),
            "refused (HTTP 400, code CONVERSATIONS_VALIDATION_FAILED, correlation id c-1): fix it"
        );
        assert!(!format!("{error:?}").contains("MARKER"));
    }
}
