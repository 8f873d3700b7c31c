//! [`Page`]: the HTML page.

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indicatif::HumanCount;
use sha2::{Digest as _, Sha256};

use super::Report;
use super::bars::{BarChart, HeatMap, Ranking};
use super::data::{self, Block};
use super::lines::LineChart;
use super::numbers::{self, DayRow, FigureRow, Tile};
use super::row::{Row, Transcripts};
use super::scale::Quantity;
use crate::commands::stats::{PERCENTILES, Statistics};
use crate::failure::Failure;
use crate::term::escape::printable;

const STYLE: &str = include_str!("page/report.css");
const SCRIPT: &str = include_str!("page/report.js");
/// The charts that are not drawn as rankings.
const BY_TIME: [&str; 2] = ["day", "hour"];

/// What the template shows.
#[derive(Template)]
#[template(path = "report.html")]
pub(super) struct Page {
    title: String,
    policy: String,
    style: String,
    script: String,
    range: String,
    zone: &'static str,
    compared: String,
    /// What is missing; empty if nothing is.
    gaps: String,
    tiles: Vec<Tile>,
    by_day: BarChart,
    heat_map: Option<HeatMap>,
    rankings: Vec<Ranking>,
    duration: Option<LineChart>,
    latency: Option<LineChart>,
    silence: Option<BarChart>,
    figures: Vec<FigureRow>,
    percentiles: [&'static str; PERCENTILES.len()],
    days: Vec<DayRow>,
    /// The number of conversations in the table, and of those that it is a sample of.
    shown: String,
    all: String,
    is_sample: bool,
    transcripts: Transcripts,
    table: String,
    rows: Vec<Row>,
}

impl Page {
    /// Creates the page.
    pub(super) fn new(report: Report<'_>) -> Self {
        let Report {
            arguments,
            statistics,
            ..
        } = &report;
        // An HTML parser removes carriage returns, so they must not be in what the policy has the hash of.
        let [style, script] = [STYLE, SCRIPT].map(|text| text.replace('\r', ""));
        let days = &statistics.days;
        let metrics = &arguments.input.metric;
        // For a number with mostly distinct values, percentiles are more informative than a ranking.
        let rankings = statistics.charts.iter().filter(|chart| {
            let has_percentiles = statistics
                .figures
                .iter()
                .any(|figure| figure.key == chart.key);
            !BY_TIME.contains(&&*chart.key) && (chart.rows.len() <= 20 || !has_percentiles)
        });
        Self {
            title: printable(&arguments.title),
            policy: format!(
                "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
                hash(&script),
                hash(&style)
            ),
            style,
            script,
            range: range(statistics),
            zone: statistics.zone,
            compared: report
                .previous
                .as_ref()
                .map_or_else(String::new, |(period, _)| {
                    let zone = arguments.input.time_zone;
                    let [start, end] = [period.start, period.end].map(|time| {
                        time.with_timezone(&zone)
                            .format("%b %-d, %Y %H:%M")
                            .to_string()
                    });
                    format!("compared with {start} to {end}")
                }),
            gaps: report.gaps.text().unwrap_or_default(),
            tiles: numbers::tiles(
                statistics,
                report.previous.as_ref().map(|(_, before)| before),
            ),
            by_day: BarChart::by_day(days),
            heat_map: HeatMap::new(&statistics.weekday_hours),
            rankings: rankings.map(Ranking::new).collect(),
            duration: LineChart::new(days, Quantity::Duration, |day| day.duration),
            latency: LineChart::new(days, Quantity::Seconds, |day| day.latency),
            silence: BarChart::silence(&statistics.positions),
            figures: numbers::figure_rows(statistics),
            percentiles: PERCENTILES.map(|(name, _)| if name == "p50" { "Median" } else { name }),
            days: numbers::day_rows(days),
            shown: HumanCount(report.rows.len() as u64).to_string(),
            all: HumanCount(report.all).to_string(),
            is_sample: (report.rows.len() as u64) < report.all,
            transcripts: report.transcripts,
            table: data::table(&report.rows, metrics),
            rows: report.rows,
        }
    }

    fn blocks(&self) -> impl Iterator<Item = Block> {
        // Without transcripts, a page has no blocks of them.
        let rows: &[Row] = match self.transcripts {
            Transcripts::None => &[],
            Transcripts::Masked | Transcripts::Full => &self.rows,
        };
        data::blocks(rows)
    }

    /// Returns the page.
    pub(super) fn html(&self) -> Result<Vec<u8>, Failure> {
        // Nearly the whole page: a vector that grows by doubling would take up to three times its memory.
        let transcripts = self.rows.iter().filter_map(|row| row.transcript.as_ref());
        let rows = self.table.len() + transcripts.map(|json| json.len() + 16).sum::<usize>();
        let mut html = Vec::with_capacity(rows + rows / 16 + 256 * 1024);
        let written = self.write_into(&mut html);
        written.map_err(|error| Failure::other(format!("cannot write the page: {error}")))?;
        Ok(html)
    }
}

fn range(statistics: &Statistics) -> String {
    match (&statistics.first, &statistics.last) {
        (Some(first), Some(last)) => {
            let [first, last] =
                [first, last].map(|time| time.format("%a, %b %-d, %Y %H:%M").to_string());
            format!("{first} to {last}")
        }
        _ => "no start times".to_owned(),
    }
}

fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_and_script_cannot_end_their_elements() {
        for text in [STYLE, SCRIPT] {
            let text = text.to_lowercase();
            assert!(!text.contains("</s") && !text.contains("<!--") && !text.contains("<script"));
        }
    }
}
