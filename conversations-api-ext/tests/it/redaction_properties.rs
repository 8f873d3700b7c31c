//! What holds for the masked copy of any conversation.

use conversations_api_ext::Redaction;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::redaction::masked;

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[0-9 ()+-]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![
            prop::sample::select(vec![
                "turns",
                "state",
                "metrics",
                "user_input",
                "agent_response",
                "id"
            ])
            .prop_map(str::to_owned),
            ".{0,5}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Returns every word of a text, in lowercase and decomposed.
fn words(text: &str) -> Vec<String> {
    let decomposed = DecomposingNormalizerBorrowed::new_nfd();
    let category = CodePointMapData::<GeneralCategory>::new();
    let is_mark = |letter| GeneralCategoryGroup::Mark.contains(category.get(letter));
    let words = text.split(|letter: char| !letter.is_alphanumeric() && !is_mark(letter));
    let words = words.map(|word| word.trim_start_matches(|letter: char| !letter.is_alphanumeric()));
    let words = words.filter(|word| !word.is_empty());
    let lowercase = words.map(|word| decomposed.normalize(word).to_lowercase());
    let words = lowercase.map(|word| decomposed.normalize(&word).into_owned());
    words.collect()
}

/// What a caller may say, and hostile text.
fn speech() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zé0-9' ,-]{0,30}",
        ".{0,30}",
        "[a-zßΣéİ*山田ガที่\u{301}\u{308}\u{3099}ｱＡ '.@]{0,30}",
        prop::collection::vec("[a-z\u{308}]{1,6}", 0..300).prop_map(|words| words.join(" ")),
    ]
}

/// Writes JSON in which every character is escaped, optionally with half of a surrogate pair after each word.
fn escaped(text: &str, is_broken: bool) -> String {
    let mut json = String::from("\"");
    for letter in text.chars() {
        if is_broken && letter == ' ' {
            json.push_str("\\ud83d");
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            json.push_str(&format!("\\u{unit:04x}"));
        }
    }
    json + "\""
}

/// Puts JSON into lists and objects, or a string into a key.
fn nested(json: String, depth: usize, is_key: bool) -> String {
    let json = if is_key {
        format!("{{{json}:[]}}")
    } else {
        json
    };
    (0..depth).fold(json, |json, level| match level % 2 {
        0 => format!("[[],{json}]"),
        _ => format!(r#"{{"\ud800":{json}}}"#),
    })
}

/// Returns the strings, keys and numbers of a value.
fn text(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) => String::new(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(" "),
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(key, value)| format!("{key} {}", text(value)));
            fields.collect::<Vec<_>>().join(" ")
        }
    }
}

proptest! {
    #[test]
    fn no_word_of_the_caller_is_left_in_what_the_agent_said(
        said in speech(),
        before in "[A-Za-z0-9 .]{0,12}",
        after in "[A-Za-z0-9 .]{0,12}",
        form in 0..5,
        (said_broken, agent_broken) in any::<(bool, bool)>(),
        (said_depth, agent_depth) in prop_oneof![Just((0, 0)), (0_usize..100, 0_usize..50)],
        (said_is_key, agent_is_key) in any::<(bool, bool)>(),
    ) {
        let repeated = match form {
            0 => said.clone(),
            1 => said.to_uppercase(),
            2 => said.to_lowercase(),
            3 => ComposingNormalizerBorrowed::new_nfc().normalize(&said).into_owned(),
            _ => DecomposingNormalizerBorrowed::new_nfd().normalize(&said).into_owned(),
        };
        let user_input = nested(escaped(&said, said_broken), said_depth, said_is_key);
        let answer = escaped(&format!("{before} {repeated} {after}"), agent_broken);
        let answer = nested(answer, agent_depth, agent_is_key);
        let json = format!(r#"{{"turns":[{{"user_input":{user_input}}},{{"agent_response":{answer}}}]}}"#);
        let masked = masked(&json);
        let left = words(&text(&masked["turns"][1]["agent_response"]));
        for word in words(&said) {
            prop_assert!(!left.contains(&word), "{word:?} of {said:?} is left in {left:?}");
        }
        let left = words(&text(&masked["turns"][0]["user_input"]));
        prop_assert!(left.is_empty(), "{left:?} is left of {said:?}");
    }

    #[test]
    fn masking_twice_is_masking_once(
        fields in prop::collection::hash_map(".{0,5}|turns|state|metrics|agent_response", value(), 0..5),
        turns in prop::collection::vec(turn(), 0..4),
        agent in any::<bool>(),
    ) {
        let mut fields: serde_json::Map<_, _> = fields.into_iter().collect();
        if !turns.is_empty() {
            fields.insert("turns".to_owned(), turns.into());
        }
        let json = Value::Object(fields).to_string();
        let redaction = Redaction::default().agent_words(agent);
        let once = redaction.json(&json).unwrap();
        prop_assert_eq!(&redaction.json(&once).unwrap(), &once);
    }
}

/// Returns a turn in which the agent uses some of the words of the caller.
fn turn() -> impl Strategy<Value = Value> {
    let phrase = || {
        let words = prop::sample::select(vec![
            "at", "dot", "o", "clock", "o'clock", "five", "12", "0", "ann", "山田", "ガ", "@",
            "a.com", "***", "e\u{301}",
        ]);
        prop::collection::vec(words, 0..12).prop_map(|words| words.join(" "))
    };
    (phrase(), phrase(), value(), value()).prop_map(|(said, answer, value, other)| {
        json!({"user_input": [said, value], "agent_response": [answer, other, 0, 12], "latency": {"label": answer}})
    })
}
