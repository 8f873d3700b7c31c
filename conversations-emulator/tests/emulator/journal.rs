//! The journal and its assertions.

use conversations_emulator::{Emulator, ServerBehavior};

use crate::support::{page, sample, start};

const PATH: &str = "/v3/ws-demo/PROJECT-DEMO/conversations";

async fn asked() -> Emulator {
    let emulator = start(sample(), ServerBehavior::default()).await;
    page(&emulator, "v3", "limit=3&client_env=live").await;
    page(&emulator, "v3", "limit=4&offset=2&channel=SMS&channel=CHAT").await;
    page(&emulator, "v1", "limit=5").await;
    emulator
}

fn message(assertion: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(assertion).unwrap_err();
    *panic.downcast::<String>().unwrap()
}

#[tokio::test]
async fn a_request_is_found_by_method_path_and_some_of_its_parameters() {
    let journal = asked().await.journal();
    let found = journal.assert_requested("GET", PATH, &[("channel", "CHAT"), ("limit", "4")]);
    assert!(found.path_and_query().contains("offset=2"));
    assert_eq!(journal.requested("GET", PATH, &[]).count(), 2);
    journal.assert_not_requested("GET", PATH, &[("limit", "5")]);
    journal.assert_not_requested("POST", PATH, &[]);
}

#[tokio::test]
async fn a_missing_request_is_explained_by_the_closest_ones() {
    let emulator = asked().await;
    let journal = emulator.journal();
    let wanted = [("limit", "3"), ("offset", "2"), ("channel", "chat")];
    let reported = message(|| {
        journal.assert_requested("GET", PATH, &wanted);
    });
    assert_eq!(
        reported,
        format!(
            "GET {PATH} with limit=3, offset=2, channel=chat was not requested; \
             of 3 requests the closest are\n\
             \x20 request 1, GET {PATH}, status 200: offset is absent; channel is absent\n\
             \x20 request 2, GET {PATH}, status 200: limit=4 instead of limit=3; \
             channel=SMS and channel=CHAT instead of channel=chat\n\
             \x20 request 3, GET /v1/ws-demo/PROJECT-DEMO/conversations, status 200: \
             the path is another; limit=5 instead of limit=3; offset is absent; channel is absent"
        )
    );
    let reported = message(|| journal.assert_not_requested("GET", PATH, &[("limit", "4")]));
    assert!(
        reported.ends_with("was requested: request 2 of 3"),
        "{reported}"
    );
}

#[tokio::test]
async fn no_assertion_message_contains_parameter_values() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let range = "start_time=2026-04-01&end_time=2026-04-02";
    page(
        &emulator,
        "v3",
        &format!("query_type=transcript&query=MARKER&{range}"),
    )
    .await;
    let journal = emulator.journal();
    let reported = message(|| {
        journal.assert_requested("GET", PATH, &[("query", "MARKER-2")]);
    });
    assert!(!reported.contains("MARKER"), "{reported}");
    assert!(
        reported.contains("query=(hidden) instead of query=(hidden)"),
        "{reported}"
    );
}

#[tokio::test]
async fn a_cleared_journal_is_empty_and_keeps_recording() {
    let emulator = asked().await;
    emulator.clear_journal();
    assert!(emulator.journal().is_empty());
    let reported = message(|| {
        emulator.journal().assert_requested("GET", "/", &[]);
    });
    assert_eq!(reported, "GET / was not requested; no request has arrived");
    page(&emulator, "v3", "limit=1").await;
    assert_eq!(emulator.journal()[0].status(), 200);
}
