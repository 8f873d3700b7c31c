//! [`Window`]: a part of the range that is being fetched.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use chrono::{DateTime, Utc};
use futures_core::Stream as _;

use super::{
    cutter::SHORTEST,
    held::{Held, TOO_LARGE},
};
use crate::{Error, Record, Records};

/// A part of the range, from its start up to and without its end.
pub(super) type Span = (DateTime<Utc>, DateTime<Utc>);

/// A window that is being fetched.
pub(super) struct Window {
    pub(super) start: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
    pub(super) records: Records,
    pub(super) given: u64,
    /// Where order matters: what has come, and whether that is all.
    pub(super) held: Held,
    pub(super) complete: bool,
    /// After so many pages it was last asked whether the window is too large.
    pages_looked_at: u64,
}

/// Where reading a window has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// It waits for the server, holds what it may, or has been complete.
    Rest,
    /// It is complete now.
    Complete,
    /// It will be more than memory should hold.
    TooLarge,
}

impl Window {
    pub(super) fn new((start, end): Span, records: Records) -> Self {
        Self {
            start,
            end,
            records,
            given: 0,
            held: Held::default(),
            complete: false,
            pages_looked_at: 0,
        }
    }

    pub(super) fn span(&self) -> Span {
        (self.start, self.end)
    }

    /// Reads what has come, while less than `room` bytes are held.
    pub(super) fn read(&mut self, context: &mut Context<'_>, room: usize) -> Stop {
        while !self.complete && self.held.bytes() < room {
            match Pin::new(&mut self.records).poll_next(context) {
                Poll::Pending => return Stop::Rest,
                Poll::Ready(None) => self.complete = true,
                Poll::Ready(Some(item)) => self.hold(item),
            }
            if self.complete {
                return Stop::Complete;
            }
            if self.is_too_large() {
                return Stop::TooLarge;
            }
        }
        Stop::Rest
    }

    fn hold(&mut self, item: Result<Record, Error>) {
        self.given += u64::from(item.is_ok());
        self.held.push(item);
        self.complete = self.held.failed();
    }

    /// Looks at the end of each page, and at each record of a window that is too large already.
    fn is_too_large(&mut self) -> bool {
        let pages = self.records.pages_read();
        if pages == self.pages_looked_at && self.held.bytes() < TOO_LARGE {
            return false;
        }
        self.pages_looked_at = pages;
        self.end - self.start > SHORTEST * 2 && self.held.expected_bytes(self.span()) > TOO_LARGE
    }
}
