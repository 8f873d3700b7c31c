//! What the benches measure and nobody else is to use.

use bytes::Bytes;

use crate::{Record, decode, scan::PageScanner};

/// As large as the pieces that come over HTTP.
const PIECE: usize = 64 * 1024;

fn scan_all(body: &Bytes) -> Vec<crate::scan::Found> {
    let mut scanner = PageScanner::new(body.len());
    let mut found = Vec::new();
    for start in (0..body.len()).step_by(PIECE) {
        let piece = body.slice(start..body.len().min(start + PIECE));
        scanner.push(&piece, &mut found).expect("a page");
    }
    scanner.end().expect("a page");
    found
}

/// The records of a page.
pub fn records(body: &Bytes) -> Vec<Record> {
    let found = scan_all(body).into_iter();
    found
        .map(|found| decode::record(found, 1).expect("a record"))
        .collect()
}

/// How many elements the list of a page has.
pub fn scan(body: &Bytes) -> usize {
    scan_all(body).len()
}
