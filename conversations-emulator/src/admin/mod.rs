//! The admin paths: everything a test in another language needs to steer a served emulator.
//!
//! They are below `/_emulator/`, which is no path of the API, and speak JSON. They are switched off in
//! the library unless [`EmulatorBuilder::admin`](crate::EmulatorBuilder::admin) switches them on; the
//! served program has them. They ask for no key, so keep to loopback; web pages are turned away. No
//! fault meets them, and the journal does not hold them.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `GET /_emulator/health` | | `{"status": "ready", "records": 5000, "requests": 3, "now": "2026-04-01T09:00:00Z"}` |
//! | `POST /_emulator/reset` | | data, transitions, journal and fault counters as at the start; answers as `health` |
//! | `POST /_emulator/reseed` | `{"seed": 7, "records": 100}` | the same with other made-up data |
//! | `GET /_emulator/journal`, also `?plan=NAME` | | `{"requests": [{"at", "method", "path", "query", "plan", "faults", "status"}]}`; `query` is a list of pairs |
//! | `DELETE /_emulator/journal` | | forgets them |
//! | `GET /_emulator/clock` | | `{"now": "2026-04-01T09:00:00Z", "virtual": true}` |
//! | `POST /_emulator/clock` | `{"advance": "90s"}` | the clock moved ahead |
//! | `GET /_emulator/plans` | | `{"plans": ["default"]}` |
//! | `PUT /_emulator/plans/NAME` | a [fault plan](crate::fault) | adds or replaces it |
//! | `GET`, `DELETE /_emulator/plans/NAME` | | the plan; `DELETE` removes it |
//! | `GET /_emulator/faults`, also `?plan=NAME` | | `{"met": [{"plan", "request", "rule", "what"}], "unmet": ["..."]}` |
//! | `DELETE /_emulator/faults` | | lets every plan start anew |
//! | `GET /_emulator/records/ID` | | the record as it is now |
//! | `PUT /_emulator/records` | one conversation a line | adds or replaces them: `{"put": 2}` |
//! | `PATCH /_emulator/records/ID` | `{"total_duration": 31}` | these members have other values |
//! | `POST /_emulator/records/ID/finish`, `.../redact` | | the call has ended; what was said is masked |
//! | `DELETE /_emulator/records/ID` | | removes it |
//!
//! Errors are `{"error": "..."}` with 400, 404 or 405. A proxy has the paths of the journal, the clock,
//! the plans and the faults.

mod answer;
mod body;
mod records;

use std::sync::Arc;

use http::{Method, Request, Response};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::data::dataset::Dataset;
use crate::fault::{FaultPlan, Faults};
use crate::journal::Log;
use crate::state::State;
use crate::transport::Body;

use answer::{Refused, answer, instant};

/// What all admin paths begin with.
const PREFIX: &str = "/_emulator/";

/// The admin paths of one server.
#[derive(Debug)]
pub(crate) struct Admin {
    pub(crate) faults: Faults,
    pub(crate) clock: Clock,
    pub(crate) journal: Arc<Log>,
    /// A proxy has none.
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
    /// Whether a path is one of these.
    pub(crate) fn has(path: &str) -> bool {
        path.starts_with(PREFIX)
    }

    pub(crate) async fn respond(&self, request: Request<Incoming>) -> Response<Body> {
        answer(self.handle(request).await)
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
                // Making a million conversations takes seconds, in which others are to be answered.
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
                    .map_err(|error| Refused::bad(format!("advance is no duration: {error}")))?;
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
            (&Method::GET, ["faults"]) => Ok(self.met(plan)),
            (&Method::DELETE, ["faults"]) => {
                self.faults.reset();
                Ok(self.met(None))
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

    fn met(&self, plan: Option<&str>) -> Value {
        let names = plan.map_or_else(|| self.faults.names(), |name| vec![name.into()]);
        let met = names.iter().flat_map(|name| self.faults.met_by(name));
        let unmet = names.iter().flat_map(|name| self.faults.unmet(name));
        json!({"met": met.collect::<Vec<_>>(), "unmet": unmet.collect::<Vec<_>>()})
    }
}

/// The first part of each path, to tell a wrong method from a wrong path.
const PATHS: [&str; 7] = [
    "health", "reset", "reseed", "journal", "clock", "plans", "faults",
];

fn no_plan(name: &str) -> Refused {
    Refused::missing(format!("there is no plan named {name}"))
}

fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query?.as_bytes());
    pairs
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}
