//! [`PairedStreams`]: two streams read concurrently, with their records paired by id.

use std::{
    collections::{HashMap, HashSet},
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream as _;

use super::side::Side;
use crate::{Error, Record, Records, TimeRange};

/// The maximum size of the records that wait for their counterparts, in bytes.
const HELD: usize = 32 << 20;

/// The maximum number of records that a side is read ahead of the other, until that one ends.
const AHEAD: u64 = 1000;

/// The reason why a window was not read to the end.
pub(super) enum Stop {
    /// The memory limit for waiting records was reached.
    TooMuch,
    /// The side with this index failed.
    Failed(usize, Error),
}

/// Records that wait for the record with the same id from the other side.
#[derive(Default)]
pub(super) struct Unpaired {
    records: HashMap<Box<str>, (usize, Record)>,
    bytes: usize,
}

impl Unpaired {
    /// Returns the counterpart of a record; without one, the record waits and `None` is returned.
    pub(super) fn pair(&mut self, side: usize, record: &Record) -> Option<Record> {
        match self.records.get(record.id()) {
            Some((other, _)) if *other != side => {
                let (_, counterpart) = self.records.remove(record.id())?;
                self.bytes -= size(&counterpart);
                Some(counterpart)
            }
            // The same id occurs twice on one side, in two windows: the first record waits.
            Some(_) => None,
            None => {
                // Detached, so that it does not keep its page in memory.
                let record = record.detached();
                self.bytes += size(&record);
                self.records.insert(record.id().into(), (side, record));
                None
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the records that still wait, by id.
    pub(super) fn into_records(self) -> Vec<(usize, Record)> {
        let mut left: Vec<_> = self.records.into_values().collect();
        left.sort_by(|one, two| one.1.id().cmp(two.1.id()));
        left
    }
}

fn size(record: &Record) -> usize {
    // Id, time and the map entry take about this much memory.
    record.raw_bytes().len() + 3 * record.id().len() + 100
}

/// The counters of a window's streams, by side.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) records: [u64; 2],
    pub(super) duplicates: [u64; 2],
    pub(super) malformed: [u64; 2],
}

/// Two streams over the same range.
pub(super) struct PairedStreams {
    streams: [SideStream; 2],
}

struct SideStream {
    records: Records,
    given: u64,
    malformed: u64,
    done: bool,
}

impl PairedStreams {
    pub(super) fn new(sides: &[Side; 2], range: TimeRange) -> Self {
        let stream = |side: &Side| SideStream {
            records: side.records(range),
            given: 0,
            malformed: 0,
            done: false,
        };
        let [before, after] = sides;
        Self {
            streams: [stream(before), stream(after)],
        }
    }

    /// Reads both to the end. Calls `pair` with the records of both sides, `before` first; unpaired records wait in
    /// `unpaired`. With `only`, records with other ids are counted and dropped.
    pub(super) async fn read(
        mut self,
        unpaired: &mut Unpaired,
        only: Option<&HashSet<String>>,
        bounded: bool,
        pair: &mut (dyn FnMut(Record, Record) + Send),
    ) -> Result<Counts, Stop> {
        while let Some((side, item)) = poll_fn(|context| self.poll(context)).await {
            let record = match item {
                Ok(record) => record,
                Err(error) if error.is_malformed_record() => {
                    self.streams[side].malformed += 1;
                    continue;
                }
                Err(error) => return Err(Stop::Failed(side, error)),
            };
            self.streams[side].given += 1;
            if only.is_some_and(|only| !only.contains(record.id())) {
                continue;
            }
            match unpaired.pair(side, &record) {
                Some(other) if side == 0 => pair(record, other),
                Some(other) => pair(other, record),
                None if bounded && unpaired.bytes() > HELD => return Err(Stop::TooMuch),
                None => {}
            }
        }
        let of = |count: fn(&SideStream) -> u64| [count(&self.streams[0]), count(&self.streams[1])];
        Ok(Counts {
            records: of(|stream| stream.given),
            duplicates: of(|stream| stream.records.duplicates()),
            malformed: of(|stream| stream.malformed),
        })
    }

    /// Polls the next item of either side, preferring the one that is behind; `None` when both have ended.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<(usize, Result<Record, Error>)>> {
        let [before, after] = &self.streams;
        let first = usize::from(before.given > after.given);
        for side in [first, 1 - first] {
            let (stream, other) = (&self.streams[side], &self.streams[1 - side]);
            if stream.done || (!other.done && stream.given >= other.given + AHEAD) {
                continue;
            }
            match Pin::new(&mut self.streams[side].records).poll_next(context) {
                Poll::Ready(Some(item)) => return Poll::Ready(Some((side, item))),
                Poll::Ready(None) => {
                    self.streams[side].done = true;
                    // The other side may have been held back for this one.
                    return self.poll(context);
                }
                Poll::Pending => {}
            }
        }
        if self.streams.iter().all(|stream| stream.done) {
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::record::metadata::RecordMetadata;

    fn record(id: u8) -> Record {
        let metadata = RecordMetadata {
            id: format!("CA{id}").into(),
            started_at: None,
            in_progress: false,
        };
        Record::new("{}".into(), metadata, 0)
    }

    proptest! {
        #[test]
        fn whatever_the_order_pairs_are_what_both_sides_have(
            before in prop::collection::btree_set(0..30_u8, 0..20),
            after in prop::collection::btree_set(0..30_u8, 0..20),
            keys in prop::collection::vec(any::<u32>(), 40),
        ) {
            let sides = before.iter().map(|id| (0, *id)).chain(after.iter().map(|id| (1, *id)));
            let mut arriving: Vec<_> = sides.zip(keys).collect();
            arriving.sort_by_key(|(_, key)| *key);
            let mut unpaired = Unpaired::default();
            let mut pairs = BTreeSet::new();
            for ((side, id), _) in arriving {
                if let Some(other) = unpaired.pair(side, &record(id)) {
                    prop_assert_eq!(other.id(), format!("CA{id}"));
                    pairs.insert(id);
                }
            }
            prop_assert_eq!(pairs, before.intersection(&after).copied().collect::<BTreeSet<_>>());
            let alone: BTreeSet<_> = before.symmetric_difference(&after).copied().collect();
            prop_assert_eq!(unpaired.bytes() == 0, alone.is_empty());
            let left: BTreeSet<_> = unpaired
                .into_records()
                .iter()
                .map(|(side, record)| (*side, record.id().to_owned()))
                .collect();
            let expected: BTreeSet<_> = alone
                .iter()
                .map(|id| (usize::from(after.contains(id)), format!("CA{id}")))
                .collect();
            prop_assert_eq!(left, expected);
        }
    }
}
