//! gzip for clients that accept it.

use std::convert::Infallible;

use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use tower::{ServiceExt, service_fn};
use tower_http::CompressionLevel;
use tower_http::compression::Compression;

use super::body::Body;

/// Compresses an answer if its request says that it may be.
pub(crate) async fn compressed(asked: &HeaderMap, response: Response<Body>) -> Response<Body> {
    if !asked.contains_key(ACCEPT_ENCODING) {
        return response;
    }
    let mut request = Request::new(());
    for value in asked.get_all(ACCEPT_ENCODING) {
        request.headers_mut().append(ACCEPT_ENCODING, value.clone());
    }
    let mut made = Some(response);
    let answer = service_fn(move |_: Request<()>| {
        let response = made.take().expect("one request is sent to this service");
        async { Ok::<_, Infallible>(response) }
    });
    // Loopback has bandwidth to spare, the processor does not.
    let service = Compression::new(answer).quality(CompressionLevel::Fastest);
    match service.oneshot(request).await {
        Ok(response) => response.map(|body| body.map_err(Into::into).boxed_unsync()),
        Err(never) => match never {},
    }
}
