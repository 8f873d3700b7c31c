//! The parameters that each version accepts, and its errors for others.

use conversations_emulator::{Limits, ServerBehavior};
use serde_json::Value;

use crate::support::{VERSIONS, get, ids, page, page_ids, sample, start};

const UNREADABLE: &str = "GET_CONVERSATIONS_FILTER_PARSE_ERROR";
const INVALID: &str = "CONVERSATIONS_VALIDATION_FAILED";

const EVERYWHERE: &[(&str, &str)] = &[
    ("limit=ten", UNREADABLE),
    ("limit=", UNREADABLE),
    ("limit=1.5", UNREADABLE),
    ("limit=0", INVALID),
    ("limit=-1", INVALID),
    ("limit=5001", INVALID),
    (
        "limit=99999999999999999999999999999999999999999999",
        INVALID,
    ),
    (
        "offset=-99999999999999999999999999999999999999999999",
        INVALID,
    ),
    ("limit=1&limit=2", INVALID),
    ("offset=x", UNREADABLE),
    ("offset=-1", INVALID),
    ("client_env=production", UNREADABLE),
    ("client_env=LIVE", UNREADABLE),
    ("client_env=", UNREADABLE),
    ("start_time=yesterday", UNREADABLE),
    ("end_time=", UNREADABLE),
    ("end_time=2026-04-31T00:00:00Z", UNREADABLE),
    ("start_time=2026-04-01T00:00:00+00:00", UNREADABLE),
    ("in_progress=maybe", UNREADABLE),
    ("in_progress=1", UNREADABLE),
    ("variant_id=a&variant_name=b", INVALID),
];

const RANGE: &str = "start_time=2026-04-01&end_time=2026-05-01";

const NOT_ON_V1: &[(&str, &str)] = &[
    ("limit=1001", INVALID),
    ("cursor=", UNREADABLE),
    ("cursor=not-a-cursor", UNREADABLE),
    ("query_type=fuzzy&query=a&RANGE", UNREADABLE),
    ("sample=first&RANGE", UNREADABLE),
    (
        "query_type=transcript&query=a&turn_type=system&RANGE",
        UNREADABLE,
    ),
    ("include_latency=yes", UNREADABLE),
    ("include_turn_metadata=", UNREADABLE),
    ("query_type=transcript&RANGE", INVALID),
    ("query_type=semantic&query=&RANGE", INVALID),
    ("query_type=transcript&query=a&sample=random&RANGE", INVALID),
    ("query_type=transcript&query=a", INVALID),
    ("query_type=semantic&query=a&start_time=2026-04-01", INVALID),
    ("sample=random&end_time=2026-04-01", INVALID),
];

async fn code(
    emulator: &conversations_emulator::Emulator,
    version: &str,
    query: &str,
) -> (u16, String) {
    let response = get(emulator, version, query).await;
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (
        status,
        body["error_code"].as_str().unwrap_or_default().into(),
    )
}

#[tokio::test]
async fn a_bad_parameter_is_a_400_with_its_code() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    for version in VERSIONS {
        for (query, expected) in EVERYWHERE {
            assert_eq!(
                code(&emulator, version, query).await,
                (400, (*expected).into()),
                "{version} {query}"
            );
        }
    }
    for version in ["v2", "v3"] {
        for (query, expected) in NOT_ON_V1 {
            let query = query.replace("RANGE", RANGE);
            assert_eq!(
                code(&emulator, version, &query).await,
                (400, (*expected).into()),
                "{version} {query}"
            );
        }
    }
    assert_eq!(
        code(&emulator, "v1", "include_context_state=on").await,
        (400, UNREADABLE.into())
    );
}

#[tokio::test]
async fn v1_ignores_the_parameters_of_later_versions() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let plain = page(&emulator, "v1", "limit=40").await;
    for query in [
        "cursor=not-a-cursor",
        "channel=SMS",
        "query_type=fuzzy",
        "query_type=transcript&query=room&turn_type=user",
        "sample=random",
        "include_latency=yes",
        "include_turn_metadata=yes",
    ] {
        assert_eq!(
            page(&emulator, "v1", &format!("limit=40&{query}")).await,
            plain,
            "{query}"
        );
    }
}

#[tokio::test]
async fn unknown_parameters_are_ignored() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    for version in VERSIONS {
        let plain = page_ids(&emulator, version, "limit=9").await;
        assert_eq!(
            page_ids(&emulator, version, "limit=9&page=4&Limit=0&sort").await,
            plain
        );
    }
    let context = page(&emulator, "v3", "limit=9&include_context_state=nonsense").await;
    assert!(context["conversations"][0].get("context_state").is_none());
}

#[tokio::test]
async fn the_limit_of_each_version_has_its_default_and_its_maximum() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let all = page_ids(&emulator, "v3", "limit=1000").await.len();
    assert!(all > 50);
    assert_eq!(page_ids(&emulator, "v1", "").await.len(), 5);
    assert_eq!(page_ids(&emulator, "v1", "limit=5000").await.len(), all);
    for version in ["v2", "v3"] {
        assert_eq!(page_ids(&emulator, version, "").await.len(), all);
    }
}

#[tokio::test]
async fn the_limits_are_configurable() {
    let behavior = ServerBehavior::default()
        .with_v1_limits(Limits::new(2, 3))
        .with_v3_limits(Limits::new(5, 5000));
    let emulator = start(sample(), behavior).await;
    for (version, default) in [("v1", 2), ("v2", 5), ("v3", 5)] {
        assert_eq!(
            page_ids(&emulator, version, "").await.len(),
            default,
            "{version}"
        );
    }
    assert_eq!(get(&emulator, "v1", "limit=3").await.status(), 200);
    assert_eq!(get(&emulator, "v1", "limit=4").await.status(), 400);
    assert_eq!(get(&emulator, "v3", "limit=5000").await.status(), 200);
    assert_eq!(get(&emulator, "v3", "limit=5001").await.status(), 400);
}

#[tokio::test]
async fn an_offset_past_the_end_is_an_empty_last_page() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    for version in VERSIONS {
        let longest = "9".repeat(60);
        for offset in [
            "100000",
            "18446744073709551615",
            "18446744073709551616",
            &longest,
        ] {
            let page = page(&emulator, version, &format!("offset={offset}")).await;
            assert!(ids(&page).is_empty());
            assert!(page.get("next_offset").is_none());
            assert!(page["cursor"].is_null());
        }
    }
}
