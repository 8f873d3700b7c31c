//! Giving the records of several windows in the order of their start.

use std::task::{Context, Poll};

use super::{Parallel, window::Stop};
use crate::{Error, Record};

/// What the windows behind the one in front may hold, for each that is fetched at once.
const HELD: usize = 6 * 1024 * 1024;

impl Parallel {
    /// Reads windows into memory, and gives the one in front when it is complete.
    pub(super) fn poll_in_order(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Record, Error>>> {
        loop {
            for item in self.sorted.by_ref() {
                match item {
                    Ok(record) => {
                        let bits = self.seen.bits(record.id());
                        if self.seen.insert(bits) {
                            return Poll::Ready(Some(Ok(record)));
                        }
                        self.counts.duplicates += 1;
                    }
                    Err(error) => return Poll::Ready(Some(Err(error))),
                }
            }
            if let Some(time) = self.reaching.take() {
                self.reached = time;
            }
            self.read_windows(context);
            let Some(front) = self.open.front_mut() else {
                return Poll::Ready(None);
            };
            if !front.complete {
                return Poll::Pending;
            }
            let (items, error) = std::mem::take(&mut front.held).into_sorted();
            let end = front.end;
            self.close(0, error);
            self.reaching = self.failed.is_empty().then_some(end);
            self.fill();
            self.sorted = items.into_iter();
        }
    }

    /// Reads what has come of each window, as far as memory is to hold it.
    fn read_windows(&mut self, context: &mut Context<'_>) {
        let all = HELD * usize::from(self.pace.most());
        let (mut place, mut room) = (0, all);
        while let Some(window) = self.open.get_mut(place) {
            // Only the one in front makes room again: it must not wait for any.
            let most = if place == 0 { usize::MAX } else { room };
            let stop = window.read(context, most);
            let (held, failed) = (window.held.bytes(), window.held.failed());
            match stop {
                Stop::Rest | Stop::Complete => {
                    if place > 0 {
                        room = room.saturating_sub(held);
                    }
                    if stop == Stop::Complete {
                        self.learn(place, failed);
                        self.fill();
                    }
                    place += 1;
                }
                Stop::TooLarge => {
                    self.split(place);
                    self.fill();
                    (place, room) = (0, all);
                }
            }
        }
    }

    /// Whether another window may be opened: what is behind the one in front has not filled its room. Where order
    /// does not matter, nothing is held.
    pub(super) fn has_room(&self) -> bool {
        let behind = self.open.iter().skip(1);
        let held: usize = behind.map(|window| window.held.bytes()).sum();
        held < HELD * usize::from(self.pace.most())
    }

    /// Gives a window up for shorter ones. What has come of it will come again, and count then.
    fn split(&mut self, place: usize) {
        let Some(window) = self.open.remove(place) else {
            return;
        };
        self.counts.read(&window.records);
        let expected = window.held.expected_records(window.span());
        self.cutter.learn(window.span(), expected);
        let at = self
            .waiting
            .partition_point(|(start, _)| *start < window.start);
        for (number, piece) in window.held.pieces(window.span()).into_iter().enumerate() {
            self.waiting.insert(at + number, piece);
        }
    }
}
