//! Pages by cursor and by offset, with every order and with and without v2 cursors.

use conversations_emulator::{Dataset, Emulator, Order, ServerBehavior};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use crate::support::{
    VERSIONS, all, expected, get, ids, is_live, lines, page, page_ids, sample, start,
};

/// More pages than any listing of these tests has.
const MOST_PAGES: usize = 200;

/// Follows `next_offset` to the end and returns the ids of each page.
async fn by_offset(emulator: &Emulator, version: &str, query: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut offset = 0;
    loop {
        let page = page(emulator, version, &format!("{query}&offset={offset}")).await;
        pages.push(ids(&page));
        assert!(pages.len() <= MOST_PAGES, "the walk does not end");
        match page.get("next_offset") {
            Some(next) => offset = next.as_u64().unwrap(),
            None => return pages,
        }
    }
}

/// Follows `cursor` to the end and returns the ids of each page.
async fn by_cursor(emulator: &Emulator, version: &str, query: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = page(emulator, version, &format!("{query}{cursor}")).await;
        pages.push(ids(&page));
        assert!(pages.len() <= MOST_PAGES, "the walk does not end");
        match &page["cursor"] {
            Value::String(next) => cursor = format!("&cursor={next}"),
            end => {
                assert!(end.is_null() && page.get("cursor").is_some());
                return pages;
            }
        }
    }
}

#[test]
fn every_page_size_returns_every_conversation_exactly_once() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let emulators = [Order::Ascending, Order::Descending].map(|order| {
        runtime.block_on(start(sample(), ServerBehavior::default().with_order(order)))
    });
    let modes = vec![
        "",
        "client_env=sandbox",
        "channel=voice&in_progress=false",
        "sample=random&start_time=2026-04-02&end_time=2026-04-29",
        "query_type=semantic&query=the%20room%20number&start_time=2026-04-01&end_time=2026-05-01",
        "query_type=transcript&query=the&start_time=2026-04-01&end_time=2026-05-01",
    ];
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 30,
        ..ProptestConfig::default()
    });
    let cases = (
        0_usize..2,
        0_usize..3,
        prop::sample::select(modes),
        1_usize..140,
    );
    let outcome = runner.run(&cases, |(order, version, mode, size)| {
        let (emulator, version) = (&emulators[order], VERSIONS[version]);
        // v1 has no retrieval modes and no channels: only the filter of the plain listing applies.
        let query = format!("limit={size}&{mode}");
        let whole = runtime.block_on(page_ids(
            emulator,
            version,
            &format!("{}&{mode}", all(version)),
        ));
        let mut walks = vec![runtime.block_on(by_offset(emulator, version, &query))];
        if version != "v1" {
            walks.push(runtime.block_on(by_cursor(emulator, version, &query)));
        }
        for walk in walks {
            prop_assert_eq!(walk.concat(), whole.clone());
            prop_assert!(walk.iter().rev().skip(1).all(|page| page.len() == size));
            prop_assert!(whole.is_empty() || walk.iter().all(|page| !page.is_empty()));
        }
        Ok(())
    });
    outcome.unwrap();
}

#[tokio::test]
async fn conversations_are_sorted_by_start_time_then_id_in_the_configured_order() {
    let data = lines(&[
        r#"{"id":"b","started_at":"2026-04-02"}"#,
        r#"{"id":"c","started_at":"2026-04-01"}"#,
        r#"{"id":"a","started_at":"2026-04-02"}"#,
        r#"{"id":"d","started_at":"2026-04-02T00:00:00+00:00"}"#,
    ]);
    for (order, listed) in [
        (Order::Ascending, "c a b d"),
        (Order::Descending, "d b a c"),
    ] {
        let emulator = start(data.clone(), ServerBehavior::default().with_order(order)).await;
        for version in VERSIONS {
            assert_eq!(page_ids(&emulator, version, "").await.join(" "), listed);
            assert_eq!(
                by_offset(&emulator, version, "limit=1")
                    .await
                    .concat()
                    .join(" "),
                listed
            );
        }
        assert_eq!(
            by_cursor(&emulator, "v3", "limit=1")
                .await
                .concat()
                .join(" "),
            listed
        );
    }
}

#[tokio::test]
async fn the_complete_listing_equals_the_data() {
    let forwards = expected(&sample(), is_live);
    let backwards: Vec<String> = forwards.iter().rev().cloned().collect();
    for (order, listed) in [(Order::Ascending, forwards), (Order::Descending, backwards)] {
        let emulator = start(sample(), ServerBehavior::default().with_order(order)).await;
        assert_eq!(by_cursor(&emulator, "v3", "limit=7").await.concat(), listed);
        assert_eq!(by_offset(&emulator, "v1", "limit=7").await.concat(), listed);
    }
}

#[tokio::test]
async fn each_version_marks_the_next_page_in_its_own_way() {
    for v2_cursor in [true, false] {
        let emulator = start(
            sample(),
            ServerBehavior::default().with_v2_cursor(v2_cursor),
        )
        .await;
        for (version, has_cursor) in [("v1", false), ("v2", v2_cursor), ("v3", true)] {
            let first = page(&emulator, version, "limit=10").await;
            assert_eq!(first["next_offset"], 10, "{version}");
            assert_eq!(first["cursor"].is_string(), has_cursor);
            let last = page(&emulator, version, all(version)).await;
            assert!(last.get("next_offset").is_none());
            assert_eq!(
                last.get("cursor"),
                has_cursor.then_some(&Value::Null),
                "{version}"
            );
            assert_eq!(first.get("descriptions").is_some(), version == "v1");
        }
    }
}

#[tokio::test]
async fn a_full_last_page_is_still_the_last() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let all = page_ids(&emulator, "v3", "").await.len();
    let page = page(&emulator, "v3", &format!("limit={all}")).await;
    assert_eq!(ids(&page).len(), all);
    assert!(page["cursor"].is_null() && page.get("next_offset").is_none());
}

#[tokio::test]
async fn a_cursor_overrides_an_offset_and_next_offset_keeps_counting() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    for version in ["v2", "v3"] {
        let first = page(&emulator, version, "limit=10&offset=20").await;
        let cursor = first["cursor"].as_str().unwrap();
        let by_cursor = page(
            &emulator,
            version,
            &format!("limit=10&offset=3&cursor={cursor}"),
        )
        .await;
        assert_eq!(
            by_cursor,
            page(&emulator, version, "limit=10&offset=30").await
        );
        assert_eq!(by_cursor["next_offset"], 40);
    }
}

#[tokio::test]
async fn v2_without_cursors_ignores_the_parameter() {
    let emulator = start(sample(), ServerBehavior::default().with_v2_cursor(false)).await;
    let plain = page(&emulator, "v2", "limit=10").await;
    assert_eq!(
        page(&emulator, "v2", "limit=10&cursor=anything").await,
        plain
    );
}

#[tokio::test]
async fn a_cursor_is_rejected_if_altered_or_used_with_other_filters() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let first = page(&emulator, "v3", "limit=10&channel=voice&channel=SMS").await;
    let cursor = first["cursor"].as_str().unwrap().to_owned();
    let same = format!(
        "limit=3&channel=SMS&channel=voice&client_env=live&include_latency=true&cursor={cursor}"
    );
    assert_eq!(get(&emulator, "v3", &same).await.status(), 200);
    let swapped = if cursor.starts_with('A') {
        cursor.replacen('A', "B", 1)
    } else {
        format!("A{}", &cursor[1..])
    };
    for (version, query) in [
        ("v3", format!("limit=10&cursor={cursor}")),
        ("v3", format!("limit=10&channel=voice&cursor={cursor}")),
        (
            "v3",
            format!("limit=10&channel=voice&channel=SMS&client_env=sandbox&cursor={cursor}"),
        ),
        (
            "v3",
            format!("limit=10&channel=voice&channel=SMS&start_time=2026-04-01&cursor={cursor}"),
        ),
        (
            "v2",
            format!("limit=10&channel=voice&channel=SMS&cursor={cursor}"),
        ),
        (
            "v3",
            format!("limit=10&channel=voice&channel=SMS&cursor={swapped}"),
        ),
        (
            "v3",
            format!(
                "limit=10&channel=voice&channel=SMS&cursor={}",
                &cursor[..cursor.len() - 2]
            ),
        ),
        (
            "v3",
            format!("limit=10&channel=voice&channel=SMS&cursor={cursor}%3D"),
        ),
    ] {
        let response = get(&emulator, version, &query).await;
        assert_eq!(response.status(), 400, "{version} {query}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error_code"], "GET_CONVERSATIONS_FILTER_PARSE_ERROR");
    }
}

#[tokio::test]
async fn a_cursor_needs_no_escaping_in_a_url() {
    let data = lines(&[r#"{"id":"1/é ?&"}"#, r#"{"id":"2"}"#]);
    let emulator = start(data, ServerBehavior::default()).await;
    let first = page(&emulator, "v3", "limit=1").await;
    let cursor = first["cursor"].as_str().unwrap();
    assert!(
        cursor
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
        "{cursor}"
    );
    assert_eq!(
        page_ids(&emulator, "v3", &format!("limit=1&cursor={cursor}")).await,
        ["2"]
    );
}

#[tokio::test]
async fn no_data_is_an_empty_page() {
    let emulator = start(Dataset::generate(1, 0), ServerBehavior::default()).await;
    for version in VERSIONS {
        assert!(page_ids(&emulator, version, "").await.is_empty());
    }
}
