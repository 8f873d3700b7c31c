//! Faults that replace or delay a response.

use std::time::{Duration, SystemTime};

use conversations_emulator::fault::{
    ErrorBody, Fault, FaultPlan, PLAN_HEADER, Refusal, RetryAfter, Rule, Time,
};
use conversations_emulator::{Clock, Dataset, Emulator};
use reqwest::Response;
use serde_json::Value;

use crate::raw::{End, exchange};
use crate::support::{page, sample, url};

/// Starts an emulator with a virtual clock and the plan `p` with `rule`.
pub(crate) async fn with_rule(rule: Rule) -> Emulator {
    with_plan(FaultPlan::new().with_rule(rule)).await
}

pub(crate) async fn with_plan(plan: FaultPlan) -> Emulator {
    Emulator::builder()
        .data(sample())
        .clock(Clock::at(SystemTime::UNIX_EPOCH))
        .named_fault_plan("p", plan)
        .start()
        .await
        .unwrap()
}

pub(crate) async fn ask(emulator: &Emulator, query: &str) -> Response {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_gzip()
        .build()
        .unwrap();
    let request = client
        .get(url(emulator, "v3", query))
        .header("x-api-key", emulator.api_key())
        .header(PLAN_HEADER, "p");
    request.send().await.unwrap()
}

pub(crate) fn triggered(emulator: &Emulator) -> Vec<(u64, String)> {
    let triggered = emulator.faults().triggered_by("p");
    triggered
        .iter()
        .map(|triggered| (triggered.request(), triggered.what().to_owned()))
        .collect()
}

#[tokio::test]
async fn a_status_has_no_retry_after_or_any_form_of_it() {
    for (again, header) in [
        (None, None),
        (Some(RetryAfter::Seconds(3)), Some("3")),
        (
            Some(RetryAfter::Date(Duration::from_secs(90))),
            Some("Thu, 01 Jan 1970 00:01:30 GMT"),
        ),
        // Later than any time that can be written.
        (
            Some(RetryAfter::Date(Duration::MAX)),
            Some("Fri, 31 Dec 9999 23:59:59 GMT"),
        ),
        (Some(RetryAfter::Text("soon".into())), Some("soon")),
    ] {
        let mut refusal = Refusal::new(503);
        if let Some(again) = again {
            refusal = refusal.with_retry_after(again);
        }
        let emulator = with_rule(Rule::new(refusal)).await;
        let response = ask(&emulator, "limit=1").await;
        assert_eq!(response.status(), 503);
        let found = response.headers().get("retry-after");
        assert_eq!(found.map(|value| value.to_str().unwrap()), header);
        emulator.faults().assert_all_triggered("p");
    }
}

#[tokio::test]
async fn a_status_can_have_each_kind_of_body() {
    for (body, content_type, inside) in [
        (
            ErrorBody::Current,
            Some("application/json"),
            "\"error_code\"",
        ),
        (
            ErrorBody::Published,
            Some("application/json"),
            "{\"error_message\"",
        ),
        (
            ErrorBody::Html,
            Some("text/html"),
            "<h1>502 Bad Gateway</h1>",
        ),
        (ErrorBody::Empty, None, ""),
    ] {
        let emulator = with_rule(Rule::new(Refusal::new(502).with_body(body))).await;
        let response = ask(&emulator, "limit=1").await;
        assert_eq!(response.status(), 502);
        let found = response.headers().get("content-type").cloned();
        assert_eq!(
            found.as_ref().map(|value| value.to_str().unwrap()),
            content_type
        );
        let id = response.headers().get("x-polyai-correlation-id").cloned();
        let text = response.text().await.unwrap();
        assert!(text.contains(inside), "{text}");
        assert_eq!(text.is_empty(), body == ErrorBody::Empty);
        if body == ErrorBody::Current {
            let parsed: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(parsed["error_id"], id.unwrap().to_str().unwrap());
        }
    }
}

#[tokio::test]
async fn a_quota_responds_429_above_its_limit_until_the_window_ends() {
    let window = Duration::from_secs(60);
    let emulator = with_rule(Rule::new(Fault::quota(2, window)).named("quota")).await;
    let statuses = async || {
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(ask(&emulator, "limit=1").await.status().as_u16());
        }
        statuses
    };
    assert_eq!(statuses().await, [200, 200, 429]);
    emulator.clock().advance(Duration::from_millis(58_500));
    let response = ask(&emulator, "limit=1").await;
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "2");
    emulator.clock().advance(Duration::from_secs(2));
    assert_eq!(statuses().await, [200, 200, 429]);
    assert_eq!(
        triggered(&emulator)
            .iter()
            .map(|triggered| triggered.0)
            .collect::<Vec<_>>(),
        [3, 4, 7]
    );
}

#[tokio::test]
async fn latency_uses_the_system_clock_unless_configured_otherwise() {
    let of = Duration::from_millis(30);
    let emulator = with_rule(Rule::new(Fault::latency_spread(of, of))).await;
    let began = std::time::Instant::now();
    assert_eq!(ask(&emulator, "limit=1").await.status(), 200);
    assert!(began.elapsed() >= of);
    assert!(triggered(&emulator)[0].1.starts_with("waited for "));

    let hour = Duration::from_secs(3600);
    let emulator = with_rule(Rule::new(Fault::latency(hour).by(Time::Clock))).await;
    let mut asked = std::pin::pin!(ask(&emulator, "limit=1"));
    let met_first = async {
        while triggered(&emulator).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        _ = &mut asked => panic!("it must wait for the clock"),
        () = met_first => {}
    }
    emulator.clock().advance(hour);
    assert_eq!(asked.await.status(), 200);
}

#[tokio::test]
async fn a_slow_start_delays_each_request_less_until_there_is_no_delay() {
    let emulator = with_rule(Rule::new(Fault::slow_start(Duration::from_millis(40), 4))).await;
    for _ in 0..6 {
        assert_eq!(ask(&emulator, "limit=1").await.status(), 200);
    }
    let waits: Vec<String> = triggered(&emulator)
        .into_iter()
        .map(|(_, what)| what)
        .collect();
    assert_eq!(
        waits,
        ["40ms", "30ms", "20ms", "10ms"].map(|wait| format!("slow start: waited for {wait}"))
    );
}

#[tokio::test]
async fn an_expired_cursor_is_a_400_with_the_documented_code() {
    let emulator = with_rule(Rule::new(Fault::expired_cursor()).once()).await;
    let first: Value = ask(&emulator, "limit=5").await.json().await.unwrap();
    let next = format!("limit=5&cursor={}", first["cursor"].as_str().unwrap());
    let response = ask(&emulator, &next).await;
    assert_eq!(response.status(), 400);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error_code"], "GET_CONVERSATIONS_FILTER_PARSE_ERROR");
    assert_eq!(ask(&emulator, &next).await.status(), 200);
    assert_eq!(
        triggered(&emulator),
        [(2, "rejected the cursor as expired".into())]
    );
}

#[tokio::test]
async fn a_redirect_names_the_same_path_on_another_host() {
    let other = Emulator::builder().data(sample()).start().await.unwrap();
    let emulator = with_rule(Rule::new(Fault::redirect(other.base_url()))).await;
    let response = ask(&emulator, "limit=2&variant_name=K%C3%B6ln").await;
    assert_eq!(response.status(), 302);
    let location = response.headers()["location"].to_str().unwrap();
    assert_eq!(
        location,
        url(&other, "v3", "limit=2&variant_name=K%C3%B6ln")
    );
    emulator.faults().assert_all_triggered("p");
}

#[tokio::test]
async fn an_outage_affects_every_request_until_the_clock_passes_its_end() {
    let rule = Rule::new(Fault::outage(Duration::from_secs(600)));
    let emulator = with_rule(rule.on_request(2).once()).await;
    let end = async || exchange(&emulator, "p", "limit=1").await.end;
    assert_eq!(end().await, End::Closed);
    assert_eq!((end().await, end().await), (End::Reset, End::Reset));
    emulator.clock().advance(Duration::from_secs(599));
    assert_eq!(end().await, End::Reset);
    emulator.clock().advance(Duration::from_secs(1));
    assert_eq!(end().await, End::Closed);
    assert_eq!(triggered(&emulator).len(), 3);

    let gateway = Refusal::new(504).with_body(ErrorBody::Empty);
    let rule = Rule::new(Fault::outage_with(Duration::from_secs(5), gateway));
    let emulator = with_rule(rule).await;
    assert_eq!(ask(&emulator, "").await.status(), 504);
}

#[tokio::test]
async fn requests_without_a_plan_and_under_other_plans_are_not_affected() {
    let emulator = with_rule(Rule::new(Fault::status(500))).await;
    let other = FaultPlan::new().with_rule(Rule::new(Fault::status(503)));
    emulator.faults().set("q", other).unwrap();
    page(&emulator, "v3", "limit=1").await;
    assert_eq!(exchange(&emulator, "q", "").await.status(), 503);
    assert_eq!(exchange(&emulator, "p", "").await.status(), 500);
    assert_eq!(triggered(&emulator).len(), 1);
    assert_eq!(emulator.faults().triggered().len(), 2);
    assert_eq!(emulator.journal().of_plan("q").len(), 1);

    let unknown = exchange(&emulator, "r", "").await;
    assert_eq!(unknown.status(), 400);
    let body = String::from_utf8(unknown.body).unwrap();
    assert!(body.contains("EMULATOR_PLAN_UNKNOWN"), "{body}");
}

#[tokio::test]
async fn the_default_plan_applies_to_requests_without_a_plan() {
    let plan = FaultPlan::new().with_rule(Rule::new(Fault::status(418)).once());
    let builder = Emulator::builder().data(Dataset::generate(1, 3));
    let emulator = builder.fault_plan(plan).start().await.unwrap();
    let response = crate::support::get(&emulator, "v3", "").await;
    assert_eq!(response.status(), 418);
    let journal = emulator.journal();
    assert_eq!(journal[0].plan(), Some("default"));
    assert_eq!(journal[0].faults(), ["rule-1"]);
    assert_eq!(journal[0].status(), 418);
}
