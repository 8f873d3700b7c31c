//! Compares request bodies and responses: statuses, headers, media types.

use serde_json::{Map, Value};

use crate::change::Kind;
use crate::check::{
    BODY_ADDED, BODY_ADDED_REQUIRED, BODY_OPTIONAL, BODY_REMOVED, BODY_REQUIRED,
    ERROR_STATUS_ADDED, ERROR_STATUS_REMOVED, OTHER_CHANGED, REQUEST_MEDIA_TYPE_ADDED,
    REQUEST_MEDIA_TYPE_CHANGED, REQUEST_MEDIA_TYPE_REMOVED, RESPONSE_HEADER_ADDED,
    RESPONSE_HEADER_REMOVED, RESPONSE_MEDIA_TYPE_ADDED, RESPONSE_MEDIA_TYPE_CHANGED,
    RESPONSE_MEDIA_TYPE_REMOVED, SUCCESS_STATUS_ADDED, SUCCESS_STATUS_CHANGED,
    SUCCESS_STATUS_REMOVED,
};
use crate::compare::{Comparison, Context};
use crate::pairing::{PROSE, form};
use crate::spec::{EMPTY, Sides, named};

impl<'a> Comparison<'a> {
    pub(in crate::compare) fn request_body(
        &mut self,
        at: &Context,
        old: Option<&'a Value>,
        new: Option<&'a Value>,
    ) {
        let at = at
            .step("body")
            .below(&["requestBody"])
            .sides(Sides::REQUEST);
        let is_required = |body: &Value| body.get("required") == Some(&Value::Bool(true));
        match (old, new) {
            (None, None) => {}
            (Some(_), None) => self.report(BODY_REMOVED, &at, "", None, None),
            (None, Some(new)) if is_required(self.new.resolve(new)) => {
                self.report(BODY_ADDED_REQUIRED, &at, "", None, None);
            }
            (None, Some(_)) => self.report(BODY_ADDED, &at, "", None, None),
            (Some(old), Some(new)) => {
                if self.is_same_component("requestBodies", old, new) {
                    return;
                }
                let (old, new) = (self.old.resolve(old), self.new.resolve(new));
                self.request_body_content(&at, old, new);
            }
        }
    }

    pub(in crate::compare) fn request_body_content(
        &mut self,
        at: &Context,
        old: &'a Value,
        new: &'a Value,
    ) {
        let (Value::Object(before), Value::Object(after)) = (old, new) else {
            return self.odd(at, "body", old, new);
        };
        let is_required =
            |map: &Map<String, Value>| map.get("required") == Some(&Value::Bool(true));
        match (is_required(before), is_required(after)) {
            (false, true) => self.report(BODY_REQUIRED, at, "required", None, None),
            (true, false) => self.report(BODY_OPTIONAL, at, "required", None, None),
            _ => {}
        }
        self.prose(at, before, after);
        self.others(
            at,
            before,
            after,
            &[&PROSE[..], &["required", "content"]].concat(),
        );
        self.media_types(at, before.get("content"), after.get("content"));
    }

    pub(in crate::compare) fn responses(&mut self, at: &Context, old: &'a Value, new: &'a Value) {
        let (Value::Object(before), Value::Object(after)) = (old, new) else {
            return self.odd(at, "responses", old, new);
        };
        let at = at.sides(Sides::RESPONSE);
        let removed: Vec<&String> = before
            .keys()
            .filter(|status| !after.contains_key(*status))
            .collect();
        let added: Vec<&String> = after
            .keys()
            .filter(|status| !before.contains_key(*status))
            .collect();
        let body = |spec: &crate::spec::Spec<'a>, node: &'a Value| form(spec.resolve(node));
        let moved = match (&successes(&removed)[..], &successes(&added)[..]) {
            ([from], [to]) if body(&self.old, &before[*from]) == body(&self.new, &after[*to]) => {
                Some((*from, *to))
            }
            _ => None,
        };
        if let Some((from, to)) = moved {
            let at = response_at(&at, from, to);
            self.report(
                SUCCESS_STATUS_CHANGED,
                &at,
                "status",
                Some(from.to_owned()),
                Some(to.to_owned()),
            );
            self.response(&at, &before[from], &after[to]);
        }
        for status in removed
            .iter()
            .filter(|status| moved.is_none_or(|(from, _)| from != **status))
        {
            let check = if is_success(status) {
                SUCCESS_STATUS_REMOVED
            } else {
                ERROR_STATUS_REMOVED
            };
            let at = Context {
                new: at.new.clone(),
                ..response_at(&at, status, status)
            };
            self.report(check, &at, "", Some((*status).clone()), None);
        }
        for status in added
            .iter()
            .filter(|status| moved.is_none_or(|(_, to)| to != **status))
        {
            let check = if is_success(status) {
                SUCCESS_STATUS_ADDED
            } else {
                ERROR_STATUS_ADDED
            };
            self.report(
                check,
                &response_at(&at, status, status),
                "",
                None,
                Some((*status).clone()),
            );
        }
        for (status, old) in before {
            if let Some(new) = after.get(status) {
                self.response(&response_at(&at, status, status), old, new);
            }
        }
    }

    fn response(&mut self, at: &Context, old: &'a Value, new: &'a Value) {
        if !self.is_same_component("responses", old, new) {
            let (old, new) = (self.old.resolve(old), self.new.resolve(new));
            self.response_content(at, old, new);
        }
    }

    pub(in crate::compare) fn response_content(
        &mut self,
        at: &Context,
        old: &'a Value,
        new: &'a Value,
    ) {
        let (Value::Object(before), Value::Object(after)) = (old, new) else {
            return self.odd(at, "response", old, new);
        };
        self.prose(at, before, after);
        self.others(
            at,
            before,
            after,
            &[&PROSE[..], &["content", "headers"]].concat(),
        );
        self.headers(at, before.get("headers"), after.get("headers"));
        self.media_types(at, before.get("content"), after.get("content"));
    }

    fn headers(&mut self, at: &Context, old: Option<&'a Value>, new: Option<&'a Value>) {
        let map = |node: Option<&'a Value>| node.and_then(Value::as_object).unwrap_or(&EMPTY);
        let (old, new) = (map(old), map(new));
        for name in keys(old, new) {
            let at = at
                .step(format!("header {name}"))
                .below(&["headers", name])
                .about(Kind::Response, Some(name), Some(name));
            match (old.get(name), new.get(name)) {
                (Some(old), Some(new)) => {
                    if !self.is_same_component("headers", old, new) {
                        let (old, new) = (self.old.resolve(old), self.new.resolve(new));
                        self.parameter_content(&at, old, new);
                    }
                }
                (Some(_), None) => self.report(RESPONSE_HEADER_REMOVED, &at, "", None, None),
                _ => self.report(RESPONSE_HEADER_ADDED, &at, "", None, None),
            }
        }
    }

    pub(in crate::compare) fn media_types(
        &mut self,
        at: &Context,
        old: Option<&'a Value>,
        new: Option<&'a Value>,
    ) {
        let map = |node: Option<&'a Value>| node.and_then(Value::as_object).unwrap_or(&EMPTY);
        let (old, new) = (map(old), map(new));
        let media_types = keys(old, new);
        let missing =
            |of: &'a Map<String, Value>, from: &'a Map<String, Value>| -> Vec<&'a String> {
                of.keys().filter(|name| !from.contains_key(*name)).collect()
            };
        if let ([from], [to]) = (&missing(old, new)[..], &missing(new, old)[..])
            && form(&old[*from]) == form(&new[*to])
        {
            let checks = (REQUEST_MEDIA_TYPE_CHANGED, RESPONSE_MEDIA_TYPE_CHANGED);
            let at = at.below_each(&["content", from], &["content", to]);
            let (from, to) = (Some((*from).clone()), Some((*to).clone()));
            return self.report_by_side(checks, &at, "media type", from, to);
        }
        let is_one_form = media_types.len() < 2;
        for media_type in media_types {
            let at_form = at.below(&["content", media_type]);
            match (old.get(media_type), new.get(media_type)) {
                (Some(Value::Object(old)), Some(Value::Object(new))) => {
                    let at = match is_one_form {
                        true => at_form,
                        false => at_form.step(media_type.as_str()),
                    };
                    self.prose(&at, old, new);
                    self.others(&at, old, new, &[&PROSE[..], &["schema"]].concat());
                    // A request's body already reports it.
                    let at = match at.subject.kind {
                        Kind::Response => at.step("body"),
                        _ => at,
                    };
                    self.optional_schema(
                        &at.below(&["schema"]),
                        old.get("schema"),
                        new.get("schema"),
                    );
                }
                (Some(old), Some(new)) => self.odd(&at_form, media_type, old, new),
                (old, _) => {
                    let (removed, added) = match at.sides.response {
                        true => (RESPONSE_MEDIA_TYPE_REMOVED, RESPONSE_MEDIA_TYPE_ADDED),
                        false => (REQUEST_MEDIA_TYPE_REMOVED, REQUEST_MEDIA_TYPE_ADDED),
                    };
                    let name = || Some(media_type.clone());
                    match old {
                        Some(_) => self.report(removed, at, media_type, name(), None),
                        None => self.report(added, &at_form, media_type, None, name()),
                    }
                }
            }
        }
    }

    /// Whether both refer to one component, which is compared with the components.
    pub(in crate::compare) fn is_same_component(
        &self,
        kind: &str,
        old: &Value,
        new: &Value,
    ) -> bool {
        match (named(old, kind), named(new, kind)) {
            (Some(old), Some(new)) => self.is_paired(kind, old, new),
            _ => false,
        }
    }

    /// Compares a schema that may be missing on one side.
    pub(in crate::compare) fn optional_schema(
        &mut self,
        at: &Context,
        old: Option<&'a Value>,
        new: Option<&'a Value>,
    ) {
        match (old, new) {
            (Some(old), Some(new)) => self.schema(at, old, new),
            (None, None) => {}
            (old, new) => {
                let shown = |node: Option<&Value>| node.map(crate::compare::schema::sketch);
                self.report(OTHER_CHANGED, at, "schema", shown(old), shown(new));
            }
        }
    }
}

fn response_at(at: &Context, old: &str, new: &str) -> Context {
    at.step(new)
        .below_each(&[old], &[new])
        .about(Kind::Response, Some(old), Some(new))
}

fn is_success(status: &str) -> bool {
    status.starts_with(['2', '3'])
}

fn successes<'s>(statuses: &[&'s String]) -> Vec<&'s str> {
    statuses
        .iter()
        .map(|status| status.as_str())
        .filter(|status| is_success(status))
        .collect()
}

/// The keys of both maps, without duplicates.
pub(in crate::compare) fn keys<'m>(
    old: &'m Map<String, Value>,
    new: &'m Map<String, Value>,
) -> Vec<&'m String> {
    let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
