//! The charts that count: days, the heat map of weekdays and hours, rankings, and silence by turn.

use chrono::NaiveDate;
use indicatif::HumanCount;

use super::scale::{Quantity, Scale, Tick, rounded, slot, ticks};
use crate::commands::stats::{Chart, Day, PositionCounts, share, weekday};
use crate::term::escape::printable;
use crate::term::plural::plural;

/// More days than this are shown as months.
const MOST_DAYS: usize = 400;
/// The number of rows of a ranking that are shown at once, and in all.
const TOP: usize = 8;
const MOST_ROWS: usize = 200;
/// Turns at a position are shown as long as this share of conversations has them.
const RAREST: u64 = 50;

/// Vertical bars, each with a part that is emphasized.
#[derive(Debug)]
pub(super) struct BarChart {
    pub(super) scale: Scale,
    pub(super) bars: Vec<Bar>,
    pub(super) ticks: Vec<Tick>,
}

/// A bar. Horizontal positions are in percent, vertical ones in pixels.
#[derive(Debug)]
pub(super) struct Bar {
    /// The start of the dates that selecting the bar filters by; empty if it does not filter.
    pub(super) value: String,
    pub(super) label: String,
    pub(super) slot_x: f64,
    pub(super) slot_width: f64,
    pub(super) x: f64,
    pub(super) width: f64,
    pub(super) y: f64,
    pub(super) height: f64,
    pub(super) part_y: f64,
    pub(super) part_height: f64,
}

impl BarChart {
    /// Returns conversations by day, or by month if there are many days, with the part that was handed off.
    pub(super) fn by_day(days: &[Day]) -> Self {
        let is_monthly = days.len() > MOST_DAYS;
        let format = if is_monthly { "%Y-%m" } else { "%Y-%m-%d" };
        let mut sums: Vec<(NaiveDate, String, u64, u64)> = Vec::new();
        for day in days {
            let value = day.date.format(format).to_string();
            match sums.last_mut() {
                Some(last) if last.1 == value => {
                    last.2 += day.conversations;
                    last.3 += day.handoffs;
                }
                _ => sums.push((day.date, value, day.conversations, day.handoffs)),
            }
        }
        let most = sums.iter().map(|sum| sum.2).max().unwrap_or(0);
        let scale = Scale::new(float(most), Quantity::Count);
        let long = if is_monthly {
            "%B %Y"
        } else {
            "%a, %b %-d, %Y"
        };
        let short = if is_monthly { "%b %Y" } else { "%b %-d" };
        let bars = sums
            .iter()
            .enumerate()
            .map(|(at, (date, value, count, handoffs))| {
                let label = format!(
                    "{}: {}, {} handed off",
                    date.format(long),
                    plural(*count, "conversation"),
                    HumanCount(*handoffs)
                );
                let heights = (float(*count), float(*handoffs));
                bar(&scale, at, sums.len(), value.clone(), label, heights)
            });
        Self {
            bars: bars.collect(),
            ticks: ticks(sums.len(), |at| sums[at].0.format(short).to_string()),
            scale,
        }
    }

    /// Returns the share of silent turns at each position of a conversation; `None` if no turn is silent.
    pub(super) fn silence(positions: &[PositionCounts]) -> Option<Self> {
        let first = positions.first()?.turns;
        let shown = positions
            .iter()
            .take_while(|at| at.turns * RAREST >= first && at.turns > 0);
        let shown: Vec<_> = shown.collect();
        let shares: Vec<_> = shown.iter().map(|at| share(at.silent, at.turns)).collect();
        let most = shares.iter().copied().fold(0.0, f64::max);
        if most <= 0.0 {
            return None;
        }
        let scale = Scale::new(most, Quantity::Share);
        let bars = shown
            .iter()
            .zip(&shares)
            .enumerate()
            .map(|(at, (counts, share))| {
                let label = format!(
                    "Turn {}: {} of {} turns silent ({:.1}%)",
                    at + 1,
                    HumanCount(counts.silent),
                    HumanCount(counts.turns),
                    share * 100.0
                );
                bar(&scale, at, shown.len(), String::new(), label, (*share, 0.0))
            });
        Some(Self {
            bars: bars.collect(),
            ticks: ticks(shown.len(), |at| format!("Turn {}", at + 1)),
            scale,
        })
    }
}

fn bar(
    scale: &Scale,
    at: usize,
    count: usize,
    value: String,
    label: String,
    (whole, part): (f64, f64),
) -> Bar {
    let (slot_x, slot_width) = slot(at, count);
    let filled = if count > 100 { 0.9 } else { 0.76 };
    let width = slot_width * filled;
    Bar {
        value,
        label,
        slot_x,
        slot_width,
        x: rounded(slot_x + (slot_width - width) / 2.0),
        width: rounded(width),
        y: scale.y(whole),
        height: scale.height(whole),
        part_y: scale.y(part),
        part_height: scale.height(part),
    }
}

/// Conversations by weekday and hour.
#[derive(Debug)]
pub(super) struct HeatMap {
    pub(super) rows: Vec<HeatRow>,
    /// The count of the darkest cell.
    pub(super) most: String,
}

#[derive(Debug)]
pub(super) struct HeatRow {
    pub(super) name: String,
    pub(super) cells: Vec<HeatCell>,
}

#[derive(Debug)]
pub(super) struct HeatCell {
    /// Weekday, 0 for Monday, and hour.
    pub(super) value: String,
    pub(super) label: String,
    /// 0 for none, else 1 to 9.
    pub(super) level: u64,
}

impl HeatMap {
    /// Returns `None` without conversations.
    pub(super) fn new(weekday_hours: &[[u64; 24]; 7]) -> Option<Self> {
        const NAMES: [&str; 7] = [
            "Monday",
            "Tuesday",
            "Wednesday",
            "Thursday",
            "Friday",
            "Saturday",
            "Sunday",
        ];
        let most = weekday_hours.iter().flatten().copied().max()?;
        if most == 0 {
            return None;
        }
        let rows = weekday_hours
            .iter()
            .zip(NAMES)
            .enumerate()
            .map(|(day, (hours, long))| {
                let cells = hours.iter().enumerate().map(|(hour, count)| HeatCell {
                    value: format!("{day}-{hour}"),
                    label: format!("{long} {hour:02}:00: {}", plural(*count, "conversation")),
                    level: (count * 9).div_ceil(most),
                });
                HeatRow {
                    name: weekday(day).to_string(),
                    cells: cells.collect(),
                }
            });
        Some(Self {
            rows: rows.collect(),
            most: HumanCount(most).to_string(),
        })
    }
}

/// The values of a field, the most frequent first.
#[derive(Debug)]
pub(super) struct Ranking {
    /// The field or metric that selecting a row filters by.
    pub(super) key: String,
    pub(super) title: String,
    pub(super) rows: Vec<RankingRow>,
    /// Rows that are shown on request.
    pub(super) more: Vec<RankingRow>,
    /// Describes the values that are not shown; empty if all are.
    pub(super) rest: String,
}

#[derive(Debug)]
pub(super) struct RankingRow {
    pub(super) label: String,
    pub(super) count: String,
    pub(super) share: String,
    /// The length of the bar in percent.
    pub(super) width: f64,
}

impl Ranking {
    pub(super) fn new(chart: &Chart) -> Self {
        let most = chart.rows.first().map_or(1, |(_, count)| (*count).max(1));
        let row = |(label, count): &(String, u64)| RankingRow {
            label: printable(label),
            count: HumanCount(*count).to_string(),
            share: percent(share(*count, chart.of)),
            width: rounded(100.0 * share(*count, most)),
        };
        let mut rows = chart.rows.iter().map(row);
        // One more row takes no more space than the line that announces it.
        let top = if chart.rows.len() == TOP + 1 {
            TOP + 1
        } else {
            TOP
        };
        let shown: Vec<_> = rows.by_ref().take(top).collect();
        let more = rows.take(MOST_ROWS).collect();
        let hidden = chart.rows.iter().skip(top + MOST_ROWS);
        let rest = hidden.map(|(_, count)| count).sum::<u64>() + chart.others;
        Self {
            key: chart.key.clone(),
            title: printable(&chart.title),
            rows: shown,
            more,
            rest: match rest {
                0 => String::new(),
                rest => format!("Less frequent values: {}", HumanCount(rest)),
            },
        }
    }
}

/// Formats a share as a percentage with one digit after the point.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

#[expect(clippy::cast_precision_loss, reason = "a count of conversations")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::super::scale::{HEIGHT, of};
    use super::*;

    fn day(date: &str, conversations: u64, handoffs: u64) -> Day {
        Day {
            date: date.parse().unwrap(),
            conversations,
            handoffs,
            duration: None,
            latency: None,
        }
    }

    #[test]
    fn bars_are_as_high_as_their_counts_and_many_days_become_months() {
        let chart = BarChart::by_day(&[day("2026-04-01", 20, 5), day("2026-04-02", 0, 0)]);
        assert_eq!(
            (chart.bars[0].height, chart.bars[0].part_height),
            (HEIGHT, HEIGHT / 4.0)
        );
        assert_eq!(
            (chart.bars[0].y + HEIGHT, chart.bars[1].height),
            (chart.bars[1].y, 0.0)
        );
        assert_eq!(
            chart.bars[0].label,
            "Wed, Apr 1, 2026: 20 conversations, 5 handed off"
        );
        let first: NaiveDate = "2026-01-01".parse().unwrap();
        let days = first.iter_days().take(MOST_DAYS + 1);
        let days: Vec<_> = days.map(|date| day(&date.to_string(), 1, 1)).collect();
        let chart = BarChart::by_day(&days);
        assert_eq!((chart.bars.len(), &*chart.bars[1].value), (14, "2026-02"));
        assert_eq!(
            chart.bars[1].label,
            "February 2026: 28 conversations, 28 handed off"
        );
        assert!(of(chart.bars.len()) * chart.bars[0].slot_width <= 100.1);
    }

    #[test]
    fn silence_is_a_share_of_the_turns_at_a_position() {
        let at = |turns, silent| PositionCounts { turns, silent };
        let chart = BarChart::silence(&[at(100, 0), at(80, 4), at(1, 1)]).unwrap();
        let labels: Vec<_> = chart.bars.iter().map(|bar| &*bar.label).collect();
        assert_eq!(labels[1], "Turn 2: 4 of 80 turns silent (5.0%)");
        assert_eq!(
            labels.len(),
            2,
            "one turn of a hundred conversations says nothing"
        );
        assert!(BarChart::silence(&[at(100, 0)]).is_none());
    }

    #[test]
    fn any_conversation_at_all_colors_a_cell() {
        let mut hours = [[0; 24]; 7];
        (hours[0][9], hours[6][23]) = (1, 1000);
        let map = HeatMap::new(&hours).unwrap();
        let cell = |day: usize, hour: usize| {
            (
                &*map.rows[day].cells[hour].value,
                map.rows[day].cells[hour].level,
            )
        };
        assert_eq!(
            (cell(0, 9), cell(6, 23), cell(3, 3)),
            (("0-9", 1), ("6-23", 9), ("3-3", 0))
        );
        assert_eq!(map.rows[0].cells[9].label, "Monday 09:00: 1 conversation");
        assert!(HeatMap::new(&[[0; 24]; 7]).is_none());
    }
}
