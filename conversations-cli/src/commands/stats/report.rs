//! [`Report`]: the statistics to print, independent of the output format.

use chrono::{DateTime, SecondsFormat};
use conversations_table::Tz;
use serde_json::{Value, json};

use super::percentiles::{PERCENTILES, Percentiles};
use crate::term::escape::printable;

/// All statistics.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) conversations: u64,
    pub(super) in_progress: u64,
    pub(super) first: Option<DateTime<Tz>>,
    pub(super) last: Option<DateTime<Tz>>,
    pub(super) zone: &'static str,
    pub(super) rates: Vec<Rate>,
    pub(super) figures: Vec<Figure>,
    pub(super) charts: Vec<Chart>,
}

/// A share of a whole.
#[derive(Debug)]
pub(super) struct Rate {
    pub(super) key: &'static str,
    pub(super) title: &'static str,
    pub(super) part: u64,
    pub(super) whole: u64,
    /// What the whole consists of.
    pub(super) of: &'static str,
}

/// The distribution of a quantity.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) key: String,
    pub(super) title: String,
    pub(super) unit: Unit,
    pub(super) count: u64,
    pub(super) percentiles: [f64; PERCENTILES.len()],
    pub(super) max: f64,
    pub(super) mean: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
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
pub(super) struct Chart {
    pub(super) key: String,
    pub(super) title: String,
    pub(super) rows: Vec<(String, u64)>,
    /// The total count of values beyond the maximum number of distinct values.
    pub(super) others: u64,
    /// The whole that counts are a share of.
    pub(super) of: u64,
    /// Whether rows are sorted by count, so that the last ones matter least.
    pub(super) is_ranked: bool,
}

impl Rate {
    pub(super) fn share(&self) -> f64 {
        share(self.part, self.whole)
    }
}

impl Figure {
    pub(super) fn new(key: &str, title: &str, unit: Unit, percentiles: &Percentiles) -> Self {
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
            .map(|(name, number)| (name, (number * 1000.0).round() / 1000.0))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of conversations")]
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

impl Report {
    /// Formats the report as one JSON object. Durations and latencies are in seconds, shares from 0 to 1.
    pub(super) fn json(&self, malformed: u64) -> Value {
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
        json!({
            "conversations": self.conversations,
            "in_progress": self.in_progress,
            "malformed": malformed,
            "first": time(&self.first),
            "last": time(&self.last),
            "time_zone": self.zone,
            "rates": rates.collect::<serde_json::Map<_, _>>(),
            "percentiles": figures.collect::<serde_json::Map<_, _>>(),
            "counts": charts.collect::<serde_json::Map<_, _>>(),
        })
    }

    /// Formats the report as rows of section, name and value.
    pub(super) fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut table = csv::Writer::from_writer(Vec::new());
        table.write_record(["section", "name", "value"])?;
        let all = self.conversations.to_string();
        table.write_record(["total", "conversations", &all])?;
        table.write_record(["total", "in_progress", &self.in_progress.to_string()])?;
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
