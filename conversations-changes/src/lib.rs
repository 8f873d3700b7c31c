//! Reports the differences between two API documents: on the *wire*, in the generated *Rust surface*,
//! and in *our code*.
//!
//! A text diff shows lines, and a comparison of the generated Rust misses a changed default. A
//! maintainer needs to know who is affected and what to do: so a rename is one change, a removed path is
//! one change, a lowered maximum breaks requests but not responses, and a value that only prose contains
//! is a change like any other.
//!
//! [`Report::new`] takes two documents and, optionally, earlier revisions (to detect reverts), the
//! generated surfaces, the source files of this workspace, and the waivers. It reads no files and
//! generates nothing itself.
//!
//! ```
//! use conversations_changes::{Inputs, Report, Verdict, Waivers};
//! use serde_json::json;
//!
//! let document = |most: u32| json!({"paths": {"/v3/calls": {"get": {
//!     "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": most}}],
//!     "responses": {"200": {"description": "Calls."}},
//! }}}});
//! let (old, new) = (document(1000), document(500));
//! let report = Report::new(&Inputs {
//!     title: "v3",
//!     old: &old,
//!     new: &new,
//!     history: &[],
//!     surfaces: Err("nothing was generated"),
//!     reworded: &[],
//!     sources: &[],
//!     waivers: &Waivers::default(),
//!     version: None,
//! });
//! assert_eq!(report.verdict(), Verdict::Breaking);
//! assert_eq!(report.changes[0].change.message(), "maximum 1000 -> 500");
//! ```

mod change;
mod check;
mod code;
mod compare;
mod history;
mod location;
mod pairing;
mod render;
mod report;
mod revision;
mod spec;
mod surface;
mod waiver;

pub use change::Change;
pub use check::{Check, Level, Side, check, checks};
pub use code::{Role, SourceFile, Use};
pub use compare::Reworded;
pub use location::Location;
pub use report::{Entry, Inputs, Report, Verdict};
pub use revision::{Appearance, Revision, Seen};
pub use surface::{Bump, Surface, SurfaceChange};
pub use waiver::{UnusedWaiver, Waiver, WaiverError, Waivers};

use serde_json::Value;

/// Every difference from `old` to `new`, most severe first. `history` contains the revisions up to
/// `old`, newest first.
///
/// ```
/// use conversations_changes::{Revision, changes};
/// use serde_json::json;
///
/// let host = |name: &str| json!({"servers": [{"url": format!("https://{name}.example.com")}]});
/// let reported = changes(&host("eu"), &host("us"), &[Revision::new("4f1c", "2026-03-02", host("us"))]);
/// assert_eq!(reported[0].seen.as_ref().unwrap().date, "2026-03-02");
/// ```
#[must_use]
pub fn changes(old: &Value, new: &Value, history: &[Revision]) -> Vec<Change> {
    let mut changes = compare::compare(old, new);
    history::mark(&mut changes, new, history);
    history::list_appearances(&mut changes, (old, new), history);
    changes
}
