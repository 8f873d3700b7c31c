//! Saving the position of a parallel fetch, and resuming from it.

use super::{
    Parallel,
    planner::Planner,
    span::{Direction, Span},
    window::Window,
};
use crate::{Checkpoint, Error, pager::checkpoint::RemainingRange, pager::position::Position};

impl Parallel {
    /// Resumes from a [checkpoint](Self::checkpoint): fetches the remainder of its range, which has to lie within the
    /// range of this fetch.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the checkpoint belongs to another query, range, project or
    /// server, or if the stream was already polled.
    pub fn resume(mut self, checkpoint: &Checkpoint) -> Result<Self, Error> {
        if self.planner.has_begun() {
            return Err(crate::stream::already_started());
        }
        let Some(remaining) = checkpoint.remaining(&self.inner.origin, &self.spec)? else {
            self.planner.stop();
            return Ok(self);
        };
        if remaining.span.0 < self.range.0 || remaining.span.1 > self.range.1 {
            return Err(Error::invalid(
                "the checkpoint is of another time range",
                "resume with a range that includes that of the checkpoint, or start over",
            ));
        }
        self.range = remaining.span;
        self.planner = Planner::new(remaining.span, self.spec.page_size, self.limiter.most());
        if let Some((span, position)) = remaining.window {
            let (direction, more) = if span.0 == remaining.span.0 {
                (Direction::Ascending, (span.1, remaining.span.1))
            } else {
                (Direction::Descending, (remaining.span.0, span.0))
            };
            let more = (more.0 < more.1).then_some(more);
            self.planner = self.planner.resumed(more, direction);
            let plan = self.planner.opened(span);
            self.open(plan, Some(position));
        }
        Ok(self)
    }

    /// Returns the position from which to resume without missing a record that was not returned yet.
    ///
    /// [In order](Self::in_order), resuming repeats up to a page. Otherwise it also repeats the returned records of
    /// later windows.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        match &self.reached {
            Some((_, checkpoint)) => checkpoint.clone(),
            None => self.current(),
        }
    }

    /// Saves the checkpoint if all records before it were returned and none after it. That holds at the beginning of a
    /// page, unless some of the following records were returned before their range was replanned.
    pub(super) fn reach(&mut self) {
        let (open, planner) = (&self.open, &self.planner);
        let is_unread = |span: Span| {
            let mut unread = open.iter().map(Window::span).chain(planner.uncovered());
            unread.any(|other| other.0 <= span.1 && span.0 < other.1)
        };
        if !self.dedup.is_expecting(is_unread) {
            self.reached = Some((self.pages_given(), self.current()));
        }
    }

    pub(super) fn current(&self) -> Checkpoint {
        Checkpoint::of_windows(&self.inner.origin, &self.spec, self.remaining())
    }

    /// Returns the range from the first incomplete window to the end.
    fn remaining(&self) -> Option<RemainingRange> {
        let direction = self.planner.direction();
        let open = self.open.iter().map(|w| (w.span(), w.position()));
        let failed = self.failed.iter().map(|f| (f.span, &f.position));
        let uncovered = self
            .planner
            .uncovered()
            .map(|span| (span, &Position::Start));
        let all = open.chain(failed).chain(uncovered);
        let (span, position) = all.reduce(|one, other| {
            if direction.is_before(other.0, one.0) {
                other
            } else {
                one
            }
        })?;
        Some(RemainingRange {
            span: direction.remaining(span, self.range),
            window: (*position != Position::Start).then(|| (span, position.clone())),
        })
    }
}
