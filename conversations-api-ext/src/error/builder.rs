//! [`ErrorBuilder`]: errors for tests of code that handles them.

use std::time::Duration;

use crate::{Error, ErrorKind, error::ResponseDetails, error::body::known_code};

/// Builds an [`Error`] as the client would return it, for tests of your own code; from [`Error::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ErrorBuilder {
    error: Error,
    status: Option<u16>,
    code: Option<String>,
    retry_after: Option<Duration>,
}

impl Error {
    /// Returns a builder of an error of this kind, for tests of code that handles errors.
    ///
    /// Its status is the typical one of the kind, such as 401, and none for kinds without a response.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use conversations_api_ext::{Error, ErrorKind};
    ///
    /// fn wait(error: &Error) -> Option<Duration> {
    ///     error.is_rate_limited().then(|| error.retry_after().unwrap_or(Duration::from_secs(60)))
    /// }
    ///
    /// let limited = Error::builder(ErrorKind::RateLimited);
    /// assert_eq!(wait(&limited.clone().build()), Some(Duration::from_secs(60)));
    /// let limited = limited.retry_after(Duration::from_secs(7)).build();
    /// assert_eq!((limited.status(), wait(&limited)), (Some(429), Some(Duration::from_secs(7))));
    /// assert_eq!(wait(&Error::builder(ErrorKind::Unauthorized).build()), None);
    /// ```
    #[doc(alias = "mock")]
    pub fn builder(kind: ErrorKind) -> ErrorBuilder {
        let status = match kind {
            ErrorKind::Unauthorized => Some(401),
            ErrorKind::Forbidden => Some(403),
            ErrorKind::NotFound => Some(404),
            ErrorKind::BadRequest => Some(400),
            ErrorKind::RateLimited => Some(429),
            ErrorKind::Server => Some(503),
            ErrorKind::Redirect => Some(302),
            ErrorKind::Body | ErrorKind::Paging => Some(200),
            ErrorKind::InvalidInput
            | ErrorKind::Connection
            | ErrorKind::Timeout
            | ErrorKind::MalformedRecord => None,
        };
        ErrorBuilder {
            error: Self::new(kind, format!("an error for a test ({kind})"), ""),
            status,
            code: None,
            retry_after: None,
        }
    }
}

impl ErrorBuilder {
    /// Sets the HTTP status.
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Sets the server's error code, such as `PROJECT_NOT_FOUND`. As in a response, one that this crate does not know is
    /// dropped.
    pub fn code(mut self, code: &str) -> Self {
        self.code = known_code(code);
        self
    }

    /// Sets the wait that the server requests.
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Sets the number of attempts and the time that they took; 0 and none by default.
    pub fn attempts(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.error = self.error.with_attempts(attempts, elapsed, None);
        self
    }

    /// Builds the error. Code and `Retry-After` are those of a response, so they need a status.
    #[must_use]
    pub fn build(self) -> Error {
        match self.status {
            None => self.error,
            Some(status) => self.error.with_response(ResponseDetails {
                status,
                code: self.code,
                retry_after: self.retry_after,
                ..ResponseDetails::default()
            }),
        }
    }
}
