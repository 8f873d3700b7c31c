//! gzip for clients that accept it.

use std::convert::Infallible;

use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use tower::{ServiceExt, service_fn};
use tower_http::CompressionLevel;
use tower_http::compression::Compression;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};

use super::body::Body;

/// Compresses a response if its request accepts gzip.
pub(crate) async fn compressed(asked: &HeaderMap, response: Response<Body>) -> Response<Body> {
    if !asked.contains_key(ACCEPT_ENCODING) {
        return response;
    }
    let mut request = Request::new(());
    for value in asked.get_all(ACCEPT_ENCODING) {
        request.headers_mut().append(ACCEPT_ENCODING, value.clone());
    }
    let mut made = Some(response);
    let response = service_fn(move |_: Request<()>| {
        let response = made.take().expect("the service handles one request");
        async { Ok::<_, Infallible>(response) }
    });
    // Loopback has bandwidth to spare; the CPU is the bottleneck.
    // A compressed recording could not be resumed by the byte.
    let compressible = DefaultPredicate::new().and(NotForContentType::const_new("audio/"));
    let service = Compression::new(response)
        .quality(CompressionLevel::Fastest)
        .compress_when(compressible);
    match service.oneshot(request).await {
        Ok(response) => response.map(|body| body.map_err(Into::into).boxed_unsync()),
        Err(never) => match never {},
    }
}
