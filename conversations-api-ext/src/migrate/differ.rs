//! [`findings`]: the differences between two versions' records of one conversation.

use serde_json::Number;

use super::{Rule, metric, moment, rule::Rules, tree::Tree, turns};

/// The kind of difference of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Difference {
    /// Both have it, with different values.
    Changed,
    /// The newer version does not have it, or has it empty.
    Missing,
    /// A list with the same elements in another order.
    Reordered,
}

/// The findings about a pair of records.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) rules: Rules,
    /// The differences by path, each once.
    pub(super) differences: Vec<(String, Difference)>,
    /// Fields to which a rule was applied that is a note.
    pub(super) noted: Vec<String>,
}

impl Findings {
    pub(super) fn differ(&mut self, path: &str, difference: Difference) {
        let known = |(other, _): &(String, Difference)| other == path;
        if !self.differences.iter().any(known) {
            self.differences.push((path.to_owned(), difference));
        }
    }

    pub(super) fn apply(&mut self, rule: Rule) {
        self.rules.insert(rule);
    }

    /// Adds the findings of a nested comparison, which may also be tried and dropped.
    pub(super) fn absorb(&mut self, other: Self) {
        self.rules.add(other.rules);
        for (path, difference) in other.differences {
            self.differ(&path, difference);
        }
        self.noted.extend(other.noted);
    }
}

/// The minimum fields that a project with field whitelisting sends.
const WHITELISTED: [&str; 4] = ["account_id", "id", "project_id", "started_at"];

/// Compares two records of one conversation: that of the older version and that of the newer.
pub(super) fn findings(before: &Tree<'_>, after: &Tree<'_>) -> Findings {
    let mut found = Findings::default();
    let whitelisted = before
        .members()
        .iter()
        .all(|(key, _)| WHITELISTED.contains(&key.as_ref()))
        && after.members().len() > before.members().len();
    if whitelisted {
        found.apply(Rule::Whitelisted);
    }
    for (key, ours, theirs) in before.union(after) {
        if whitelisted && ours.is_none() {
            continue;
        }
        match (key, ours, theirs) {
            ("metrics" | "state", Some(ours @ Tree::Object(_)), Some(theirs @ Tree::Object(_)))
                if !(key == "state" && lost(ours, theirs)) =>
            {
                let compare = if key == "metrics" {
                    metric::compare
                } else {
                    value
                };
                for (name, ours, theirs) in ours.union(theirs) {
                    member(&mut found, &format!("{key}.{name}"), ours, theirs, compare);
                }
            }
            ("turns", ours, theirs) => turns::compare(&mut found, ours, theirs),
            (_, ours, theirs) => member(&mut found, key, ours, theirs, value),
        }
    }
    found
}

fn lost(ours: &Tree<'_>, theirs: &Tree<'_>) -> bool {
    theirs.is_empty() && !ours.is_empty()
}

/// Compares two values, either of which may be absent; `compare` requires both.
pub(super) fn member(
    found: &mut Findings,
    path: &str,
    ours: Option<&Tree<'_>>,
    theirs: Option<&Tree<'_>>,
    compare: fn(&mut Findings, &str, &Tree<'_>, &Tree<'_>),
) {
    match (ours, theirs) {
        (None, None) => {}
        (None, Some(theirs)) if theirs.is_empty() => found.apply(Rule::AbsentEmpty),
        (None, Some(_)) => found.apply(Rule::Added),
        (Some(ours), None) if ours.is_empty() => found.apply(Rule::AbsentEmpty),
        (Some(_), None) => missing(found, path),
        (Some(ours), Some(theirs)) if lost(ours, theirs) => missing(found, path),
        (Some(ours), Some(theirs)) => compare(found, path, ours, theirs),
    }
}

fn missing(found: &mut Findings, path: &str) {
    let rule = match path {
        "state" => Rule::StateAbsent,
        "variant_name" => Rule::VariantNameAbsent,
        "context_state" => Rule::ContextState,
        _ => return found.differ(path, Difference::Missing),
    };
    found.apply(rule);
    found.noted.push(path.to_owned());
}

/// Compares two values that are both present.
pub(super) fn value(found: &mut Findings, path: &str, ours: &Tree<'_>, theirs: &Tree<'_>) {
    let rule = match (ours, theirs) {
        (Tree::Text(ours), Tree::Text(theirs)) if ours == theirs => return,
        (Tree::Text(ours), Tree::Text(theirs)) if is_time(path) => moment::same(ours, theirs),
        (Tree::Null, Tree::Text(text)) | (Tree::Text(text), Tree::Null) if text.is_empty() => {
            Some(Rule::EmptyText)
        }
        (Tree::Null, other @ (Tree::List(_) | Tree::Object(_)))
        | (other @ (Tree::List(_) | Tree::Object(_)), Tree::Null)
            if other.is_empty() =>
        {
            Some(Rule::EmptyList)
        }
        (Tree::Number(ours), Tree::Number(theirs)) if ours != theirs => {
            same_number(ours, theirs).then_some(Rule::NumberForm)
        }
        _ if ours == theirs => return,
        _ => None,
    };
    match rule {
        Some(rule) => found.apply(rule),
        None => found.differ(path, Difference::Changed),
    }
}

fn is_time(path: &str) -> bool {
    path == "started_at" || path.ends_with("_datetime")
}

pub(super) fn same_number(ours: &Number, theirs: &Number) -> bool {
    ours == theirs || (ours.as_f64() == theirs.as_f64() && ours.is_f64() != theirs.is_f64())
}

#[cfg(test)]
mod tests {
    use Difference::{Changed, Missing, Reordered};

    use super::*;

    /// Returns the rules and the differences between two records, given without their id.
    #[track_caller]
    fn assert_found(before: &str, after: &str, rules: &[Rule], differences: &[(&str, Difference)]) {
        let [before, after] = [before, after].map(|fields| format!(r#"{{"id":"CA1",{fields}}}"#));
        let found = findings(
            &serde_json::from_str(&before).unwrap(),
            &serde_json::from_str(&after).unwrap(),
        );
        let applied: Vec<_> = found.rules.iter().collect();
        let differs: Vec<_> = found
            .differences
            .iter()
            .map(|(path, difference)| (path.as_str(), *difference))
            .collect();
        assert_eq!(applied, rules, "{before} {after}");
        assert_eq!(differs, differences, "{before} {after}");
    }

    #[test]
    fn metrics_are_the_same_in_every_form_of_the_same_values() {
        for (before, after, rules) in [
            (r#""30""#, r#"["30"]"#, vec![Rule::MetricList]),
            (r#""30""#, "30", vec![Rule::MetricForm]),
            (
                "30",
                r#"["30.0"]"#,
                vec![Rule::MetricList, Rule::MetricForm],
            ),
            ("true", r#""True""#, vec![Rule::MetricForm]),
            ("12", "12.0", vec![Rule::NumberForm]),
            ("null", r#""""#, vec![Rule::EmptyText]),
            (
                r#"["a","b"]"#,
                r#"[{"timestamp":"t","value":"a"},{"timestamp":"t","value":"b"}]"#,
                vec![Rule::MetricForm],
            ),
            (
                r#""2026-04-07T21:27:33""#,
                r#""2026-04-07T21:27:33Z""#,
                vec![Rule::ZonelessTime],
            ),
        ] {
            let metric = |value| format!(r#""metrics":{{"M":{value}}}"#);
            assert_found(&metric(before), &metric(after), &rules, &[]);
            let entity = |value| format!(r#""turns":[{{"entities":[{{"E":{value}}}]}}]"#);
            assert_found(&entity(before), &entity(after), &rules, &[]);
        }
    }

    #[test]
    fn other_values_differ_by_the_name_of_the_metric() {
        for (before, after) in [
            (r#""30""#, "31"),
            (r#"["a","b"]"#, r#"["b","a"]"#),
            (r#"["a"]"#, r#"["a","b"]"#),
            (r#"{"deep":1}"#, r#"{"deep":2}"#),
            ("12", "12.5"),
        ] {
            let metric = |value| format!(r#""metrics":{{"M":{value},"N":"1"}}"#);
            assert_found(
                &metric(before),
                &metric(after),
                &[],
                &[("metrics.M", Changed)],
            );
        }
        let gone = r#""metrics":{"N":"1"}"#;
        assert_found(
            r#""metrics":{"M":"1","N":"1"}"#,
            gone,
            &[],
            &[("metrics.M", Missing)],
        );
    }

    #[test]
    fn state_is_compared_key_by_key_and_to_the_letter() {
        assert_found(
            r#""state":{"a":"30","b":[1],"c":"x"}"#,
            r#""state":{"a":30,"b":[1],"d":"y"}"#,
            &[Rule::Added],
            &[("state.a", Changed), ("state.c", Missing)],
        );
        for after in [r#""x":1"#, r#""state":{},"x":1"#, r#""state":null,"x":1"#] {
            assert_found(r#""state":{"a":1},"x":1"#, after, &[Rule::StateAbsent], &[]);
        }
    }

    #[test]
    fn absence_and_emptiness_are_told_from_loss() {
        let found = |before, after, rules: &[Rule], differences: &[(&str, Difference)]| {
            assert_found(
                &format!(r#""x":1{before}"#),
                &format!(r#""x":1{after}"#),
                rules,
                differences,
            );
        };
        found("", r#","handoff_reason":"""#, &[Rule::AbsentEmpty], &[]);
        found("", r#","recording":{"a":1}"#, &[Rule::Added], &[]);
        found(
            r#","turns":null"#,
            r#","turns":[]"#,
            &[Rule::EmptyList],
            &[],
        );
        found(r#","turns":[]"#, r#","turns":[{}]"#, &[Rule::Added], &[]);
        found(
            r#","turns":[{}]"#,
            r#","turns":[]"#,
            &[],
            &[("turns", Missing)],
        );
        found(r#","handoff":false"#, "", &[], &[("handoff", Missing)]);
        found(
            r#","handoff":null"#,
            r#","handoff":true"#,
            &[],
            &[("handoff", Changed)],
        );
        found(
            r#","context_state":{"a":1}"#,
            "",
            &[Rule::ContextState],
            &[],
        );
    }

    #[test]
    fn turns_are_compared_in_place_and_by_content_where_they_moved() {
        let (one, two) = (
            r#"{"user_input":"a","user_input_datetime":"2026-04-07T21:27:33"}"#,
            r#"{"user_input":"b","user_input_datetime":"2026-04-07T21:27:34"}"#,
        );
        let turns = |list: &[&str]| format!(r#""turns":[{}]"#, list.join(","));
        let both = turns(&[one, two]);
        assert_found(&both, &turns(&[two, one]), &[], &[("turns", Reordered)]);
        assert_found(&both, &turns(&[one]), &[], &[("turns", Changed)]);
        let zoned = two.replace("34\"", "34Z\"");
        assert_found(
            &both,
            &turns(&[&zoned, one]),
            &[Rule::ZonelessTime],
            &[("turns", Reordered)],
        );
        let other = two.replace(":\"b", ":\"c");
        assert_found(
            &both,
            &turns(&[one, &other]),
            &[],
            &[("turns.user_input", Changed)],
        );
        assert_found(
            r#""turns":[{"user_input":"a"}]"#,
            r#""turns":[{"user_input":"a","latency":0.8,"translated_user_input":"","barge_in":true}]"#,
            &[Rule::TurnField, Rule::Added],
            &[],
        );
    }
}
