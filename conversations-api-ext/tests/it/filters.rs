//! Every parameter of a query reaches the server with every page, in the format that the server parses.

use conversations_api_ext::{Environment, Query, TimeRange, TurnType, V1, V2, V3, Variant};
use conversations_emulator::{Emulator, ServerBehavior};
use serde_json::Value;

use crate::support::{april, client, collect_ids, emulator, ids, sorted, stored};

/// Returns the query strings of the requests to an emulator.
fn asked(emulator: &Emulator) -> Vec<String> {
    emulator
        .journal()
        .iter()
        .map(|entry| entry.path_and_query().split_once('?').unwrap().1.to_owned())
        .collect()
}

fn has(query: &str, parameter: &str) -> bool {
    query.split('&').any(|found| found == parameter)
}

fn live(emulator: &Emulator, wanted: impl Fn(&Value) -> bool) -> Vec<String> {
    let records: Vec<_> = stored(emulator.data(), Environment::Live)
        .into_iter()
        .filter(wanted)
        .collect();
    assert!(!records.is_empty(), "the data has nothing to find");
    ids(&records)
}

#[tokio::test]
async fn every_filter_goes_with_every_page() {
    let emulator = emulator(400, ServerBehavior::default()).await;
    let query = Query::v3()
        .environment(Environment::Live)
        .time_range(TimeRange::new(Some("2026-04-01T02:00:00+02:00"), Some("2026-05-01")).unwrap())
        .channels(["VOICE-SIP", "WEBCHAT"])
        .unwrap()
        .in_progress(false)
        .include_latency(true)
        .include_turn_metadata(true)
        .page_size(50)
        .unwrap();
    collect_ids(client::<V3>(&emulator).records(query))
        .await
        .unwrap();
    let asked = asked(&emulator);
    assert!(asked.len() > 2);
    for query in &asked {
        for parameter in [
            "client_env=live",
            "start_time=2026-03-31T23%3A59%3A59.999Z",
            "end_time=2026-05-01T00%3A00%3A00.000Z",
            "channel=VOICE-SIP",
            "channel=WEBCHAT",
            "in_progress=false",
            "include_latency=true",
            "include_turn_metadata=true",
            "limit=50",
        ] {
            assert!(has(query, parameter), "{parameter} is not in {query}");
        }
        assert!(!query.contains('+'), "{query}");
    }
}

#[tokio::test]
async fn nothing_but_environment_and_page_size_is_sent_unasked() {
    let emulator = emulator(10, ServerBehavior::default()).await;
    collect_ids(client::<V3>(&emulator).records(Query::v3()))
        .await
        .unwrap();
    collect_ids(client::<V1>(&emulator).records(Query::v1()))
        .await
        .unwrap();
    for query in asked(&emulator) {
        let mut parameters: Vec<_> = query.split('&').collect();
        parameters.sort_unstable();
        assert_eq!(parameters, ["client_env=live", "limit=1000"]);
    }
}

#[tokio::test]
async fn variants_and_channels_and_progress_select() {
    let emulator = emulator(300, ServerBehavior::default()).await;
    let client = client::<V3>(&emulator);
    let first = &stored(emulator.data(), Environment::Live)[0];

    for (field, variant) in [
        (
            "variant_id",
            Variant::Id(first["variant_id"].as_str().unwrap().to_owned()),
        ),
        (
            "variant_name",
            Variant::Name(first["variant_name"].as_str().unwrap().to_owned()),
        ),
    ] {
        let found = collect_ids(client.records(Query::v3().variant(variant).unwrap()))
            .await
            .unwrap();
        assert_eq!(
            found,
            live(&emulator, |record| record[field] == first[field]),
            "{field}"
        );
    }

    let channel = first["channel"].as_str().unwrap();
    let found = collect_ids(client.records(Query::v3().channels([channel]).unwrap()))
        .await
        .unwrap();
    assert_eq!(
        found,
        live(&emulator, |record| record["channel"] == channel)
    );

    for going_on in [true, false] {
        let found = collect_ids(client.records(Query::v3().in_progress(going_on)))
            .await
            .unwrap();
        assert_eq!(
            found,
            live(&emulator, |record| record["in_progress"] == going_on)
        );
    }
}

#[tokio::test]
async fn v1_takes_its_own_parameters_and_page_size() {
    let emulator = emulator(20, ServerBehavior::default()).await;
    let query = Query::v1()
        .include_context_state(true)
        .page_size(5000)
        .unwrap();
    let mut records = client::<V1>(&emulator).records(query);
    while let Some(record) = records.next_record().await.unwrap() {
        assert!(
            record.raw().contains("\"context_state\""),
            "{}",
            record.id()
        );
    }
    assert!(
        asked(&emulator)
            .iter()
            .all(|query| { has(query, "include_context_state=true") && has(query, "limit=5000") })
    );
}

#[tokio::test]
async fn searches_send_mode_text_and_both_ends_of_their_range() {
    let emulator = emulator(200, ServerBehavior::default()).await;
    let client = client::<V2>(&emulator);
    let text = "a + b & c=d ü";
    for (query, parameters) in [
        (
            Query::v2()
                .transcript_search(text, Some(TurnType::Agent), april())
                .unwrap(),
            &[
                "query_type=transcript",
                "turn_type=agent",
                "query=a%20%2B%20b%20%26%20c%3Dd%20%C3%BC",
            ][..],
        ),
        (
            Query::v2().transcript_search(text, None, april()).unwrap(),
            &["query_type=transcript"],
        ),
        (
            Query::v2().semantic_search(text, april()).unwrap(),
            &["query_type=semantic"],
        ),
        (
            Query::v2().random_sample(april()).unwrap(),
            &["sample=random"],
        ),
    ] {
        client.pages(query).next_page().await.unwrap();
        let last = asked(&emulator).pop().unwrap();
        for parameter in [
            parameters,
            &[
                "start_time=2026-03-31T23%3A59%3A59.999Z",
                "end_time=2026-05-01T00%3A00%3A00.000Z",
            ],
        ]
        .concat()
        {
            assert!(has(&last, parameter), "{parameter} is not in {last}");
        }
    }
}

#[tokio::test]
async fn a_transcript_search_pages_through_all_that_it_finds() {
    let emulator = emulator(300, ServerBehavior::default()).await;
    let client = client::<V3>(&emulator);
    let search = |size| {
        let query = Query::v3().transcript_search("the", None, april()).unwrap();
        collect_ids(client.records(query.page_size(size).unwrap()))
    };
    let all = search(1000).await.unwrap();
    assert!(all.len() > 10, "the data has nothing to find");
    assert_eq!(search(7).await.unwrap(), all);
}

#[tokio::test]
async fn a_random_sample_is_one_page_of_the_size_asked_for() {
    let emulator = emulator(300, ServerBehavior::default()).await;
    let query = Query::v3().random_sample(april()).unwrap();
    let query = query.page_size(10).unwrap();
    let found = collect_ids(client::<V3>(&emulator).records(query))
        .await
        .unwrap();
    assert_eq!(found.len(), 10);
    assert_eq!(
        sorted(
            found
                .iter()
                .cloned()
                .collect::<std::collections::HashSet<_>>()
        ),
        found
    );
    assert_eq!(emulator.journal().len(), 1);
}

#[tokio::test]
async fn a_query_that_breaks_a_rule_sends_nothing() {
    let emulator = emulator(10, ServerBehavior::default()).await;
    let query = Query::v3().random_sample(april()).unwrap();
    let query = query.time_range(april());
    let mut records = client::<V3>(&emulator).records(query.clone());
    let error = records.next_record().await.unwrap_err();
    assert_eq!(error.to_string(), query.check().unwrap_err().to_string());
    assert!(records.next_record().await.unwrap().is_none());
    assert!(emulator.journal().is_empty());
}
