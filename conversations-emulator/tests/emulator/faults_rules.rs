//! Rules and their conditions, reports, and the JSON of plans.

use conversations_emulator::fault::{
    Fault, FaultPlan, FaultPlanError, Framing, Page, Paging, Rule,
};
use serde_json::Value;

use crate::faults_answers::{ask, triggered, with_plan, with_rule};
use crate::raw::exchange;

async fn statuses(emulator: &conversations_emulator::Emulator, queries: &[&str]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for query in queries {
        statuses.push(ask(emulator, query).await.status().as_u16());
    }
    statuses
}

fn teapot() -> Rule {
    Rule::new(Fault::status(418))
}

#[tokio::test]
async fn rules_select_requests_by_their_number() {
    let six = [""; 6];
    for (rule, expected) in [
        (teapot().on_request(2), [200, 418, 200, 200, 200, 200]),
        (teapot().from_request(5), [200, 200, 200, 200, 418, 418]),
        (teapot().every_request(3), [200, 200, 418, 200, 200, 418]),
        (teapot().times(2), [418, 418, 200, 200, 200, 200]),
        (
            teapot().from_request(2).on_occurrence(3),
            [200, 200, 200, 418, 200, 200],
        ),
    ] {
        let emulator = with_rule(rule).await;
        assert_eq!(statuses(&emulator, &six).await, expected);
    }
}

#[tokio::test]
async fn rules_select_requests_by_their_parameters() {
    for (rule, query, other) in [
        (teapot().paged_by(Paging::Offset), "offset=0", "limit=1"),
        (teapot().paged_by(Paging::Neither), "limit=1", "offset=1"),
        (
            teapot().with_query("client_env", "sandbox"),
            "client_env=sandbox",
            "client_env=live",
        ),
        (teapot().on_page(Page::First), "offset=0", "offset=5"),
        (teapot().on_page(Page::Last), "limit=1000", "limit=2"),
        (
            teapot().on_page(Page::Middle),
            "limit=2&offset=2",
            "limit=2",
        ),
        (
            teapot().on_page(Page::Number(3)),
            "limit=2&offset=4",
            "limit=2&offset=2",
        ),
    ] {
        let emulator = with_rule(rule.clone()).await;
        assert_eq!(
            statuses(&emulator, &[other, query]).await,
            [200, 418],
            "{rule:?}"
        );
    }
    for (rule, meets) in [
        (teapot().to_version("v3"), true),
        (teapot().to_version("v1"), false),
        (teapot().to_path("/v3/*/conversations"), true),
        (teapot().to_path("/v3/*/agents"), false),
        (teapot().with_key("emulator-key"), true),
        (teapot().with_key("another"), false),
        (teapot().with_probability(1.0), true),
        (teapot().with_probability(0.0), false),
    ] {
        let emulator = with_rule(rule.clone()).await;
        let expected = if meets { 418 } else { 200 };
        assert_eq!(statuses(&emulator, &[""]).await, [expected], "{rule:?}");
    }
}

#[tokio::test]
async fn probability_is_repeatable_and_close_to_the_configured_share() {
    let queries = [""; 60];
    let of = async |seed: u64| {
        let rule = teapot().with_probability(0.5);
        let emulator = with_plan(FaultPlan::new().with_seed(seed).with_rule(rule)).await;
        statuses(&emulator, &queries).await
    };
    let (one, again, other) = (of(1).await, of(1).await, of(2).await);
    assert_eq!(one, again);
    assert_ne!(one, other);
    let hits = one.iter().filter(|status| **status == 418).count();
    assert!((18..=42).contains(&hits), "{hits}");
}

#[tokio::test]
async fn of_two_rules_that_replace_the_response_the_first_is_triggered() {
    let plan = FaultPlan::new()
        .with_rule(Rule::new(Fault::status(500)).named("first").once())
        .with_rule(Rule::new(Fault::status(503)).named("second").once());
    let emulator = with_plan(plan).await;
    assert_eq!(statuses(&emulator, &["", "", ""]).await, [500, 503, 200]);
    emulator.faults().assert_all_triggered("p");
}

#[tokio::test]
async fn an_untriggered_rule_is_explained_by_the_closest_request() {
    let plan = FaultPlan::new()
        .with_rule(teapot().named("deep").on_page(Page::Number(2)))
        .with_rule(teapot().named("fifth").on_request(5).with_key("secret-key"))
        .with_rule(Rule::new(Fault::truncate(1 << 30, Framing::Chunked)).named("far"))
        .with_rule(Rule::new(Fault::expired_cursor()).named("expired"));
    let emulator = with_plan(plan).await;
    statuses(&emulator, &["limit=1", "limit=1&client_env=sandbox"]).await;
    let body = ask(&emulator, "limit=1").await.bytes().await.unwrap();
    assert_eq!(
        emulator.faults().untriggered("p"),
        [
            "rule deep was not triggered; the closest request was 3, but it requested page 1, not page 2".to_owned(),
            "rule fifth was not triggered; the closest request was 3, but it was request 3, not number 5 and it had another key".into(),
            format!("rule far was not triggered; the closest request was 3, but its body had only {} bytes", body.len()),
            "rule expired was not triggered; the closest request was 3, but it had no cursor that could expire".into(),
        ]
    );
    assert!(triggered(&emulator).is_empty());
    let panic = std::panic::catch_unwind(|| emulator.faults().assert_all_triggered("p"));
    let message = *panic.unwrap_err().downcast::<String>().unwrap();
    assert!(message.starts_with("not every fault of plan `p` was triggered:\n  rule deep"));
    assert!(!message.contains("secret-key"));
}

#[tokio::test]
async fn resetting_faults_resets_the_counters() {
    let emulator = with_rule(teapot().on_request(1)).await;
    assert_eq!(statuses(&emulator, &["", ""]).await, [418, 200]);
    emulator.faults().reset();
    assert!(triggered(&emulator).is_empty());
    assert_eq!(statuses(&emulator, &["", ""]).await, [418, 200]);
}

#[tokio::test]
async fn an_emulator_does_not_start_with_an_invalid_plan() {
    let plan = FaultPlan::new().with_rule(teapot().with_probability(1.5));
    let started = conversations_emulator::Emulator::builder()
        .fault_plan(plan.clone())
        .start()
        .await;
    let error = started.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert_eq!(
        error.to_string(),
        "rules[0].when.probability is 1.5; a probability is between 0 and 1"
    );
    let emulator = with_rule(teapot()).await;
    assert!(emulator.faults().set("p", plan).is_err());
    assert_eq!(statuses(&emulator, &[""]).await, [418]);
}

#[test]
fn an_invalid_plan_is_rejected_with_its_json_path() {
    for (json, expected) in [
        ("[", "the fault plan is invalid at .: EOF while parsing"),
        (
            r#"{"rules":[{"fault":{"status":{"code":503,"retry":1}}}]}"#,
            "the fault plan is invalid at rules[0].fault.status.retry: unknown field `retry`",
        ),
        (
            r#"{"rules":[{"fault":{"explode":{}}}]}"#,
            "the fault plan is invalid at rules[0].fault: unknown variant `explode`",
        ),
        (
            r#"{"rules":[{"when":{"page":"second"},"fault":{"reset":{}}}]}"#,
            "the fault plan is invalid at rules[0].when.page: unknown variant `second`",
        ),
        (
            r#"{"rules":[{"fault":{"latency":{"of":"fast"}}}]}"#,
            "the fault plan is invalid at rules[0].fault.latency.of: not a duration",
        ),
        (
            r#"{"rules":[{"when":{"request":{"nth":0}},"fault":{"reset":{}}}]}"#,
            "rules[0].when.request is 0; requests are counted from 1",
        ),
        (
            r#"{"rules":[{"fault":{"redirect":{"to":"elsewhere"}}}]}"#,
            "rules[0].fault.redirect.to has no scheme and host",
        ),
        (
            r#"{"rules":[{"id":"a","fault":{"reset":{}}},{"id":"a","fault":{"reset":{}}}]}"#,
            "rules[1].id repeats the id of an earlier rule",
        ),
        (
            r#"{"rules":[],"extra":1}"#,
            "the fault plan is invalid at extra: unknown field `extra`",
        ),
    ] {
        let error = FaultPlan::from_json(json).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(expected), "{text}");
    }
    let missing = FaultPlan::from_json_file("no-such-plan.json").unwrap_err();
    assert!(matches!(missing, FaultPlanError::Read { .. }));
    assert!(missing.to_string().contains("no-such-plan.json"));
}

/// Every row of the table in the documentation of faults: the JSON, the query that triggers it, and the
/// number of requests.
fn documented() -> Vec<(&'static str, &'static str, usize)> {
    let source = include_str!("../../src/fault/mod.rs");
    let rows = source.lines().filter(|line| line.starts_with("//! | `{"));
    rows.map(|row| {
        let json = row.split('`').nth(1).unwrap();
        let request = row.trim_end_matches(" |").rsplit("| `?").next().unwrap();
        let (query, times) = request.split_once('`').unwrap();
        let times = times.trim_start_matches(" x ");
        (json, query, times.parse().unwrap_or(1))
    })
    .collect()
}

#[tokio::test]
async fn every_documented_fault_is_triggered_by_its_documented_request() {
    let documented = documented();
    assert!(documented.len() >= 18);
    for (json, query, times) in documented {
        let plan = FaultPlan::from_json(&format!(r#"{{"rules":[{{"fault":{json}}}]}}"#)).unwrap();
        let emulator = with_plan(plan).await;
        let mut query = query.to_owned();
        if let Some((rest, _)) = query.split_once("CURSOR") {
            let first: Value = ask(&emulator, "limit=10").await.json().await.unwrap();
            query = format!("{rest}{}", first["cursor"].as_str().unwrap());
        }
        for _ in 0..times {
            exchange(&emulator, "p", &query).await;
        }
        emulator.faults().assert_all_triggered("p");
        let journal = emulator.journal();
        assert_eq!(journal.last().unwrap().faults(), ["rule-1"], "{json}");
    }
}

#[test]
fn every_fault_is_documented_and_survives_a_json_round_trip() {
    let documented = documented();
    for (json, ..) in &documented {
        let plan = FaultPlan::from_json(&format!(r#"{{"rules":[{{"fault":{json}}}]}}"#)).unwrap();
        assert_eq!(
            FaultPlan::from_json(&plan.to_json()).unwrap(),
            plan,
            "{json}"
        );
    }
    let schema: Value = serde_json::from_str(&FaultPlan::json_schema()).unwrap();
    let kinds = schema["$defs"]["Kind"]["oneOf"].as_array().unwrap();
    for kind in kinds {
        let name = kind["required"][0].as_str().unwrap();
        let begin = format!("{{\"{name}\"");
        let row = documented
            .iter()
            .find(|(json, ..)| json.starts_with(&begin));
        assert!(row.is_some(), "{name} is not in the table");
    }
}
