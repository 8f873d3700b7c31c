//! The two shapes of error bodies, and the correlation id.

use conversations_emulator::{ErrorShape, ServerBehavior};
use serde_json::{Value, json};

use crate::support::{VERSIONS, get, sample, start};

const CORRELATION_ID: &str = "x-polyai-correlation-id";

#[tokio::test]
async fn the_published_shape_is_one_field() {
    let behavior = ServerBehavior::default().with_error_shape(ErrorShape::Published);
    let emulator = start(sample(), behavior).await;
    for version in VERSIONS {
        let body: Value = get(&emulator, version, "limit=0")
            .await
            .json()
            .await
            .unwrap();
        let members = body.as_object().unwrap();
        assert_eq!(members.len(), 1);
        assert!(
            members["error_message"]
                .as_str()
                .unwrap()
                .starts_with("limit is 0; it must be between 1 and")
        );
    }
}

#[tokio::test]
async fn the_current_shape_is_six_fields_and_names_the_correlation_id() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let response = get(&emulator, "v3", "limit=1001").await;
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["content-type"], "application/json");
    let id = response.headers()[CORRELATION_ID]
        .to_str()
        .unwrap()
        .to_owned();
    let body: Value = response.json().await.unwrap();
    let expected = json!({
        "success": false,
        "error": "Bad Request",
        "error_id": id,
        "error_code": "CONVERSATIONS_VALIDATION_FAILED",
        "error_message": "limit is 1001; it must be between 1 and 1000",
        "data": null,
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn every_response_has_a_unique_correlation_id_and_reruns_repeat_them() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let emulator = start(sample(), ServerBehavior::default()).await;
        let mut ids = Vec::new();
        for query in ["limit=1", "limit=0", "limit=1"] {
            let response = get(&emulator, "v3", query).await;
            ids.push(
                response.headers()[CORRELATION_ID]
                    .to_str()
                    .unwrap()
                    .to_owned(),
            );
        }
        runs.push(ids);
    }
    assert_eq!(runs[0], runs[1]);
    let mut distinct = runs[0].clone();
    distinct.dedup();
    assert_eq!(distinct.len(), 3);
    for id in distinct {
        let groups: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12], "{id}");
        assert!(
            id.bytes()
                .all(|byte| byte == b'-' || byte.is_ascii_hexdigit()),
            "{id}"
        );
    }
}

#[tokio::test]
async fn no_error_repeats_a_search_text_or_a_key() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let query = "query_type=semantic&query=MARKER&sample=random&cursor=MARKER&variant_id=MARKER&variant_name=MARKER";
    let body = get(&emulator, "v3", query).await.text().await.unwrap();
    assert!(!body.contains("MARKER"), "{body}");
    assert!(!format!("{emulator:?} {:?}", emulator.journal()).contains("MARKER"));
    assert!(!format!("{emulator:?}").contains(emulator.api_key()));
}
