//! Says what moved between two API documents: on the *wire*, in the generated *Rust surface*, and in
//! *our code*.
//!
//! A text diff shows lines, and a check of the generated Rust sees no changed default. What a maintainer
//! wants to know is who is broken and what is to be done: so a rename is one change, a removed path is
//! one, a lowered maximum of a request breaks callers and that of an answer breaks nobody, and a value
//! that only prose names is a change like any other.
//!
//! [`Report::new`] takes two documents and as much else as there is: earlier revisions (a change that
//! undoes one says when it was so before), the generated surfaces, the files of this tree, and the
//! waivers. It does no reading and no generating of its own.
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
mod pairing;
mod place;
mod render;
mod report;
mod spec;
mod surface;
mod waiver;

pub use change::Change;
pub use check::{Check, Level, Side, check, checks};
pub use code::{Role, SourceFile, Use};
pub use compare::Reworded;
pub use history::{Revision, Seen};
pub use place::Place;
pub use report::{Entry, Inputs, Report, Verdict};
pub use surface::{Bump, Surface, SurfaceChange};
pub use waiver::{IdleWaiver, Waiver, WaiverError, Waivers};

use serde_json::Value;

/// Every difference from `old` to `new`, the most severe first. `history` holds what the document said
/// before `old`, the newest first.
///
/// ```
/// use conversations_changes::{Revision, changes};
/// use serde_json::json;
///
/// let host = |name: &str| json!({"servers": [{"url": format!("https://{name}.example.com")}]});
/// let told = changes(&host("eu"), &host("us"), &[Revision::new("4f1c", "2026-03-02", host("us"))]);
/// assert_eq!(told[0].seen.as_ref().unwrap().date, "2026-03-02");
/// ```
#[must_use]
pub fn changes(old: &Value, new: &Value, history: &[Revision]) -> Vec<Change> {
    let mut changes = compare::compare(old, new);
    history::mark(&mut changes, new, history);
    changes
}
