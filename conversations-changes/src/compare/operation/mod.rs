//! Compares an operation: id, parameters, body, responses.

pub(in crate::compare) mod body;
pub(in crate::compare) mod parameter;

use serde_json::{Map, Value};

use crate::check::{DEPRECATED, DEPRECATION_LIFTED, OPERATION_ID_CHANGED, TAGS_CHANGED};
use crate::compare::operation::parameter::listed;
use crate::compare::{Comparison, Context, shown_option};

/// A path, its item and one of its operations.
type Here<'a> = (&'a str, &'a Map<String, Value>, &'a Value);

const NOTHING: &Value = &Value::Null;

const KNOWN: [&str; 11] = [
    "operationId",
    "tags",
    "deprecated",
    "security",
    "servers",
    "parameters",
    "requestBody",
    "responses",
    "description",
    "summary",
    "externalDocs",
];

impl<'a> Comparison<'a> {
    pub(in crate::compare) fn operation(
        &mut self,
        at: &Context,
        (from, old_item, old): Here<'a>,
        (to, new_item, new): Here<'a>,
    ) {
        let (Value::Object(before), Value::Object(after)) = (old, new) else {
            return self.odd(at, "operation", old, new);
        };
        self.prose(at, before, after);
        self.others(at, before, after, &KNOWN);
        let get = |map: &'a Map<String, Value>, key: &str| map.get(key).unwrap_or(NOTHING);
        for (key, check) in [
            ("operationId", OPERATION_ID_CHANGED),
            ("tags", TAGS_CHANGED),
        ] {
            if before.get(key) != after.get(key) {
                let at = at.about(
                    crate::change::Kind::Operation,
                    before.get(key).and_then(Value::as_str),
                    after.get(key).and_then(Value::as_str),
                );
                let (old, new) = (shown_option(before.get(key)), shown_option(after.get(key)));
                self.report(check, &at.below(&[key]), key, old, new);
            }
        }
        self.deprecation(at, before, after);
        // An operation without security requirements inherits the document's, which are compared there.
        if before.contains_key("security") || after.contains_key("security") {
            let effective = |map: &'a Map<String, Value>, document: &'a Value| {
                map.get("security").unwrap_or(document)
            };
            let old = effective(before, self.old.part("security"));
            let new = effective(after, self.new.part("security"));
            self.security(&at.step("security").below(&["security"]), old, new);
        }
        let servers = at.step("servers").below(&["servers"]);
        self.servers(&servers, get(before, "servers"), get(after, "servers"));
        let old_parameters = listed(&self.old, old_item, old);
        let new_parameters = listed(&self.new, new_item, new);
        self.parameters(at, (from, old_parameters), (to, new_parameters));
        self.request_body(at, before.get("requestBody"), after.get("requestBody"));
        self.responses(
            &at.below(&["responses"]),
            get(before, "responses"),
            get(after, "responses"),
        );
    }

    /// Compares `deprecated`.
    pub(in crate::compare) fn deprecation(
        &mut self,
        at: &Context,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) {
        let is = |map: &Map<String, Value>| map.get("deprecated") == Some(&Value::Bool(true));
        match (is(old), is(new)) {
            (false, true) => self.report(
                DEPRECATED,
                at,
                "deprecated",
                None,
                Some("deprecated".to_owned()),
            ),
            (true, false) => self.report(
                DEPRECATION_LIFTED,
                at,
                "deprecated",
                Some("deprecated".to_owned()),
                None,
            ),
            _ => {}
        }
    }
}
