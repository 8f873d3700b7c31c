//! The chaos proxy in front of an upstream server.

use conversations_emulator::fault::{
    Edge, Fault, FaultPlan, Malformation, PLAN_HEADER, Page, Rule,
};
use conversations_emulator::{ChaosProxy, Emulator};
use reqwest::{Client, Response};
use serde_json::Value;

use crate::raw::{End, dechunked, exchange_with};
use crate::support::{expected, ids, is_live, sample};

async fn pair(plan: FaultPlan) -> (Emulator, ChaosProxy) {
    let emulator = Emulator::builder().data(sample()).start().await.unwrap();
    let builder = ChaosProxy::builder()
        .upstream(format!("{}/", emulator.base_url()))
        .fault_plan(plan);
    let proxy = builder.start().await.unwrap();
    (emulator, proxy)
}

async fn ask(proxy: &ChaosProxy, query: &str) -> Response {
    let path = "v3/ws-demo/PROJECT-DEMO/conversations";
    let request = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
        .get(format!("{}/{path}?{query}", proxy.base_url()));
    request
        .header("x-api-key", "emulator-key")
        .header("x-own", "kept")
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn requests_without_a_fault_pass_through_unchanged() {
    let (emulator, proxy) = pair(FaultPlan::new()).await;
    let through = ask(&proxy, "limit=20&channel=a%20b+c").await;
    assert!(through.headers().contains_key("x-polyai-correlation-id"));
    assert_eq!(through.headers()["content-type"], "application/json");
    let journal = emulator.journal();
    assert_eq!(
        journal[0].path_and_query(),
        "/v3/ws-demo/PROJECT-DEMO/conversations?limit=20&channel=a%20b+c"
    );
    assert_eq!(journal[0].header("x-own"), Some("kept"));
    assert_eq!(journal[0].header(PLAN_HEADER), None);
    assert_eq!(
        journal[0].header("host"),
        Some(emulator.address().to_string().as_str())
    );

    let url = format!("{}/v3/a/b/conversations", proxy.base_url());
    let refused = Client::new().post(url).body("a body").send().await.unwrap();
    assert_eq!(refused.status(), 405);
    let allowed = refused.headers()["allow"].to_str().unwrap();
    assert!(allowed.starts_with("GET, HEAD"), "{allowed}");
}

#[tokio::test]
async fn paging_through_the_proxy_triggers_the_faults_of_its_pages() {
    let plan = FaultPlan::new()
        .with_rule(Rule::new(Fault::duplicate(Edge::Start, 1)).on_page(Page::Number(2)))
        .with_rule(Rule::new(Fault::missing(Edge::Start, 1)).on_page(Page::Last))
        .with_rule(
            Rule::new(Fault::malformed(1, Malformation::Null))
                .on_page(Page::Middle)
                .once(),
        );
    let (_emulator, proxy) = pair(plan).await;
    let all = expected(&sample(), is_live);
    let (mut query, mut pages) = ("limit=40".to_owned(), Vec::new());
    loop {
        let page: Value = ask(&proxy, &query).await.json().await.unwrap();
        let mut page_ids = Vec::new();
        for record in page["conversations"].as_array().unwrap() {
            page_ids.push(record["id"].as_str().unwrap_or("null").to_owned());
        }
        pages.push(page_ids);
        match page["cursor"].as_str() {
            Some(cursor) => query = format!("limit=40&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(pages.len(), all.len().div_ceil(40));
    assert_eq!(pages[1][0], all[39]);
    assert_eq!(pages[1][1], "null");
    assert_eq!(pages.last().unwrap()[0], all[81]);
    proxy.faults().assert_all_triggered("default");
}

#[tokio::test]
async fn a_reset_inside_the_body_is_forwarded() {
    let plan = FaultPlan::new().with_rule(Rule::new(Fault::reset_after(3_000)));
    let (_emulator, proxy) = pair(plan).await;
    let address = proxy
        .base_url()
        .strip_prefix("http://")
        .unwrap()
        .parse()
        .unwrap();
    let request = "GET /v3/ws-demo/PROJECT-DEMO/conversations HTTP/1.1\r\nhost: localhost\r\nx-api-key: emulator-key\r\n\r\n";
    let seen = exchange_with(address, request).await;
    assert_eq!(
        (dechunked(&seen.body).0.len(), seen.end),
        (3_000, End::Reset)
    );
    assert_eq!(proxy.journal()[0].status(), 200);
    proxy.shutdown().await;
}

#[tokio::test]
async fn a_redirect_of_the_upstream_server_is_forwarded_and_not_followed() {
    let plan = FaultPlan::new().with_rule(Rule::new(Fault::redirect("http://127.0.0.1:9")));
    let emulator = Emulator::builder()
        .data(sample())
        .fault_plan(plan)
        .start()
        .await
        .unwrap();
    let proxy = ChaosProxy::builder()
        .upstream(emulator.base_url())
        .start()
        .await
        .unwrap();
    let response = ask(&proxy, "").await;
    assert_eq!(response.status(), 302);
    assert!(
        response.headers()["location"]
            .to_str()
            .unwrap()
            .starts_with("http://127.0.0.1:9/v3/")
    );
    assert_eq!(emulator.journal().len(), 1);
}

#[tokio::test]
async fn an_unreachable_upstream_server_is_a_502_with_the_reason() {
    let (emulator, proxy) = pair(FaultPlan::new()).await;
    emulator.shutdown().await;
    let response = ask(&proxy, "").await;
    assert_eq!(response.status(), 502);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error_code"], "PROXY_UPSTREAM_FAILED");
    assert!(ids_or_empty(&body).is_empty());
}

fn ids_or_empty(body: &Value) -> Vec<String> {
    body.get("conversations")
        .map(|_| ids(body))
        .unwrap_or_default()
}

#[tokio::test]
async fn an_invalid_upstream_url_is_rejected() {
    for upstream in [
        "",
        "127.0.0.1:80",
        "https://api.example.com",
        "http://a/?b",
        "http://a/#b",
    ] {
        let error = ChaosProxy::builder()
            .upstream(upstream)
            .start()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{upstream}");
    }
}

#[tokio::test]
async fn a_password_in_the_url_of_the_server_behind_is_rejected_and_not_printed() {
    for upstream in [
        "http://bob:hunter2@127.0.0.1:9",
        "http://hunter2@a/?hunter2",
    ] {
        let builder = ChaosProxy::builder().upstream(upstream);
        let printed = format!("{builder:?}");
        let error = builder.start().await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        let printed = format!("{printed} {error} {error:?}");
        assert!(printed.contains("password"), "{printed}");
        assert!(!printed.contains("hunter2"), "{printed}");
    }
}

#[tokio::test]
async fn a_server_behind_it_on_another_machine_is_known_to_be_reached_unencrypted() {
    for (upstream, is_unencrypted) in [
        ("http://127.0.0.1:9", false),
        ("http://[::1]:9/path", false),
        ("http://localhost", false),
        ("http://api.example.com", true),
        ("http://10.0.0.1:80", true),
    ] {
        let proxy = ChaosProxy::builder()
            .upstream(upstream)
            .start()
            .await
            .unwrap();
        assert_eq!(proxy.is_unencrypted(), is_unencrypted, "{upstream}");
    }
}

#[tokio::test]
async fn a_web_page_cannot_reach_the_server_behind_by_a_name_of_its_own() {
    let (emulator, proxy) = pair(FaultPlan::new()).await;
    let url = format!("{}/v3/a/b/conversations", proxy.base_url());
    let request = Client::new().get(url).header("host", "rebound.example");
    assert_eq!(request.send().await.unwrap().status(), 421);
    assert!(emulator.journal().is_empty());
}
