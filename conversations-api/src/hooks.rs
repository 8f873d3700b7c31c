//! What every request gets before it is sent, for all three clients.

use progenitor_client::{ClientHooks, ClientInfo, Error, OperationInfo};
use reqwest::Request;
use reqwest::header::HeaderName;

use crate::{ApiKey, v1, v2, v3};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const API_VERSION: HeaderName = HeaderName::from_static("api-version");

fn prepare(request: &mut Request, key: &ApiKey) {
    let headers = request.headers_mut();
    // The generator sends the document's own version number, which means nothing to the server.
    headers.remove(API_VERSION);
    headers.insert(API_KEY, key.header());
    // "Encode spaces as %20", says the v1 reference; form encoding writes them as `+`. A plus that is
    // meant is `%2B` already.
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
