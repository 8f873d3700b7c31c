//! Whether a change takes the document back to what it said once.

use serde::Serialize;
use serde_json::Value;

use crate::change::Change;
use crate::compare::compare;
use crate::place::Place;

/// An earlier state of a document.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Revision {
    /// How people find it, such as a short commit hash.
    pub id: String,
    /// The day it was recorded, `2026-04-20`.
    pub date: String,
    /// What it said.
    pub document: Value,
}

impl Revision {
    /// A revision of a document, as version control knows it.
    pub fn new(id: impl Into<String>, date: impl Into<String>, document: Value) -> Self {
        Self {
            id: id.into(),
            date: date.into(),
            document,
        }
    }
}

/// When a document last said what it says again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Seen {
    /// The revision.
    pub revision: String,
    /// Its day.
    pub date: String,
}

/// Marks each change whose outcome is what a revision of `history` (the newest first, none newer than
/// the older document) said at that place.
pub(crate) fn mark(changes: &mut [Change], new: &Value, history: &[Revision]) {
    for revision in history {
        if changes.iter().all(|change| change.seen.is_some()) {
            return;
        }
        let since = compare(&revision.document, new);
        for change in changes.iter_mut().filter(|change| change.seen.is_none()) {
            if existed(&change.place, &revision.document, new)
                && !since.iter().any(|later| differs(later, change))
            {
                change.seen = Some(Seen {
                    revision: revision.id.clone(),
                    date: revision.date.clone(),
                });
            }
        }
    }
}

/// Whether `later` says that the revision was not yet as `change` leaves the place.
fn differs(later: &Change, change: &Change) -> bool {
    if later.place == change.place {
        return later.facet == change.facet || is_whole(later) || is_whole(change);
    }
    // What holds the place came or went as a whole.
    is_whole(later) && later.place.holds(&change.place)
}

fn is_whole(change: &Change) -> bool {
    change.facet.is_empty() || matches!(change.check.id, "component-added" | "component-removed")
}

/// Whether what holds the place was there at all.
fn existed(place: &Place, then: &Value, now: &Value) -> bool {
    let root = place.root();
    let is_component = |tree: &Value| tree["components"]["schemas"].get(root).is_some();
    let is_path = |tree: &Value| tree["paths"].get(root).is_some();
    // A path that is gone now was gone then as well if the comparison says nothing of it.
    (!is_component(now) || is_component(then)) && (!is_path(now) || is_path(then))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::changes;
    use serde_json::json;

    fn seen(then: Value, old: &Value, new: &Value) -> Vec<bool> {
        let history = [Revision::new("r0", "2026-01-01", then)];
        let changes = changes(old, new, &history);
        changes.iter().map(|change| change.seen.is_some()).collect()
    }

    #[test]
    fn what_was_not_there_at_all_was_not_as_it_is_now() {
        let schema = |most: u32| {
            json!({
                "paths": {"/a": {"get": {"responses": {"200": {"description": "",
                    "content": {"x": {"schema": {"$ref": "#/components/schemas/Call"}}}}}}}},
                "components": {"schemas": {"Call": {"type": "object", "properties": {
                    "size": {"type": "integer", "maximum": most}}}}},
            })
        };
        // The schema came later; where it is used something else stood.
        let inline = json!({"paths": {"/a": {"get": {"responses": {"200": {"description": "",
            "content": {"x": {"schema": {"type": "string"}}}}}}}}});
        assert_eq!(seen(inline, &schema(5), &schema(10)), [false]);
        assert_eq!(seen(schema(10), &schema(5), &schema(10)), [true]);
    }

    #[test]
    fn what_came_with_an_operation_was_not_there_before_it() {
        let path = |most: u32| {
            json!({"paths": {"/a": {
                "put": {"responses": {}},
                "get": {"responses": {}, "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": most}}]},
            }}})
        };
        let before = json!({"paths": {"/a": {"put": {"responses": {}}}}});
        assert_eq!(seen(before, &path(5), &path(10)), [false]);
        assert_eq!(seen(path(10), &path(5), &path(10)), [true]);
    }
}
