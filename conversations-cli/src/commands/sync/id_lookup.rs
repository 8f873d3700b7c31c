//! [`days_with`]: looks ids up in the indexes of days.

use std::io;
use std::pin::pin;

use chrono::NaiveDate;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::folder::Folder;
use super::index::DayIndex;
use super::sorted_ids::SortedIds;
use crate::failure::Failure;

/// Number of days whose indexes are read concurrently from a bucket, where each takes a round trip.
const AT_ONCE: usize = 8;

/// The index of a day, in the folder.
#[derive(Debug, Clone)]
pub(super) struct IndexFile {
    pub(super) date: NaiveDate,
    pub(super) name: String,
    /// Whether this run did not write it. If it is missing or damaged, that is reported when its day is read.
    pub(super) is_earlier: bool,
}

/// Returns which of these days hold these ids.
pub(super) async fn days_with(
    folder: &Folder,
    days: impl Iterator<Item = IndexFile>,
    wanted: &SortedIds,
) -> Result<Vec<(u64, NaiveDate)>, Failure> {
    let mut found = Vec::new();
    if wanted.is_empty() {
        return Ok(found);
    }
    read_ids(folder, days, |date, ids| {
        let ids = ids.into_iter();
        let ids = ids.filter(|id| wanted.contains(*id));
        found.extend(ids.map(|id| (id, date)));
    })
    .await?;
    Ok(found)
}

/// Calls `each` with the ids of each of these days, in any order. They are read when they are needed, because those of
/// a run would take 8 bytes a record until its end.
pub(super) async fn read_ids(
    folder: &Folder,
    days: impl Iterator<Item = IndexFile>,
    mut each: impl FnMut(NaiveDate, Vec<u64>),
) -> Result<(), Failure> {
    let read = days.map(async |index| {
        let path = folder.paths.at(&index.name);
        let mut ids = Vec::new();
        let read = match folder.get(&path).await? {
            Some(packed) => DayIndex::read_ids(&packed[..], |id| ids.push(id)),
            None => Err(io::ErrorKind::NotFound.into()),
        };
        match read {
            Err(error) if !index.is_earlier => Err(Failure::unwritable(
                &folder.name,
                format!("{path}, written by this run: {error}"),
            )),
            _ => Ok((index.date, ids)),
        }
    });
    let at_once = if folder.local.is_some() { 1 } else { AT_ONCE };
    let mut read = pin!(stream::iter(read).buffer_unordered(at_once));
    while let Some((date, ids)) = read.try_next().await? {
        each(date, ids);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::entries::{Entries, EntryBuffer};
    use super::super::folder::tests::in_memory;
    use super::super::id_hash::hash;
    use super::super::index::IndexBuilder;
    use super::super::sort_key::Key;
    use super::*;

    fn packed_index(ids: &[&str]) -> Vec<u8> {
        let mut buffer = EntryBuffer::default();
        for id in ids {
            buffer.add(&Key::new(None, id), false, b"{}");
        }
        let mut entries = Entries::read(buffer.content()).unwrap();
        let mut index = IndexBuilder::default();
        while let Some(entry) = entries.next().unwrap() {
            index.add(&entry, &[], false);
        }
        let mut packed = Vec::new();
        index.finish().write(&mut packed).unwrap();
        packed
    }

    async fn held(
        folder: &Folder,
        indexes: &[(u32, bool)],
        ids: &[&str],
    ) -> Result<Vec<(u64, NaiveDate)>, Failure> {
        let indexes = indexes.iter().map(|(day, is_earlier)| IndexFile {
            date: NaiveDate::from_ymd_opt(2026, 4, *day).unwrap(),
            name: day.to_string(),
            is_earlier: *is_earlier,
        });
        let wanted = ids.iter().map(|id| hash(id)).collect();
        let mut held = days_with(folder, indexes, &wanted).await?;
        held.sort_unstable_by_key(|(id, date)| (*date, *id));
        Ok(held)
    }

    #[tokio::test]
    async fn a_lost_index_of_this_run_is_an_error_and_one_of_an_earlier_run_holds_no_ids() {
        let folder = in_memory("calls");
        for (name, ids) in [("1", &["a", "b"][..]), ("2", &["b", "c"])] {
            let path = folder.paths.at(name);
            folder.put(&path, packed_index(ids)).await.unwrap();
        }
        let damaged = folder.paths.at("4");
        folder.put(&damaged, "no index").await.unwrap();
        let date = |day| NaiveDate::from_ymd_opt(2026, 4, day).unwrap();
        let expected = [(hash("b"), date(1)), (hash("b"), date(2))];
        let all = [(1, false), (2, true), (3, true), (4, true)];
        assert_eq!(held(&folder, &all, &["b", "x"]).await.unwrap(), expected);
        for lost in [3, 4] {
            let failure = held(&folder, &[(1, false), (lost, false)], &["b"]).await;
            let message = failure.unwrap_err().to_string();
            assert!(message.contains("written by this run"), "{message}");
        }
    }
}
