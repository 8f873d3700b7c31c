//! Drift from the API document is counted.

use conversations_api_ext::{Drift, Query, V3};
use conversations_emulator::ServerBehavior;

use crate::{
    scripted::{Scripted, page},
    support::{self, emulator},
};

#[tokio::test]
async fn what_servers_send_beyond_the_document_is_met_and_nothing_else() {
    let server = emulator(200, ServerBehavior::default()).await;
    let client = support::client::<V3>(&server);
    let mut records = client.records(support::whole::<V3>());
    let mut drift = Drift::default();
    while let Some(record) = records.next_record().await.unwrap() {
        drift.observe(&record);
    }
    let met: Vec<_> = drift
        .met()
        .map(|met| format!("{} {}", met.path(), met.what()))
        .collect();
    // The emulator sends these because real servers do.
    assert_eq!(
        met,
        [
            "channel undocumented value \"SMS\"",
            "recording undocumented, object",
            "turns[].asr_lang_code undocumented, text",
            "turns[].turn_id undocumented, text",
        ]
    );
    assert!(drift.records() > 100 && !drift.is_empty());
}

#[tokio::test]
async fn a_new_field_is_counted_and_its_content_is_not_shown() {
    let body = r#"{"conversations":[{"id":"a","mystery":"MARKER","channel":"SMS"},
        {"id":"b","mystery":"MARKER","turns":[{"reviews":["MARKER"],"call +44 7700 900123":1}]}]}"#;
    let server = Scripted::start([page(body)]).await;
    let mut records = server.client().records(Query::v3());
    let mut drift = Drift::default();
    while let Some(record) = records.next_record().await.unwrap() {
        drift.observe(&record);
    }
    let line = |met: conversations_api_ext::Undocumented<'_>| {
        format!(
            "{} {} x{} {}",
            met.path(),
            met.what(),
            met.count(),
            met.first_id()
        )
    };
    assert_eq!(
        drift.met().map(line).collect::<Vec<_>>(),
        [
            "channel undocumented value \"SMS\" x1 a",
            "mystery undocumented, text x2 a",
            "turns[].(20 characters) undocumented, number x1 b",
            "turns[].reviews undocumented, list x1 b",
        ]
    );
    assert!(!format!("{drift:?}").contains("MARKER"));
}
