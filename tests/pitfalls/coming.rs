//! Clients generated from our own documents with features that the vendor may publish: lists of any type, optional
//! bodies, and responses with more fields.

use conversations_api::ApiKey;
use conversations_tests::{RecordedRequest, Recorder, http};
use serde_json::{Value, json};

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

client!(responses, "responses.rs", "wire_responses.rs");

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
            "get_a.channels: channels=voice&channels=chat&needed=7&needed=12",
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

/// The enum of a request is closed, although a response may have any other value.
#[tokio::test]
async fn an_enum_of_requests_and_responses_is_sent_as_one_of_its_values() {
    let sent = sent!(responses);
    let lines: Vec<&str> = sent
        .iter()
        .map(|(_, request)| request.line.as_str())
        .collect();
    assert_eq!(lines, ["GET /a HTTP/1.1", "GET /a?kind=voice HTTP/1.1"]);
    assert!("fax".parse::<responses::client::types::Kind>().is_err());
}

/// Fields of a new document were strict: an enum had no other value, a bound made a `NonZeroU64`, and a list could not be
/// null. Each such value failed the page.
#[test]
fn no_unexpected_value_of_a_new_field_fails_the_record() {
    use responses::client::types::Call;

    for odd in [
        json!({}),
        json!({"kind": "fax"}),
        json!({"kind": null}),
        json!({"sentiment": "neutral"}),
        json!({"quality": 12.0}),
        json!({"quality": -1}),
        json!({"quality": "high"}),
        json!({"level": 0}),
        json!({"level": null}),
        json!({"count": -3}),
        json!({"count": 4.0}),
        json!({"score": -0.5}),
        json!({"ratio": "0.5"}),
        json!({"tags": null}),
        json!({"tags": []}),
        json!({"notes": null}),
        json!({"notes": ["b", "a", "b"]}),
        json!({"labels": null}),
        json!({"labels": {"a": null, "b": 3, "c": {"d": 1}}}),
        json!({"by_name": {"a": null, "b": {"stars": 9}}}),
        json!({"free": {"a": 1}}),
        json!({"review": null}),
        json!({"review": {"stars": 4}}),
        json!({"review": {"by": null, "stars": "many"}}),
        json!({"both": {"at": "yesterday", "by": 3}}),
        json!({"outcome": "none"}),
    ] {
        let mut sent = odd.clone();
        sent["id"] = "CA1".into();
        let call: Call =
            serde_json::from_value(sent.clone()).unwrap_or_else(|error| panic!("{odd}: {error}"));
        assert_eq!(serde_json::to_value(&call).unwrap(), sent, "{odd}");
    }
    let without_id: Result<Call, _> = serde_json::from_value(json!({"kind": "voice"}));
    assert!(without_id.is_err());
}

/// A choice of objects became an enum whose first variant took every value and dropped the rest of it; keys that a nested
/// object does not list were dropped, and 3 became 3.0 where the document has `number`.
#[test]
fn nothing_of_a_new_field_is_lost() {
    use responses::client::types::Call;

    let sent = r#"{"id":"CA1","outcome":{"to":"billing","by":"Ann"},"ratio":3,"score":3.0,"review":{"by":"Ann","new":[1]},"both":{"by":"Ann","at":"2026-04-01T09:00:00Z","new":{}},"extra":{"a":1},"other":null}"#;
    let call: Call = serde_json::from_str(sent).unwrap();
    let written: Value = serde_json::from_str(&serde_json::to_string(&call).unwrap()).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(sent).unwrap());
    let review = call.review.as_ref().unwrap();
    assert_eq!(review.by.as_deref(), Some("Ann"));
    assert_eq!(review.extra["new"], json!([1]));
    let both = call.both.as_ref().unwrap();
    assert_eq!((both.by.as_deref(), both.at.is_some()), (Some("Ann"), true));
    assert_eq!(
        call.extra["extra"],
        json!({"a": 1}),
        "the name of the map of unlisted fields"
    );
}
