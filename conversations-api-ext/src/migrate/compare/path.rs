//! [`FieldPath`]: the path of a field, and whether a difference affects it.

use std::{fmt, str::FromStr};

use crate::{Error, migrate::tree::Tree, serde_text::serde_text};

/// The path of a conversation's field: names joined by dots.
///
/// `variant_name`, `state.order_id`, `metrics.HANDOFF_TO`, `turns.user_input` (of any turn).
///
/// ```
/// use conversations_api_ext::migrate::FieldPath;
///
/// let field: FieldPath = "state.order_id".parse()?;
/// assert_eq!(field.to_string(), "state.order_id");
/// assert!("state..order_id".parse::<FieldPath>().is_err());
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldPath(String);

impl FieldPath {
    /// Returns whether a difference at `path` affects this field: the field itself, its parent, or its contents.
    pub(super) fn concerns(&self, path: &str) -> bool {
        within(&self.0, path) || within(path, &self.0)
    }

    /// Returns whether a record has a value at this path.
    pub(super) fn is_in(&self, record: &Tree<'_>) -> bool {
        is_in(record, &self.0)
    }
}

/// Returns whether `inner` is `outer` or inside of it.
fn within(inner: &str, outer: &str) -> bool {
    inner
        .strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn is_in(tree: &Tree<'_>, path: &str) -> bool {
    if let Tree::List(items) = tree {
        return items.iter().any(|item| is_in(item, path));
    }
    // A name may contain dots, as those of metrics do.
    if tree.get(path).is_some_and(|value| !value.is_empty()) {
        return true;
    }
    path.match_indices('.').any(|(dot, _)| {
        tree.get(&path[..dot])
            .is_some_and(|inner| is_in(inner, &path[dot + 1..]))
    })
}

impl FromStr for FieldPath {
    type Err = Error;

    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a path with an empty name in it.
    fn from_str(text: &str) -> Result<Self, Error> {
        let path = text.trim();
        if path.split('.').any(str::is_empty) {
            return Err(Error::invalid(
                format!("{text:?} is not a field"),
                "write its name, and a dot before each name inside it: variant_name, state.order_id",
            ));
        }
        Ok(Self(path.to_owned()))
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

serde_text!(FieldPath);

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> FieldPath {
        text.parse().unwrap()
    }

    #[test]
    fn a_difference_concerns_the_field_what_holds_it_and_what_it_holds() {
        let field = path("state.order");
        for other in ["state", "state.order", "state.order.id"] {
            assert!(field.concerns(other), "{other}");
        }
        for other in ["stat", "state.order_id", "state.orders", "metrics.order"] {
            assert!(!field.concerns(other), "{other}");
        }
    }

    #[test]
    fn a_field_is_found_in_objects_and_in_the_items_of_lists() {
        let record: Tree<'_> = serde_json::from_str(
            r#"{"state":{"order":{"id":7},"a.b":1,"none":null},"turns":[{},{"user_input":"x"}]}"#,
        )
        .unwrap();
        for there in ["state", "state.order.id", "state.a.b", "turns.user_input"] {
            assert!(path(there).is_in(&record), "{there}");
        }
        for gone in ["state.none", "state.order.no", "turns.latency", "metrics"] {
            assert!(!path(gone).is_in(&record), "{gone}");
        }
    }
}
