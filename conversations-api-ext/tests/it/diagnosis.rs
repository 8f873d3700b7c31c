//! A diagnosis finds problems of a connection or of conversations, and their remedies.

use conversations_api_ext::{
    ApiKey, BaseUrl, Cause, Client, Diagnosis, Environment, Finding, Project, Query, Region,
    RetryPolicy, V1, V3, Version,
};
use conversations_emulator::ServerBehavior;

use crate::{
    scripted::{Scripted, answer, page},
    support::{self, emulator},
};

fn causes(diagnosis: &Diagnosis) -> Vec<Cause> {
    diagnosis.findings().iter().map(Finding::cause).collect()
}

async fn of_answer<V: Version>(answer: crate::scripted::Reply, query: Query<V>) -> Diagnosis {
    let server = Scripted::start([answer]).await;
    server.client().diagnose(query).await
}

#[tokio::test]
async fn a_connection_that_fails_is_explained() {
    for (status, cause) in [
        ("401 Unauthorized", Cause::KeyRejected),
        ("403 Forbidden", Cause::KeyForbidden),
        ("404 Not Found", Cause::ProjectNotFound),
        ("400 Bad Request", Cause::QueryRefused),
        ("429 Too Many Requests", Cause::RateLimited),
        ("503 Service Unavailable", Cause::ServerFailing),
        ("302 Found", Cause::OtherServer),
        ("200 OK", Cause::OtherServer),
    ] {
        let reply = answer(status, "", "<html>MARKER</html>");
        let diagnosis = of_answer(reply, Query::v3()).await;
        assert_eq!(causes(&diagnosis), [cause], "{status}");
        assert!(!diagnosis.is_healthy());
        assert!(diagnosis.error().is_some());
        assert!(!diagnosis.to_string().contains("MARKER"));
        assert!(!diagnosis.findings()[0].remedy().is_empty());
    }
    let server = Scripted::start([]).await;
    let diagnosis = server.client().diagnose(Query::v3()).await;
    assert_eq!(causes(&diagnosis), [Cause::NotReachable]);
}

#[test]
fn a_key_that_one_region_rejects_may_be_of_another() {
    let client = |base_url: BaseUrl| {
        let project = Project::new("ws-1", "PROJECT-1").unwrap();
        Client::builder(base_url, project, ApiKey::new("key").unwrap())
            .retry(RetryPolicy::none())
            .build()
            .unwrap()
    };
    assert_eq!(
        client(Region::Uk1.into()).base_url().region(),
        Some(Region::Uk1)
    );
    let error = Query::v3().page_size(0).unwrap_err();
    let diagnosis = Diagnosis::of_error(error);
    assert_eq!(causes(&diagnosis), [Cause::QueryRefused]);
    assert!(diagnosis.findings()[0].regions_to_try().is_empty());
}

#[tokio::test]
async fn regions_to_try_are_those_that_were_not_asked() {
    let reply = answer("401 Unauthorized", "", "");
    let diagnosis = of_answer(reply, Query::v3()).await;
    let finding = &diagnosis.findings()[0];
    assert_eq!(finding.regions_to_try(), Region::ALL);
    assert!(
        finding.remedy().contains("us-1, uk-1, euw-1"),
        "{}",
        finding.remedy()
    );
}

#[tokio::test]
async fn transcripts_that_are_switched_off_are_found_in_all_conversations() {
    let server = emulator(60, ServerBehavior::default().with_transcripts(false)).await;
    let client = support::client::<V3>(&server);
    let diagnosis = client
        .diagnose(Query::v3().in_progress(false).include_latency(true))
        .await;
    assert_eq!(causes(&diagnosis), [Cause::TranscriptsOff]);
    let finding = &diagnosis.findings()[0];
    let finished = support::stored(server.data(), Environment::Live);
    let finished = finished
        .iter()
        .filter(|record| record["in_progress"] == false);
    assert_eq!(finding.conversations(), finished.count().min(50));
    assert_eq!(finding.examples().len(), 3);
    assert!(finding.remedy().contains("Conversation transcript"));
    assert!(diagnosis.to_string().contains(&finding.examples()[0]));
}

#[tokio::test]
async fn a_project_in_good_order_is_healthy() {
    let server = emulator(60, ServerBehavior::default()).await;
    let client = support::client::<V3>(&server);
    let query = Query::v3().include_latency(true).in_progress(false);
    let diagnosis = client.diagnose(query).await;
    assert!(diagnosis.is_healthy(), "{diagnosis}");
    assert!(diagnosis.conversations() > 10);
    assert!(diagnosis.elapsed().is_some());
    assert!(diagnosis.error().is_none());
}

#[tokio::test]
async fn what_conversations_lack_is_found_with_their_ids() {
    let whitelisted = r#"{"conversations":[{"id":"w","account_id":"a","project_id":"p","started_at":"2026-04-01"}]}"#;
    let query = Query::v3()
        .include_latency(true)
        .include_turn_metadata(true);
    let v1 = of_answer(page(whitelisted), Query::v1()).await;
    assert_eq!(causes(&v1), [Cause::BasicFieldsOnly, Cause::LegacyVersion]);
    assert!(v1.findings()[0].remedy().contains("whitelisting"));
    let v3 = of_answer(page(whitelisted), query.clone()).await;
    assert_eq!(causes(&v3), [Cause::BasicFieldsOnly]);
    assert!(v3.findings()[0].remedy().contains("Conversations data"));

    for (json, found) in [
        (r#"[]"#, vec![Cause::NoConversations]),
        (
            r#"[{"id":"a","num_turns":2,"turns":[],"in_progress":true,"metrics":{"m":"1"}}]"#,
            vec![Cause::InProgress, Cause::TurnsPending],
        ),
        (
            r#"[{"id":"a","num_turns":1,"turns":[{"user_input":"x"}],"metrics":{}}]"#,
            vec![
                Cause::LatencyAbsent,
                Cause::TurnMetadataAbsent,
                Cause::NoMetrics,
            ],
        ),
        (
            r#"[{"id":"a","turns":[{"latency":1,"metadata":{}}],"metrics":{"m":"1"}},{"x":1},{"id":"b","turns":7}]"#,
            vec![Cause::Malformed],
        ),
    ] {
        let body = format!(r#"{{"conversations":{json},"cursor":null}}"#);
        let diagnosis = of_answer(page(&body), query.clone()).await;
        assert_eq!(causes(&diagnosis), found, "{json}");
    }
}

#[tokio::test]
async fn records_that_are_there_already_can_be_looked_at_without_a_request() {
    let server = emulator(30, ServerBehavior::default().with_transcripts(false)).await;
    let client = support::client::<V3>(&server);
    let records = client.records(Query::v3()).collect_up_to(10).await.unwrap();
    let requests = server.journal().len();
    let diagnosis = Diagnosis::of_records(&records, &Query::<V1>::default());
    assert_eq!(diagnosis.conversations(), 10);
    assert!(causes(&diagnosis).contains(&Cause::TranscriptsOff));
    assert!(causes(&diagnosis).contains(&Cause::LegacyVersion));
    assert_eq!(server.journal().len(), requests);
}

#[tokio::test]
async fn clocks_that_are_far_apart_are_found() {
    let body = r#"{"conversations":[{"id":"a","metrics":{"m":"1"}}]}"#;
    for (date, off) in [
        ("Date: Wed, 01 Apr 2020 00:00:00 GMT\r\n".to_owned(), true),
        (
            format!(
                "Date: {}\r\n",
                chrono::Utc::now().to_rfc2822().replace("+0000", "GMT")
            ),
            false,
        ),
        ("Date: soon\r\n".to_owned(), false),
    ] {
        let diagnosis = of_answer(answer("200 OK", &date, body), Query::v3()).await;
        assert_eq!(causes(&diagnosis).contains(&Cause::ClockOff), off, "{date}");
    }
}
