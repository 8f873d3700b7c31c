//! Formats a statistics as bars and figures for the width of a terminal.

use chrono::NaiveDate;
use indicatif::HumanCount;

use super::input::Gaps;
use super::percentiles::PERCENTILES;
use super::statistics::{Chart, Figure, Rate, Statistics, Unit, share};
use crate::clock;
use crate::term::escape::{Terminal, printable, width_of, wrapped};
use crate::term::plural::plural;

/// From this width on, blocks are laid out side by side.
const TWO_COLUMNS: usize = 132;
const BETWEEN: usize = 4;
/// The width of a percentile.
const CELL: usize = 8;
/// Below this width, two of the percentiles are omitted.
const NARROW: usize = 60;
/// More days than this are shown as months.
const DAYS: usize = 62;
/// Minimum length of a bar: a shorter one is not informative.
const SHORTEST_BAR: usize = 6;
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Formats the statistics. `top` is the number of rows shown of a ranking.
pub(super) fn text(statistics: &Statistics, gaps: &Gaps, top: usize, terminal: Terminal) -> String {
    let is_wide = terminal.width >= TWO_COLUMNS;
    let width = if is_wide {
        (terminal.width - BETWEEN) / 2
    } else {
        terminal.width
    };
    let page = TextLayout {
        width,
        top,
        terminal,
    };
    let mut out = heading(statistics, gaps, terminal);
    let mut blocks = vec![
        page.rates(&statistics.rates),
        page.figures(&statistics.figures),
    ];
    // For a number with mostly distinct values, percentiles are more informative than a ranking.
    let is_shown = |chart: &&Chart| {
        chart.rows.len() <= top
            || statistics
                .figures
                .iter()
                .all(|figure| figure.key != chart.key)
    };
    let charts = statistics.charts.iter().filter(is_shown);
    blocks.extend(charts.map(|chart| page.chart(chart)));
    blocks.retain(|block| block.len() > 1);
    let columns = if is_wide { 2 } else { 1 };
    out.push_str(&lay_out(blocks, columns, width));
    out
}

fn heading(statistics: &Statistics, gaps: &Gaps, terminal: Terminal) -> String {
    let mut counts = plural(statistics.conversations, "conversation").to_string();
    if statistics.in_progress > 0 {
        counts.push_str(&format!(
            ", {} in progress",
            HumanCount(statistics.in_progress)
        ));
    }
    let mut parts = vec![counts];
    if let (Some(first), Some(last)) = (&statistics.first, &statistics.last) {
        let form = "%a %Y-%m-%d %H:%M";
        let (first, last) = (first.format(form), last.format(form));
        parts.push(format!("{first} to {last}, {}", statistics.zone));
    }
    parts.extend(gaps.text().map(|gaps| format!("incomplete: {gaps}")));
    let line = parts.join("; ");
    let text = if width_of(&line) <= terminal.width {
        line
    } else {
        parts.join("\n")
    };
    let lines = wrapped(&text, terminal.width);
    let lines: Vec<_> = lines.iter().map(|line| terminal.strong(line)).collect();
    lines.join("\n") + "\n"
}

/// Arranges blocks one below the other, or in two columns of about the same height.
fn lay_out(blocks: Vec<Vec<String>>, columns: usize, width: usize) -> String {
    let below = |blocks: &[Vec<String>]| -> Vec<String> {
        let lines = blocks
            .iter()
            .flat_map(|block| std::iter::once(String::new()).chain(block.iter().cloned()));
        lines.collect()
    };
    let cut = if columns == 1 {
        blocks.len()
    } else {
        let tall = |blocks: &[Vec<String>]| below(blocks).len();
        (0..=blocks.len())
            .min_by_key(|cut| tall(&blocks[..*cut]).max(tall(&blocks[*cut..])))
            .unwrap_or(0)
    };
    let (left, right) = (below(&blocks[..cut]), below(&blocks[cut..]));
    let mut out = String::new();
    for index in 0..left.len().max(right.len()) {
        let side = |lines: &[String]| lines.get(index).cloned().unwrap_or_default();
        let (left, right) = (side(&left), side(&right));
        if right.is_empty() {
            out.push_str(&left);
        } else {
            let space = (width + BETWEEN).saturating_sub(width_of(&left));
            out.push_str(&format!("{left}{:space$}{right}", ""));
        }
        out.push('\n');
    }
    out
}

/// Blocks of equal width.
struct TextLayout {
    width: usize,
    top: usize,
    terminal: Terminal,
}

impl TextLayout {
    fn title(&self, title: &str) -> String {
        let title = printable(title);
        self.terminal
            .strong(self.terminal.fitted(&title, self.width).trim_end())
    }

    fn rates(&self, rates: &[Rate]) -> Vec<String> {
        let widest = rates
            .iter()
            .map(|rate| width_of(rate.title))
            .max()
            .unwrap_or(0);
        let parts = rates
            .iter()
            .map(|rate| HumanCount(rate.part).to_string().len());
        let digits = parts.max().unwrap_or(0);
        let mut lines = vec![self.title("Rates")];
        for rate in rates {
            let part = HumanCount(rate.part).to_string();
            let of = format!("{part:>digits$} of {} {}", HumanCount(rate.whole), rate.of);
            let title = self.terminal.fitted(rate.title, widest);
            let line = format!("  {title}  {:>6}  {of}", percent(rate.share()));
            lines.push(
                self.terminal
                    .fitted(&line, self.width)
                    .trim_end()
                    .to_owned(),
            );
        }
        lines
    }

    fn figures(&self, figures: &[Figure]) -> Vec<String> {
        let shown: &[usize] = if self.width < NARROW {
            &[0, 2, PERCENTILES.len()]
        } else {
            &[0, 1, 2, 3, PERCENTILES.len()]
        };
        let titles = figures.iter().map(|figure| width_of(&figure.title));
        let room = self.width.saturating_sub(2 + shown.len() * CELL);
        let widest = titles.max().unwrap_or(0).max(9).min(room);
        let names = PERCENTILES.map(|(name, _)| name);
        let cells = |name: &dyn Fn(usize) -> String| -> String {
            let cells = shown.iter().map(|index| format!("{:>CELL$}", name(*index)));
            cells.collect()
        };
        let heading = cells(&|index| (*names.get(index).unwrap_or(&"max")).to_owned());
        let title = self
            .terminal
            .strong(&self.terminal.fitted("Percentiles", widest + 2));
        let mut lines = vec![format!("{title}{}", self.terminal.faint(&heading))];
        for figure in figures {
            let numbers = cells(&|index| {
                let number = figure.percentiles.get(index).unwrap_or(&figure.max);
                quantity(*number, figure.unit)
            });
            let title = self.terminal.fitted(&printable(&figure.title), widest);
            lines.push(format!("  {title}{numbers}"));
        }
        lines
    }

    fn chart(&self, chart: &Chart) -> Vec<String> {
        let (title, rows) = self.rows(chart);
        let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let labels = rows.iter().map(|(label, _)| width_of(label));
        let widest = labels.max().unwrap_or(0).min(self.width / 2);
        let digits = HumanCount(most).to_string().len();
        // Label, count, share, and two spaces before each.
        let taken = 2 + widest + 2 + digits + 2 + 6 + 2;
        let room = self.width.saturating_sub(taken);
        let mut lines = vec![self.title(&title)];
        for (label, count) in &rows {
            let label = self.terminal.fitted(label, widest);
            let number = HumanCount(*count).to_string();
            let share = percent(share(*count, chart.of));
            let line = format!("  {label}  {number:>digits$}  {share:>6}");
            if room >= SHORTEST_BAR {
                let bar = bar(*count, most, room, self.terminal.unicode);
                lines.push(
                    format!("{line}  {}", self.terminal.marked(&bar))
                        .trim_end()
                        .to_owned(),
                );
            } else {
                lines.push(
                    self.terminal
                        .fitted(&line, self.width)
                        .trim_end()
                        .to_owned(),
                );
            }
        }
        lines
    }

    /// Returns the rows shown of a chart: the top of a ranking, months instead of many days.
    fn rows(&self, chart: &Chart) -> (String, Vec<(String, u64)>) {
        if chart.key == "day" && chart.rows.len() > DAYS {
            let mut months: Vec<(String, u64)> = Vec::new();
            for (day, count) in &chart.rows {
                let month = day.rsplit_once('-').map_or(&**day, |(month, _)| month);
                match months.last_mut() {
                    Some((last, sum)) if *last == month => *sum += count,
                    _ => months.push((month.to_owned(), *count)),
                }
            }
            return ("By month".to_owned(), months);
        }
        let shown = if chart.is_ranked {
            self.top
        } else {
            usize::MAX
        };
        let mut rows: Vec<_> = chart
            .rows
            .iter()
            .take(shown)
            .map(|(label, count)| (named(chart, label), *count))
            .collect();
        let more = chart.rows.len().saturating_sub(shown);
        let rest = chart.rows.iter().skip(shown).map(|(_, count)| count);
        let rest = rest.sum::<u64>() + chart.others;
        if rest > 0 {
            rows.push((format!("({} more)", HumanCount(more as u64)), rest));
        }
        (chart.title.clone(), rows)
    }
}

/// Returns the label of a row, with the weekday for a day.
fn named(chart: &Chart, label: &str) -> String {
    let day = (chart.key == "day").then(|| label.parse::<NaiveDate>());
    match day {
        Some(Ok(day)) => day.format("%a %Y-%m-%d").to_string(),
        _ => printable(label),
    }
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

fn quantity(number: f64, unit: Unit) -> String {
    match unit {
        Unit::Time => clock::time(number.round()),
        Unit::Seconds => format!("{number:.2} s"),
        Unit::Number if number.abs() < 100.0 && number.fract().abs() > 0.05 => {
            format!("{number:.1}")
        }
        Unit::Count | Unit::Number => format!("{number:.0}"),
    }
}

/// Draws a bar in eighths of a column, or in whole columns for ASCII. A count above zero is always visible.
fn bar(count: u64, most: u64, room: usize, is_unicode: bool) -> String {
    if count == 0 || most == 0 {
        return String::new();
    }
    let eighths = u128::from(count) * (room as u128 * 8) / u128::from(most);
    let eighths = usize::try_from(eighths.max(1)).unwrap_or(room * 8);
    if !is_unicode {
        return "#".repeat(eighths.div_ceil(8));
    }
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(key: &str, rows: &[(&str, u64)], is_ranked: bool) -> Chart {
        Chart {
            key: key.to_owned(),
            title: "Title".to_owned(),
            rows: rows
                .iter()
                .map(|(name, count)| ((*name).to_owned(), *count))
                .collect(),
            others: 0,
            of: rows.iter().map(|(_, count)| count).sum(),
            is_ranked,
        }
    }

    fn page(width: usize) -> TextLayout {
        let terminal = Terminal::plain(width);
        TextLayout {
            width,
            top: 2,
            terminal,
        }
    }

    #[test]
    fn bars_are_as_long_as_their_counts_and_fit() {
        let chart = chart(
            "channel",
            &[("VOICE-SIP", 8), ("東京", 4), ("x\u{1b}", 1)],
            true,
        );
        assert_eq!(
            page(41).chart(&chart),
            [
                "Title",
                "  VOICE-SIP  8   61.5%  █████████████████",
                "  東京       4   30.8%  ████████▌",
                "  (1 more)   1    7.7%  ██▏",
            ]
        );
        for width in [40, 80, 160] {
            for line in page(width).chart(&chart) {
                assert!(width_of(&line) <= width, "{line}");
            }
        }
    }

    #[test]
    fn many_days_are_shown_as_months() {
        let days: Vec<_> = (1..=31)
            .flat_map(|day| ["01", "03", "05"].map(|month| (month, day)))
            .map(|(month, day)| (format!("2026-{month}-{day:02}"), 2))
            .collect();
        let mut days: Vec<_> = days.iter().map(|(day, count)| (&**day, *count)).collect();
        days.sort_unstable();
        let (title, rows) = page(80).rows(&chart("day", &days, false));
        assert_eq!(title, "By month");
        let months: Vec<_> = rows
            .iter()
            .map(|(month, count)| (&**month, *count))
            .collect();
        assert_eq!(months, [("2026-01", 62), ("2026-03", 62), ("2026-05", 62)]);
    }

    #[test]
    fn two_columns_stand_side_by_side_and_keep_their_order() {
        let block = |name: &str, lines: usize| vec![name.to_owned(); lines];
        let out = lay_out(vec![block("a", 2), block("b", 1), block("c", 1)], 2, 6);
        assert_eq!(
            out,
            "\na         b\na         \n          c\n".replace("a         \n", "a\n")
        );
        let out = lay_out(vec![block("a", 1), block("b", 1)], 1, 6);
        assert_eq!(out, "\na\n\nb\n");
    }

    #[test]
    fn the_smallest_count_can_still_be_seen() {
        assert_eq!(bar(1, 1_000_000, 10, true), "▏");
        assert_eq!(bar(0, 5, 10, true), "");
        assert_eq!(bar(5, 5, 3, true), "███");
        assert_eq!(bar(1, 1_000_000, 10, false), "#");
    }
}
