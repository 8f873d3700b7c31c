//! [`Items`]: the new records of a page, and [`Receiver`], which takes them.

use std::{collections::hash_map::Entry, future::Future};

use super::{
    Pager,
    position::Position,
    progress::{Progress, Received},
};
use crate::{
    Error, Record,
    query::time::is_at_an_edge,
    response::{decode, scan::Element},
    stable_hash::stable_hash,
};

/// The items of a page or of a part of it: a record or an error for each.
pub(crate) type Items = Vec<Result<Record, Error>>;

/// Returns the number of bytes that an item keeps in memory.
pub(crate) fn item_len(item: &Result<Record, Error>) -> usize {
    match item {
        Ok(record) => record.raw_bytes().len(),
        Err(error) => error.record_bytes().map_or(0, bytes::Bytes::len),
    }
}

/// Receives the items of a page while it arrives.
pub(crate) trait Receiver: Send {
    /// Takes the items. Returns `false` if no more are wanted.
    fn receive(&mut self, items: Items) -> impl Future<Output = bool> + Send;
}

impl Receiver for Items {
    async fn receive(&mut self, items: Items) -> bool {
        self.extend(items);
        true
    }
}

impl Pager {
    /// Returns the new items: drops those of an earlier attempt, of an earlier page, or outside the time range.
    pub(super) fn take(
        &mut self,
        found: &mut Vec<Element>,
        here: &Position,
        attempt: u32,
        progress: &mut Progress,
    ) -> Items {
        let range = self.spec.range();
        let mut items = Vec::with_capacity(found.len());
        for found in found.drain(..) {
            let item = decode::record(found, self.number);
            let in_overlap = progress.position < self.paging.overlap();
            let bits = match &item {
                Ok(record) => self.seen.bits(record.id()),
                Err(error) => self.seen.bits((progress.position, error.record_bytes())),
            };
            if let Ok(record) = &item {
                progress.ids.add(record.id());
                progress.overlap_known += usize::from(self.paging.is_anchor(record.id()));
            }
            progress.position += 1;
            if let Err(error) = &item {
                let hash = self.seen.bits(error.record_bytes());
                // Otherwise an overlap of malformed records would look like one without a known record.
                if in_overlap && self.previous_malformed.contains(&hash) {
                    progress.overlap_known += 1;
                    continue;
                }
                progress.malformed += 1;
                progress.malformed_hashes.insert(hash);
            }
            let content = (item.as_ref()).map_or(0, |record| crc32fast::hash(record.raw_bytes()));
            let (is_duplicate, first) = match progress.received.entry(bits) {
                Entry::Occupied(mut entry) => {
                    let received = *entry.get();
                    progress.overlap_known += usize::from(in_overlap && received.known);
                    if received.attempt != attempt {
                        // Of an earlier attempt, only another version is worth reporting or passing on.
                        if received.content == content {
                            continue;
                        }
                        entry.insert(Received {
                            attempt,
                            content,
                            ..received
                        });
                    }
                    (true, Some(received.content))
                }
                Entry::Vacant(entry) => {
                    let known = item.is_ok() && !self.seen.insert(bits);
                    entry.insert(Received {
                        attempt,
                        known,
                        content,
                    });
                    let first = self.previous.get(&bits).map(|received| received.content);
                    let is_reread = self.paging.is_rereading(here);
                    if known && in_overlap {
                        progress.overlap_known += 1;
                        // What the page before did not have is not its end.
                        progress.unexplained += usize::from(first.is_none() && !is_reread);
                        // Records requested twice on purpose are not duplicates, unless they have changed.
                        if first.map_or(!self.keep_duplicates, |first| first == content) {
                            continue;
                        }
                    }
                    progress.is_head &= known && first.is_some();
                    let is_out_of_place = !progress.is_head && !is_reread && !in_overlap;
                    progress.unexplained += usize::from(known && is_out_of_place);
                    (known, first.filter(|_| known))
                }
            };
            if is_duplicate {
                progress.duplicates += 1;
                progress.conflicts += usize::from(first.is_some_and(|first| first != content));
                if !self.keep_duplicates || item.is_err() {
                    continue;
                }
            }
            let Ok(record) = &item else {
                items.push(item);
                continue;
            };
            // Every request draws its own sample: a second attempt completes that of the first one.
            if self.is_sample() && progress.new >= self.spec.page_size as usize {
                continue;
            }
            progress.new += usize::from(!is_duplicate);
            if record
                .started_at()
                .is_none_or(|start| range.contains(start))
            {
                items.push(item);
            } else {
                // At the edges of the requested range, such a record is nothing to report.
                let is_at_an_edge = |start| is_at_an_edge(range.start(), range.end(), start);
                if !record.started_at().is_some_and(is_at_an_edge) {
                    let hash = stable_hash(record.id().as_bytes());
                    progress.outside_range.push(hash);
                }
            }
        }
        items
    }
}
