//! Sends requests with headers of a gateway, a connection pool and a retry strategy of the program's own, and through a
//! proxy with a certificate of the company's own if there are any.
//!
//! Run with `cargo run -p conversations-api-ext --example customized_client`. Set `COMPANY_PROXY` to the URL of a proxy,
//! and `COMPANY_CA` to the path of a PEM file.

use std::{
    env,
    error::Error,
    fs,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use conversations_api_ext::{
    ApiKey, Attempt, BaseUrl, Client, Project, Query, RetryDecision, RetryPolicy, RetryStrategy,
    reqwest::{
        self,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
};
use conversations_emulator::{Dataset, Emulator};

/// A gateway that returns 404 for a moment after each deployment.
struct Redeployed;

impl RetryStrategy for Redeployed {
    fn on_error(
        &self,
        error: &conversations_api_ext::Error,
        attempt: u32,
        _elapsed: Duration,
    ) -> RetryDecision {
        match error.status() {
            Some(404) if attempt < 3 => RetryDecision::RetryAfter(Duration::from_millis(10)),
            _ => RetryDecision::Policy,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let data = Dataset::generate(5, 50);
    let project = Project::new(data.account_id(), "PROJECT-MISSING")?;
    let emulator = Emulator::builder().data(data).start().await?;
    let base_url: BaseUrl = emulator.base_url().parse()?;

    let attempts = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&attempts);
    let mut builder = Client::builder(base_url, project, ApiKey::new(emulator.api_key())?)
        .application("customized-client/1.0")
        .default_headers(HeaderMap::from_iter([(
            HeaderName::from_static("x-team"),
            HeaderValue::from_static("analytics"),
        )]))
        .configure_http(|http| http.pool_max_idle_per_host(2))
        .retry(RetryPolicy::default().attempts(5))
        .retry_strategy(Redeployed)
        .observer(move |attempt: &Attempt<'_>| {
            counted.store(attempt.number(), Ordering::Relaxed);
        });
    if let Ok(url) = env::var("COMPANY_PROXY") {
        let proxy = reqwest::Proxy::https(url)?;
        builder = builder.configure_http(move |http| http.proxy(proxy.clone()));
    }
    if let Ok(path) = env::var("COMPANY_CA") {
        builder = with_certificate(builder, fs::read(path)?);
    }
    let client = builder.build()?;

    let error = client.records(Query::v3()).next_record().await;
    let error = error.expect_err("the emulator has no such project");
    println!("{error}");
    assert!(error.is_wrong_region_or_project());
    assert_eq!((error.attempts(), attempts.load(Ordering::Relaxed)), (3, 3));
    Ok(())
}

#[cfg(any(feature = "rustls", feature = "rustls-ring"))]
fn with_certificate(
    builder: conversations_api_ext::ClientBuilder,
    pem: Vec<u8>,
) -> conversations_api_ext::ClientBuilder {
    builder.root_certificates(pem)
}

/// The TLS library of the operating system has the certificates of the operating system.
#[cfg(not(any(feature = "rustls", feature = "rustls-ring")))]
fn with_certificate(
    builder: conversations_api_ext::ClientBuilder,
    _: Vec<u8>,
) -> conversations_api_ext::ClientBuilder {
    builder
}
