//! A fetch returns every conversation once and unchanged, whatever the version, the page size and the server
//! behavior.

use conversations_api_ext::{Environment, Query, V1, V2, V3};
use conversations_emulator::ServerBehavior;
use serde_json::Value;

use crate::support::{Keyed, client, collect_ids, emulator, ids, readings, stored, whole};

const SIZES: [u32; 4] = [1, 5, 50, 1000];

/// Fetches at each page size and compares with the stored records.
async fn complete_at_every_size<V: Keyed>(records: usize, readings: ServerBehavior) {
    let emulator = emulator(records, readings.clone()).await;
    let client = client::<V>(&emulator);
    let expected = ids(&stored(emulator.data(), Environment::Live));
    assert!(expected.len() > 20, "too few to page through");
    for size in SIZES {
        let query = Query::<V>::default().page_size(size).unwrap();
        let found = collect_ids(client.records(query)).await.unwrap();
        assert_eq!(
            found,
            expected,
            "{} at page size {size}, {readings:?}",
            V::NAME
        );
    }
}

#[tokio::test]
async fn v1_is_complete_at_every_page_size_under_every_reading() {
    for readings in readings() {
        complete_at_every_size::<V1>(60, readings).await;
    }
}

#[tokio::test]
async fn v2_is_complete_at_every_page_size_under_every_reading() {
    for readings in readings() {
        complete_at_every_size::<V2>(60, readings).await;
    }
}

#[tokio::test]
async fn v3_is_complete_at_every_page_size_under_every_reading() {
    for readings in readings() {
        complete_at_every_size::<V3>(60, readings).await;
    }
}

#[tokio::test]
async fn environments_partition_the_data() {
    let emulator = emulator(300, ServerBehavior::default()).await;
    let client = client::<V3>(&emulator);
    let mut total = 0;
    for &environment in Environment::ALL {
        let found = collect_ids(client.records(Query::v3().environment(environment)))
            .await
            .unwrap();
        assert_eq!(found, ids(&stored(emulator.data(), environment)));
        total += found.len();
    }
    assert_eq!(total, 300);
}

#[tokio::test]
async fn records_arrive_as_they_are_stored_with_and_without_gzip() {
    for gzip in [true, false] {
        let emulator = emulator(120, ServerBehavior::default().with_gzip(gzip)).await;
        let mut records = client::<V3>(&emulator).records(whole::<V3>().page_size(7).unwrap());
        let mut found = Vec::new();
        while let Some(record) = records.next_record().await.unwrap() {
            let json: Value = serde_json::from_str(record.raw()).unwrap();
            assert_eq!(json["id"], record.id());
            assert_eq!(json["in_progress"], record.in_progress());
            found.push(json);
        }
        let mut expected = stored(emulator.data(), Environment::Live);
        let key = |json: &Value| json["id"].as_str().unwrap().to_owned();
        expected.sort_by_key(key);
        found.sort_by_key(key);
        assert!(found == expected, "a record differs from its source");
        let asked = emulator.journal();
        assert!(
            asked
                .iter()
                .all(|entry| entry.header("accept-encoding") == Some("gzip"))
        );
    }
}

#[tokio::test]
async fn conversations_of_every_version_decode_and_keep_all_fields() {
    async fn check<V: Keyed>(query: Query<V>) {
        let emulator = emulator(80, ServerBehavior::default()).await;
        let client = client::<V>(&emulator);
        let mut records = client.records(query.clone());
        let mut conversations = client.conversations(query);
        let mut count = 0;
        while let Some(conversation) = conversations.next_conversation().await.unwrap() {
            let record = records.next_record().await.unwrap().unwrap();
            assert_eq!(conversation.id, record.id());
            assert_eq!(
                serde_json::to_value(&conversation).unwrap(),
                serde_json::from_str::<Value>(record.raw()).unwrap(),
            );
            count += 1;
        }
        assert_eq!(count, stored(emulator.data(), Environment::Live).len());
        assert!(records.next_record().await.unwrap().is_none());
    }
    check::<V1>(Query::v1().include_context_state(true)).await;
    check::<V2>(whole()).await;
    check::<V3>(whole()).await;
}

#[tokio::test]
async fn v2_pages_by_offset_where_the_server_has_no_cursors() {
    for (cursors, parameter) in [(true, "cursor="), (false, "offset=")] {
        let emulator = emulator(60, ServerBehavior::default().with_v2_cursor(cursors)).await;
        let query = Query::v2().page_size(5).unwrap();
        collect_ids(client::<V2>(&emulator).records(query))
            .await
            .unwrap();
        let journal = emulator.journal();
        assert!(journal.len() > 3);
        assert!(!journal[0].path_and_query().contains(parameter));
        for entry in &journal[1..] {
            assert!(
                entry.path_and_query().contains(parameter),
                "{}",
                entry.path_and_query()
            );
        }
    }
}
