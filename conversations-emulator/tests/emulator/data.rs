//! Data sets: generated and loaded.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader, Read};

use conversations_emulator::{Dataset, DatasetError, LineProblem, ServerBehavior};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::{get, start};

fn records(data: &Dataset) -> Vec<Value> {
    data.records()
        .map(|record| serde_json::from_slice(record).unwrap())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn the_same_seed_gives_the_same_bytes(seed in any::<u64>(), records in 0_usize..40) {
        let (one, other) = (Dataset::generate(seed, records), Dataset::generate(seed, records));
        prop_assert_eq!(one.len(), records);
        prop_assert!(one.records().eq(other.records()));
        let larger = Dataset::generate(seed, records + 5);
        let larger: BTreeSet<_> = larger.records().collect();
        prop_assert!(one.records().all(|record| larger.contains(record)));
    }

    #[test]
    fn another_seed_gives_other_records(seed in any::<u64>()) {
        let (one, other) = (Dataset::generate(seed, 3), Dataset::generate(seed.wrapping_add(1), 3));
        prop_assert!(one.records().all(|record| other.records().all(|there| there != record)));
    }
}

/// The bytes are a public promise: a change of this number must be deliberate.
#[test]
fn the_bytes_of_a_seed_do_not_change_between_releases() {
    let fingerprint = Dataset::generate(7, 50)
        .records()
        .flatten()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    assert_eq!(fingerprint, FINGERPRINT, "{fingerprint:#x}");
}

const FINGERPRINT: u64 = 0x392f_d5f7_619a_725c;

#[test]
fn generated_conversations_are_varied_and_consistent() {
    let data = Dataset::generate(7, 1_500);
    assert_eq!(data.projects(), [("ws-demo", "PROJECT-DEMO")]);
    let records = records(&data);
    let mut seen: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for record in &records {
        assert!(ids.insert(record["id"].as_str().unwrap()));
        for key in [
            "environment",
            "channel",
            "variant_id",
            "variant_name",
            "handoff_reason",
            "in_progress",
        ] {
            seen.entry(key).or_default().insert(record[key].to_string());
        }
        let turns = record["turns"].as_array().unwrap();
        assert!((2..=20).contains(&turns.len()), "{}", turns.len());
        assert_eq!(record["num_turns"], turns.len());
        let counted = |key| turns.iter().filter(|turn| turn[key] == true).count();
        assert_eq!(record["num_silences"], counted("is_silence"));
        assert_eq!(record["num_ood"], counted("is_ood"));
        assert_eq!(record["handoff"], record["handoff_reason"] != "");
        assert!(record["polyai_duration"].as_u64() <= record["total_duration"].as_u64());
        assert!(
            record["started_at"]
                .as_str()
                .unwrap()
                .starts_with("2026-04-")
        );
        let mut times = turns.iter().flat_map(|turn| {
            [
                &turn["user_input_datetime"],
                &turn["agent_response_datetime"],
            ]
        });
        assert_eq!(times.next(), record.get("started_at"));
        assert!(
            turns.iter().all(|turn| turn["user_input_datetime"].as_str()
                < turn["agent_response_datetime"].as_str())
        );
        for number in [&record["from_number"], &record["to_number"]] {
            let number = number.as_str().unwrap();
            assert!(number.is_empty() || fictional(number), "{number}");
        }
    }
    let distinct = |key| seen[key].len();
    assert_eq!(
        (
            distinct("environment"),
            distinct("channel"),
            distinct("variant_id")
        ),
        (3, 4, 4)
    );
    assert!(distinct("handoff_reason") > 3);
    assert_eq!(distinct("in_progress"), 2);
    let in_progress = records
        .iter()
        .filter(|record| record["in_progress"] == true)
        .count();
    assert!((5..=30).contains(&in_progress), "{in_progress}");
    let average = data.records().map(<[u8]>::len).sum::<usize>() / records.len();
    assert!(
        (5_000..7_500).contains(&average),
        "{average} bytes a record"
    );
}

fn fictional(number: &str) -> bool {
    let rest = number
        .strip_prefix("+120255501")
        .or_else(|| number.strip_prefix("+442079460"));
    rest.is_some_and(|rest| {
        (2..=3).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Each of these occurs in real responses and is easily lost by a client that relies on the schema.
#[test]
fn generated_conversations_have_the_quirks_of_real_ones() {
    let records = records(&Dataset::generate(7, 1_500));
    let turns: Vec<&Value> = records
        .iter()
        .flat_map(|record| record["turns"].as_array().unwrap())
        .collect();
    let metrics: Vec<&Value> = records
        .iter()
        .flat_map(|record| record["metrics"].as_object().unwrap().values())
        .collect();
    let some_record = |is: fn(&Value) -> bool| records.iter().any(is);
    let some_turn = |is: fn(&Value) -> bool| turns.iter().any(|turn| is(turn));
    let some_metric = |is: fn(&Value) -> bool| metrics.iter().any(|metric| is(metric));

    assert!(some_record(|record| record["started_at"]
        .as_str()
        .unwrap()
        .ends_with('Z')));
    assert!(some_record(|record| record["started_at"]
        .as_str()
        .unwrap()
        .ends_with("+00:00")));
    assert!(some_record(|record| record["id"]
        .as_str()
        .unwrap()
        .starts_with("OUT-")));
    assert!(some_record(|record| record.get("variant_name").is_none()));
    assert!(some_record(|record| record.get("state").is_none()));
    assert!(some_record(|record| record.get("recording").is_some()));
    assert!(some_record(|record| record["variant_name"]
        .as_str()
        .is_some_and(|name| !name.is_ascii() && name.contains(' '))));
    assert!(some_turn(|turn| turn["latency"].is_number()));
    assert!(some_turn(
        |turn| turn["latency"]["perceived_latency"].is_number()
    ));
    assert!(some_turn(|turn| turn
        .get("latency")
        .is_some_and(Value::is_null)));
    assert!(some_turn(|turn| turn["metadata"].is_object()));
    assert!(some_turn(|turn| turn.get("asr_lang_code").is_some()));
    assert!(some_turn(|turn| turn["translated_user_input"] != ""));
    assert!(some_turn(|turn| turn["english_agent_response"] != ""));
    assert!(some_turn(|turn| turn["user_input_dtmf"] != ""));
    assert!(some_turn(|turn| turn["barge_in"] == true));
    assert!(some_turn(|turn| turn["entities"][0]
        .as_object()
        .is_some_and(|entity| entity.values().any(Value::is_array))));
    assert!(some_metric(Value::is_string));
    assert!(some_metric(Value::is_number));
    assert!(some_metric(|metric| metric[1].is_string()));
    assert!(some_metric(|metric| metric[1]["value"].is_string()));
}

#[tokio::test]
async fn jsonl_records_are_served_verbatim() {
    let text: Vec<u8> = Dataset::generate(5, 30)
        .records()
        .collect::<Vec<_>>()
        .join(&b"\r\n"[..]);
    let with_noise = [b"\xef\xbb\xbf\n \n".as_slice(), &text, b"\n\n"].concat();
    let data = Dataset::from_jsonl(&with_noise[..]).unwrap();
    assert!(data.records().eq(Dataset::generate(5, 30).records()));

    let emulator = start(data.clone(), ServerBehavior::default()).await;
    let mut answered = 0;
    for environment in ["live", "sandbox", "pre-release"] {
        let query =
            format!("client_env={environment}&include_latency=true&include_turn_metadata=true");
        let body = get(&emulator, "v3", &query).await.text().await.unwrap();
        answered += data
            .records()
            .filter(|record| body.contains(std::str::from_utf8(record).unwrap()))
            .count();
    }
    assert_eq!(answered, 30);
}

#[test]
fn a_file_loads_like_a_reader() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("emulator-data.jsonl");
    let text = Dataset::generate(5, 3)
        .records()
        .collect::<Vec<_>>()
        .join(&b"\n"[..]);
    std::fs::write(&path, text).unwrap();
    let data = Dataset::from_jsonl_file(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(data.records().eq(Dataset::generate(5, 3).records()));

    let missing = Dataset::from_jsonl_file(&path).unwrap_err();
    assert!(matches!(missing, DatasetError::Open { .. }));
    assert!(missing.to_string().contains("emulator-data.jsonl"));
}

#[test]
fn an_invalid_line_is_reported_by_number_without_its_content() {
    let good = r#"{"id":"MARKER-1","started_at":"2026-04-01T09:00:00Z"}"#;
    for (bad, expected) in [
        (
            r#"{"id":"MARKER","started_at":"2026-04-01T09:00:00Z""#,
            LineProblem::NotAnObject,
        ),
        (r#"["MARKER"]"#, LineProblem::NotAnObject),
        (r#"MARKER"#, LineProblem::NotAnObject),
        (
            r#"{"id":"MARKER","started_at":"2026-04-01"}{}"#,
            LineProblem::NotAnObject,
        ),
        (
            r#"{"started_at":"2026-04-01T09:00:00Z","name":"MARKER"}"#,
            LineProblem::NoId,
        ),
        (
            r#"{"id":7,"started_at":"2026-04-01T09:00:00Z","name":"MARKER"}"#,
            LineProblem::NoId,
        ),
        (
            r#"{"id":"","started_at":"2026-04-01T09:00:00Z","name":"MARKER"}"#,
            LineProblem::NoId,
        ),
        (r#"{"id":"MARKER"}"#, LineProblem::NoStartedAt),
        (
            r#"{"id":"MARKER","started_at":1775044800}"#,
            LineProblem::NoStartedAt,
        ),
        (
            r#"{"id":"MARKER","started_at":"MARKER"}"#,
            LineProblem::NoStartedAt,
        ),
        (good, LineProblem::RepeatedId),
    ] {
        let error = Dataset::from_jsonl(format!("{good}\n\n{bad}\n").as_bytes()).unwrap_err();
        assert!(
            !format!("{error} {error:?}").contains("MARKER"),
            "{error:?}"
        );
        assert!(error.to_string().starts_with("line 3 "), "{error}");
        assert!(
            matches!(error, DatasetError::Line { problem, .. } if problem == expected),
            "{error}"
        );
    }
    let not_text = b"{\"id\":\"\xff\",\"started_at\":\"2026-04-01\"}";
    let error = Dataset::from_jsonl(&not_text[..]).unwrap_err();
    assert!(matches!(
        error,
        DatasetError::Line {
            line: 1,
            problem: LineProblem::NotAnObject
        }
    ));
}

#[test]
fn a_failed_read_is_an_error() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("unplugged"))
        }
    }
    let error = Dataset::from_jsonl(BufReader::new(Broken)).unwrap_err();
    assert!(matches!(&error, DatasetError::Read(_)));
    assert_eq!(
        error.to_string(),
        "cannot read the conversations: unplugged"
    );
}

#[test]
fn debug_shows_no_record() {
    let data = Dataset::generate(7, 2);
    let shown = format!("{data:?}");
    assert!(
        shown.contains("PROJECT-DEMO") && shown.len() < 200,
        "{shown}"
    );
}
