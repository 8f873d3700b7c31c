//! Lists in the query of a document of our own: of numbers, booleans, times and values of an enum, which the
//! vendor may publish any day.

use conversations_api::ApiKey;
use conversations_tests::{Recorder, http};

use crate::support::key;

#[allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_imports,
    dead_code,
    clippy::all
)]
mod client {
    include!(concat!(env!("OUT_DIR"), "/lists.rs"));
}

use client::Client;

mod wire {
    include!(concat!(env!("OUT_DIR"), "/wire_lists.rs"));
}

impl progenitor_client::ClientHooks<ApiKey> for Client {}

/// Lists of anything but texts were refused, since nobody had said how an example of one is written.
#[tokio::test]
async fn p23_a_list_of_any_scalar_is_sent_an_item_at_a_time() {
    let recorder = Recorder::start().await;
    let client = &Client::new_with_client(&recorder.base_url(), http(), key());
    let mut lines = Vec::new();
    for (name, request) in wire::requests(client) {
        // The answer is one of another API; what counts is what was sent.
        let _ = request.await;
        let sent = recorder.take().remove(0).line;
        let query = sent.strip_prefix("GET /a?").unwrap();
        lines.push(format!(
            "{name}: {}",
            query.strip_suffix(" HTTP/1.1").unwrap()
        ));
    }
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
