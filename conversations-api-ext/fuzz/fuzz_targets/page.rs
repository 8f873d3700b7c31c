//! Bytes of any kind in the place of a page: no panic, no record that is not JSON, and the same outcome
//! however they are cut into pieces.
#![no_main]

use bytes::Bytes;
use conversations_api_ext::bench::anything;
use libfuzzer_sys::fuzz_target;

/// Small, so that records which are too long are met as well.
const MAX_RECORD: usize = 512;

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, body) = input;
    let body = Bytes::copy_from_slice(body);
    let whole = anything(&body, body.len(), MAX_RECORD);
    let pieces = anything(&body, usize::from(piece), MAX_RECORD);
    assert_eq!(whole.is_ok(), pieces.is_ok(), "{whole:?} {pieces:?}");
    let (Ok(whole), Ok(pieces)) = (whole, pieces) else {
        return;
    };
    assert_eq!(whole, pieces);
    for record in whole.into_iter().flatten() {
        assert!(record.len() <= MAX_RECORD);
        serde_json::from_str::<serde_json::Value>(&record).expect("a record is JSON");
    }
});
