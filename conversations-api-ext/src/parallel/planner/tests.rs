//! Tests of the planner against a model of the server.

use std::fmt::Write as _;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

/// A server with conversations at these times, in microseconds after the start of the range, sorted.
struct Model {
    times: Vec<i64>,
    range: Span,
    page_size: u32,
    direction: Direction,
}

/// The cost of a fetch.
#[derive(Debug, Default)]
struct Cost {
    requests: u64,
    /// The cost in units of a page's time, with windows in parallel.
    rounds: u64,
    windows: u64,
}

struct Window {
    plan: Plan,
    /// The indexes of its times.
    found: std::ops::Range<usize>,
    pages: u64,
}

impl Model {
    fn of(days: i64, mut times: Vec<i64>, page_size: u32) -> Self {
        times.sort_unstable();
        let start = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
        Self {
            times,
            range: (start, start + TimeDelta::days(days)),
            page_size,
            direction: Direction::Ascending,
        }
    }

    fn micros(&self, time: DateTime<Utc>) -> i64 {
        (time - self.range.0).num_microseconds().unwrap()
    }

    /// Returns the start of the record at this index of a window, in the order of the server.
    fn at(&self, window: &Window, index: usize) -> DateTime<Utc> {
        let index = match self.direction {
            Direction::Ascending => window.found.start + index,
            Direction::Descending => window.found.end - 1 - index,
        };
        self.range.0 + TimeDelta::microseconds(self.times[index])
    }

    fn pages(&self) -> u64 {
        (self.times.len() as u64).div_ceil(u64::from(self.page_size))
    }

    /// Fetches everything with `windows` at once.
    fn fetch(&self, windows: u8, most_pages: f64) -> Cost {
        let mut planner = Planner::new(self.range, self.page_size, windows);
        let mut cost = Cost::default();
        let mut open: Vec<Window> = Vec::new();
        let mut covered = Vec::new();
        let size = self.page_size as usize;
        loop {
            while open.len() < usize::from(windows) {
                let Some(plan) = planner.next(most_pages, false) else {
                    break;
                };
                let first = |time| {
                    let micros = self.micros(time);
                    self.times.partition_point(|other| *other < micros)
                };
                let found = first(plan.span.0)..first(plan.span.1);
                open.push(Window {
                    plan,
                    found,
                    pages: 0,
                });
            }
            if open.is_empty() {
                break;
            }
            cost.rounds += 1;
            let mut still = Vec::new();
            for mut window in open.drain(..) {
                cost.requests += 1;
                window.pages += 1;
                let (all, read) = (window.found.len(), window.pages as usize * size);
                if read >= all {
                    let last = all - (window.pages as usize - 1) * size;
                    planner.ended(&window.plan, all as u64, last as u64);
                    covered.push(window.plan.span);
                    cost.windows += 1;
                    continue;
                }
                let page = FirstPage {
                    records: size as u64,
                    first: self.at(&window, 0),
                    last: self.at(&window, size - 1),
                    direction: self.direction,
                };
                if window.pages == 1
                    && page.first != page.last
                    && planner.splits(&window.plan, &page)
                {
                    continue;
                }
                planner.full_pages(1);
                still.push(window);
            }
            open = still;
            assert!(planner.credit() > -1e-6, "{planner:?}");
        }
        covered.sort_unstable();
        let edges: Vec<_> = covered
            .iter()
            .flat_map(|(start, end)| [*start, *end])
            .collect();
        assert_eq!((edges[0], edges[edges.len() - 1]), self.range);
        assert!(
            edges[1..edges.len() - 1]
                .chunks(2)
                .all(|pair| pair[0] == pair[1])
        );
        cost
    }
}

const HOUR: i64 = 3_600_000_000;

/// A small generator with reproducible output.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        i64::try_from((u128::from(self.0 >> 33) * limit.unsigned_abs() as u128) >> 31).unwrap()
    }
}

fn uniform(days: i64, records: usize) -> Vec<i64> {
    let mut random = Random(7);
    (0..records)
        .map(|_| random.below(days * 24 * HOUR))
        .collect()
}

/// Most calls are at noon, few at night.
fn by_day(days: i64, records: usize) -> Vec<i64> {
    let mut random = Random(7);
    let mut times = Vec::new();
    while times.len() < records {
        let time = random.below(days * 24 * HOUR);
        let hour = (time / HOUR) % 24;
        let weight = if (8..18).contains(&hour) { 1000 } else { 20 };
        if random.below(1000) < weight {
            times.push(time);
        }
    }
    times
}

fn busy_minute(days: i64, records: usize) -> Vec<i64> {
    let mut random = Random(7);
    let minute = days * 24 * HOUR / 3;
    (0..records)
        .map(|_| minute + random.below(HOUR / 60))
        .collect()
}

/// Returns whether a fetch stays within the promised cost.
fn is_within_bound(model: &Model, windows: u8, cost: &Cost) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "there are few pages")]
    let (requests, pages) = (cost.requests as f64, model.pages() as f64);
    requests <= 1.3 * pages + f64::from(windows)
}

/// Conversations in up to six clusters, from a microsecond to the whole range wide.
fn distribution(days: i64) -> impl Strategy<Value = Vec<i64>> {
    let cluster = (0.0..1.0_f64, 0.0..1.0_f64, 0..2000_usize, any::<u64>());
    prop::collection::vec(cluster, 0..6).prop_map(move |clusters| {
        let length = days * 24 * HOUR;
        let mut times = Vec::new();
        for (index, width, records, seed) in clusters {
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                reason = "any will do"
            )]
            let (start, width) = (
                (index * length as f64) as i64,
                (length as f64).powf(width) as i64,
            );
            let mut random = Random(seed);
            let end = start.saturating_add(width).min(length);
            times.extend((0..records).map(|_| start + random.below((end - start).max(1))));
        }
        times
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn no_distribution_costs_more_than_1_3_requests_a_page_and_one_for_each_window(
        times in distribution(30),
        page_size in prop_oneof![1..20_u32, 20..1000_u32],
        windows in 1..33_u8,
        most_pages in 0.1..20.0_f64,
        is_ascending in any::<bool>(),
    ) {
        let mut model = Model::of(30, times, page_size);
        if !is_ascending {
            model.direction = Direction::Descending;
        }
        let cost = model.fetch(windows, most_pages);
        prop_assert!(is_within_bound(&model, windows, &cost), "{:?} for {} pages", cost, model.pages());
    }
}

#[test]
fn an_empty_range_costs_one_request_and_so_does_a_single_page() {
    for days in [1, 30, 365] {
        assert_eq!(Model::of(days, Vec::new(), 1000).fetch(4, 8.0).requests, 1);
        assert_eq!(
            Model::of(days, uniform(days, 1000), 1000)
                .fetch(32, 8.0)
                .requests,
            1
        );
    }
}

#[test]
fn four_windows_are_nearly_four_times_as_fast_whatever_the_distribution() {
    let mut costs = String::new();
    for (name, days, times) in [
        ("a busy minute in a year", 365, busy_minute(365, 100_000)),
        ("uniform", 30, uniform(30, 1_000_000)),
        ("busy days, quiet nights", 30, by_day(30, 1_000_000)),
    ] {
        for page_size in [50, 1000] {
            for direction in [Direction::Ascending, Direction::Descending] {
                // Unordered, and in order with a reorder buffer of one page.
                for most_pages in [MOST_PAGES, 1.0] {
                    let mut model = Model::of(days, times.clone(), page_size);
                    model.direction = direction;
                    let cost = model.fetch(4, most_pages);
                    let pages = model.pages();
                    writeln!(
                        costs,
                        "{name}, {page_size}, {direction:?}, {most_pages}: {cost:?} for {pages}"
                    )
                    .unwrap();
                    assert!(is_within_bound(&model, 4, &cost), "{costs}");
                    assert!(cost.rounds * 5 <= pages * 2, "{costs}");
                }
            }
        }
    }
    // For `--nocapture`.
    println!("{costs}");
}

#[test]
fn a_few_pages_are_not_split_for_nothing() {
    for (records, most) in [(1000, 1), (2000, 2), (3000, 4), (10_000, 14)] {
        let cost = Model::of(30, uniform(30, records), 1000).fetch(4, MOST_PAGES);
        assert!(cost.requests <= most, "{records}: {cost:?}");
    }
}
