//! Each filter, alone and combined, with inclusive and exclusive range ends.

use conversations_emulator::{Dataset, EndOfRange, ServerBehavior};
use serde_json::Value;

use crate::support::{VERSIONS, all, expected, is_live, lines, page_ids, sample, start};

fn query(version: &str, filters: &str) -> String {
    format!("{}&{filters}", all(version))
}

#[tokio::test]
async fn the_environment_defaults_to_live() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    for version in VERSIONS {
        assert_eq!(
            page_ids(&emulator, version, all(version)).await,
            expected(&sample(), is_live)
        );
        for environment in ["live", "sandbox", "pre-release"] {
            let found = page_ids(
                &emulator,
                version,
                &query(version, &format!("client_env={environment}")),
            )
            .await;
            assert!(!found.is_empty());
            assert_eq!(
                found,
                expected(&sample(), |record| record["environment"] == environment)
            );
        }
    }
}

fn around_noon() -> Dataset {
    lines(&[
        r#"{"id":"a","started_at":"2026-04-01T11:59:59.999999Z"}"#,
        r#"{"id":"b","started_at":"2026-04-01T12:00:00+00:00"}"#,
        r#"{"id":"c","started_at":"2026-04-01T14:00:00.000001+02:00"}"#,
        r#"{"id":"d","started_at":"2026-04-01T13:00:00"}"#,
        r#"{"id":"e","started_at":"2026-04-02"}"#,
    ])
}

#[tokio::test]
async fn a_range_includes_its_start_and_optionally_its_end() {
    for (end_of_range, until_one, until_midnight, until_first) in [
        (EndOfRange::Exclusive, "b c", "d", ""),
        (EndOfRange::Inclusive, "b c d", "d e", "a"),
    ] {
        let emulator = start(
            around_noon(),
            ServerBehavior::default().with_end_of_range(end_of_range),
        )
        .await;
        for version in VERSIONS {
            for (filters, found) in [
                (
                    "start_time=2026-04-01T12:00:00Z&end_time=2026-04-01T13:00:00Z",
                    until_one,
                ),
                (
                    "start_time=2026-04-01T14:00:00%2B02:00&end_time=2026-04-01T13:00:00",
                    until_one,
                ),
                (
                    "start_time=2026-04-01T12:30:00.5Z&end_time=2026-04-02",
                    until_midnight,
                ),
                ("start_time=2026-04-01T13:00:00.000000Z", "d e"),
                ("end_time=2026-04-01T11:59:59.999999Z", until_first),
                ("start_time=2026-04-02&end_time=2026-04-01", ""),
            ] {
                let ids = page_ids(&emulator, version, &query(version, filters))
                    .await
                    .join(" ");
                assert_eq!(ids, found, "{version} {filters} {end_of_range:?}");
            }
        }
    }
}

#[tokio::test]
async fn channels_are_combined_and_case_is_ignored() {
    let data = lines(&[
        r#"{"id":"sip","channel":"VOICE-SIP"}"#,
        r#"{"id":"voice","channel":"VOICE"}"#,
        r#"{"id":"web","channel":"WEBCHAT"}"#,
        r#"{"id":"chat","channel":"CHAT"}"#,
        r#"{"id":"other","channel":"chat.polyai"}"#,
        r#"{"id":"none"}"#,
    ]);
    let emulator = start(data, ServerBehavior::default()).await;
    for version in ["v2", "v3"] {
        for (filters, found) in [
            ("", "chat none other sip voice web"),
            ("channel=VOICE-SIP", "sip"),
            ("channel=voice-sip", "sip"),
            ("channel=voice", "sip voice"),
            ("channel=chat", "chat web"),
            ("channel=CHAT", "chat"),
            ("channel=webchat&channel=voice", "sip voice web"),
            ("channel=Chat.PolyAI", "other"),
            ("channel=webchat,chat", ""),
            ("channel=FAX", ""),
            ("channel=", ""),
        ] {
            let ids = page_ids(&emulator, version, &query(version, filters))
                .await
                .join(" ");
            assert_eq!(ids, found, "{version} {filters}");
        }
    }
}

#[tokio::test]
async fn a_variant_is_found_by_its_exact_id_or_name() {
    let data = sample();
    let emulator = start(data.clone(), ServerBehavior::default()).await;
    let name = "Harbour Hotel – Reservations & Café";
    let encoded = "Harbour%20Hotel%20%E2%80%93%20Reservations%20%26%20Caf%C3%A9";
    let named = expected(&data, |record| {
        is_live(record) && record["variant_name"] == name
    });
    assert!(!named.is_empty());
    for version in VERSIONS {
        for spelling in [encoded.to_owned(), encoded.replace("%20", "+")] {
            let found = page_ids(
                &emulator,
                version,
                &query(version, &format!("variant_name={spelling}")),
            )
            .await;
            assert_eq!(found, named);
        }
        let by_id = page_ids(
            &emulator,
            version,
            &query(version, "variant_id=VARIANT-c3f7a2d9"),
        )
        .await;
        assert_eq!(
            by_id,
            expected(&data, |record| is_live(record)
                && record["variant_id"] == "VARIANT-c3f7a2d9")
        );
        for nobody in [
            "variant_id=variant-c3f7a2d9",
            "variant_name=Harbour",
            "variant_id=parcel-desk",
        ] {
            assert!(
                page_ids(&emulator, version, &query(version, nobody))
                    .await
                    .is_empty(),
                "{nobody}"
            );
        }
    }
}

#[tokio::test]
async fn conversations_in_progress_can_be_selected_or_excluded() {
    let data = lines(&[
        r#"{"id":"done","in_progress":false}"#,
        r#"{"id":"going","in_progress":true}"#,
        r#"{"id":"silent"}"#,
    ]);
    let emulator = start(data, ServerBehavior::default()).await;
    for version in VERSIONS {
        for (filters, found) in [
            ("", "done going silent"),
            ("in_progress=true", "going"),
            ("in_progress=false", "done silent"),
        ] {
            let ids = page_ids(&emulator, version, &query(version, filters))
                .await
                .join(" ");
            assert_eq!(ids, found, "{version} {filters}");
        }
    }
}

#[tokio::test]
async fn filters_narrow_each_other() {
    let data = Dataset::generate(3, 400);
    let emulator = start(data.clone(), ServerBehavior::default()).await;
    let filters = "client_env=sandbox&channel=voice&variant_id=VARIANT-91be4407&in_progress=false\
                   &start_time=2026-04-05&end_time=2026-04-25T12:00:00Z";
    let wanted = |record: &Value| {
        let start = record["started_at"].as_str().unwrap();
        record["environment"] == "sandbox"
            && record["channel"] == "VOICE-SIP"
            && record["variant_id"] == "VARIANT-91be4407"
            && record["in_progress"] == false
            && ("2026-04-05".."2026-04-25T12").contains(&start)
    };
    let found = page_ids(&emulator, "v3", &query("v3", filters)).await;
    assert!(!found.is_empty());
    assert_eq!(found, expected(&data, wanted));
}

#[tokio::test]
async fn each_project_is_served_separately() {
    let text = "\
        {\"id\":\"1\",\"account_id\":\"a\",\"project_id\":\"p\",\"started_at\":\"2026-04-01\"}\n\
        {\"id\":\"2\",\"account_id\":\"a\",\"project_id\":\"q\",\"started_at\":\"2026-04-01\"}\n\
        {\"id\":\"3\",\"started_at\":\"2026-04-01\"}\n";
    let emulator = start(
        Dataset::from_jsonl(text.as_bytes()).unwrap(),
        ServerBehavior::default(),
    )
    .await;
    assert_eq!(emulator.data().projects(), [("a", "p"), ("a", "q")]);
    assert_eq!(page_ids(&emulator, "v3", "").await, ["1", "3"]);
    let url = format!("{}/v3/a/q/conversations", emulator.base_url());
    let request = reqwest::Client::new()
        .get(url)
        .header("x-api-key", emulator.api_key());
    let other: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(crate::support::ids(&other), ["2"]);
}
