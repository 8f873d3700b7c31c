//! Property tests for every conversation: conversions lose nothing, and change only what the rules list.

use conversations_api::{v1, v3};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{diff, to_v1, to_v3, tree::Tree};

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!("")),
        "[a-zé+]{1,5}".prop_map(Value::from)
    ]
}

fn time() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!("")),
        Just(json!("2026-04-07T21:27:33.800419Z")),
        Just(json!("2026-04-07T21:27:33.800419+00:00")),
        Just(json!("2026-04-07T21:27:33")),
        Just(json!("Tue, 07 Apr 2026 21:27:33 GMT")),
        Just(json!("soon")),
    ]
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i32>().prop_map(Value::from),
        Just(json!(12.0))
    ]
}

fn flag() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from)]
}

fn metric() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!("30")),
        Just(json!(30)),
        Just(json!(["30"])),
        Just(json!(["1", "2"])),
        Just(json!([{"timestamp": "2026-04-07T21:27:33", "value": "x"}])),
        Just(json!([])),
    ]
}

fn object(values: impl Strategy<Value = Value> + Clone) -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        4 => prop::collection::btree_map("[a-z]{1,3}", values, 0..3)
            .prop_map(|members| Value::Object(members.into_iter().collect())),
    ]
}

fn anything() -> impl Strategy<Value = Value> + Clone {
    prop_oneof![
        Just(Value::Null),
        Just(json!("x")),
        Just(json!(1.5)),
        Just(json!({"deep": [1, {"er": null}]})),
    ]
}

fn latency() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!(0.8)),
        Just(json!({"perceived_latency": 0.8})),
        Just(json!({"perceived_latency": 0.8, "label": "good", "unit": "s"})),
    ]
}

/// Generates an object with any subset of the fields.
fn some_of(fields: Vec<(&'static str, BoxedStrategy<Value>)>) -> impl Strategy<Value = Value> {
    let members: Vec<_> = fields
        .into_iter()
        .map(|(name, value)| prop::option::of(value).prop_map(move |value| (name, value)))
        .collect();
    members.prop_map(|members| {
        let there = members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(there.collect::<Map<_, _>>())
    })
}

fn turn() -> impl Strategy<Value = Value> {
    some_of(vec![
        ("agent_response", text().boxed()),
        ("agent_response_datetime", time().boxed()),
        ("barge_in", flag().boxed()),
        ("english_agent_response", text().boxed()),
        (
            "entities",
            prop_oneof![
                Just(Value::Null),
                prop::collection::vec(object(metric().boxed()), 0..2)
                    .prop_map(|list| list.into_iter().filter(|item| !item.is_null()).collect())
            ]
            .boxed(),
        ),
        (
            "intents",
            prop_oneof![Just(Value::Null), Just(json!(["a"]))].boxed(),
        ),
        ("is_ood", flag().boxed()),
        ("latency", latency().boxed()),
        ("metadata", object(anything()).boxed()),
        ("reviews", anything().boxed()),
        ("translated_user_input", text().boxed()),
        ("user_input", text().boxed()),
        ("user_input_datetime", time().boxed()),
        ("user_input_dtmf", text().boxed()),
    ])
}

fn conversation() -> impl Strategy<Value = Value> {
    let fields = some_of(vec![
        ("account_id", text().boxed()),
        ("channel", text().boxed()),
        ("context_state", object(anything()).boxed()),
        ("from_number", text().boxed()),
        ("handoff", flag().boxed()),
        ("handoff_reason", text().boxed()),
        ("metrics", object(metric().boxed()).boxed()),
        ("num_turns", number().boxed()),
        ("recording", anything().boxed()),
        ("started_at", time().boxed()),
        ("state", object(anything()).boxed()),
        ("total_duration", number().boxed()),
        (
            "turns",
            prop_oneof![
                Just(Value::Null),
                prop::collection::vec(turn(), 0..3).prop_map(Value::from)
            ]
            .boxed(),
        ),
        ("variant_name", text().boxed()),
    ]);
    fields.prop_map(|mut conversation| {
        conversation["id"] = json!("CA1");
        conversation
    })
}

fn read<T: DeserializeOwned>(json: &Value) -> T {
    serde_json::from_value(json.clone()).unwrap()
}

fn write(conversation: &impl Serialize) -> Value {
    serde_json::to_value(conversation).unwrap()
}

/// Returns the differences that no rule explains.
fn unexplained(before: &Value, after: &Value) -> Vec<(String, super::findings::Difference)> {
    let (before, after) = (before.to_string(), after.to_string());
    let before: Tree<'_> = serde_json::from_str(&before).unwrap();
    let after: Tree<'_> = serde_json::from_str(&after).unwrap();
    diff::findings(&before, &after).differences
}

/// Collects every key of `before`, at any depth, that is not in `after`.
fn lost(before: &Value, after: &Value, path: &str, out: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before {
                let path = format!("{path}.{key}");
                match after.get(key) {
                    Some(other) => lost(value, other, &path, out),
                    None => out.push(path),
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for (before, after) in before.iter().zip(after) {
                lost(before, after, path, out);
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn conversions_change_nothing_but_what_the_rules_say(json in conversation()) {
        let v3 = write(&to_v3(read(&json)));
        prop_assert_eq!(unexplained(&json, &v3), vec![]);
        let v1 = write(&to_v1(read(&json)));
        prop_assert_eq!(unexplained(&json, &v1), vec![]);
    }

    #[test]
    fn no_field_is_lost_known_or_not(json in conversation()) {
        for converted in [write(&to_v3(read(&json))), write(&to_v1(read(&json)))] {
            let mut gone = Vec::new();
            lost(&json, &converted, "", &mut gone);
            prop_assert_eq!(gone, Vec::<String>::new());
        }
    }

    #[test]
    fn a_conversation_in_the_form_of_v3_survives_the_round_trip(json in conversation()) {
        let v3: v3::types::Conversation = to_v3(read(&json));
        prop_assert_eq!(to_v3(to_v1(v3.clone())), v3);
    }

    #[test]
    fn a_conversation_in_the_form_of_v1_keeps_its_values_on_the_round_trip(json in conversation()) {
        let v1: v1::types::Conversation = to_v1(read(&json));
        let back = to_v1(to_v3(v1.clone()));
        prop_assert_eq!(unexplained(&write(&v1), &write(&back)), vec![]);
        prop_assert_eq!(to_v1(to_v3(back.clone())), back);
    }
}
