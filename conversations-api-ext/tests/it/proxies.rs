//! Which proxy a request takes, and which one an error names.

use std::{env, process::Command};

use conversations_api_ext::{
    ApiKey, BaseUrl, Client, ClientBuilder, Error, Project, Query, Region, RetryPolicy,
    reqwest::header::HeaderMap,
};

use crate::scripted::{KEY, Scripted, page};

/// Nothing listens here.
const PROXY: &str = "http://127.0.0.1:1";

/// Returns whether this process has one of the variables. If not, runs the test again in processes that have one each:
/// the environment of this one is that of all its tests.
fn has_variable(test: &str, names: &[&str], value: &str) -> bool {
    if names
        .iter()
        .any(|name| env::var(name).as_deref() == Ok(value))
    {
        return true;
    }
    for name in names {
        let mut again = Command::new(env::current_exe().unwrap());
        for other in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
            again.env_remove(other).env_remove(other.to_lowercase());
        }
        again
            .env(name, value)
            .arg("--exact")
            .arg(format!("proxies::{test}"));
        let run = again.output().unwrap();
        let report = String::from_utf8_lossy(&run.stdout);
        assert!(
            run.status.success() && report.contains("1 passed"),
            "{report}"
        );
    }
    false
}

fn builder(base_url: impl Into<BaseUrl>) -> ClientBuilder {
    let key = ApiKey::new(KEY).unwrap();
    Client::builder(base_url, Project::new("ws-1", "PROJECT-1").unwrap(), key)
        .retry(RetryPolicy::none())
}

async fn failure(builder: ClientBuilder) -> Error {
    let mut pages = builder.build().unwrap().pages(Query::v3());
    pages.next_page().await.unwrap_err()
}

#[tokio::test]
async fn no_proxy_of_the_environment_gets_the_key_over_plain_http() {
    let name = "no_proxy_of_the_environment_gets_the_key_over_plain_http";
    if !has_variable(name, &["HTTP_PROXY", "http_proxy", "ALL_PROXY"], PROXY) {
        return;
    }
    let server = Scripted::start([page(r#"{"conversations":[],"cursor":null}"#)]).await;
    // Reaches this machine, but is not known to.
    let url = server.base_url().replace("127.0.0.1", "0.0.0.0");
    let client = builder(BaseUrl::plain_http(&url, &["0.0.0.0"]).unwrap());
    let mut pages = client.build().unwrap().pages(Query::v3());
    assert!(pages.next_page().await.unwrap().is_some());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn an_error_names_the_proxy_of_the_environment_unless_another_one_may_be_set() {
    let name = "an_error_names_the_proxy_of_the_environment_unless_another_one_may_be_set";
    if !has_variable(name, &["HTTPS_PROXY"], PROXY) {
        return;
    }
    let host = || BaseUrl::gateway("https://0.0.0.0:1").unwrap();
    for builder in [
        builder(host()),
        builder(host()).default_headers(HeaderMap::new()),
    ] {
        let error = failure(builder).await.to_string();
        assert!(
            error.contains(&format!("the proxy {PROXY} was refused")),
            "{error}"
        );
    }
    let error = failure(builder(host()).configure_http(reqwest::ClientBuilder::no_proxy)).await;
    let error = error.to_string();
    assert!(
        error.contains("refused") && !error.contains("proxy"),
        "{error}"
    );
}

#[test]
fn a_variable_that_names_no_proxy_is_refused_unless_another_one_may_be_set() {
    let name = "a_variable_that_names_no_proxy_is_refused_unless_another_one_may_be_set";
    if !has_variable(name, &["HTTPS_PROXY"], "ftp://proxy") {
        return;
    }
    let builder = builder(Region::Us1);
    assert!(
        builder
            .clone()
            .configure_http(reqwest::ClientBuilder::no_proxy)
            .build()
            .is_ok()
    );
    for builder in [builder.clone().default_headers(HeaderMap::new()), builder] {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.contains("HTTPS_PROXY does not hold"), "{error}");
    }
}
