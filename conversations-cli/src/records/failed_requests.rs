//! [`FailedRequests`]: the conversations whose requests by id failed, in a run that continues with the others.

use conversations_api_ext::{Error, ErrorKind};
use serde::{Deserialize, Serialize};

use crate::failure::{Exit, Failure};
use crate::term::escape::printable;
use crate::term::plural::plural;

/// Number of failures of the same kind at the start of a run that end it: then the cause is the key, the host or the
/// project rather than one conversation.
const AT_START: u32 = 5;
/// The same after a success: in an outage of the server, and in case the key was revoked.
const OUTAGE: u32 = 20;
const REJECTIONS: u32 = 100;
/// Number of ids that are named.
const NAMED: usize = 5;

/// Why the request for one conversation failed.
#[derive(Debug, Clone)]
pub(crate) struct FailedRequest {
    kind: ErrorKind,
    status: Option<u16>,
    is_transient: bool,
    failure: Failure,
}

impl From<&Error> for FailedRequest {
    fn from(error: &Error) -> Self {
        Self {
            kind: error.kind(),
            status: error.status(),
            is_transient: error.is_transient(),
            failure: match error.kind() {
                // The list accepted the filters, so this is no mistake on the command line.
                ErrorKind::BadRequest => Failure::server(error.to_string()),
                ErrorKind::MalformedRecord => Failure::new(Exit::Skipped, error.to_string()),
                _ => Failure::of(error),
            },
        }
    }
}

impl FailedRequest {
    /// The response was complete, but not a valid recording.
    pub(crate) fn invalid_recording(fault: &str) -> Self {
        Self {
            kind: ErrorKind::Body,
            status: Some(200),
            is_transient: false,
            failure: Failure::server(format!("the response is not a valid recording: {fault}")),
        }
    }
}

/// The conversations whose requests by id failed. The counts are stored with the resume point of an export.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct FailedRequests {
    count: u64,
    malformed: u64,
    /// The first few ids.
    ids: Vec<String>,
    #[serde(skip)]
    run: Run,
}

/// What decides whether a run ends; a later run decides anew.
#[derive(Debug, Clone, Default)]
struct Run {
    has_succeeded: bool,
    /// The last failure, and the number of failures of its kind since a request succeeded.
    last: Option<FailedRequest>,
    in_a_row: u32,
    /// Whether a failed request may succeed later.
    is_transient: bool,
    first: Option<FailedRequest>,
}

impl FailedRequests {
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// Notes that the server responded as it should.
    pub(crate) fn succeeded(&mut self) {
        self.run.has_succeeded = true;
        self.run.in_a_row = 0;
    }

    /// Counts a conversation whose failure does not end the run.
    pub(crate) fn add(&mut self, id: &str, failed: &FailedRequest) {
        self.count += 1;
        self.malformed += u64::from(failed.kind == ErrorKind::MalformedRecord);
        if self.ids.len() < NAMED {
            self.ids.push(id.to_owned());
        }
    }

    /// Notes a failure, and returns how many of its kind there are in a row. Fails if that many, or this kind, concern
    /// more than one conversation.
    pub(crate) fn failed(&mut self, failed: FailedRequest) -> Result<u32, Failure> {
        let run = &mut self.run;
        // In an outage, a server and its gateway respond with several transient statuses.
        let is_alike = run.last.as_ref().is_some_and(|last| {
            run.in_a_row > 0
                && (last.is_transient && failed.is_transient
                    || (last.kind, last.status) == (failed.kind, failed.status))
        });
        run.in_a_row = if is_alike { run.in_a_row + 1 } else { 1 };
        run.is_transient |= failed.is_transient;
        let limit = match (run.has_succeeded, failed.is_transient) {
            (false, _) => AT_START,
            (true, true) => OUTAGE,
            (true, false) => REJECTIONS,
        };
        let is_general = match failed.kind {
            ErrorKind::Unauthorized | ErrorKind::Redirect => true,
            ErrorKind::Connection => !run.has_succeeded || !failed.is_transient,
            _ => false,
        };
        if is_general || run.in_a_row >= limit {
            return Err(failed.failure);
        }
        run.first.get_or_insert_with(|| failed.clone());
        run.last = Some(failed);
        Ok(run.in_a_row)
    }

    /// Returns whether a later run may succeed where this one failed.
    pub(crate) const fn is_transient(&self) -> bool {
        self.run.is_transient
    }

    /// Returns the failure of a run that is otherwise complete; `None` if no request failed. `what` begins the message,
    /// such as `cannot read the details`.
    pub(crate) fn failure(&self, what: &str) -> Option<Failure> {
        if self.count == 0 {
            return None;
        }
        let ids: Vec<_> = self.ids.iter().map(|id| printable(id)).collect();
        let more = match self.count - self.ids.len() as u64 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let of = plural(self.count, "conversation");
        let mut message = format!("{what} of {of} ({}{more})", ids.join(", "));
        let first = self.run.first.as_ref();
        if let Some(first) = first {
            let which = if self.count == 1 { "" } else { "the first: " };
            message.push_str(&format!(": {which}{}", first.failure));
        }
        let exit = match first {
            // All of a few.
            Some(first) if !self.run.has_succeeded && first.kind == ErrorKind::Forbidden => {
                first.failure.exit()
            }
            _ if self.malformed == self.count => Exit::Skipped,
            _ => Exit::Server,
        };
        Some(Failure::new(exit, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: ErrorKind, status: u16) -> FailedRequest {
        (&Error::builder(kind).status(status).build()).into()
    }

    /// The number of failures that end a run.
    fn until_stopped(failed: &mut FailedRequests, with: &FailedRequest) -> Option<usize> {
        (1..1000).find(|_| failed.failed(with.clone()).is_err())
    }

    #[test]
    fn a_run_ends_when_all_of_the_first_fail_alike_or_the_server_is_gone() {
        let forbidden = of(ErrorKind::Forbidden, 403);
        let failing = of(ErrorKind::Server, 503);
        assert_eq!(
            until_stopped(&mut FailedRequests::default(), &forbidden),
            Some(5)
        );
        let mut failed = FailedRequests::default();
        for _ in 0..50 {
            failed.failed(failing.clone()).unwrap();
            failed.failed(forbidden.clone()).unwrap();
            failed.succeeded();
        }
        assert_eq!(until_stopped(&mut failed, &failing), Some(20));
        failed.succeeded();
        assert_eq!(until_stopped(&mut failed, &forbidden), Some(100));
        for (kind, status) in [(ErrorKind::Unauthorized, 401), (ErrorKind::Redirect, 302)] {
            assert_eq!(until_stopped(&mut failed, &of(kind, status)), Some(1));
        }
    }

    #[test]
    fn the_failure_names_the_first_ids_and_has_the_code_of_the_gravest() {
        let mut failed = FailedRequests::default();
        failed.succeeded();
        assert!(failed.failure("details").is_none());
        failed.add("CA\u{1b}1", &of(ErrorKind::MalformedRecord, 200));
        assert_eq!(failed.failure("details").unwrap().exit(), Exit::Skipped);
        for id in ["2", "3", "4", "5", "6", "7"] {
            failed.add(id, &of(ErrorKind::BadRequest, 410));
        }
        let failure = failed.failure("details").unwrap();
        assert_eq!(failure.exit(), Exit::Server);
        let message = failure.to_string();
        assert!(message.starts_with("details of 7 conversations (CA"));
        assert!(message.contains("2, 3, 4, 5 and 2 more"), "{message}");
        assert!(!message.contains('\u{1b}'));
    }
}
