//! Admin endpoints: a test in any language controls a running emulator through them.
//!
//! They are JSON endpoints under `/_emulator/`, which is not a path of the API. The library leaves them
//! off unless [`EmulatorBuilder::admin`](crate::EmulatorBuilder::admin) turns them on; the emulator that
//! the CLI serves has them. They need no API key, so listen on loopback only. Requests from web pages are
//! rejected: those with an `Origin` header, and on loopback those whose `Host` header names another host.
//! Faults do not apply to them and the journal does not record them.
//!
//! | request | body | response |
//! |---|---|---|
//! | `GET /_emulator/health` | | `{"status": "ready", "records": 5000, "requests": 3, "now": "2026-04-01T09:00:00Z"}` |
//! | `POST /_emulator/reset` | | restores data, transitions, journal and fault counters to their initial state; responds as `health` |
//! | `POST /_emulator/reseed` | `{"seed": 7, "records": 100}` | as `reset`, with newly generated data |
//! | `GET /_emulator/journal`, also `?plan=NAME` | | `{"requests": [{"at", "method", "path", "query", "plan", "faults", "status"}]}`; `query` is a list of pairs |
//! | `DELETE /_emulator/journal` | | clears the journal |
//! | `GET /_emulator/clock` | | `{"now": "2026-04-01T09:00:00Z", "virtual": true}` |
//! | `POST /_emulator/clock` | `{"advance": "90s"}` | advances the clock, up to the year 9999 |
//! | `GET /_emulator/plans` | | `{"plans": ["default"]}` |
//! | `PUT /_emulator/plans/NAME` | a [fault plan](crate::fault) | adds or replaces the plan |
//! | `GET`, `DELETE /_emulator/plans/NAME` | | returns or removes the plan |
//! | `GET /_emulator/faults`, also `?plan=NAME` | | `{"triggered": [{"plan", "request", "rule", "what"}], "untriggered": ["..."]}` |
//! | `DELETE /_emulator/faults` | | resets the counters of every plan |
//! | `GET /_emulator/records/ID` | | the current record |
//! | `PUT /_emulator/records` | JSONL | adds or replaces conversations: `{"put": 2}` |
//! | `PATCH /_emulator/records/ID` | `{"total_duration": 31}` | sets these members |
//! | `POST /_emulator/records/ID/finish`, `.../redact` | | ends the call; masks its transcript |
//! | `DELETE /_emulator/records/ID` | | removes the conversation |
//!
//! Errors are `{"error": "..."}` with status 400, 404 or 405. A chaos proxy has the journal, clock, plan
//! and fault endpoints only.

mod body;
mod records;
mod response;

use std::sync::Arc;

use http::{Method, Request, Response};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::clock::{Clock, later, latest};
use crate::data::dataset::Dataset;
use crate::fault::{FaultPlan, Faults};
use crate::journal::Log;
use crate::state::State;
use crate::transport::Body;

use response::{Refused, instant, respond};

/// The prefix of every admin path.
const PREFIX: &str = "/_emulator/";

/// The admin endpoints of one server.
#[derive(Debug)]
pub(crate) struct Admin {
    pub(crate) faults: Faults,
    pub(crate) clock: Clock,
    pub(crate) journal: Arc<Log>,
    /// `None` for a proxy.
    pub(crate) state: Option<Arc<State>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Reseed {
    seed: u64,
    records: usize,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance: String,
}

impl Admin {
    /// Whether `path` is an admin path.
    pub(crate) fn has(path: &str) -> bool {
        path.starts_with(PREFIX)
    }

    pub(crate) async fn respond(&self, request: Request<Incoming>) -> Response<Body> {
        respond(self.handle(request).await)
    }

    async fn handle(&self, request: Request<Incoming>) -> Result<Value, Refused> {
        if request.headers().contains_key(http::header::ORIGIN) {
            return Err(Refused::web_page());
        }
        let (head, body) = request.into_parts();
        let path = head.uri.path().strip_prefix(PREFIX).unwrap_or_default();
        let segments: Vec<String> = path
            .split('/')
            .map(|segment| {
                let decoded = percent_encoding::percent_decode_str(segment);
                decoded.decode_utf8_lossy().into_owned()
            })
            .collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let plan = parameter(head.uri.query(), "plan");
        let plan = plan.as_deref();
        let body = body::text(body).await?;
        match (&head.method, segments.as_slice()) {
            (&Method::GET, ["health"]) => Ok(self.health()),
            (&Method::POST, ["reset"]) => self.begin_again(None),
            (&Method::POST, ["reseed"]) => {
                let Reseed { seed, records } = body::read(&body)?;
                // Generating a million conversations takes seconds; on this thread it would block other
                // requests.
                let made = tokio::task::spawn_blocking(move || Dataset::generate(seed, records));
                let data = made.await.map_err(|_| Refused::failed())?;
                self.begin_again(Some(data))
            }
            (&Method::GET, ["journal"]) => Ok(self.journal(plan)),
            (&Method::DELETE, ["journal"]) => {
                self.journal.clear();
                Ok(self.journal(None))
            }
            (&Method::GET, ["clock"]) => Ok(self.time()),
            (&Method::POST, ["clock"]) => {
                let Advance { advance } = body::read(&body)?;
                let by = humantime::parse_duration(&advance)
                    .map_err(|error| Refused::bad(format!("advance is not a duration: {error}")))?;
                if later(self.clock.now(), by) == latest() {
                    return Err(Refused::bad("advance leads past the year 9999"));
                }
                self.clock.advance(by);
                Ok(self.time())
            }
            (&Method::GET, ["plans"]) => Ok(json!({"plans": self.faults.names()})),
            (&Method::GET, ["plans", name]) => {
                let plan = self.faults.plan(name).ok_or_else(|| no_plan(name))?;
                Ok(json!(plan))
            }
            (&Method::PUT, ["plans", name]) => {
                let plan =
                    FaultPlan::from_json(&body).and_then(|plan| self.faults.set(*name, plan));
                plan.map_err(|error| Refused::bad(error.to_string()))?;
                Ok(json!({"plans": self.faults.names()}))
            }
            (&Method::DELETE, ["plans", name]) => match self.faults.remove(name) {
                true => Ok(json!({"plans": self.faults.names()})),
                false => Err(no_plan(name)),
            },
            (&Method::GET, ["faults"]) => Ok(self.triggered(plan)),
            (&Method::DELETE, ["faults"]) => {
                self.faults.reset();
                Ok(self.triggered(None))
            }
            (method, ["records", rest @ ..]) => {
                let state = self.state.as_ref().ok_or_else(Refused::not_of_a_proxy)?;
                records::handle(state, method, rest, &body)
            }
            (_, known) if PATHS.contains(&known.first().copied().unwrap_or_default()) => {
                Err(Refused::method())
            }
            _ => Err(Refused::path()),
        }
    }

    fn health(&self) -> Value {
        let mut health = json!({
            "status": "ready",
            "requests": self.journal.journal().len(),
            "now": instant(self.clock.now()),
        });
        if let Some(state) = &self.state {
            health["records"] = state.live.snapshot(self.clock.now()).len().into();
        }
        health
    }

    fn begin_again(&self, with: Option<Dataset>) -> Result<Value, Refused> {
        let state = self.state.as_ref().ok_or_else(Refused::not_of_a_proxy)?;
        state.live.reset(with, self.clock.now());
        self.journal.clear();
        self.faults.reset();
        Ok(self.health())
    }

    fn journal(&self, plan: Option<&str>) -> Value {
        let journal = self.journal.journal();
        let kept = journal
            .iter()
            .filter(|entry| plan.is_none() || entry.plan() == plan);
        let requests: Vec<Value> = kept
            .map(|entry| {
                json!({
                    "at": instant(entry.at()),
                    "method": entry.method(),
                    "path": entry.path(),
                    "query": entry.query(),
                    "plan": entry.plan(),
                    "faults": entry.faults(),
                    "status": entry.status(),
                })
            })
            .collect();
        json!({ "requests": requests })
    }

    fn time(&self) -> Value {
        json!({"now": instant(self.clock.now()), "virtual": !self.clock.is_system()})
    }

    fn triggered(&self, plan: Option<&str>) -> Value {
        let names = plan.map_or_else(|| self.faults.names(), |name| vec![name.into()]);
        let triggered = names.iter().flat_map(|name| self.faults.triggered_by(name));
        let untriggered = names.iter().flat_map(|name| self.faults.untriggered(name));
        json!({"triggered": triggered.collect::<Vec<_>>(), "untriggered": untriggered.collect::<Vec<_>>()})
    }
}

/// The first path segments, to distinguish an unsupported method from an unknown path.
const PATHS: [&str; 7] = [
    "health", "reset", "reseed", "journal", "clock", "plans", "faults",
];

fn no_plan(name: &str) -> Refused {
    Refused::missing(format!("no plan is named `{name}`"))
}

fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query?.as_bytes());
    pairs
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}
