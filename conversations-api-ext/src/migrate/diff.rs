//! [`findings`]: the differences between two versions' records of one conversation.

use super::{
    Rule,
    field::{lost, member, value},
    findings::Findings,
    metric,
    tree::Tree,
    turns,
};

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

#[cfg(test)]
mod tests {
    use super::{
        super::findings::Difference::{self, Changed, Missing, Reordered},
        *,
    };

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
