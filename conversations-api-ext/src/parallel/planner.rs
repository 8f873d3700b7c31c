//! [`Planner`]: decides which windows of a time range to fetch, and when to split one.
//!
//! It begins with the whole range as one window, and splits only what turns out to be large. A window costs at most
//! one page more than its conversations cost in a sequential fetch: its last page may be almost empty. So the planner
//! pays for windows with credit. Each page of data adds [`RATE`] to it, and it begins with one page for each window
//! that may be fetched at once. Without credit, the remainder becomes a single window. Whatever the distribution of
//! the conversations, n pages of data then cost at most `1.3 n` requests, plus the number of parallel windows.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use super::span::{Direction, Span};

/// Plans windows in the order of the server.
#[derive(Debug)]
pub(super) struct Planner {
    /// The number of records per page.
    page_size: f64,
    /// The number of windows that may be fetched at once.
    windows: f64,
    /// Known after the first page that shows it.
    direction: Option<Direction>,
    /// The ranges that no window covers, in the order of the server.
    pieces: VecDeque<Piece>,
    /// Records per second in the windows read last.
    density: Option<f64>,
    /// Whether the next window is as large as possible, to find the next record.
    probe: bool,
    /// The number of windows whose last page has not arrived.
    open: f64,
    /// The number of pages of data that arrived.
    pages: f64,
    /// The number of pages that a sequential fetch would not have needed.
    waste: f64,
}

#[derive(Debug)]
struct Piece {
    span: Span,
    /// The number of seconds at its beginning in which no conversation started.
    empty: f64,
}

/// A window to be fetched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) span: Span,
    /// The planned number of pages; `None` if nothing is known.
    pages: Option<f64>,
    empty: f64,
}

/// The data from a window's first page that predicts the rest of the window.
#[derive(Debug, Clone, Copy)]
pub(super) struct FirstPage {
    pub(super) records: u64,
    /// The starts of its first and its last record.
    pub(super) first: DateTime<Utc>,
    pub(super) last: DateTime<Utc>,
    pub(super) direction: Direction,
}

/// The credit that a page of data adds, in pages.
const RATE: f64 = 0.3;

/// The maximum planned pages per window. More would leave too little to the other windows near the end of a range.
const MOST_PAGES: f64 = 8.0;

/// A window is split if it has this many times the planned number of pages.
const LARGE: f64 = 3.0;

/// Up to this many pages, splitting saves no time.
const SMALL: f64 = 3.0;

/// A window with less than this fraction of its planned pages is followed by an empty stretch.
const SPARSE: f64 = 0.1;

impl Planner {
    pub(super) fn new(range: Span, page_size: u32, windows: u8) -> Self {
        Self {
            page_size: f64::from(page_size),
            windows: f64::from(windows),
            direction: None,
            pieces: VecDeque::from([Piece {
                span: range,
                empty: 0.0,
            }]),
            density: None,
            probe: true,
            open: 0.0,
            pages: 0.0,
            waste: 0.0,
        }
    }

    /// Plans only the remainder of a range whose direction is known; nothing if it is `None`.
    pub(super) fn resumed(mut self, rest: Option<Span>, direction: Direction) -> Self {
        let piece = |span| Piece { span, empty: 0.0 };
        self.pieces = rest.map(piece).into_iter().collect();
        self.direction = Some(direction);
        self
    }

    /// Registers a window that [`next`](Self::next) did not plan.
    pub(super) fn opened(&mut self, span: Span) -> Plan {
        self.open += 1.0;
        Plan {
            span,
            pages: None,
            empty: 0.0,
        }
    }

    pub(super) fn set_windows(&mut self, windows: u8) {
        self.windows = f64::from(windows);
    }

    /// Returns whether a window has been planned.
    pub(super) fn has_begun(&self) -> bool {
        self.open > 0.0 || self.pages > 0.0 || self.waste > 0.0
    }

    /// Drops the remaining ranges.
    pub(super) fn stop(&mut self) {
        self.pieces.clear();
    }

    /// Returns the direction; while it is unknown, a single window covers the range and any direction will do.
    pub(super) fn direction(&self) -> Direction {
        self.direction.unwrap_or(Direction::Ascending)
    }

    /// Returns the ranges that no window covers, in the order of the server.
    pub(super) fn uncovered(&self) -> impl Iterator<Item = Span> {
        self.pieces.iter().map(|piece| piece.span)
    }

    /// Returns the number of pages that the credit pays for, beyond the open windows and one for each uncovered piece.
    /// Never negative.
    #[expect(clippy::cast_precision_loss, reason = "there are few pieces")]
    fn credit(&self) -> f64 {
        let reserved = self.open + self.pieces.len() as f64;
        self.windows + RATE * self.pages - self.waste - reserved
    }

    /// Plans the next window, with at most `most_pages` pages if possible. Returns `None` while there is no credit for
    /// one; then an open window has to end first, unless the next window is `due`.
    pub(super) fn next(&mut self, most_pages: f64, due: bool) -> Option<Plan> {
        let Piece { span, empty } = *self.pieces.front()?;
        let whole = Plan {
            span,
            pages: None,
            empty,
        };
        let cut = match (self.credit() >= 1.0, self.density) {
            (true, Some(density)) if !self.probe => {
                let length = (span.1 - span.0).as_seconds_f64();
                let records = self.target((length - empty) * density, most_pages);
                let seconds = empty + records / density;
                let pages = Some(records / self.page_size);
                self.direction().cut(span, seconds).map(|cut| (cut, pages))
            }
            (true, _) => None,
            (false, _) if due || self.open < 1.0 => None,
            (false, _) => return None,
        };
        self.pieces.pop_front();
        self.open += 1.0;
        let Some(((span, rest), pages)) = cut else {
            self.probe = false;
            return Some(whole);
        };
        self.pieces.push_front(Piece {
            span: rest,
            empty: 0.0,
        });
        Some(Plan { span, pages, empty })
    }

    /// Returns the target number of records of the next window, out of `rest` expected in all.
    fn target(&self, rest: f64, most_pages: f64) -> f64 {
        // All windows should end at about the same time. Short windows cost more; they need spare credit.
        let rest = rest / self.page_size;
        let share = rest / (2.0 * self.windows);
        let credit = self.credit();
        let least = (MOST_PAGES / (credit - 1.0).max(0.5))
            .min(rest / (credit + 1.0))
            .max(1.0);
        let most = most_pages.clamp(1.0, MOST_PAGES);
        let full = share.clamp(1.0, most).max(least).floor() * self.page_size;
        // A page with a single record costs as much as a full one: stay below by the expected random variation.
        (full - 2.0 * full.sqrt()).max(full * 0.6) * 0.95
    }

    /// Counts pages that are followed by another one.
    pub(super) fn full_pages(&mut self, pages: u64) {
        self.pages += count(pages);
    }

    /// Handles the first page of a window with several pages. Returns whether to abandon the window, because its range
    /// is replanned as several windows.
    pub(super) fn splits(&mut self, plan: &Plan, page: &FirstPage) -> bool {
        let direction = *self.direction.get_or_insert(page.direction);
        if direction != page.direction {
            return false;
        }
        let length = (plan.span.1 - plan.span.0).as_seconds_f64();
        let empty = direction.distance(plan.span, page.first);
        let read = direction.distance(plan.span, page.last);
        let records = count(page.records);
        let density = records / (read - empty).max(1e-3);
        let pages = (records + (length - read) * density) / self.page_size;
        self.density = match (self.density, plan.pages) {
            (Some(known), Some(_)) => Some(f64::midpoint(known, density)),
            _ => Some(density),
        };
        let large = plan
            .pages
            .map_or(SMALL, |planned| (planned * LARGE).max(SMALL));
        // A span of two seconds cannot be usefully split.
        if pages <= large || length <= 2.0 || self.credit() < 2.0 {
            return false;
        }
        self.open -= 1.0;
        self.waste += 1.0;
        let piece = Piece {
            span: plan.span,
            empty,
        };
        let index = self
            .pieces
            .partition_point(|other| direction.is_before(other.span, piece.span));
        self.pieces.insert(index, piece);
        true
    }

    /// Handles the last page of a window.
    pub(super) fn ended(&mut self, plan: &Plan, records: u64, on_last_page: u64) {
        let filled = (count(on_last_page) / self.page_size).min(1.0);
        self.open -= 1.0;
        self.pages += filled;
        self.waste += 1.0 - filled;
        let seconds = (plan.span.1 - plan.span.0).as_seconds_f64() - plan.empty;
        let density = count(records) / seconds.max(1e-3);
        let Some(planned) = plan.pages else { return };
        if count(records) < planned * self.page_size * SPARSE {
            self.probe = self.credit() >= 2.0;
        }
        self.density = self.density.map(|known| f64::midpoint(known, density));
    }

    /// Handles a window that ended without its last page.
    pub(super) fn failed(&mut self) {
        self.open -= 1.0;
        self.waste += 1.0;
    }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn count(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests;
