//! The end of a list whose pages bring nothing new, or are not those of one list.

use super::{Pager, next_page::NextPage, position::Position, progress::Progress};
use crate::{Error, ErrorKind};

/// The maximum number of consecutive pages without a new record. Empty pages in the middle are documented; without a
/// limit, a server that keeps inventing cursors would be followed indefinitely.
const MAX_EMPTY_PAGES: u32 = 1000;

/// The maximum number of these that are not empty, by cursor: full pages cost the server as much as new ones.
const MAX_REPEATED_PAGES: u32 = 20;

/// The minimum number of records sent again out of place that makes a list incomplete.
const MIN_UNEXPLAINED: u64 = 5;

impl Pager {
    pub(super) fn follow(
        &mut self,
        here: &Position,
        next_page: &NextPage,
        progress: &Progress,
    ) -> Result<Option<Position>, Error> {
        // Each request draws its own sample, so a second page would not continue the first.
        if self.is_sample() {
            return Ok(None);
        }
        if progress.new > 0 {
            (self.empty_pages, self.repeated_pages) = (0, 0);
        } else {
            self.empty_pages += 1;
            // By offset, a fetch that stepped back reads many known pages.
            let is_repeated = progress.duplicates > 0 && here.cursor().is_some();
            self.repeated_pages += u32::from(is_repeated);
        }
        self.new_records += progress.new as u64;
        self.unexplained += progress.unexplained as u64;
        let (known, received) = (progress.overlap_known, progress.position);
        let next = self.paging.next(here, next_page, known, received)?;
        let next = next.map(|next| self.paging.resumable(here, next, &progress.ids));
        let known = self.repeated_pages;
        if next.is_some() && known >= MAX_REPEATED_PAGES {
            return Err(Error::new(
                ErrorKind::Paging,
                format!("{known} pages brought only known records, and the server names another"),
                "the records so far are good; retry with a narrower time range, or report the \
                 correlation id to PolyAI",
            ));
        }
        if next.is_some() && self.empty_pages >= MAX_EMPTY_PAGES {
            return Err(Error::new(
                ErrorKind::Paging,
                format!(
                    "{MAX_EMPTY_PAGES} pages in a row brought nothing new, and the server names another"
                ),
                "the records so far are good; retry with a narrower time range, or report the \
                 correlation id to PolyAI",
            ));
        }
        if next.is_none() && self.has_changed_its_order() {
            return Err(Error::new(
                ErrorKind::Paging,
                format!(
                    "{} conversations were sent again on pages where no addition puts them: the list changes its \
                     order, so others may be missing",
                    self.unexplained
                ),
                "the records so far are good; retry with a narrower time range, or report the \
                 correlation id to PolyAI",
            ));
        }
        Ok(next)
    }

    /// Returns whether too many records were sent again for pages of one list. A few are only
    /// conversations that moved in it while it was read.
    pub(super) fn has_changed_its_order(&self) -> bool {
        self.unexplained >= MIN_UNEXPLAINED && self.unexplained * 10 >= self.new_records
    }
}
