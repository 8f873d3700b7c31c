//! Resuming after a page that an earlier fetch read.

use super::{
    FetchedPage, Items, Pager, Receiver,
    cursor::Paging,
    dedup::DedupSet,
    position::{Position, PreviousPage},
};
use crate::Error;

impl Pager {
    /// Re-reads the last page of an earlier fetch, and fetches the first page that has something new:
    ///
    /// - the next page, if the page has the same records as before;
    /// - the page itself, if it has some of them, because it has others as well;
    /// - the first page, if it has none: the records in between may be on any page before it.
    ///
    /// The page is buffered, because only its end shows which.
    pub(super) async fn resume(
        &mut self,
        previous: &PreviousPage,
        receiver: &mut impl Receiver,
    ) -> Result<Option<FetchedPage>, Error> {
        let here = previous.position();
        self.paging.expect(previous);
        let mut items = Items::new();
        let Some(page) = self.fetch(&here, &mut items).await? else {
            return Ok(None);
        };
        if page.ids.checksum() == previous.checksum {
            return match &page.next {
                Ok(Some(next)) => {
                    self.number = 0;
                    self.fetch(next, receiver).await
                }
                Ok(None) | Err(_) => Ok(Some(page)),
            };
        }
        if page.known == 0 && here != Position::Start {
            self.number = 0;
            self.seen = DedupSet::default();
            self.previous.clear();
            self.previous_malformed.clear();
            self.paging = Paging::starting_over(self.spec.version);
            return self.fetch(&Position::Start, receiver).await;
        }
        let is_wanted = items.is_empty() || receiver.receive(items).await;
        Ok(is_wanted.then_some(page))
    }
}
