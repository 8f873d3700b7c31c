//! Returning the records of several windows as they arrive.

use std::task::{Context, Poll};

use super::{Parallel, ordered::TURN, window::Read};
use crate::{Error, Record};

impl Parallel {
    /// Polls the windows in turn.
    pub(super) fn poll_as_they_arrive(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Record, Error>>> {
        let mut waiting = 0;
        loop {
            if waiting >= self.open.len() {
                // Pages that arrived may have added credit for another window.
                if !self.fill() {
                    break;
                }
                waiting = 0;
            }
            let index = self.turn % self.open.len();
            match self.open[index].poll_next(context, &mut self.planner) {
                Poll::Pending => {
                    waiting += 1;
                    self.next_turn(index);
                }
                Poll::Ready(Read::Item(item)) => {
                    waiting = 0;
                    self.in_turn += 1;
                    if self.in_turn >= TURN {
                        self.next_turn(index);
                    }
                    if let Some(item) = self.give(index, item) {
                        return Poll::Ready(Some(item));
                    }
                }
                Poll::Ready(Read::Split) => {
                    self.split(index);
                    self.fill();
                    waiting = 0;
                }
                Poll::Ready(Read::End) => {
                    self.window_ended(index);
                    if let Some(error) = self.close(index) {
                        return Poll::Ready(Some(Err(error)));
                    }
                    self.fill();
                    waiting = 0;
                }
            }
        }
        if self.open.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Pending
    }

    fn next_turn(&mut self, index: usize) {
        self.turn = index + 1;
        self.in_turn = 0;
    }
}
