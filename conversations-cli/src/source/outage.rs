//! [`Outage`]: reports failed requests while they are retried.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use conversations_api_ext::{Attempt, BaseUrl, Error, ErrorKind, Observer};

use crate::term::stderr::say;

/// Reports the first failure, and each later failure of another kind, as soon as it happens: what failed, and until
/// when it is retried. Without this, a program that waits for a retry looks as if it hung.
#[derive(Default)]
pub(crate) struct Outage(Mutex<State>);

#[derive(Default)]
struct State {
    /// When the current series of failures began; `None` after a success.
    since: Option<Instant>,
    /// When each kind of failure was last reported, and whether a request has succeeded since.
    reported: HashMap<Kind, (Instant, bool)>,
}

/// The kind of a failure: failures of the same kind are reported once.
type Kind = (ErrorKind, Option<u16>, String);

/// Minimum interval between reports of the same kind, so that a server that fails intermittently does not flood
/// stderr.
const PAUSE: Duration = Duration::from_secs(60);

impl Observer for Outage {
    fn attempt(&self, attempt: &Attempt<'_>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match (attempt.error(), attempt.retry_in()) {
            (None, _) => state.succeeded(),
            // A failure that is not retried ends the command, which reports it.
            (Some(_), None) => {}
            (Some(error), Some(wait)) => {
                let began = now.checked_sub(attempt.elapsed()).unwrap_or(now);
                let since = state.failed(began);
                if !state.is_new(kind(error), now) {
                    return;
                }
                drop(state);
                let passed = now.saturating_duration_since(since);
                let left = attempt
                    .retry_limit()
                    .map(|limit| limit.saturating_sub(passed));
                say(format_args!(
                    "warning: {} at {}, project {}: retrying in {}, {}",
                    problem(error),
                    attempt.base_url().host(),
                    attempt.project().project(),
                    seconds(wait),
                    until(Utc::now(), left)
                ));
            }
        }
    }

    fn waiting(&self, base_url: &BaseUrl, elapsed: Duration) {
        let kind = (ErrorKind::Timeout, None, "waiting".to_owned());
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.is_new(kind, Instant::now()) {
            drop(state);
            say(format_args!(
                "warning: no response from {} for {} s; still waiting",
                base_url.host(),
                elapsed.as_secs()
            ));
        }
    }
}

impl State {
    fn succeeded(&mut self) {
        self.since = None;
        for (_, recovered) in self.reported.values_mut() {
            *recovered = true;
        }
    }

    /// Returns when the current series of failures began.
    fn failed(&mut self, began: Instant) -> Instant {
        *self.since.get_or_insert(began)
    }

    /// Returns whether to report a failure of this kind, and records it as reported.
    fn is_new(&mut self, kind: Kind, now: Instant) -> bool {
        if let Some((reported, recovered)) = self.reported.get(&kind)
            && (!recovered || now.saturating_duration_since(*reported) < PAUSE)
        {
            return false;
        }
        self.reported.insert(kind, (now, false));
        true
    }
}

fn kind(error: &Error) -> Kind {
    // Other messages contain the number of bytes received, which differs between failures of the same kind.
    let words = match error.kind() {
        ErrorKind::Connection => error.problem().to_owned(),
        _ => String::new(),
    };
    (error.kind(), error.status(), words)
}

fn problem(error: &Error) -> String {
    match error.status() {
        Some(status) => format!("{} (HTTP {status})", error.problem()),
        None => error.problem().to_owned(),
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Formats the end of the retries as a time of day, like in logs.
fn until(now: DateTime<Utc>, left: Option<Duration>) -> String {
    let end = left
        .and_then(|left| chrono::TimeDelta::from_std(left).ok())
        .and_then(|left| now.checked_add_signed(left));
    match end {
        Some(end) => format!("until {}", end.format("%Y-%m-%d %H:%M:%S UTC")),
        None => "without a time limit".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &str) -> Kind {
        (ErrorKind::Connection, None, words.to_owned())
    }

    #[test]
    fn each_kind_of_failure_is_reported_once_until_it_has_passed_for_a_while() {
        let mut state = State::default();
        let start = Instant::now();
        assert!(state.is_new(of("refused"), start));
        assert!(!state.is_new(of("refused"), start + 10 * PAUSE));
        assert!(state.is_new(of("reset"), start));
        state.succeeded();
        assert!(!state.is_new(of("refused"), start + PAUSE / 2));
        assert!(state.is_new(of("refused"), start + PAUSE));
        assert!(!state.is_new(of("refused"), start + 2 * PAUSE));
    }

    #[test]
    fn an_outage_begins_with_its_first_failure() {
        let mut state = State::default();
        let start = Instant::now();
        assert_eq!(state.failed(start), start);
        assert_eq!(state.failed(start + PAUSE), start);
        state.succeeded();
        assert_eq!(state.failed(start + PAUSE), start + PAUSE);
    }

    #[test]
    fn the_end_of_the_retries_is_a_time_that_a_log_can_hold() {
        let now = "2026-04-01T23:50:00Z".parse().unwrap();
        assert_eq!(
            until(now, Some(Duration::from_secs(15 * 60))),
            "until 2026-04-02 00:05:00 UTC"
        );
        assert_eq!(until(now, Some(Duration::MAX)), "without a time limit");
        assert_eq!(until(now, None), "without a time limit");
    }
}
