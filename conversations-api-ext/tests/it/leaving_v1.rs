//! Code written for the generated v1 client, before and after: `migrate::v1`.

use conversations_api_ext::{Environment, api, migrate};
use conversations_emulator::{Dataset, Emulator, ServerBehavior};

use crate::{
    scripted::{KEY, Scripted, answer, page},
    support::{emulator, ids, serve, stored},
};

#[allow(dead_code, reason = "its `main` is the example's")]
#[path = "../../examples/leaving_v1_after.rs"]
mod after;
#[allow(dead_code, reason = "its `main` is the example's")]
#[path = "../../examples/leaving_v1_before.rs"]
mod before;

#[tokio::test]
async fn the_example_reports_the_same_before_and_after() {
    let emulator = emulator(900, ServerBehavior::default()).await;
    let (url, data) = (emulator.base_url(), emulator.data());
    let (account, project) = (data.account_id(), data.project_id());
    let old = before::report(url, emulator.legacy_api_key(), account, project).await;
    let new = after::report(url, emulator.api_key(), account, project).await;
    assert_eq!(new.unwrap(), old.unwrap());
    let requests = |version: &str| {
        let journal = emulator.journal();
        let of = journal
            .iter()
            .filter(|entry| entry.path_and_query().starts_with(version));
        of.count()
    };
    assert!(requests("/v1/") > 1 && requests("/v3/") > 1);
}

#[test]
fn the_example_changes_where_v1_is_from_and_nothing_else() {
    let before = include_str!("../../examples/leaving_v1_before.rs");
    let after = include_str!("../../examples/leaving_v1_after.rs");
    let changed: Vec<_> = before
        .lines()
        .zip(after.lines())
        .filter(|(before, after)| before != after && !before.starts_with("//!"))
        .collect();
    assert_eq!(before.lines().count(), after.lines().count());
    assert_eq!(
        changed,
        [(
            "use conversations_api_ext::api::{ApiKey, v1};",
            "use conversations_api_ext::{api::ApiKey, migrate::v1};"
        )]
    );
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn drop_in(emulator: &Emulator) -> migrate::v1::Client {
    let key = api::ApiKey::new(emulator.api_key()).unwrap();
    migrate::v1::Client::new_with_client(emulator.base_url(), http(), key)
}

/// Returns all ids by following `next_offset`.
async fn walk(emulator: &Emulator, client: &migrate::v1::Client, limit: u64) -> Vec<String> {
    let mut ids = Vec::new();
    let mut offset = 0;
    loop {
        let page = client
            .list_conversations()
            .account_id(emulator.data().account_id())
            .project_id(emulator.data().project_id())
            .limit(limit)
            .offset(offset)
            .send()
            .await
            .unwrap();
        let page = page.into_inner();
        ids.extend(
            page.conversations
                .iter()
                .flatten()
                .map(|one| one.id.clone()),
        );
        match page.next_offset.and_then(api::Integer::as_i64) {
            Some(next) => {
                assert_eq!(next, i64::try_from(ids.len()).unwrap());
                offset = u64::try_from(next).unwrap();
            }
            None => break,
        }
    }
    ids.sort();
    ids
}

#[tokio::test]
async fn every_page_size_of_v1_gives_everything_once() {
    let emulator = emulator(1300, ServerBehavior::default()).await;
    let expected = ids(&stored(emulator.data(), Environment::Live));
    for limit in [300, 5000] {
        assert_eq!(walk(&emulator, &drop_in(&emulator), limit).await, expected);
    }
    let deep = |entry: &&conversations_emulator::JournalEntry| {
        entry.path_and_query().contains("offset=")
            || !entry.path_and_query().contains("include_latency=true")
    };
    assert_eq!(emulator.journal().iter().filter(deep).count(), 0);
}

#[tokio::test]
async fn an_offset_that_no_answer_named_is_sent_as_it_is() {
    let emulator = emulator(60, ServerBehavior::default()).await;
    let page = drop_in(&emulator)
        .list_conversations()
        .account_id(emulator.data().account_id())
        .project_id(emulator.data().project_id())
        .offset(7_u64)
        .include_context_state(true)
        .send()
        .await
        .unwrap();
    assert_eq!(page.conversations.iter().flatten().count(), 5);
    assert_eq!(page.next_offset.unwrap().as_i64(), Some(12));
    let journal = emulator.journal();
    let sent = journal[0].path_and_query();
    assert!(
        sent.contains("offset=7") && !sent.contains("context"),
        "{sent}"
    );
}

#[tokio::test]
async fn a_cursor_that_has_run_out_gives_way_to_the_offset() {
    let one = r#"{"id":"CA1","handoff_reason":""}"#;
    let server = Scripted::start([
        page(&format!(
            r#"{{"conversations":[{one}],"cursor":"c1","trace":7}}"#
        )),
        answer("400 Bad Request", "", "{}"),
        page(&format!(r#"{{"conversations":[{one}],"cursor":null}}"#)),
    ])
    .await;
    let key = api::ApiKey::new(KEY).unwrap();
    let client = migrate::v1::Client::new_with_client(server.base_url(), http(), key);
    let call = || {
        client
            .list_conversations()
            .account_id("a")
            .project_id("p")
            .limit(1_u64)
    };
    let first = call().send().await.unwrap();
    assert!(
        first.conversations.as_ref().unwrap()[0]
            .handoff_reason
            .is_null()
    );
    assert_eq!(first.extra["trace"], 7);
    let second = call().offset(1_u64).send().await.unwrap();
    assert!(second.next_offset.is_absent());
    let requests = server.requests();
    assert!(requests[1].contains("cursor=c1"), "{}", requests[1]);
    assert!(requests[2].contains("offset=1"), "{}", requests[2]);
}

#[tokio::test]
async fn an_offset_next_to_a_null_cursor_is_a_next_page() {
    let one = r#"{"conversations":[{"id":"CA1"}],"cursor":null,"next_offset":1}"#;
    let two = r#"{"conversations":[{"id":"CA2"}],"cursor":null}"#;
    let server = Scripted::start([page(one), page(two)]).await;
    let key = api::ApiKey::new(KEY).unwrap();
    let client = migrate::v1::Client::new_with_client(server.base_url(), http(), key);
    let call = client.list_conversations().account_id("a").project_id("p");
    let both = call.limit(2_u64).send().await.unwrap();
    assert_eq!(both.conversations.iter().flatten().count(), 2);
    assert!(both.next_offset.is_absent());
}

#[tokio::test]
async fn a_null_cursor_with_the_next_offset_0_is_the_end() {
    let one = r#"{"conversations":[{"id":"CA1"}],"cursor":"a","next_offset":1}"#;
    let two = r#"{"conversations":[{"id":"CA2"}],"cursor":null,"next_offset":0}"#;
    let server = Scripted::start([page(one), page(two)]).await;
    let key = api::ApiKey::new(KEY).unwrap();
    let client = migrate::v1::Client::new_with_client(server.base_url(), http(), key);
    let call = client.list_conversations().account_id("a").project_id("p");
    let both = call.limit(5_u64).send().await.unwrap();
    assert_eq!(both.conversations.iter().flatten().count(), 2);
    assert!(both.next_offset.is_absent());
}

#[tokio::test]
async fn errors_are_those_of_the_generated_client() {
    let emulator = serve(Dataset::generate(7, 3), ServerBehavior::default()).await;
    let client = drop_in(&emulator);
    let call = || {
        client
            .list_conversations()
            .account_id("no-such-account")
            .project_id("p")
    };
    let error = call().send().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 404);
    let error = call().limit(5001_u64).send().await.unwrap_err();
    assert!(matches!(error, api::Error::InvalidRequest(why) if why.contains("5001")));
    let error = client.list_conversations().send().await.unwrap_err();
    assert!(matches!(error, api::Error::InvalidRequest(_)));
}

#[tokio::test]
async fn the_stream_gives_the_page_as_json_of_v1() {
    use futures_util::TryStreamExt as _;

    let emulator = emulator(60, ServerBehavior::default()).await;
    let client = drop_in(&emulator);
    let (account, project) = (emulator.data().account_id(), emulator.data().project_id());
    let call = client
        .list_conversations_stream()
        .account_id(account)
        .project_id(project);
    let stream = call.limit(10_u64).send().await.unwrap().into_inner_stream();
    let body: Vec<_> = stream.try_collect().await.unwrap();
    let page: api::v1::types::ConversationPage = serde_json::from_slice(&body.concat()).unwrap();
    let call = client
        .list_conversations()
        .account_id(account)
        .project_id(project);
    let decoded = call.limit(10_u64).send().await.unwrap().into_inner();
    assert!(page == decoded);
}
