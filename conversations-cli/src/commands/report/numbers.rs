//! The numbers at the top of the page, and the tables of percentiles.

use indicatif::HumanCount;

use super::bars::percent;
use super::lines::hundredths;
use crate::clock;
use crate::commands::stats::{Day, Figure, Rate, Statistics, Unit, share};
use crate::term::escape::printable;

/// A number, what it counts, and how it was in the period before.
#[derive(Debug, Default)]
pub(super) struct Tile {
    pub(super) title: &'static str,
    pub(super) value: String,
    pub(super) note: String,
    /// Empty without a comparison.
    pub(super) change: String,
    /// The kind of conversations that selecting the number filters by; empty if it does not filter.
    pub(super) filter: &'static str,
}

/// Returns the numbers at the top. A number that nothing is known of is absent.
pub(super) fn tiles(now: &Statistics, before: Option<&Statistics>) -> Vec<Tile> {
    let mut tiles = vec![conversations(now, before)];
    for (key, title, filter) in [
        ("handoff", "Handed off", "handoff"),
        ("with_silence", "With silence", "silence"),
        ("with_ood", "Out of domain", "ood"),
        ("barge_ins", "Barge-ins", "barge_in"),
    ] {
        let Some(rate) = rate(now, key) else {
            continue;
        };
        let before = before.and_then(|before| self::rate(before, key));
        tiles.push(Tile {
            title,
            value: percent(rate.share()),
            note: format!(
                "{} of {} {}",
                HumanCount(rate.part),
                HumanCount(rate.whole),
                rate.of
            ),
            change: before.map_or_else(String::new, |before| {
                let points = (rate.share() - before.share()) * 100.0;
                format!("{} before, {points:+.1} points", percent(before.share()))
            }),
            filter,
        });
    }
    for (key, title) in [
        ("duration_seconds", "Median duration"),
        ("latency_seconds", "Median latency"),
    ] {
        let Some(figure) = figure(now, key) else {
            continue;
        };
        let before = before.and_then(|before| self::figure(before, key));
        let [p50, _, p95, _] = figure.percentiles;
        tiles.push(Tile {
            title,
            value: quantity(p50, figure.unit),
            note: format!(
                "95% at most {}, of {} {}",
                quantity(p95, figure.unit),
                HumanCount(figure.count),
                match figure.unit {
                    Unit::Time => "conversations",
                    _ => "turns",
                }
            ),
            change: before.map_or_else(String::new, |before| {
                let p50 = before.percentiles[0];
                format!(
                    "{} before, {}",
                    quantity(p50, before.unit),
                    relative(figure.percentiles[0], p50)
                )
            }),
            filter: "",
        });
    }
    tiles
}

fn conversations(now: &Statistics, before: Option<&Statistics>) -> Tile {
    #[expect(clippy::cast_precision_loss, reason = "a count of conversations")]
    let change = before.map(|before| {
        let count = HumanCount(before.conversations);
        let change = relative(now.conversations as f64, before.conversations as f64);
        format!("{count} before, {change}")
    });
    Tile {
        title: "Conversations",
        value: HumanCount(now.conversations).to_string(),
        note: match now.in_progress {
            0 => "all finished".to_owned(),
            count => format!("{} in progress", HumanCount(count)),
        },
        change: change.unwrap_or_default(),
        filter: "",
    }
}

/// Formats by how much a number is greater than another.
fn relative(now: f64, before: f64) -> String {
    if before <= 0.0 {
        return "no comparison".to_owned();
    }
    format!("{:+.1}%", (now / before - 1.0) * 100.0)
}

fn rate<'a>(statistics: &'a Statistics, key: &str) -> Option<&'a Rate> {
    statistics.rates.iter().find(|rate| rate.key == key)
}

fn figure<'a>(statistics: &'a Statistics, key: &str) -> Option<&'a Figure> {
    statistics.figures.iter().find(|figure| figure.key == key)
}

/// The distribution of one quantity.
#[derive(Debug)]
pub(super) struct FigureRow {
    pub(super) title: String,
    pub(super) count: String,
    /// The percentiles, the maximum and the mean.
    pub(super) numbers: Vec<String>,
}

pub(super) fn figure_rows(statistics: &Statistics) -> Vec<FigureRow> {
    let row = |figure: &Figure| {
        let title = printable(&figure.title);
        let mut letters = title.chars();
        let first = letters.next().map(char::to_uppercase);
        // The name of a metric is shown as it is.
        let title = match figure.unit {
            Unit::Number => title,
            _ => first.into_iter().flatten().chain(letters).collect(),
        };
        let numbers = figure
            .percentiles
            .into_iter()
            .chain([figure.max, figure.mean]);
        FigureRow {
            title,
            count: HumanCount(figure.count).to_string(),
            numbers: numbers
                .map(|number| quantity(number, figure.unit))
                .collect(),
        }
    };
    statistics.figures.iter().map(row).collect()
}

/// The numbers of one day, for the table of the charts over time.
#[derive(Debug)]
pub(super) struct DayRow {
    pub(super) date: String,
    pub(super) conversations: String,
    pub(super) handoffs: String,
    /// p50, p90 and p95 of the duration and of the latency.
    pub(super) percentiles: Vec<String>,
}

pub(super) fn day_rows(days: &[Day]) -> Vec<DayRow> {
    let row = |day: &Day| {
        let texts = |numbers: Option<[f64; 4]>, unit| {
            (0..3).map(move |at| {
                numbers.map_or_else(|| "–".to_owned(), |all| quantity(all[at], unit))
            })
        };
        let duration = texts(day.duration, Unit::Time);
        DayRow {
            date: day.date.format("%a, %b %-d, %Y").to_string(),
            conversations: HumanCount(day.conversations).to_string(),
            handoffs: format!(
                "{} ({})",
                HumanCount(day.handoffs),
                percent(share(day.handoffs, day.conversations))
            ),
            percentiles: duration.chain(texts(day.latency, Unit::Seconds)).collect(),
        }
    };
    days.iter().map(row).collect()
}

fn quantity(number: f64, unit: Unit) -> String {
    match unit {
        Unit::Time => clock::time(number.round()),
        Unit::Seconds => format!("{number:.2} s"),
        Unit::Count => format!("{number:.0}"),
        Unit::Number => hundredths(number).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_relative_to_the_period_before() {
        assert_eq!(relative(110.0, 100.0), "+10.0%");
        assert_eq!(relative(50.0, 100.0), "-50.0%");
        assert_eq!(relative(5.0, 0.0), "no comparison");
    }
}
