//! Generates many records in parallel.

use std::ops::Range;
use std::sync::Arc;
use std::thread;

use bytes::Bytes;

use crate::data::entry::{Entry, Labels};
use crate::generate::record;

/// Number of records that share one allocation: large enough to need few, small enough that growing one
/// does not copy gigabytes.
const BATCH: usize = 1_024;

/// Minimum number of records per thread.
const FEW: u64 = 2_000;

/// The first `count` records of a seed, sorted by start time, then id, with their labels.
pub(crate) fn records(
    seed: u64,
    count: u64,
    account_id: &str,
    project_id: &str,
) -> (Vec<Arc<Entry>>, Labels) {
    let cores = thread::available_parallelism().map_or(1, usize::from) as u64;
    let parts = cores.min(count / FEW).max(1);
    let bound = |part| count * part / parts;
    let make = |part| part_of(seed, bound(part)..bound(part + 1), account_id, project_id);
    let (mut entries, labels) = thread::scope(|scope| {
        let others: Vec<_> = (1..parts)
            .map(|part| scope.spawn(move || make(part)))
            .collect();
        let (mut entries, mut labels) = make(0);
        entries.reserve_exact(usize::try_from(count).map_or(0, |count| count - entries.len()));
        for other in others {
            let (mut part, part_labels) = other
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let relabelled = labels.absorb(&part_labels);
            for entry in &mut part {
                let entry = Arc::get_mut(entry).expect("it is not shared yet");
                entry.relabel(&relabelled);
            }
            entries.append(&mut part);
        }
        (entries, labels)
    });
    // Each part is sorted, and a sort that detects runs merges them in linear time.
    entries.sort_by(|one, other| one.key().cmp(&other.key()));
    (entries, labels)
}

fn part_of(
    seed: u64,
    mut indices: Range<u64>,
    account_id: &str,
    project_id: &str,
) -> (Vec<Arc<Entry>>, Labels) {
    let mut labels = Labels::new();
    let mut entries = Vec::with_capacity(usize::try_from(indices.end - indices.start).unwrap_or(0));
    let mut buffer = Vec::new();
    while !indices.is_empty() {
        let mut ends = Vec::with_capacity(BATCH);
        for index in indices.by_ref().take(BATCH) {
            record::write(seed, index, account_id, project_id, &mut buffer);
            ends.push(buffer.len());
        }
        let bytes = Bytes::copy_from_slice(&buffer);
        buffer.clear();
        let mut start = 0;
        for end in ends {
            let (entry, _) = Entry::read(bytes.slice(start..end), &mut labels)
                .expect("every generated record is an object with an id and a start time");
            entries.push(Arc::new(entry));
            start = end;
        }
    }
    entries.sort_unstable_by(|one, other| one.key().cmp(&other.key()));
    (entries, labels)
}
