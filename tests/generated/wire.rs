//! *wire*: the exact request line and headers, one snapshot per parameter and client module.

use conversations_api::ApiKey;
use conversations_tests::{Recorder, http};

use crate::snapshots::{assert_no_leftovers, assert_snapshot};

macro_rules! wire_test {
    ($test:ident, $module:ident, $requests:literal) => {
        mod $module {
            include!(concat!(env!("OUT_DIR"), "/", $requests));
        }

        #[tokio::test]
        async fn $test() {
            let recorder = Recorder::start().await;
            let key = ApiKey::new("key-that-must-not-be-shown").unwrap();
            let client = &conversations_api::$module::Client::new_with_client(
                &recorder.base_url(),
                http(),
                key,
            );
            let mut names = Vec::new();
            for (name, request) in $module::requests(client) {
                // The server responds with a page, which not every operation can decode.
                let answered = request.await;
                let [sent] = &recorder.take()[..] else {
                    panic!("{name} sent not exactly one request: {answered:?}");
                };
                assert_snapshot(
                    concat!("wire/", stringify!($module)),
                    name,
                    &sent.normalized(),
                );
                names.push(name);
            }
            // A module without operations has no base URLs either.
            assert_eq!(
                names.is_empty(),
                conversations_api::$module::BASE_URLS.is_empty()
            );
            assert_no_leftovers(concat!("wire/", stringify!($module)), names);
        }
    };
}

wire_test!(each_v1_parameter_is_sent_as_reviewed, v1, "wire_v1.rs");
wire_test!(each_v2_parameter_is_sent_as_reviewed, v2, "wire_v2.rs");
wire_test!(each_v3_parameter_is_sent_as_reviewed, v3, "wire_v3.rs");
wire_test!(
    each_agents_parameter_is_sent_as_reviewed,
    agents,
    "wire_agents.rs"
);
