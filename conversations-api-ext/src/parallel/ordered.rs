//! Returning the records of several windows in the order of the server.

use std::task::{Context, Poll};

use super::{
    Parallel,
    window::{Read, Window},
};
use crate::{Error, Record};

/// The maximum size of the reorder buffer, for each window that may be fetched at once after the first one.
pub(super) const BUFFER: usize = 3 * 1024 * 1024;

/// The other windows are read after this many records of one: with a consumer that is slower than the server, that one
/// is always ready, and the responses of the others would stall until their turn.
pub(super) const TURN: u32 = 32;

impl Parallel {
    /// Returns the records of the first window as they arrive, and buffers those of the others.
    pub(super) fn poll_in_order(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Record, Error>>> {
        loop {
            if self.in_turn >= TURN
                && let Some(error) = self.read_ahead(context)
            {
                return Poll::Ready(Some(Err(error)));
            }
            let Some(first) = self.open.front_mut() else {
                return Poll::Ready(None);
            };
            let pages = first.pages_given();
            let buffered = first.next_buffered();
            let (has_ended, is_at_a_page) = (first.has_ended(), first.pages_given() != pages);
            if is_at_a_page {
                self.reach();
            }
            let item = match buffered {
                Some(item) => item,
                None if has_ended => {
                    if let Some(error) = self.close(0) {
                        return Poll::Ready(Some(Err(error)));
                    }
                    self.fill();
                    self.reach();
                    continue;
                }
                None => match self.poll_first(context) {
                    Poll::Ready(Read::Item(item)) => item,
                    Poll::Ready(Read::Split) => {
                        self.split(0);
                        self.fill();
                        continue;
                    }
                    Poll::Ready(Read::End) => {
                        self.window_ended(0);
                        self.fill();
                        continue;
                    }
                    Poll::Pending => {
                        if let Some(error) = self.read_ahead(context) {
                            return Poll::Ready(Some(Err(error)));
                        }
                        return Poll::Pending;
                    }
                },
            };
            self.in_turn += 1;
            if let Some(item) = self.give(0, item) {
                return Poll::Ready(Some(item));
            }
        }
    }

    /// Polls the next item of the first window. Saves the checkpoint if a page ended before it.
    fn poll_first(&mut self, context: &mut Context<'_>) -> Poll<Read> {
        let first = &mut self.open[0];
        let pages = first.pages_given();
        let read = first.poll_next(context, &mut self.planner);
        if first.pages_given() != pages {
            self.reach();
        }
        read
    }

    /// Buffers the records that have arrived in the windows after the first one, up to the memory limit. Returns an
    /// error that ends the stream because it concerns all windows.
    fn read_ahead(&mut self, context: &mut Context<'_>) -> Option<Error> {
        self.in_turn = 0;
        // Pages that arrived may have added credit for another window.
        self.fill();
        let mut index = 1;
        while index < self.open.len() {
            let room = room(self.buffered(), self.open[index].buffered(), self.limit());
            match self.open[index].poll_ahead(context, &mut self.planner, room) {
                Poll::Pending | Poll::Ready(Read::Item(_)) => {
                    index += 1;
                    continue;
                }
                Poll::Ready(Read::Split) => self.split(index),
                Poll::Ready(Read::End) => {
                    self.window_ended(index);
                    if self.is_over(index) {
                        return self.close(index);
                    }
                }
            }
            // The next window may precede this one.
            self.fill();
            index = 1;
        }
        None
    }

    /// Returns whether another window may be opened: the reorder buffer is not full.
    pub(super) fn has_room(&self) -> bool {
        self.buffered() < self.limit()
    }

    /// Returns the number of bytes in the reorder buffer, including what the first window buffered before it became
    /// the first: otherwise the others would fill the buffer once more while it is returned.
    fn buffered(&self) -> usize {
        self.open.iter().map(Window::buffered).sum()
    }

    /// Returns the maximum size of the reorder buffer.
    fn limit(&self) -> usize {
        BUFFER * usize::from(self.limiter.most()).saturating_sub(1).max(1)
    }
}

/// Returns the number of bytes up to which a window may be buffered, if it has `own` of the `total` bytes in the
/// reorder buffer. What later windows have counts as well, because they may be read before this one: otherwise each
/// window could fill the buffer once more.
const fn room(total: usize, own: usize, limit: usize) -> usize {
    limit.saturating_sub(total - own)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_reorder_buffer_keeps_its_limit_in_whatever_order_windows_are_read(
            items in prop::collection::vec((0..8_usize, 1..5000_usize), 0..300),
            limit in 1..100_000_usize,
        ) {
            let mut windows = [0_usize; 8];
            for (window, size) in items {
                let total = windows.iter().sum();
                if windows[window] < room(total, windows[window], limit) {
                    windows[window] += size;
                }
                prop_assert!(windows.iter().sum::<usize>() < limit + 5000);
            }
        }
    }
}
