//! *wire*: the exact request line and headers, one snapshot per parameter and version.

use conversations_api::ApiKey;
use conversations_tests::{Recorder, http};

use crate::snapshots::{assert_no_leftovers, assert_snapshot};

macro_rules! wire_test {
    ($test:ident, $version:ident, $requests:literal) => {
        mod $version {
            include!(concat!(env!("OUT_DIR"), "/", $requests));
        }

        #[tokio::test]
        async fn $test() {
            let recorder = Recorder::start().await;
            let key = ApiKey::new("key-that-must-not-be-shown").unwrap();
            let client = &conversations_api::$version::Client::new_with_client(
                &recorder.base_url(),
                http(),
                key,
            );
            let mut names = Vec::new();
            for (name, request) in $version::requests(client) {
                // The server responds with a page, which not every operation can decode.
                let answered = request.await;
                let [sent] = &recorder.take()[..] else {
                    panic!("{name} sent not exactly one request: {answered:?}");
                };
                assert_snapshot(
                    concat!("wire/", stringify!($version)),
                    name,
                    &sent.normalized(),
                );
                names.push(name);
            }
            assert!(!names.is_empty());
            assert_no_leftovers(concat!("wire/", stringify!($version)), names);
        }
    };
}

wire_test!(each_v1_parameter_is_sent_as_reviewed, v1, "wire_v1.rs");
wire_test!(each_v2_parameter_is_sent_as_reviewed, v2, "wire_v2.rs");
wire_test!(each_v3_parameter_is_sent_as_reviewed, v3, "wire_v3.rs");
