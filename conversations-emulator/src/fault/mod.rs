//! Faults: what goes wrong, when, and the proof that it did.
//!
//! A [`FaultPlan`] is a list of [`Rule`]s: a fault, the requests that meet it, and how many may. It is
//! made in Rust or read from JSON, and works alike in an emulator inside a test, in the served one, and
//! in a proxy in front of another server. A request chooses its plan by the header
//! `x-emulator-plan`; every plan counts for itself. [`Faults`] says what was met, and of what was not
//! met, which request came closest.
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
//! emulator.faults().assert_all_met("default");
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
//! `when` may hold any of these; a rule without it is for every request. Requests for which all of them
//! hold meet the fault, `times` of them at most.
//!
//! | condition | holds for |
//! |---|---|
//! | `"request": {"nth": 3}`, `{"from": 3}`, `{"every": 3}` | requests by their number under the plan, from 1 |
//! | `"occurrence": {"nth": 2}`, and so on | the same, counting those that satisfy the other conditions |
//! | `"page": "first"`, `"middle"`, `"last"`, `{"number": 3}` | pages of a walk |
//! | `"paging": "cursor"`, `"offset"`, `"neither"` | what the request has |
//! | `"key": "..."` | its `x-api-key` |
//! | `"version": "v3"`, `"path": "/v3/*"` | its path, where `*` is any run of characters |
//! | `"query": {"client_env": "live"}` | its parameters, decoded |
//! | `"probability": 0.2` | so large a share, by the plan's seed |
//!
//! # The faults
//!
//! Bytes are those of the body as it is sent, compressed or not. Durations are texts such as `50ms` or
//! `1m 30s`. `CURSOR` is that of the page before. `time` is `real` or `clock`: the machine's time or the emulator's [clock](crate::Clock).
//!
//! | `fault` in JSON | in Rust | what happens | a request that meets it |
//! |---|---|---|---|
//! | `{"status": {"code": 503, "retry_after": {"seconds": 2}, "body": "html"}}` | [`Fault::status`], [`Refusal`] | this status; `retry_after` also as `{"date": "2s"}` or `{"text": "soon"}`; `body` is `current`, `published`, `html` or `empty` | `?limit=1` |
//! | `{"quota": {"requests": 10, "window": "60s"}}` | [`Fault::quota`] | 429 with the seconds to wait for all above 10 in a minute of the clock; `refusal` for another answer | `?limit=1` x 11 |
//! | `{"expired_cursor": {}}` | [`Fault::expired_cursor`] | 400 for a request with a cursor | `?limit=10&cursor=CURSOR` |
//! | `{"redirect": {"to": "http://127.0.0.1:9", "code": 307}}` | [`Fault::redirect`] | the same path and query on another host | `?limit=1` |
//! | `{"outage": {"for": "10m"}}` | [`Fault::outage`] | from the first request that meets it, a reset for every one of the plan; `refusal` for an answer | `?limit=1` |
//! | `{"latency": {"of": "50ms", "spread": "20ms", "time": "real"}}` | [`Fault::latency`], [`Fault::latency_spread`] | a wait before the head, real by default | `?limit=1` |
//! | `{"slow_start": {"from": "500ms", "requests": 5}}` | [`Fault::slow_start`] | a wait that is shorter with each request | `?limit=1` |
//! | `{"trickle": {"chunk_bytes": 1024, "every": "5ms"}}` | [`Fault::trickle`] | a wait between the pieces of the body | `?limit=1` |
//! | `{"stall": {"after_bytes": 1000, "for": "30s"}}` | [`Fault::stall`], [`Fault::stall_after`] | nothing more; before the head without `after_bytes`, for ever without `for`; by the clock by default | `?limit=10` |
//! | `{"reset": {"after_bytes": 1000}}` | [`Fault::reset`], [`Fault::reset_after`] | a TCP reset; before the head without `after_bytes` | `?limit=10` |
//! | `{"truncate": {"after_bytes": 1000, "framing": "content_length"}}` | [`Fault::truncate`] | an orderly close before the end; `framing` is also `chunked` | `?limit=10` |
//! | `{"content_type": {"is": "text/html"}}` | [`Fault::content_type`] | another content type; none for `""` | `?limit=1` |
//! | `{"content_length": {"off_by": -10}}` | [`Fault::content_length`] | a length that is wrong; too small a one cuts the body, after too large a one the connection closes | `?limit=1` |
//! | `{"malformed": {"record": 3, "how": "unclosed"}}` | [`Fault::malformed`] | one spoiled record, see [`Malformation`] | `?limit=10` |
//! | `{"repeated_cursor": {}}` | [`Fault::repeated_cursor`] | the cursor or offset that was sent, as the next one | `?limit=10&cursor=CURSOR` |
//! | `{"endless_cursors": {}}` | [`Fault::endless_cursors`] | a new cursor with the last page and every empty page after it | `?limit=1000` |
//! | `{"duplicate": {"edge": "start", "count": 2}}` | [`Fault::duplicate`] | records twice where pages join; `end` by default | `?limit=10&cursor=CURSOR` |
//! | `{"missing": {"edge": "end", "count": 1}}` | [`Fault::missing`] | records left out where pages join | `?limit=10` |
//!
//! Of several rules whose faults take the answer's place (a status, a redirect, a reset or endless
//! stall before the head, an excess over a quota, an outage), the first in the plan is met. All others
//! add up: a page can be late, spoiled and broken off.

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
pub use triggered::FaultMet;

pub(crate) use inject::middleware::{Behind, Front};
pub(crate) use plan_run::request_facts::NextPage;
