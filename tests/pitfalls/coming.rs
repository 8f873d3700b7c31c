//! Requests of clients generated from our own documents with features that the vendor may publish: lists
//! of any type, and optional bodies.

use conversations_api::ApiKey;
use conversations_tests::{RecordedRequest, Recorder, http};

use crate::support::key;

macro_rules! client {
    ($name:ident, $client:literal, $requests:literal) => {
        mod $name {
            #[allow(
                missing_docs,
                missing_debug_implementations,
                unreachable_pub,
                unused_imports,
                dead_code,
                clippy::all,
                clippy::pedantic
            )]
            pub(crate) mod client {
                include!(concat!(env!("OUT_DIR"), "/", $client));
            }

            include!(concat!(env!("OUT_DIR"), "/", $requests));
        }

        impl progenitor_client::ClientHooks<ApiKey> for $name::client::Client {}
    };
}

client!(lists, "lists.rs", "wire_lists.rs");
client!(
    optional_bodies,
    "optional_bodies.rs",
    "wire_optional_bodies.rs"
);

/// The request that each case of a module sends, by name.
macro_rules! sent {
    ($name:ident) => {{
        let recorder = Recorder::start().await;
        let client = &$name::client::Client::new_with_client(&recorder.base_url(), http(), key());
        let mut sent: Vec<(&str, RecordedRequest)> = Vec::new();
        for (name, request) in $name::requests(client) {
            // The response belongs to another API; only the request matters.
            let _ = request.await;
            sent.push((name, recorder.take().remove(0)));
        }
        sent
    }};
}

/// Lists of anything but strings were rejected, because no example value could be derived.
#[tokio::test]
async fn a_list_of_any_scalar_type_is_sent_as_repeated_parameters() {
    let lines: Vec<String> = sent!(lists)
        .into_iter()
        .map(|(name, request)| {
            let query = request.line.strip_prefix("GET /a?").unwrap();
            format!("{name}: {}", query.strip_suffix(" HTTP/1.1").unwrap())
        })
        .collect();
    assert_eq!(
        lines,
        [
            "get_a.none: needed=7&needed=12",
            "get_a.texts: needed=7&needed=12&texts=WEBCHAT&texts=two+words",
            "get_a.days: days=7&days=12&needed=7&needed=12",
            "get_a.scores: needed=7&needed=12&scores=7.5&scores=12.0",
            "get_a.flags: flags=true&flags=false&needed=7&needed=12",
            "get_a.moods: moods=calm&moods=very+angry&needed=7&needed=12",
            "get_a.kinds: kinds=voice&kinds=chat&needed=7&needed=12",
            "get_a.times: needed=7&needed=12&times=2026-01-01T00%3A00%3A00Z&times=2026-02-01T00%3A00%3A00%2B01%3A00",
        ]
    );
}

/// An object body that was not set was sent as `{}`, and any other body that was not set was an error.
#[tokio::test]
async fn an_optional_body_is_sent_only_if_it_was_set() {
    let lines: Vec<String> = sent!(optional_bodies)
        .into_iter()
        .map(|(name, request)| {
            let kind = request.header("content-type").unwrap_or("no type");
            format!("{name}: {kind}, {:?}", request.body)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "bytes_body.body: application/octet-stream, \"body\"",
            "bytes_body.none: no type, \"\"",
            "form_body.body: application/x-www-form-urlencoded, \"\"",
            "form_body.none: no type, \"\"",
            "listBody.body: application/json, \"[]\"",
            "listBody.none: no type, \"\"",
            "body_that_needs_a_field.body: application/json, \"{\\\"note\\\":\\\"Front Desk + 1\\\"}\"",
            "body_that_needs_a_field.none: no type, \"\"",
            "object_body.body: application/json, \"{}\"",
            "object_body.none: no type, \"\"",
            "text_body.body: text/plain, \"body\"",
            "text_body.none: no type, \"\"",
        ]
    );
}
