//! Transcript search, semantic search and sampling.

use conversations_emulator::{Dataset, Order, ServerBehavior};

use crate::support::{expected, is_live, lines, page_ids, sample, start};

const APRIL: &str = "start_time=2026-04-01&end_time=2026-05-01";

fn talks() -> Dataset {
    lines(&[
        r#"{"id":"1","started_at":"2026-04-01","turns":[{"user_input":"Cancel my RESERVATION, please","agent_response":"Your reservation is gone."}]}"#,
        r#"{"id":"2","started_at":"2026-04-02","turns":[{"user_input":"a \"reservation\" \u00fcber K\u00f6ln","agent_response":"When? Cancel: reservation?"}]}"#,
        r#"{"id":"3","started_at":"2026-04-03","turns":[{"user_input":null,"agent_response":"cancel"},{"user_input":"reservation"}]}"#,
        r#"{"id":"4","started_at":"2026-04-04","environment":"sandbox","turns":[{"user_input":"cancel reservation"}]}"#,
        r#"{"id":"5","started_at":"2026-04-05","turns":null}"#,
    ])
}

#[tokio::test]
async fn transcript_search_finds_a_phrase_within_one_side_of_one_turn() {
    let emulator = start(talks(), ServerBehavior::default()).await;
    for version in ["v2", "v3"] {
        for (query, found) in [
            ("query=reservation", "1 2 3"),
            ("query=cancel%20reservation", "2"),
            ("query=CANCEL+my+reservation", "1"),
            ("query=cancel&turn_type=user", "1"),
            ("query=cancel&turn_type=agent", "2 3"),
            ("query=%C3%9CBER%20k%C3%B6ln", "2"),
            ("query=cancel%20reservation&client_env=sandbox", "4"),
            ("query=reserv", ""),
            ("query=%3F%21", ""),
        ] {
            let query = format!("query_type=transcript&{query}&{APRIL}");
            assert_eq!(
                page_ids(&emulator, version, &query).await.join(" "),
                found,
                "{version} {query}"
            );
        }
    }
}

#[tokio::test]
async fn semantic_search_ranks_by_the_number_of_shared_words() {
    for (order, found) in [(Order::Ascending, "2 1 3"), (Order::Descending, "2 3 1")] {
        let emulator = start(talks(), ServerBehavior::default().with_order(order)).await;
        let query = format!("query_type=semantic&query=cancel%20a%20reservation%20when&{APRIL}");
        assert_eq!(page_ids(&emulator, "v3", &query).await.join(" "), found);
    }
}

#[tokio::test]
async fn a_search_respects_the_filters_and_the_range() {
    let emulator = start(talks(), ServerBehavior::default()).await;
    let range = "start_time=2026-04-02&end_time=2026-04-03";
    for query_type in ["transcript", "semantic"] {
        let query = format!("query_type={query_type}&query=reservation&{range}");
        assert_eq!(page_ids(&emulator, "v3", &query).await, ["2"]);
    }
}

#[tokio::test]
async fn turn_type_and_query_have_no_effect_without_a_search() {
    let emulator = start(talks(), ServerBehavior::default()).await;
    assert_eq!(
        page_ids(&emulator, "v3", "turn_type=user&query=cancel")
            .await
            .len(),
        4
    );
}

#[tokio::test]
async fn a_sample_is_a_subset_of_the_range_and_repeatable() {
    let query = format!("sample=random&limit=10&{APRIL}");
    let emulator = start(sample(), ServerBehavior::default()).await;
    let sampled = page_ids(&emulator, "v3", &query).await;
    let eligible = expected(&sample(), is_live);
    assert_eq!(sampled.len(), 10);
    assert!(sampled.iter().all(|id| eligible.contains(id)));
    assert_ne!(sampled, eligible[..10]);

    let again = start(Dataset::generate(11, 120), ServerBehavior::default()).await;
    assert_eq!(page_ids(&again, "v2", &query).await, sampled);
    let whole = page_ids(&again, "v3", &format!("sample=random&limit=1000&{APRIL}")).await;
    let mut sorted = whole.clone();
    sorted.sort();
    let mut all = eligible;
    all.sort();
    assert_eq!(sorted, all);
    assert_eq!(whole[..10], sampled);
}
