//! The printed text of an [`Error`].

use std::fmt;

use super::{Attempts, Error};
use crate::retry::limit::Limit;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(response) = &self.0.response {
            write!(f, " (HTTP {}", response.status)?;
            if let Some(code) = &response.code {
                write!(f, ", code {code}")?;
            }
            if let Some(id) = &response.correlation_id {
                write!(f, ", correlation id {id}")?;
            }
            f.write_str(")")?;
        }
        if let Some(endpoint) = &self.0.endpoint {
            write!(f, " {endpoint}")?;
        }
        if let Some(attempts) = &self.0.attempts {
            attempts.fmt(f)?;
        }
        if let Some((times, more)) = &self.0.window {
            write!(f, ", for the window {times:?}")?;
            if *more > 0 {
                write!(f, " and {more} more")?;
            }
        }
        if !self.0.hint.is_empty() {
            write!(f, ": {}", self.0.hint)?;
        }
        Ok(())
    }
}

impl fmt::Display for Attempts {
    /// Prints nothing after a single attempt that would not have been retried.
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
            .field("message", &self.0.message)
            .field("hint", &self.0.hint);
        if let Some(endpoint) = &self.0.endpoint {
            out.field("endpoint", &format_args!("{endpoint}"));
        }
        if let Some(response) = &self.0.response {
            out.field("status", &response.status)
                .field("code", &response.code)
                .field("correlation_id", &response.correlation_id)
                .field("retry_after", &response.retry_after)
                .field(
                    "server_message",
                    &Hidden(response.message.as_deref().map(str::len)),
                );
        }
        if let Some(record) = &self.0.record {
            out.field("record_position", &record.position)
                .field("record_id", &record.id)
                .field("record_path", &self.record_path())
                .field("record_expected", &self.record_expected())
                .field("record_bytes", &Hidden(Some(record.raw.len())));
        }
        if let Some(attempts) = &self.0.attempts {
            out.field("attempts", &attempts.attempts)
                .field("elapsed", &attempts.elapsed)
                .field("limit", &attempts.limit);
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

/// Replaces text that must not be printed with its length in `Debug`.
struct Hidden(Option<usize>);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(length) => write!(f, "<{length} bytes, hidden>"),
            None => f.write_str("none"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, error::ResponseDetails};

    #[test]
    fn what_the_server_said_is_kept_but_not_printed() {
        let error = Error::new(ErrorKind::BadRequest, "refused", "hint it").with_response(
            ResponseDetails {
                status: 400,
                code: Some("CONVERSATIONS_VALIDATION_FAILED".into()),
                message: Some("query MARKER is too long".into()),
                correlation_id: Some("c-1".into()),
                retry_after: None,
            },
        );
        assert_eq!(error.server_message(), Some("query MARKER is too long"));
        assert_eq!(
            error.to_string(),
            "refused (HTTP 400, code CONVERSATIONS_VALIDATION_FAILED, correlation id c-1): hint it"
        );
        assert!(!format!("{error:?}").contains("MARKER"));
    }
}
