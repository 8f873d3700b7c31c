//! `migrate::compare`: each kind of difference is classified correctly, and nothing else is reported.

use std::collections::BTreeMap;

use conversations_api_ext::{
    BoundedRange, Environment, Query, V2, V3,
    migrate::{self, Report, Rule, Side, Verdict},
};
use conversations_emulator::{Dataset, Emulator, Order, ServerBehavior};
use serde_json::{Value, json};

use crate::support::{april, client, emulator, serve, stored};

/// Returns conversation number `n`, in a form that v1 and v3 write identically.
fn plain(n: usize) -> Value {
    json!({
        "id": format!("CA{n:03}"),
        "account_id": "ws-1",
        "project_id": "PROJECT-1",
        "variant_id": "VARIANT-1",
        "variant_name": "Downtown",
        "environment": "live",
        "started_at": format!("2026-04-01T09:{:02}:00Z", n % 60),
        "channel": "VOICE-SIP",
        "from_number": "+12025550137",
        "to_number": "+442079460000",
        "in_progress": false,
        "num_turns": 2,
        "total_duration": 60,
        "handoff": true,
        "handoff_reason": "MARKER asked for a person",
        "metrics": {"CALL_DURATION": "60"},
        "state": {"order_id": format!("MARKER-{n}")},
        "turns": [
            {"user_input": "MARKER hello", "agent_response": "MARKER hi", "intents": [], "is_ood": false},
            {"user_input": "MARKER bye", "agent_response": "MARKER bye", "intents": ["end"], "is_ood": false},
        ],
    })
}

fn dataset(records: impl IntoIterator<Item = Value>) -> Dataset {
    let lines: Vec<_> = records
        .into_iter()
        .map(|record| record.to_string())
        .collect();
    Dataset::from_jsonl(lines.join("\n").as_bytes()).unwrap()
}

/// Returns the records of v1 and of v3, which differ in twelve ways.
fn twelve_ways() -> (Vec<Value>, Vec<Value>) {
    let mut v1: Vec<Value> = (0..=40).map(plain).collect();
    let mut v3 = v1.clone();
    v3[3]["total_duration"] = json!(61);
    // v1 writes an empty string as null, and the time of a turn without a time zone.
    v1[4]["handoff_reason"] = json!("");
    v3[4]["handoff_reason"] = json!("");
    v1[5]["turns"][0]["user_input_datetime"] = json!("2026-04-01T09:05:01.5Z");
    v3[5]["turns"][0]["user_input_datetime"] = json!("2026-04-01T09:05:01.5Z");
    v3[6].as_object_mut().unwrap().remove("state");
    v3[7].as_object_mut().unwrap().remove("variant_name");
    v3[8]["turns"].as_array_mut().unwrap().reverse();
    v3[9]["metrics"]["CALL_DURATION"] = json!(["60"]);
    v3[10]["turns"][0]["latency"] = json!({"label": "good", "perceived_latency": 0.8});
    v1[11]["in_progress"] = json!(true);
    v1[11]["total_duration"] = json!(10);
    v1[12] = json!({
        "id": "CA012", "account_id": "ws-1", "project_id": "PROJECT-1",
        "started_at": "2026-04-01T09:12:00Z",
    });
    v3.push(plain(101));
    v3.remove(1);
    (v1, v3)
}

fn sides(v1: &Emulator, v3: &Emulator) -> [Side; 2] {
    [
        Side::new(&client::<conversations_api_ext::V1>(v1), Query::v1()),
        Side::new(&client::<V3>(v3), Query::v3().include_latency(true)),
    ]
}

fn day() -> BoundedRange {
    BoundedRange::new("2026-04-01", "2026-04-02").unwrap()
}

async fn compared([before, after]: [Side; 2]) -> Report {
    migrate::compare(before, after, day()).run().await
}

fn rules(report: &Report) -> BTreeMap<Rule, (u64, Vec<String>)> {
    report
        .rules
        .iter()
        .map(|(rule, tally)| (*rule, (tally.count, tally.examples.clone())))
        .collect()
}

#[tokio::test]
async fn each_of_twelve_differences_is_in_its_class_and_nothing_else_is_reported() {
    let (v1, v3) = twelve_ways();
    for orders in [
        [Order::Ascending, Order::Ascending],
        [Order::Ascending, Order::Descending],
        [Order::Descending, Order::Ascending],
    ] {
        let [old, new] = orders.map(|order| ServerBehavior::default().with_order(order));
        let v1 = serve(dataset(v1.clone()), old).await;
        let v3 = serve(dataset(v3.clone()), new).await;
        let report = compared(sides(&v1, &v3)).await;

        assert!(report.is_complete(), "{report}");
        assert_eq!(report.only_before.examples, ["CA001"], "{report}");
        assert_eq!(report.only_after.examples, ["CA101"], "{report}");
        assert_eq!(report.changing.examples, ["CA011"], "{report}");
        let mut different = report.different.examples.clone();
        different.sort();
        assert_eq!(different, ["CA003", "CA008"], "{report}");
        assert_eq!(report.normalised, 7, "{report}");
        assert_eq!(report.equal, 41 - 12 + 1, "{report}");
        assert_eq!(report.settled, 0, "{report}");
        assert_eq!((report.before.records, report.after.records), (41, 41));
        let one = |id: &str| (1, vec![id.to_owned()]);
        assert_eq!(
            rules(&report),
            BTreeMap::from([
                (Rule::EmptyText, one("CA004")),
                (Rule::ZonelessTime, one("CA005")),
                (Rule::StateAbsent, one("CA006")),
                (Rule::VariantNameAbsent, one("CA007")),
                (Rule::MetricList, one("CA009")),
                (Rule::TurnField, one("CA010")),
                (Rule::Whitelisted, one("CA012")),
            ]),
            "{report}"
        );
        let fields: Vec<_> = report
            .fields
            .iter()
            .map(|(path, found)| {
                let ids: Vec<_> = found.examples.iter().map(|one| one.id.as_str()).collect();
                (
                    path.as_str(),
                    found.changed,
                    found.missing,
                    found.reordered,
                    ids,
                )
            })
            .collect();
        assert_eq!(
            fields,
            [
                ("total_duration", 1, 0, 0, vec!["CA003"]),
                ("turns", 0, 0, 1, vec!["CA008"]),
            ],
            "{report}"
        );
        assert_eq!(report.verdict(), Verdict::NotReady);
    }
}

#[tokio::test]
async fn nothing_that_was_said_is_in_a_report_unless_it_was_asked_for() {
    let (v1, v3) = twelve_ways();
    let (v1, v3) = (
        serve(dataset(v1), ServerBehavior::default()).await,
        serve(dataset(v3), ServerBehavior::default()).await,
    );
    let every_form = |report: &Report| {
        let json = serde_json::to_string(report).unwrap();
        format!("{report}{json}{}{report:?}", report.markdown())
    };
    let shown = every_form(&compared(sides(&v1, &v3)).await);
    assert!(shown.contains("CA003"), "{shown}");
    for secret in ["MARKER", "+1202", "+4420", "order_id"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    let [before, after] = sides(&v1, &v3);
    let asked = migrate::compare(before, after, day())
        .values(true)
        .run()
        .await;
    assert!(every_form(&asked).contains("MARKER"));
    let duration = &asked.fields["total_duration"].examples[0];
    assert_eq!(
        (duration.before.as_deref(), duration.after.as_deref()),
        (Some("60"), Some("61"))
    );
}

#[tokio::test]
async fn a_required_field_that_is_lost_or_changed_stands_in_the_way() {
    let v1: Vec<Value> = (0..10).map(plain).collect();
    let mut v3 = v1.clone();
    v3[6].as_object_mut().unwrap().remove("state");
    v3[7].as_object_mut().unwrap().remove("variant_name");
    let (v1, v3) = (
        serve(dataset(v1), ServerBehavior::default()).await,
        serve(dataset(v3), ServerBehavior::default()).await,
    );
    let report = compared(sides(&v1, &v3)).await;
    assert_eq!(report.verdict(), Verdict::ReadyWithNotes, "{report}");

    for (field, present, affected, verdict) in [
        ("state.order_id", 10, vec!["CA006"], Verdict::NotReady),
        ("variant_name", 10, vec!["CA007"], Verdict::NotReady),
        ("handoff_reason", 10, vec![], Verdict::ReadyWithNotes),
        ("turns.user_input", 10, vec![], Verdict::ReadyWithNotes),
        ("state.none", 0, vec![], Verdict::ReadyWithNotes),
    ] {
        let [before, after] = sides(&v1, &v3);
        let report = migrate::compare(before, after, day())
            .require(field.parse().unwrap())
            .run()
            .await;
        let required = &report.required[0];
        assert_eq!(required.present, present, "{report}");
        assert_eq!(required.affected.examples, affected, "{report}");
        assert_eq!(report.verdict(), verdict, "{report}");
    }
}

#[tokio::test]
async fn a_latency_as_number_and_as_object_is_the_same() {
    let mut v2: Vec<Value> = (0..3).map(plain).collect();
    let mut v3 = v2.clone();
    for n in 0..3 {
        v2[n]["turns"][0]["latency"] = json!(0.8);
        v3[n]["turns"][0]["latency"] = json!({"perceived_latency": 0.8, "label": "good"});
    }
    v3[2]["turns"][0]["latency"]["perceived_latency"] = json!(0.9);
    let (v2, v3) = (
        serve(dataset(v2), ServerBehavior::default()).await,
        serve(dataset(v3), ServerBehavior::default()).await,
    );
    let report = compared([
        Side::new(&client::<V2>(&v2), Query::v2().include_latency(true)),
        Side::new(&client::<V3>(&v3), Query::v3().include_latency(true)),
    ])
    .await;
    assert_eq!(report.rules[&Rule::LatencyForm].count, 2, "{report}");
    assert_eq!(report.different.examples, ["CA002"], "{report}");
    assert_eq!(report.fields["turns.latency"].changed, 1, "{report}");
}

#[tokio::test]
async fn a_conversation_with_another_start_is_found_in_another_window() {
    let v1: Vec<Value> = (0..3).map(plain).collect();
    let mut v3 = v1.clone();
    // An hour of DST, and rounding at the edge of a window.
    v3[1]["started_at"] = json!("2026-04-01T14:01:00Z");
    v3[2]["started_at"] = json!("2026-04-01T09:02:00.250Z");
    let (v1, v3) = (
        serve(dataset(v1), ServerBehavior::default()).await,
        serve(dataset(v3), ServerBehavior::default()).await,
    );
    let report = compared(sides(&v1, &v3)).await;
    assert_eq!(report.different.examples, ["CA001"], "{report}");
    assert_eq!(report.fields["started_at"].changed, 1, "{report}");
    assert_eq!(
        report.rules[&Rule::TimePrecision].examples,
        ["CA002"],
        "{report}"
    );
    assert_eq!(
        report.only_before.count + report.only_after.count,
        0,
        "{report}"
    );
}

#[tokio::test]
async fn what_only_the_versions_forms_tell_apart_is_equal() {
    for order in [Order::Ascending, Order::Descending] {
        let readings = ServerBehavior::default().with_order(order);
        let emulator = emulator(600, readings).await;
        let [before, after] = sides(&emulator, &emulator);
        let report = migrate::compare(before, after, april()).run().await;
        let live = stored(emulator.data(), Environment::Live).len() as u64;
        assert_eq!(report.before.records, live, "{report}");
        assert_eq!(report.equal + report.normalised, live, "{report}");
        assert_eq!(report.verdict(), Verdict::Ready, "{report}");
    }
}

#[tokio::test]
async fn turns_that_are_hidden_on_one_side_are_told_with_where_to_look() {
    let records: Vec<Value> = (0..4).map(plain).collect();
    let shown = serve(dataset(records.clone()), ServerBehavior::default()).await;
    let hidden = ServerBehavior::default().with_transcripts(false);
    let hidden = serve(dataset(records), hidden).await;
    let report = compared(sides(&shown, &hidden)).await;
    assert_eq!(report.fields["turns"].missing, 4, "{report}");
    assert!(report.to_string().contains("shows transcripts"), "{report}");
    // In the other direction nothing is lost.
    let report = compared(sides(&hidden, &shown)).await;
    assert_eq!(report.rules[&Rule::Added].count, 4, "{report}");
    assert_eq!(report.verdict(), Verdict::Ready, "{report}");
}
