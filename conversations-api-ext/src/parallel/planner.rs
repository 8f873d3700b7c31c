//! [`Planner`]: which windows of a time range to fetch, and when to split one.
//!
//! It begins with the whole range as one window, and splits only what turns out to be large. A window costs at most
//! one page more than the same conversations cost in a sequential fetch: its last page may be almost empty. So the
//! planner pays for windows from a credit. Each page of data adds [`RATE`] to it, and it begins with one page for each
//! window that may be fetched at once. Without credit, what is left becomes a single window. Whatever the distribution
//! of the conversations, n pages of data then cost at most `1.3 n` requests, plus the number of parallel windows.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use super::span::{Direction, Span};

/// Plans windows in the order of the server.
#[derive(Debug)]
pub(super) struct Planner {
    /// Records per page.
    page_size: f64,
    /// How many windows may be fetched at once.
    windows: f64,
    /// Known once a page showed it.
    direction: Option<Direction>,
    /// What no window covers, in the order of the server.
    pieces: VecDeque<Piece>,
    /// Records per second, where windows were read last.
    density: Option<f64>,
    /// The next window is as large as possible, to find out where the next record is.
    probe: bool,
    /// Windows whose last page has not arrived.
    open: f64,
    /// Pages of data that arrived.
    pages: f64,
    /// Pages that a sequential fetch would not have needed.
    waste: f64,
}

#[derive(Debug)]
struct Piece {
    span: Span,
    /// Nothing started in so many seconds of its beginning.
    empty: f64,
}

/// A window to be fetched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) span: Span,
    /// How many pages it should have; `None` if nothing is known of it.
    pages: Option<f64>,
    empty: f64,
}

/// What the first page of a window says about the rest of it.
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

/// The most pages that a window should have. More would leave too little to the other windows near the end of a range.
const MOST_PAGES: f64 = 8.0;

/// A window is split if it has so many times as many pages as planned.
const LARGE: f64 = 3.0;

/// Up to so many pages, splitting saves no time.
const SMALL: f64 = 3.0;

/// A window with less than this part of the pages that it should have is followed by an empty stretch.
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

    /// A planner for what is left of a range whose direction is known; nothing at all if the range is `None`.
    pub(super) fn resumed(mut self, rest: Option<Span>, direction: Direction) -> Self {
        let piece = |span| Piece { span, empty: 0.0 };
        self.pieces = rest.map(piece).into_iter().collect();
        self.direction = Some(direction);
        self
    }

    /// A window is fetched that [`next`](Self::next) did not plan.
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

    /// Whether a window has been planned.
    pub(super) fn has_begun(&self) -> bool {
        self.open > 0.0 || self.pages > 0.0 || self.waste > 0.0
    }

    /// Gives up what is left.
    pub(super) fn stop(&mut self) {
        self.pieces.clear();
    }

    /// Any will do while a single window covers the range.
    pub(super) fn direction(&self) -> Direction {
        self.direction.unwrap_or(Direction::Ascending)
    }

    /// What no window covers, in the order of the server.
    pub(super) fn uncovered(&self) -> impl Iterator<Item = Span> {
        self.pieces.iter().map(|piece| piece.span)
    }

    /// How many pages the credit pays for beyond the open windows and one for each uncovered piece. Never negative.
    #[expect(clippy::cast_precision_loss, reason = "there are few pieces")]
    fn credit(&self) -> f64 {
        let reserved = self.open + self.pieces.len() as f64;
        self.windows + RATE * self.pages - self.waste - reserved
    }

    /// The next window, of `most_pages` at most if that can be planned. `None` while there is no credit for one;
    /// then one of the open windows has to end first, unless the next window is `due`.
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

    /// How many records the next window should have, of `rest` that are expected in all.
    fn target(&self, rest: f64, most_pages: f64) -> f64 {
        // All windows should end at about the same time. Short windows cost more; they need credit to spare.
        let rest = rest / self.page_size;
        let share = rest / (2.0 * self.windows);
        let credit = self.credit();
        let least = (MOST_PAGES / (credit - 1.0).max(0.5))
            .min(rest / (credit + 1.0))
            .max(1.0);
        let most = most_pages.clamp(1.0, MOST_PAGES);
        let full = share.clamp(1.0, most).max(least).floor() * self.page_size;
        // A page with a single record is as expensive as a full one: stay below by what chance may add.
        (full - 2.0 * full.sqrt()).max(full * 0.6) * 0.95
    }

    /// Pages arrived that another one follows.
    pub(super) fn full_pages(&mut self, pages: u64) {
        self.pages += count(pages);
    }

    /// The first page of a window arrived, and another one follows. Whether to abandon the window, because its range
    /// is planned anew: in several windows.
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
        // A span of two seconds cannot be cut in a useful way.
        if pages <= large || length <= 2.0 || self.credit() < 2.0 {
            return false;
        }
        self.open -= 1.0;
        self.waste += 1.0;
        let piece = Piece {
            span: plan.span,
            empty,
        };
        let place = self
            .pieces
            .partition_point(|other| direction.is_before(other.span, piece.span));
        self.pieces.insert(place, piece);
        true
    }

    /// The last page of a window arrived.
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

    /// A window ended without its last page.
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
