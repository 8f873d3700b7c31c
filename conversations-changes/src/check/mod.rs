//! The kinds of changes, each with its level and reason.

mod definition;
mod document;
mod operation;
mod prose;
mod schema;

pub use definition::{Check, Level, Side};
pub(crate) use document::*;
pub(crate) use operation::*;
pub(crate) use prose::*;
pub(crate) use schema::*;

/// Every check, most severe first, then by id.
#[must_use]
pub fn checks() -> Vec<&'static Check> {
    let mut all: Vec<&'static Check> =
        [document::ALL, operation::ALL, schema::ALL, prose::ALL].concat();
    all.sort_by(|a, b| b.level.cmp(&a.level).then_with(|| a.id.cmp(b.id)));
    all
}

/// The check with this id.
#[must_use]
pub fn check(id: &str) -> Option<&'static Check> {
    checks().into_iter().find(|check| check.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_a_unique_id_and_a_reason() {
        let all = checks();
        let mut ids: Vec<_> = all.iter().map(|check| check.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all.len());
        for check in all {
            assert!(check.reason.ends_with('.'), "{}", check.id);
            assert!(
                check.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'),
                "{}",
                check.id
            );
        }
    }

    #[test]
    fn the_level_of_an_edit_depends_on_its_direction() {
        for (edit, request, response) in [
            ("bound-tightened", Level::Breaking, Level::Additive),
            ("bound-loosened", Level::Additive, Level::Behavior),
            ("enum-value-added", Level::Additive, Level::Behavior),
            ("property-made-optional", Level::Additive, Level::Breaking),
            ("nullable-gained", Level::Additive, Level::Breaking),
        ] {
            assert_eq!(check(&format!("request-{edit}")).unwrap().level, request);
            assert_eq!(check(&format!("response-{edit}")).unwrap().level, response);
        }
    }
}
