//! Detects changes that revert a document to an earlier state, and parts that come and go.

use serde_json::Value;

use crate::change::Change;
use crate::compare::compare;
use crate::location::Location;
use crate::revision::{Appearance, Revision, Seen};

/// Marks each change whose new value a revision of `history` already had at that location. `history` is
/// sorted newest first and contains nothing newer than the old document.
pub(crate) fn mark(changes: &mut [Change], new: &Value, history: &[Revision]) {
    for revision in history {
        if changes.iter().all(|change| change.seen.is_some()) {
            return;
        }
        let since = compare(&revision.document, new);
        for change in changes.iter_mut().filter(|change| change.seen.is_none()) {
            if existed(&change.location, &revision.document, new)
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

/// Lists for each change that adds or removes something when that was added and removed before, so that
/// a maintainer does not build on a part of the API that the vendor keeps withdrawing. `history` is
/// sorted newest first and includes the old document if its date is known.
pub(crate) fn list_appearances(
    changes: &mut [Change],
    (old, new): (&Value, &Value),
    history: &[Revision],
) {
    for change in changes {
        let is_at = |pointer: &str, tree: &Value| tree.pointer(pointer).is_some();
        let is_added = |pointer: &str| !is_at(pointer, old) && is_at(pointer, new);
        let is_removed = |pointer: &str| is_at(pointer, old) && !is_at(pointer, new);
        let pointer = if is_added(&change.new_pointer) {
            &change.new_pointer
        } else if is_removed(&change.old_pointer) {
            &change.old_pointer
        } else {
            continue;
        };
        // The position in a list identifies nothing. A status code is a name, not a position.
        let is_in_list = |tree: &Value| {
            let parents = pointer.match_indices('/').map(|(at, _)| &pointer[..at]);
            parents
                .into_iter()
                .any(|parent| tree.pointer(parent).is_some_and(Value::is_array))
        };
        if is_in_list(old) || is_in_list(new) {
            continue;
        }
        let mut revisions = history.iter().rev();
        let Some(first) = revisions.next() else {
            continue;
        };
        let mut was_there = is_at(pointer, &first.document);
        for revision in revisions {
            let is_there = is_at(pointer, &revision.document);
            if is_there != was_there {
                change.past.push(Appearance {
                    added: is_there,
                    revision: revision.id.clone(),
                    date: revision.date.clone(),
                });
            }
            was_there = is_there;
        }
    }
}

/// Whether `later` shows that the revision did not have the new value of `change` yet.
fn differs(later: &Change, change: &Change) -> bool {
    if later.location == change.location {
        return later.facet == change.facet || is_whole(later) || is_whole(change);
    }
    // The parent of the location was added or removed as a whole.
    is_whole(later) && later.location.holds(&change.location)
}

fn is_whole(change: &Change) -> bool {
    change.facet.is_empty() || matches!(change.check.id, "component-added" | "component-removed")
}

/// Whether the parent of the location existed at all.
fn existed(location: &Location, then: &Value, now: &Value) -> bool {
    let root = location.root();
    let is_component = |tree: &Value| tree["components"]["schemas"].get(root).is_some();
    let is_path = |tree: &Value| tree["paths"].get(root).is_some();
    // A path that does not exist now did not exist then either, unless the comparison reports it.
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
    fn a_missing_schema_did_not_have_the_new_value() {
        let schema = |most: u32| {
            json!({
                "paths": {"/a": {"get": {"responses": {"200": {"description": "",
                    "content": {"x": {"schema": {"$ref": "#/components/schemas/Call"}}}}}}}},
                "components": {"schemas": {"Call": {"type": "object", "properties": {
                    "size": {"type": "integer", "maximum": most}}}}},
            })
        };
        // The schema was added later; its uses had another schema.
        let inline = json!({"paths": {"/a": {"get": {"responses": {"200": {"description": "",
            "content": {"x": {"schema": {"type": "string"}}}}}}}}});
        assert_eq!(seen(inline, &schema(5), &schema(10)), [false]);
        assert_eq!(seen(schema(10), &schema(5), &schema(10)), [true]);
    }

    #[test]
    fn parts_of_an_added_operation_did_not_exist_before_it() {
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

    #[test]
    fn a_status_that_comes_and_goes_is_reported_although_its_name_is_a_number() {
        let path = |responses: Value| json!({"paths": {"/a": {"get": {"responses": responses}}}});
        let without = path(json!({"200": {"description": ""}}));
        let with = path(json!({"200": {"description": ""}, "404": {"description": ""}}));
        let history = [
            Revision::new("05-15", "05-15", without.clone()),
            Revision::new("05-13", "05-13", with.clone()),
        ];
        let changes = changes(&without, &with, &history);
        assert_eq!(changes.len(), 1);
        assert_eq!(
            changes[0].history().as_deref(),
            Some("was removed on 05-15 (05-15)")
        );
    }

    #[test]
    fn a_path_that_comes_and_goes_is_reported_with_its_days() {
        let without = json!({"paths": {"/a": {"get": {"responses": {}}}}});
        let with = json!({"paths": {"/a": {"get": {"responses": {}}}, "/a/audio": {"get": {"responses": {}}}}});
        let days = [
            ("05-11", &without),
            ("05-13", &with),
            ("05-15", &without),
            ("05-22", &with),
            ("05-28", &without),
        ];
        let reported = |known: usize, new: &Value| {
            let history: Vec<Revision> = days[..known]
                .iter()
                .rev()
                .map(|(day, document)| Revision::new(*day, *day, (*document).clone()))
                .collect();
            let changes = changes(days[known - 1].1, new, &history);
            let [change] = &changes[..] else {
                panic!("not one change: {changes:#?}");
            };
            change.history()
        };
        assert_eq!(reported(1, &with), None);
        assert_eq!(
            reported(2, &without).as_deref(),
            Some("was added on 05-13 (05-13)")
        );
        assert_eq!(
            reported(3, &with).as_deref(),
            Some("was added on 05-13 (05-13), removed on 05-15 (05-15)")
        );
        assert_eq!(
            reported(5, &with).as_deref(),
            Some(
                "was added on 05-13 (05-13), removed on 05-15 (05-15), added on 05-22 (05-22), \
                 removed on 05-28 (05-28)"
            )
        );
    }
}
