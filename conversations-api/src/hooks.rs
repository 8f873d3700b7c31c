//! Request hooks shared by all three clients.

use progenitor_client::{ClientHooks, ClientInfo, Error, OperationInfo};
use reqwest::Request;
use reqwest::header::HeaderName;

use crate::{ApiKey, v1, v2, v3};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const API_VERSION: HeaderName = HeaderName::from_static("api-version");

fn prepare(request: &mut Request, key: &ApiKey) {
    let headers = request.headers_mut();
    // The generator sends the document's version number, which the server does not use.
    headers.remove(API_VERSION);
    headers.insert(API_KEY, key.header());
    // The v1 reference requires `%20` for spaces, but form encoding writes `+`. A literal plus is
    // already encoded as `%2B`.
    if let Some(query) = request.url().query().filter(|query| query.contains('+')) {
        let query = query.replace('+', "%20");
        request.url_mut().set_query(Some(&query));
    }
}

macro_rules! hooks {
    ($($version:ident),*) => {$(
        impl ClientHooks<ApiKey> for $version::Client {
            async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), Error<E>> {
                prepare(request, self.inner());
                Ok(())
            }
        }
    )*};
}

hooks!(v1, v2, v3);
