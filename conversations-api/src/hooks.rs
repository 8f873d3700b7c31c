//! Request hooks shared by all clients.
#![expect(
    clippy::result_large_err,
    reason = "the error type is that of the generated clients, which call these functions"
)]

use progenitor_client::{ClientHooks, ClientInfo, Error, OperationInfo};
use reqwest::header::{ACCEPT_ENCODING, HeaderName, HeaderValue};
use reqwest::{Request, Response, Url};

use crate::{ApiKey, agents, v1, v2, v3};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const API_VERSION: HeaderName = HeaderName::from_static("api-version");

/// The operations that return a recording.
const RECORDINGS: [&str; 2] = ["get_recording", "get_recording_stream"];

/// The start of the error for a response from another origin; its end is that origin.
pub const REDIRECTED: &str = "the HTTP client followed a redirect to";

/// The base URLs of every client.
const BASE_URLS: [&[&str]; 4] = [
    v1::BASE_URLS,
    v2::BASE_URLS,
    v3::BASE_URLS,
    agents::BASE_URLS,
];

fn prepare<E>(
    request: &mut Request,
    info: &OperationInfo,
    key: &ApiKey,
    own: &[&str],
) -> Result<(), Error<E>> {
    refuse_other_hosts::<E>(request.url(), own)?;
    let headers = request.headers_mut();
    // The generator sends the document's version number, which the server does not use.
    headers.remove(API_VERSION);
    headers.insert(API_KEY, key.header());
    if RECORDINGS.contains(&info.operation_id) {
        // A range counts the bytes of what is sent: of a compressed recording it would be another part.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    // The v1 reference requires `%20` for spaces, but form encoding writes `+`. A literal plus is
    // already encoded as `%2B`.
    if let Some(query) = request.url().query().filter(|query| query.contains('+')) {
        let query = query.replace('+', "%20");
        request.url_mut().set_query(Some(&query));
    }
    Ok(())
}

/// Fails before the key is added if the request would go to a host that serves the operations of
/// another client: it would get a key that was not meant for it.
fn refuse_other_hosts<E>(url: &Url, own: &[&str]) -> Result<(), Error<E>> {
    // A host name with the dot of the root is the same host.
    let host = url.host_str().map(|host| host.trim_end_matches('.'));
    let serves = |urls: &[&str]| {
        urls.iter()
            .filter_map(|base| Url::parse(base).ok())
            .any(|base| base.host_str() == host)
    };
    if serves(own) || !BASE_URLS.into_iter().any(serves) {
        return Ok(());
    }
    Err(Error::InvalidRequest(format!(
        "the host {} does not serve this operation: use one of {}",
        host.unwrap_or_default(),
        own.join(", ")
    )))
}

/// Rejects a response from another origin: an HTTP client that follows redirects has taken the key there, and the
/// records of that host must not pass for those of the API.
fn check_origin<E>(response: &Response, base_url: &str) -> Result<(), Error<E>> {
    let origin = response.url().origin();
    if Url::parse(base_url).is_ok_and(|base_url| base_url.origin() == origin) {
        return Ok(());
    }
    let origin = origin.ascii_serialization();
    Err(Error::Custom(format!("{REDIRECTED} {origin}")))
}

macro_rules! hooks {
    ($($module:ident),*) => {$(
        impl ClientHooks<ApiKey> for $module::Client {
            async fn pre<E>(&self, request: &mut Request, info: &OperationInfo) -> Result<(), Error<E>> {
                prepare(request, info, self.inner(), $module::BASE_URLS)
            }

            async fn post<E>(
                &self,
                result: &reqwest::Result<Response>,
                _: &OperationInfo,
            ) -> Result<(), Error<E>> {
                match result {
                    Ok(response) => check_origin(response, self.baseurl()),
                    Err(_) => Ok(()),
                }
            }
        }
    )*};
}

hooks!(v1, v2, v3, agents);
