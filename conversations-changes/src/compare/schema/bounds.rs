//! Compares bounds on numbers, strings, arrays and objects.

use serde_json::{Map, Value};

use crate::check::{
    REQUEST_BOUND_LOOSENED, REQUEST_BOUND_TIGHTENED, RESPONSE_BOUND_LOOSENED,
    RESPONSE_BOUND_TIGHTENED,
};
use crate::compare::{Comparison, Context, shown_option};

/// A keyword, and whether a smaller value is stricter.
const BOUNDS: [(&str, bool); 8] = [
    ("maximum", true),
    ("minimum", false),
    ("maxLength", true),
    ("minLength", false),
    ("maxItems", true),
    ("minItems", false),
    ("maxProperties", true),
    ("minProperties", false),
];

/// Keywords that are stricter when true.
const SWITCHES: [&str; 3] = ["exclusiveMaximum", "exclusiveMinimum", "uniqueItems"];

impl Comparison<'_> {
    pub(in crate::compare) fn bounds(
        &mut self,
        at: &Context,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) {
        for (key, smaller_is_tighter) in BOUNDS {
            let (before, after) = (old.get(key), new.get(key));
            if before == after {
                continue;
            }
            let number = |value: Option<&Value>| value.and_then(Value::as_f64);
            let is_tighter = match (number(before), number(after)) {
                (Some(before), Some(after)) => (after < before) == smaller_is_tighter,
                (before, _) => before.is_none(),
            };
            self.bound(at, key, is_tighter, before, after);
        }
        for key in SWITCHES {
            let is = |map: &Map<String, Value>| map.get(key) == Some(&Value::Bool(true));
            if is(old) != is(new) {
                self.bound(at, key, is(new), old.get(key), new.get(key));
            }
        }
        // Multiples of 10 are multiples of 5: a divisor of the old step is looser.
        let key = "multipleOf";
        let (before, after) = (old.get(key), new.get(key));
        if before != after {
            let is_divisor = match (
                before.and_then(Value::as_u64),
                after.and_then(Value::as_u64),
            ) {
                (Some(before), Some(after @ 1..)) => before % after == 0,
                _ => after.is_none(),
            };
            self.bound(at, key, !is_divisor, before, after);
        }
    }

    fn bound(
        &mut self,
        at: &Context,
        key: &str,
        is_tighter: bool,
        old: Option<&Value>,
        new: Option<&Value>,
    ) {
        let checks = match is_tighter {
            true => (REQUEST_BOUND_TIGHTENED, RESPONSE_BOUND_TIGHTENED),
            false => (REQUEST_BOUND_LOOSENED, RESPONSE_BOUND_LOOSENED),
        };
        let at = match new {
            Some(_) => at.below(&[key]),
            None => at.clone(),
        };
        self.report_by_side(checks, &at, key, shown_option(old), shown_option(new));
    }
}
