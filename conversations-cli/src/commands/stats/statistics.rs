//! [`Statistics`]: the statistics to print, independent of the output format.

use chrono::{DateTime, NaiveDate, SecondsFormat, Weekday};
use conversations_table::Tz;
use serde_json::{Value, json};

use super::counts::PositionCounts;
use super::input::Gaps;
use super::percentiles::{PERCENTILES, Percentiles};
use crate::term::escape::printable;

/// All statistics.
#[derive(Debug)]
pub(crate) struct Statistics {
    pub(crate) conversations: u64,
    pub(crate) in_progress: u64,
    pub(crate) first: Option<DateTime<Tz>>,
    pub(crate) last: Option<DateTime<Tz>>,
    pub(crate) zone: &'static str,
    pub(crate) rates: Vec<Rate>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) charts: Vec<Chart>,
    /// In order, including days without conversations unless the gap is longer than a year.
    pub(crate) days: Vec<Day>,
    /// Conversations by weekday, Monday first, and hour.
    pub(crate) weekday_hours: [[u64; 24]; 7],
    /// The turns at each position of a conversation, the first ones only.
    pub(crate) positions: Vec<PositionCounts>,
}

/// The conversations that started on one day.
#[derive(Debug)]
pub(crate) struct Day {
    pub(crate) date: NaiveDate,
    pub(crate) conversations: u64,
    pub(crate) handoffs: u64,
    /// The [`PERCENTILES`] of the duration in seconds, if any is known.
    pub(crate) duration: Option<[f64; PERCENTILES.len()]>,
    /// The [`PERCENTILES`] of the latency of turns in seconds.
    pub(crate) latency: Option<[f64; PERCENTILES.len()]>,
}

/// A share of a whole.
#[derive(Debug)]
pub(crate) struct Rate {
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    pub(crate) part: u64,
    pub(crate) whole: u64,
    /// What the whole consists of.
    pub(crate) of: &'static str,
}

/// The distribution of a quantity.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) key: String,
    pub(crate) title: String,
    pub(crate) unit: Unit,
    pub(crate) count: u64,
    pub(crate) percentiles: [f64; PERCENTILES.len()],
    pub(crate) max: f64,
    pub(crate) mean: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Seconds, formatted as minutes and seconds.
    Time,
    /// Seconds with fractions.
    Seconds,
    /// A whole number.
    Count,
    Number,
}

/// Counts by value.
#[derive(Debug)]
pub(crate) struct Chart {
    pub(crate) key: String,
    pub(crate) title: String,
    pub(crate) rows: Vec<(String, u64)>,
    /// The total count of values beyond the maximum number of distinct values.
    pub(crate) others: u64,
    /// The whole that counts are a share of.
    pub(crate) of: u64,
    /// Whether rows are sorted by count, so that the last ones matter least.
    pub(crate) is_ranked: bool,
}

impl Rate {
    pub(crate) fn share(&self) -> f64 {
        share(self.part, self.whole)
    }
}

impl Figure {
    pub(crate) fn new(key: &str, title: &str, unit: Unit, percentiles: &Percentiles) -> Self {
        Self {
            key: key.to_owned(),
            title: title.to_owned(),
            unit,
            count: percentiles.count(),
            percentiles: PERCENTILES.map(|(_, part)| percentiles.quantile(part).unwrap_or(0.0)),
            max: percentiles.max().unwrap_or(0.0),
            mean: percentiles.mean().unwrap_or(0.0),
        }
    }

    /// Returns names and numbers, for JSON and CSV.
    fn numbers(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let names = PERCENTILES.iter().map(|(name, _)| *name);
        names
            .zip(self.percentiles)
            .chain([("max", self.max), ("mean", self.mean)])
            .map(|(name, number)| (name, rounded(number)))
    }
}

/// Rounds to thousandths.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

fn percentiles(numbers: [f64; PERCENTILES.len()]) -> Value {
    let names = PERCENTILES.iter().map(|(name, _)| (*name).to_owned());
    let numbers = numbers.into_iter().map(|number| json!(rounded(number)));
    Value::Object(names.zip(numbers).collect())
}

/// Returns a weekday by its number, Monday first.
pub(crate) fn weekday(number: usize) -> Weekday {
    let number = u8::try_from(number).ok();
    number
        .and_then(|number| Weekday::try_from(number).ok())
        .unwrap_or(Weekday::Mon)
}

#[expect(clippy::cast_precision_loss, reason = "counts of conversations")]
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

impl Statistics {
    /// Formats them as one JSON object. Durations and latencies are in seconds, shares from 0 to 1. `gaps` is absent if
    /// the object is a part of another one that has them.
    pub(crate) fn json(&self, gaps: Option<&Gaps>) -> Value {
        let time = |time: &Option<DateTime<Tz>>| {
            time.map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
        };
        let rates = self.rates.iter().map(|rate| {
            let share = (rate.share() * 1e6).round() / 1e6;
            let value =
                json!({"part": rate.part, "whole": rate.whole, "of": rate.of, "share": share});
            (rate.key.to_owned(), value)
        });
        let figures = self.figures.iter().map(|figure| {
            let mut numbers: serde_json::Map<_, _> = figure
                .numbers()
                .map(|(name, number)| (name.to_owned(), json!(number)))
                .collect();
            numbers.insert("count".to_owned(), json!(figure.count));
            (figure.key.clone(), Value::Object(numbers))
        });
        let charts = self.charts.iter().map(|chart| {
            let rows = chart.rows.iter();
            let rows = rows.map(|(value, count)| json!({"value": value, "count": count}));
            let value =
                json!({"of": chart.of, "others": chart.others, "values": rows.collect::<Vec<_>>()});
            (chart.key.clone(), value)
        });
        let days = self.days.iter().map(|day| {
            json!({
                "date": day.date,
                "conversations": day.conversations,
                "handoffs": day.handoffs,
                "duration_seconds": day.duration.map(percentiles),
                "latency_seconds": day.latency.map(percentiles),
            })
        });
        let weekdays = self.weekday_hours.iter().enumerate();
        let weekdays = weekdays
            .map(|(day, hours)| json!({"weekday": weekday(day).to_string(), "hours": hours}));
        let positions = self.positions.iter().enumerate().map(
            |(at, counts)| json!({"turn": at + 1, "turns": counts.turns, "silent": counts.silent}),
        );
        let mut json = json!({
            "conversations": self.conversations,
            "in_progress": self.in_progress,
            "first": time(&self.first),
            "last": time(&self.last),
            "time_zone": self.zone,
            "rates": rates.collect::<serde_json::Map<_, _>>(),
            "percentiles": figures.collect::<serde_json::Map<_, _>>(),
            "counts": charts.collect::<serde_json::Map<_, _>>(),
            "days": days.collect::<Vec<_>>(),
            "weekday_hours": weekdays.collect::<Vec<_>>(),
            "silence_by_turn": positions.collect::<Vec<_>>(),
        });
        if let Some(gaps) = gaps {
            json["malformed"] = json!(gaps.malformed);
            json["failed_projects"] = json!(gaps.failed_projects);
        }
        json
    }

    /// Formats them as rows of section, name and value.
    pub(crate) fn csv(&self, gaps: &Gaps) -> Result<Vec<u8>, csv::Error> {
        let mut table = csv::Writer::from_writer(Vec::new());
        table.write_record(["section", "name", "value"])?;
        for (name, count) in [
            ("conversations", self.conversations),
            ("in_progress", self.in_progress),
            ("malformed", gaps.malformed),
            ("failed_projects", gaps.failed_projects.len() as u64),
        ] {
            table.write_record(["total", name, &count.to_string()])?;
        }
        for rate in &self.rates {
            table.write_record(["rate", rate.key, &format!("{:.6}", rate.share())])?;
        }
        for figure in &self.figures {
            for (name, number) in figure.numbers() {
                table.write_record([&printable(&figure.key), name, &number.to_string()])?;
            }
        }
        for chart in &self.charts {
            for (value, count) in &chart.rows {
                let cells = [printable(&chart.key), printable(value), count.to_string()];
                table.write_record(cells)?;
            }
        }
        table
            .into_inner()
            .map_err(|error| csv::Error::from(error.into_error()))
    }
}
