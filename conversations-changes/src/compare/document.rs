//! Compares the document as a whole: metadata, servers, security.

use serde_json::{Map, Value};

use crate::change::Kind;
use crate::check::{
    DESCRIPTION_CHANGED, INFO_CHANGED, SECURITY_ADDED, SECURITY_CHANGED, SECURITY_REMOVED,
    SERVER_ADDED, SERVER_CHANGED, SERVER_REMOVED, TAGS_CHANGED,
};
use crate::compare::operation::body::keys;
use crate::compare::{Comparison, Context, shown, shown_option};
use crate::pairing::{alike, pairs, words};

impl Comparison<'_> {
    pub(super) fn document(&mut self) {
        let (old, new) = (self.old.root(), self.new.root());
        let at = Context::new("document", "", Kind::Document);
        let (Value::Object(old), Value::Object(new)) = (old, new) else {
            return self.odd(&at, "document", old, new);
        };
        let known = [
            "info",
            "servers",
            "security",
            "paths",
            "components",
            "tags",
            "openapi",
        ];
        self.others(&at, old, new, &known);
        for (key, check) in [("openapi", INFO_CHANGED), ("tags", TAGS_CHANGED)] {
            if old.get(key) != new.get(key) {
                let (before, after) = (shown_option(old.get(key)), shown_option(new.get(key)));
                self.report(check, &at.below(&[key]), key, before, after);
            }
        }
        self.info();
        self.servers(
            &Context::new("servers", "/servers", Kind::Server),
            self.old.part("servers"),
            self.new.part("servers"),
        );
        let (old, new) = (self.old.part("security"), self.new.part("security"));
        self.security(
            &Context::new("security", "/security", Kind::Document),
            old,
            new,
        );
    }

    fn info(&mut self) {
        let at = Context::new("info", "/info", Kind::Document);
        let (old, new) = (self.old.part("info"), self.new.part("info"));
        let (Value::Object(old), Value::Object(new)) = (old, new) else {
            return self.odd(&at, "info", old, new);
        };
        for key in keys(old, new) {
            let (before, after) = (old.get(key), new.get(key));
            if before != after {
                let (before, after) = (shown_option(before), shown_option(after));
                self.report(INFO_CHANGED, &at.below(&[key]), key, before, after);
            }
        }
    }

    /// Compares lists of servers, identified by their URLs.
    pub(super) fn servers(&mut self, at: &Context, old: &Value, new: &Value) {
        let (old, new) = (by_url(old), by_url(new));
        let removed: Vec<String> = old
            .keys()
            .filter(|url| !new.contains_key(*url))
            .cloned()
            .collect();
        let added: Vec<String> = new
            .keys()
            .filter(|url| !old.contains_key(*url))
            .cloned()
            .collect();
        let moved = pairs(
            &removed,
            &added,
            0.34,
            (|url: &String| words(url), |url: &String| words(url)),
            alike,
        );
        let about =
            |at: &Context, old: Option<&str>, new: Option<&str>| at.about(Kind::Server, old, new);
        for (from, to) in &moved {
            let at = about(at, Some(from), Some(to));
            self.report(
                SERVER_CHANGED,
                &at,
                to,
                Some(from.clone()),
                Some(to.clone()),
            );
        }
        for url in removed
            .iter()
            .filter(|url| !moved.iter().any(|(from, _)| from == *url))
        {
            let at = about(at, Some(url), None);
            self.report(SERVER_REMOVED, &at, url, Some(url.clone()), None);
        }
        for url in added
            .iter()
            .filter(|url| !moved.iter().any(|(_, to)| to == *url))
        {
            let at = about(at, None, Some(url));
            self.report(SERVER_ADDED, &at, url, None, Some(url.clone()));
        }
        for (url, old) in &old {
            if let Some(new) = new.get(url)
                && let (Value::Object(old), Value::Object(new)) = (*old, *new)
            {
                if old.get("description") != new.get("description") {
                    let before = shown_option(old.get("description"));
                    let after = shown_option(new.get("description"));
                    self.report(
                        DESCRIPTION_CHANGED,
                        at,
                        format!("description of {url}"),
                        before,
                        after,
                    );
                }
                self.others(&at.step(url.as_str()), old, new, &["url", "description"]);
            }
        }
    }

    /// Compares security requirements.
    pub(super) fn security(&mut self, at: &Context, old: &Value, new: &Value) {
        if old == new {
            return;
        }
        let (before, after) = (requirements(old), requirements(new));
        match (before.is_empty(), after.is_empty()) {
            (true, true) => self.odd(at, "security", old, new),
            (true, false) => self.report(SECURITY_ADDED, at, "", None, Some(after)),
            (false, true) => self.report(SECURITY_REMOVED, at, "", Some(before), None),
            (false, false) => self.report(SECURITY_CHANGED, at, "", Some(before), Some(after)),
        }
    }
}

fn by_url(servers: &Value) -> std::collections::BTreeMap<String, &Value> {
    servers
        .as_array()
        .into_iter()
        .flatten()
        .map(|server| (server.get("url").map_or_else(String::new, shown), server))
        .collect()
}

/// The alternatives of a security requirement, such as `Key or Bearer`; empty if none is needed.
pub(super) fn requirements(security: &Value) -> String {
    let alternatives: Vec<String> = security
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .filter(|schemes| !schemes.is_empty())
        .map(|schemes: &Map<String, Value>| {
            let parts: Vec<String> = schemes
                .iter()
                .map(|(name, scopes)| match scopes.as_array() {
                    Some(scopes) if !scopes.is_empty() => {
                        format!("{name} {}", shown(&scopes.clone().into()))
                    }
                    _ => name.clone(),
                })
                .collect();
            parts.join(" and ")
        })
        .collect();
    alternatives.join(" or ")
}
