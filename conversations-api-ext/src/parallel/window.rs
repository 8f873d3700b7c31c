//! [`Window`]: a part of the range that is being fetched.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use chrono::{DateTime, Utc};
use futures_core::Stream as _;

use crate::{Error, Record, Records};

/// A window that is being fetched.
pub(super) struct Window {
    pub(super) start: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
    pub(super) records: Records,
    pub(super) given: u64,
    /// Where order matters: what has come, and whether that is all.
    pub(super) held: Vec<Result<Record, Error>>,
    pub(super) complete: bool,
}

impl Window {
    pub(super) fn read(&mut self, context: &mut Context<'_>) {
        while !self.complete {
            match Pin::new(&mut self.records).poll_next(context) {
                Poll::Pending => return,
                Poll::Ready(None) => self.complete = true,
                Poll::Ready(Some(item)) => {
                    self.given += u64::from(item.is_ok());
                    self.complete = matches!(&item, Err(error) if !error.is_malformed_record());
                    self.held.push(item);
                }
            }
        }
    }
}

pub(super) type Key<'a> = (bool, Option<DateTime<Utc>>, &'a str);

/// Errors stay in front, where they are least in the way of whoever reads up to some time.
pub(super) fn key(item: &Result<Record, Error>) -> Key<'_> {
    match item {
        Ok(record) => (true, record.started_at(), record.id()),
        Err(_) => (false, None, ""),
    }
}
