//! Request bodies of admin endpoints.

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde::de::DeserializeOwned;

use super::response::Refused;

/// Maximum size of a request body, in bytes.
const LARGEST: usize = 256 * 1024 * 1024;

pub(super) async fn text(body: Incoming) -> Result<String, Refused> {
    let whole = Limited::new(body, LARGEST).collect().await;
    let whole = whole
        .map_err(|_| Refused::bad("the body is incomplete or larger than 256 MB"))?
        .to_bytes();
    String::from_utf8(whole.into()).map_err(|_| Refused::bad("the body is not UTF-8"))
}

pub(super) fn read<T: DeserializeOwned>(body: &str) -> Result<T, Refused> {
    serde_json::from_str(body).map_err(|error| Refused::bad(format!("the body: {error}")))
}
