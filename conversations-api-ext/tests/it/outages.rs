//! How long failures are retried, in injected time.

use std::{sync::Arc, time::Duration};

use conversations_api_ext::{
    AgentsBaseUrl, ApiKey, Client, Clock, Error, ErrorKind, Parallel, Query, RetryPolicy, V3,
};
use conversations_emulator::{
    Emulator, ServerBehavior,
    fault::{DEFAULT_PLAN, Fault},
};

use crate::{
    parallel::fails,
    scripted::{Reply, Scripted, answer, head, page},
    support::{april, client_builder, emulator},
    waits::{Stopped, Waits},
};

const LIMIT: Duration = Duration::from_secs(5 * 60);
const LAST: &str = r#"{"conversations":[{"id":"a"}],"cursor":null}"#;

/// A fetch in windows from a server that fails from the second request on.
struct Outage {
    emulator: Emulator,
    clock: Arc<Stopped>,
    records: Parallel,
}

impl Outage {
    async fn start(windows: u8, policy: RetryPolicy) -> Self {
        let emulator = emulator(900, ServerBehavior::default()).await;
        fails(&emulator, Fault::status(503), 2, None);
        let clock = Stopped::new();
        let client = client_builder::<V3>(&emulator)
            .retry(policy)
            .clock(Arc::clone(&clock) as Arc<dyn Clock>)
            .seed(7)
            .build()
            .unwrap();
        let query = Query::v3().page_size(5).unwrap();
        let records = client.parallel(query, april()).at_once(windows).unwrap();
        Self {
            emulator,
            clock,
            records,
        }
    }

    /// Reads to the end, and returns the error. The server responds again after this time.
    async fn until(&mut self, recovery: Duration) -> Option<Error> {
        let mut is_over = false;
        loop {
            // All windows wait for a retry before time passes.
            let open = format!("{:?}", self.records);
            let open = open.split_once("open: ").unwrap().1;
            let open = open.split(',').next().unwrap().parse().unwrap();
            tokio::select! {
                record = self.records.next_record() => match record {
                    Ok(Some(_)) => {}
                    Ok(None) => return None,
                    Err(error) => return Some(error),
                },
                () = self.clock.advance_to_next(open) => {}
                // Windows may have ended meanwhile.
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
            }
            if !is_over && self.clock.passed() >= recovery {
                assert!(self.emulator.faults().remove(DEFAULT_PLAN));
                is_over = true;
            }
        }
    }

    /// Checks that no more was sent than the requests of a fetch without an outage, the budget, and a retry a second.
    fn check_requests(&self, windows: u8) {
        let most = u64::from(windows) + 2 + 100 + self.clock.passed().as_secs();
        let failed = self.emulator.journal().len() as u64;
        assert!(failed <= most, "{failed} requests, {windows} windows");
    }
}

#[tokio::test]
async fn an_outage_ends_a_fetch_at_the_time_limit_whatever_the_number_of_windows() {
    for windows in [1, 4, 16, 32] {
        let policy = RetryPolicy::default().attempts(u32::MAX).time_limit(LIMIT);
        let mut outage = Outage::start(windows, policy).await;
        let error = outage.until(Duration::MAX).await.unwrap();
        assert!(
            error.to_string().contains("(retry time limit reached)"),
            "{error}"
        );
        assert_eq!(outage.clock.passed(), LIMIT, "{windows} windows: {error}");
        outage.check_requests(windows);
    }
}

#[tokio::test]
async fn an_outage_shorter_than_the_time_limit_costs_no_window() {
    for windows in [1, 4, 16, 32] {
        let policy = RetryPolicy::default().attempts(u32::MAX).time_limit(LIMIT);
        let mut outage = Outage::start(windows, policy).await;
        let recovery = LIMIT - Duration::from_secs(60);
        let error = outage.until(recovery).await;
        assert!(error.is_none(), "{windows} windows: {error:?}");
        assert!(outage.records.missing().is_empty());
        assert!(outage.clock.passed() <= LIMIT, "{windows} windows");
    }
}

#[tokio::test]
async fn many_windows_are_retried_as_long_as_the_number_of_attempts_allows() {
    for windows in [16, 32] {
        let mut outage = Outage::start(windows, RetryPolicy::default()).await;
        let error = outage.until(Duration::MAX).await.unwrap();
        assert_eq!(error.kind(), ErrorKind::Server);
        // Half a minute is the mean of eight attempts; the most impatient of many windows ends the fetch.
        let passed = outage.clock.passed();
        assert!((5..60).contains(&passed.as_secs()), "{passed:?}: {error}");
        outage.check_requests(windows);
    }
}

#[tokio::test]
async fn pages_that_arrive_at_the_third_attempt_do_not_use_up_the_budget() {
    let busy = || answer("503 Service Unavailable", "", "");
    let some = |number: u32| {
        page(&format!(
            r#"{{"conversations":[{{"id":"{number}"}}],"cursor":"{number}"}}"#
        ))
    };
    let pages = (0..150).flat_map(|number| [busy(), busy(), some(number)]);
    let server = Scripted::start(pages.chain([page(LAST)])).await;
    let policy = RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO);
    let client = server
        .builder()
        .retry(policy)
        .clock(Waits::new())
        .build()
        .unwrap();
    let records = client.records(Query::v3()).collect_up_to(1000).await;
    assert_eq!(records.unwrap().len(), 151);
}

/// Returns the start of a page of 20 records, up to the end of record number `count`.
fn start_of_page(count: usize) -> String {
    let records: Vec<_> = (0..count).map(|id| format!(r#"{{"id":"{id}"}}"#)).collect();
    format!(r#"{{"conversations":[{}"#, records.join(","))
}

fn cut_off(count: usize) -> Vec<u8> {
    head("200 OK", "", 10_000, start_of_page(count).as_bytes())
}

fn whole_page() -> Reply {
    page(&(start_of_page(20) + r#"],"cursor":null}"#))
}

#[tokio::test]
async fn an_attempt_that_brought_new_records_is_not_counted() {
    let client = |server: &Scripted| {
        let policy = RetryPolicy::default().attempts(2);
        let builder = server.builder().retry(policy).clock(Waits::new());
        builder.build().unwrap()
    };
    let growing = (1..=20).map(|count| Reply::Send(cut_off(count)));
    let server = Scripted::start(growing.chain([whole_page()])).await;
    let mut records = client(&server).records(Query::v3());
    assert_eq!(records.collect_up_to(100).await.unwrap().len(), 20);
    assert_eq!((records.retries(), records.duplicates()), (20, 0));

    let same = [3, 3, 3].map(|count| Reply::Send(cut_off(count)));
    let server = Scripted::start(same.into_iter().chain([whole_page()])).await;
    let error = client(&server)
        .records(Query::v3())
        .collect_up_to(100)
        .await;
    assert_eq!(
        (error.unwrap_err().attempts(), server.requests().len()),
        (2, 2)
    );
}

#[tokio::test]
async fn a_page_that_ends_at_the_same_place_is_given_up_although_it_brings_new_records() {
    let moving = (0..20).map(|number| {
        let body = format!(r#"{{"conversations":[{{"id":"new {number}"}},{{"id":"a"}}"#);
        Reply::Send(head("200 OK", "", 10_000, body.as_bytes()))
    });
    let server = Scripted::start(moving).await;
    let policy = RetryPolicy::default().attempts(3);
    let builder = server.builder().retry(policy).clock(Waits::new());
    let mut records = builder.build().unwrap().records(Query::v3());
    assert!(records.collect_up_to(100).await.is_err());
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_page_that_arrives_for_longer_than_the_time_limit_is_retried_if_it_breaks_off() {
    let server = Scripted::start([Reply::Stall(cut_off(3)), whole_page()]).await;
    let clock = Stopped::new();
    let client = server
        .builder()
        .retry(RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO))
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .stall_timeout(Duration::from_millis(500))
        .build()
        .unwrap();
    let mut records = client.records(Query::v3());
    records.next_record().await.unwrap().unwrap();
    clock.advance(Duration::from_secs(16 * 60));
    assert_eq!(records.collect_up_to(100).await.unwrap().len(), 19);
    assert_eq!(records.retries(), 1);
}

#[tokio::test]
async fn a_retry_does_not_wait_for_the_rate_limiter_beyond_the_time_limit() {
    let server = Scripted::start([answer("503 Service Unavailable", "", ""), page(LAST)]).await;
    let clock = Stopped::new();
    let client = server
        .builder()
        .retry(RetryPolicy::default().time_limit(Duration::from_secs(30)))
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .max_requests_per_minute(2)
        .build()
        .unwrap();
    let mut failing = client.pages(Query::v3());
    let failing = tokio::spawn(async move { failing.next_page().await.unwrap_err() });
    clock.sleepers(1).await;
    // Another stream sends the second request of the minute.
    assert!(client.pages(Query::v3()).next_page().await.is_ok());
    clock.advance(Duration::from_secs(1));
    let error = tokio::time::timeout(Duration::from_secs(20), failing).await;
    let error = error.expect("it waits for the next minute").unwrap();
    assert!(
        error.to_string().contains("(retry time limit reached)"),
        "{error}"
    );
}

#[tokio::test]
async fn a_busy_agents_host_holds_up_the_list_only_with_a_429_for_the_same_key() {
    for (status, has_other_key, is_held_up) in [
        ("503 Service Unavailable", false, false),
        ("429 Too Many Requests", true, false),
        ("429 Too Many Requests", false, true),
    ] {
        let list = Scripted::start([page(LAST)]).await;
        let agents = Scripted::start([answer(status, "Retry-After: 30\r\n", "")]).await;
        let base_url: AgentsBaseUrl = agents.base_url().parse().unwrap();
        let clock = Stopped::new();
        let mut builder = list
            .builder()
            .agents_base_url(base_url)
            .retry(RetryPolicy::default())
            .clock(Arc::clone(&clock) as Arc<dyn Clock>);
        if has_other_key {
            builder = builder.agents_api_key(ApiKey::new("another-key").unwrap());
        }
        let client: Client = builder.build().unwrap();
        let other = client.clone();
        let busy = tokio::spawn(async move { other.conversation("CA1").await });
        clock.sleepers(1).await;
        let mut pages = client.pages(Query::v3());
        let has_page = tokio::select! {
            page = pages.next_page() => page.unwrap().is_some(),
            () = clock.sleepers(2) => false,
        };
        assert_eq!(has_page, !is_held_up, "{status}, {has_other_key}");
        busy.abort();
    }
}
