//! Selects the conversations of one page.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::behavior::choices::Order;
use crate::data::dataset::{Dataset, Project};
use crate::data::entry::Entry;
use crate::query::cursor::Position;
use crate::query::parameters::Parameters;

/// The position at which a page starts.
#[derive(Debug)]
pub(crate) enum Start {
    Offset(u64),
    After(Position),
}

/// The conversations of one page and the position of the next one, if any.
#[derive(Debug)]
pub(crate) struct Selection {
    pub(crate) entries: Vec<Arc<Entry>>,
    pub(crate) next: Option<Position>,
}

/// A conversation with its rank.
type Ranked<'a> = (u64, &'a Arc<Entry>);

/// Selects one page. By cursor, the cost does not depend on the depth of the page.
pub(crate) fn select<'a>(
    data: &Dataset,
    project: &'a Project,
    parameters: &Parameters,
    start: &Start,
    order: Order,
) -> Selection {
    let filters = &parameters.filters;
    let passes = filters.compile(data.labels());
    let rank = |entry: &'a Arc<Entry>| -> Option<Ranked<'a>> {
        let rank = passes(entry).then(|| parameters.retrieval.rank(entry, data.seed()))??;
        Some((rank, entry))
    };
    let entries = within(&project.entries, filters.start, filters.end);
    let (skip, passed) = match start {
        Start::Offset(offset) => (*offset, *offset),
        Start::After(position) => (0, position.passed),
    };
    let page = |results: &mut dyn Iterator<Item = Ranked<'a>>| {
        page(results, skip, passed, parameters.limit)
    };

    if parameters.retrieval.is_ranked() {
        let mut results: Vec<_> = entries.iter().filter_map(rank).collect();
        // The list holds the rank and the records hold the rest, which is only read to break ties.
        let by_place = |one: &Ranked<'_>, other: &Ranked<'_>| {
            let tied = || in_order(place(one), place(other), order);
            one.0.cmp(&other.0).then_with(tied)
        };
        if let Start::After(position) = start {
            let after =
                |result: &Ranked<'_>| in_order(place(result), place_of(position), order).is_gt();
            results.retain(after);
        }
        // Selects one record more than the page needs, to know whether there is a next page.
        let wanted = usize::try_from(skip)
            .unwrap_or(usize::MAX)
            .saturating_add(parameters.limit)
            .saturating_add(1);
        if wanted < results.len() {
            results.select_nth_unstable_by(wanted, by_place);
            results.truncate(wanted);
        }
        results.sort_unstable_by(by_place);
        return page(&mut results.into_iter());
    }
    let (before, after) = match start {
        Start::Offset(_) => (entries, entries),
        Start::After(position) => {
            let key = (position.started_at, position.id.as_str());
            (
                &entries[..entries.partition_point(|entry| entry.key() < key)],
                &entries[entries.partition_point(|entry| entry.key() <= key)..],
            )
        }
    };
    match order {
        Order::Ascending => page(&mut after.iter().filter_map(rank)),
        Order::Descending => page(&mut before.iter().rev().filter_map(rank)),
    }
}

fn page<'a>(
    results: &mut dyn Iterator<Item = Ranked<'a>>,
    skip: u64,
    passed: u64,
    limit: usize,
) -> Selection {
    let mut results = results.skip(usize::try_from(skip).unwrap_or(usize::MAX));
    let page: Vec<Ranked<'_>> = results.by_ref().take(limit).collect();
    let more = page.len() == limit && results.next().is_some();
    let last = page.last().filter(|_| more);
    Selection {
        next: last.map(|(rank, entry)| Position {
            rank: *rank,
            started_at: entry.started_at,
            id: entry.id.as_ref().into(),
            passed: passed.saturating_add(page.len() as u64),
        }),
        entries: page
            .into_iter()
            .map(|(_, entry)| Arc::clone(entry))
            .collect(),
    }
}

/// The records that started in `[start, end)`.
fn within(entries: &[Arc<Entry>], start: Option<i64>, end: Option<i64>) -> &[Arc<Entry>] {
    let from = start.map_or(0, |start| {
        entries.partition_point(|entry| entry.started_at < start)
    });
    let to = end.map_or(entries.len(), |end| {
        entries.partition_point(|entry| entry.started_at < end)
    });
    entries.get(from..to).unwrap_or_default()
}

type Place<'a> = (u64, (i64, &'a str));

fn place<'a>(result: &Ranked<'a>) -> Place<'a> {
    (result.0, result.1.key())
}

fn place_of(position: &Position) -> Place<'_> {
    (position.rank, (position.started_at, &position.id))
}

fn in_order(one: Place<'_>, other: Place<'_>, order: Order) -> Ordering {
    let by_time = || match order {
        Order::Ascending => one.1.cmp(&other.1),
        Order::Descending => other.1.cmp(&one.1),
    };
    one.0.cmp(&other.0).then_with(by_time)
}
