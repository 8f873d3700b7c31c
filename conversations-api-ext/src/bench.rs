//! What the benches measure and the fuzzer attacks; nobody else is to use it.

use bytes::Bytes;

use crate::{
    Drift, Record, Redaction, pager::next_page::next_page, pager::prefetch, response::decode,
    response::gunzip::Gunzip, response::scan::PageScanner,
};

/// As large as the pieces that come over HTTP.
const PIECE: usize = 64 * 1024;

fn scan_all(body: &Bytes) -> Vec<crate::response::scan::Element> {
    let mut scanner = PageScanner::new(body.len());
    let mut found = Vec::new();
    for start in (0..body.len()).step_by(PIECE) {
        let piece = body.slice(start..body.len().min(start + PIECE));
        scanner
            .push(&piece, &mut found)
            .expect("benches give whole pages");
    }
    scanner.end().expect("benches give whole pages");
    found
}

/// The records of a page.
pub fn records(body: &Bytes) -> Vec<Record> {
    let found = scan_all(body).into_iter();
    found
        .map(|found| decode::record(found, 1).expect("benches give records that are in order"))
        .collect()
}

/// Hands records over from a task to the reader in batches of `size`, as many as a decompressed chunk has. Returns the
/// number that arrived.
pub async fn hand_over(records: &[Record], size: usize) -> usize {
    let batches = records
        .chunks(size)
        .map(|batch| batch.iter().cloned().map(Ok).collect());
    prefetch::hand_over(batches.collect(), 1000, 8 * 1024).await
}

/// How many elements the list of a page has.
pub fn scan(body: &Bytes) -> usize {
    scan_all(body).len()
}

/// Decompresses a gzip body that arrives in chunks of `size` bytes, and passes the result on in the chunks that the
/// scanner gets. Returns the number of these chunks.
pub fn decompress(packed: &Bytes, size: usize, mut each: impl FnMut(Bytes)) -> usize {
    let mut gunzip = Gunzip::new();
    let mut count = 0;
    let mut pass_on = |gunzip: &mut Gunzip| {
        count += 1;
        each(gunzip.take());
    };
    for start in (0..packed.len()).step_by(size) {
        gunzip.feed(packed.slice(start..packed.len().min(start + size)));
        loop {
            gunzip.decompress().expect("benches give valid bodies");
            if !gunzip.is_due() {
                break;
            }
            pass_on(&mut gunzip);
        }
    }
    pass_on(&mut gunzip);
    count
}

/// Decompresses and scans a gzip body that arrives in chunks of `size` bytes. Returns the number of its elements.
pub fn decompress_and_scan(packed: &Bytes, size: usize) -> usize {
    let mut scanner = PageScanner::new(usize::MAX);
    let (mut found, mut count) = (Vec::new(), 0);
    decompress(packed, size, |chunk| {
        scanner
            .push(&chunk, &mut found)
            .expect("benches give whole pages");
        count += found.drain(..).count();
    });
    scanner.end().expect("benches give whole pages");
    count
}

/// What bytes of any kind give that arrive in pieces of `piece` bytes, with records of `max_record` bytes at most:
/// the JSON of each record, or the text of its error; or why they are no page. Each record is decoded, masked
/// and looked at as well.
///
/// # Errors
///
/// The reason why the bytes are no page, in words.
pub fn anything(
    body: &Bytes,
    piece: usize,
    max_record: usize,
) -> Result<Vec<Result<String, String>>, String> {
    let mut scanner = PageScanner::new(max_record);
    let mut found = Vec::new();
    for start in (0..body.len()).step_by(piece.max(1)) {
        let piece = body.slice(start..body.len().min(start + piece.max(1)));
        let pushed = scanner.push(&piece, &mut found);
        pushed.map_err(|reason| reason.to_string())?;
    }
    let end = scanner.end().map_err(|reason| reason.to_string())?;
    next_page(&end, body.len()).map_err(|reason| reason.to_string())?;
    let mut drift = Drift::default();
    let items = found.into_iter().map(|found| {
        let record = decode::record(found, 1).map_err(|error| error.to_string())?;
        drift.observe(&record);
        if let Ok(conversation) = record.decode() {
            Redaction::default()
                .conversation(&conversation)
                .map_err(|error| error.to_string())?;
        }
        assert_eq!(Redaction::default().record(&record).id(), record.id());
        Ok(record.raw().to_owned())
    });
    Ok(items.collect())
}
