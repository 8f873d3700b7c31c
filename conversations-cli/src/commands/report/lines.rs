//! [`LineChart`]: percentiles over time.

use std::fmt::Write as _;

use super::scale::{HEIGHT, Quantity, Scale, Tick, of, rounded, slot, ticks};
use crate::commands::stats::{Day, PERCENTILES};

/// The width of the coordinates of the lines, which the browser stretches to the width of the chart.
const WIDTH: f64 = 1000.0;
/// The percentiles drawn: the others are too noisy for the number of calls of a day.
const DRAWN: usize = 3;

#[derive(Debug)]
pub(super) struct LineChart {
    pub(super) scale: Scale,
    pub(super) ticks: Vec<Tick>,
    pub(super) lines: Vec<Line>,
    /// What is shown at each day.
    pub(super) slots: Vec<Slot>,
    pub(super) height: f64,
}

#[derive(Debug)]
pub(super) struct Line {
    pub(super) name: &'static str,
    /// The path through the days that have numbers.
    pub(super) path: String,
}

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) x: f64,
    pub(super) width: f64,
    pub(super) label: String,
}

impl LineChart {
    /// Returns the percentiles of a quantity by day; `None` if fewer than two days have any.
    pub(super) fn new(
        days: &[Day],
        quantity: Quantity,
        numbers: impl Fn(&Day) -> Option<[f64; PERCENTILES.len()]>,
    ) -> Option<Self> {
        let known: Vec<_> = days.iter().map(&numbers).collect();
        if known.iter().flatten().count() < 2 {
            return None;
        }
        let most = known.iter().flatten().map(|numbers| numbers[DRAWN - 1]);
        let scale = Scale::new(most.fold(0.0, f64::max), quantity);
        let lines = PERCENTILES
            .iter()
            .take(DRAWN)
            .enumerate()
            .map(|(line, (name, _))| {
                let points = known
                    .iter()
                    .map(|day| day.map(|numbers| HEIGHT - scale.height(numbers[line])));
                Line {
                    name,
                    path: path(&points.collect::<Vec<_>>()),
                }
            });
        let slots = days
            .iter()
            .zip(&known)
            .enumerate()
            .map(|(at, (day, numbers))| {
                let (x, width) = slot(at, days.len());
                let date = day.date.format("%a, %b %-d, %Y");
                let label = match numbers {
                    None => format!("{date}: none"),
                    Some(numbers) => {
                        let [p50, p90, p95, _] =
                            numbers.map(|number| quantity.text(hundredths(number)));
                        format!("{date}: p50 {p50}, p90 {p90}, p95 {p95}")
                    }
                };
                Slot { x, width, label }
            });
        Some(Self {
            ticks: ticks(days.len(), |at| {
                let format = if days.len() > 300 { "%b %Y" } else { "%b %-d" };
                days[at].date.format(format).to_string()
            }),
            lines: lines.collect(),
            slots: slots.collect(),
            height: HEIGHT,
            scale,
        })
    }
}

/// Draws a line with a gap at each day without numbers. A day between two gaps is a dot.
fn path(points: &[Option<f64>]) -> String {
    let mut path = String::new();
    for (at, point) in points.iter().enumerate() {
        let Some(y) = point else {
            continue;
        };
        let x = rounded(WIDTH * (of(at) + 0.5) / of(points.len()));
        let is_continued = at > 0 && points[at - 1].is_some();
        let is_alone = !is_continued && points.get(at + 1).is_none_or(Option::is_none);
        let command = if is_continued { 'L' } else { 'M' };
        let dot = if is_alone { "h0" } else { "" };
        let _ = write!(path, "{command}{x} {}{dot}", rounded(*y));
    }
    path
}

/// Rounds a number for people.
pub(super) fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_without_numbers_is_a_gap_in_the_line() {
        let points = [Some(1.0), Some(2.0), None, Some(3.0), None];
        assert_eq!(path(&points), "M100 1L300 2M700 3h0");
        assert_eq!(path(&[None]), "");
    }
}
