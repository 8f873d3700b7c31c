//! Fault injection: what goes wrong, when, and the report that it did.
//!
//! A [`FaultPlan`] is a list of [`Rule`]s: a fault, the requests that trigger it, and how many times. It
//! is built in Rust or read from JSON, and works the same in an emulator inside a test, in a served
//! emulator, and in a proxy in front of another server. A request selects its plan with the header
//! `x-emulator-plan`; every plan counts its own requests. [`Faults`] reports which faults were triggered
//! and, for the others, which request came closest.
//!
//! ```
//! use conversations_emulator::fault::{Fault, FaultPlan, Page, Rule};
//! use conversations_emulator::{Dataset, Emulator};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let plan = FaultPlan::new()
//!     .with_rule(Rule::new(Fault::reset_after(100)).named("broken off").on_page(Page::First).once());
//! let emulator = Emulator::builder().data(Dataset::generate(7, 50)).fault_plan(plan).start().await?;
//!
//! let url = format!("{}/v3/ws-demo/PROJECT-DEMO/conversations", emulator.base_url());
//! let request = reqwest::Client::new().get(url).header("x-api-key", emulator.api_key());
//! let again = request.try_clone().ok_or("the request has no body")?;
//! assert!(request.send().await?.bytes().await.is_err());
//! assert!(again.send().await?.bytes().await.is_ok());
//! emulator.faults().assert_all_triggered("default");
//! # Ok(())
//! # }
//! ```
//!
//! # A plan as JSON
//!
//! ```
//! # use conversations_emulator::fault::FaultPlan;
//! let plan = FaultPlan::from_json(r#"{
//!   "seed": 7,
//!   "rules": [
//!     {"id": "busy", "when": {"page": "middle", "probability": 0.2},
//!      "fault": {"status": {"code": 429, "retry_after": {"seconds": 2}}}, "times": 3},
//!     {"id": "slow", "fault": {"latency": {"of": "20ms", "spread": "30ms"}}}
//!   ]
//! }"#)?;
//! # let _ = plan;
//! # Ok::<(), conversations_emulator::fault::FaultPlanError>(())
//! ```
//!
//! `when` may contain any of these conditions; a rule without it applies to every request. A request
//! that satisfies all of them triggers the fault, at most `times` requests.
//!
//! | condition | applies to |
//! |---|---|
//! | `"request": {"nth": 3}`, `{"from": 3}`, `{"every": 3}` | requests by their number within the plan, from 1 |
//! | `"occurrence": {"nth": 2}`, and so on | the same, counting only requests that satisfy the other conditions |
//! | `"page": "first"`, `"middle"`, `"last"`, `{"number": 3}` | pages of a listing |
//! | `"paging": "cursor"`, `"offset"`, `"neither"` | the request's kind of paging |
//! | `"key": "..."` | its `x-api-key` |
//! | `"version": "v3"`, `"path": "/v3/*"` | its path, where `*` matches any characters |
//! | `"query": {"client_env": "live"}` | its parameters, decoded |
//! | `"probability": 0.2` | this share of requests, by the plan's seed |
//!
//! # The faults
//!
//! Byte counts refer to the body as sent, compressed or not. Durations are strings such as `50ms` or `1m
//! 30s`. `CURSOR` is the cursor of the previous page. `time` is `real` or `clock`: the system time or
//! the emulator's [clock](crate::Clock).
//!
//! | `fault` in JSON | in Rust | effect | a request that triggers it |
//! |---|---|---|---|
//! | `{"status": {"code": 503, "retry_after": {"seconds": 2}, "body": "html"}}` | [`Fault::status`], [`Refusal`] | this status; `retry_after` also as `{"date": "2s"}` or `{"text": "soon"}`; `body` is `current`, `published`, `html` or `empty` | `?limit=1` |
//! | `{"quota": {"requests": 10, "window": "60s"}}` | [`Fault::quota`] | 429 with the seconds to wait for all requests above 10 per minute of the clock; `refusal` sets another response | `?limit=1` x 11 |
//! | `{"expired_cursor": {}}` | [`Fault::expired_cursor`] | 400 for a request with a cursor | `?limit=10&cursor=CURSOR` |
//! | `{"redirect": {"to": "http://127.0.0.1:9", "code": 307}}` | [`Fault::redirect`] | a redirect to the same path and query on another host | `?limit=1` |
//! | `{"outage": {"for": "10m"}}` | [`Fault::outage`] | resets every request of the plan, from the first that triggers it; `refusal` sets a response instead | `?limit=1` |
//! | `{"latency": {"of": "50ms", "spread": "20ms", "time": "real"}}` | [`Fault::latency`], [`Fault::latency_spread`] | a delay before the head, real by default | `?limit=1` |
//! | `{"slow_start": {"from": "500ms", "requests": 5}}` | [`Fault::slow_start`] | a delay that shrinks with each request | `?limit=1` |
//! | `{"trickle": {"chunk_bytes": 1024, "every": "5ms"}}` | [`Fault::trickle`] | a delay between the pieces of the body | `?limit=1` |
//! | `{"stall": {"after_bytes": 1000, "for": "30s"}}` | [`Fault::stall`], [`Fault::stall_after`] | no more bytes; before the head without `after_bytes`, indefinitely without `for`; by the clock by default | `?limit=10` |
//! | `{"reset": {"after_bytes": 1000}}` | [`Fault::reset`], [`Fault::reset_after`] | a TCP reset; before the head without `after_bytes` | `?limit=10` |
//! | `{"truncate": {"after_bytes": 1000, "framing": "content_length"}}` | [`Fault::truncate`] | an orderly close before the end of the body; `framing` is also `chunked` | `?limit=10` |
//! | `{"content_type": {"is": "text/html"}}` | [`Fault::content_type`] | another content type; none for `""` | `?limit=1` |
//! | `{"content_length": {"off_by": -10}}` | [`Fault::content_length`] | a wrong length; too short cuts the body, too long closes the connection after it | `?limit=1` |
//! | `{"malformed": {"record": 3, "how": "unclosed"}}` | [`Fault::malformed`] | one corrupted record, see [`Malformation`] | `?limit=10` |
//! | `{"repeated_cursor": {}}` | [`Fault::repeated_cursor`] | the request's cursor or offset as the next one | `?limit=10&cursor=CURSOR` |
//! | `{"endless_cursors": {}}` | [`Fault::endless_cursors`] | a new cursor with the last page and every empty page after it | `?limit=1000` |
//! | `{"duplicate": {"edge": "start", "count": 2}}` | [`Fault::duplicate`] | repeated records at a page boundary; `end` by default | `?limit=10&cursor=CURSOR` |
//! | `{"missing": {"edge": "end", "count": 1}}` | [`Fault::missing`] | missing records at a page boundary | `?limit=10` |
//!
//! If several faults replace the response (a status, a redirect, a reset or endless stall before the
//! head, an exceeded quota, an outage), the first rule in the plan applies. All other faults combine: a
//! page can be delayed, corrupted and truncated at once.

mod duration_text;
mod faults;
mod inject;
mod kind;
mod options;
mod plan;
mod plan_run;
mod refusal;
mod rule;
mod triggered;

pub use faults::{DEFAULT_PLAN, Faults, PLAN_HEADER};
pub use kind::Fault;
pub use options::{Edge, Framing, Malformation, Time};
pub use plan::{FaultPlan, FaultPlanError};
pub use refusal::{ErrorBody, Refusal, RetryAfter};
pub use rule::{Page, Paging, Rule};
pub use triggered::TriggeredFault;

pub(crate) use inject::middleware::{InnerService, Middleware};
pub(crate) use plan_run::request_info::NextPage;
