//! [`Line`]: formats progress for the width of a terminal.

use std::time::Duration;

use chrono::{DateTime, Utc};
use indicatif::{HumanBytes, HumanCount};

use crate::clock;
use crate::term::escape::width_of;
use crate::term::plural::plural;

/// Columns reserved for the spinner, a space, and the last column, in which some terminals wrap.
const AROUND: usize = 3;
const SHORTEST_BAR: usize = 10;
const LONGEST_BAR: usize = 40;
const BETWEEN: &str = "  ";

/// The state of the progress.
pub(super) struct Line {
    pub(super) records: u64,
    pub(super) per_second: f64,
    /// The bytes of all conversations received; 0 if not counted.
    pub(super) bytes: u64,
    /// The completed share of the work, if known.
    pub(super) share: Option<f64>,
    /// The remaining time, if known.
    pub(super) left: Option<Duration>,
    pub(super) elapsed: Duration,
    /// The start of the last conversation.
    pub(super) at: Option<DateTime<Utc>>,
}

impl Line {
    /// Formats as much as fits, the most important first; never wider than the terminal.
    pub(super) fn text(&self, width: usize, is_unicode: bool) -> String {
        let room = width.saturating_sub(AROUND);
        if self.records == 0 && self.share.is_none_or(|share| share <= 0.0) {
            let waiting = [format!(
                "waiting for the first conversations  {}",
                self.time()
            )];
            return fitting(waiting.into_iter().chain([self.time()]), room);
        }
        let (count, rate, bytes) = (self.count(), self.rate(), self.bytes_rate());
        let words = plural(self.records, "conversation").to_string();
        let end = self.end();
        let at = self.at.map(|at| at.format("at %Y-%m-%d %H:%M").to_string());
        let so_far = match self.share {
            // The share is more informative than the number of bytes.
            Some(_) => None,
            None => self.bytes_so_far(),
        };
        // A bar shows the position better than a time does.
        let at = at.filter(|at| {
            let bar = self.share.map_or(0, |_| BETWEEN.len() + LONGEST_BAR);
            let parts = [
                Some(&words),
                Some(&rate),
                bytes.as_ref(),
                Some(at),
                Some(&end),
            ];
            width_of(&joined(parts)) + bar <= room
        });
        let (bytes, so_far) = (bytes.as_ref(), so_far.as_ref());
        let forms = [
            joined([
                Some(&words),
                Some(&rate),
                bytes,
                so_far,
                at.as_ref(),
                Some(&end),
            ]),
            joined([Some(&words), Some(&rate), bytes, so_far, Some(&end)]),
            joined([Some(&words), Some(&rate), bytes, Some(&end)]),
            joined([Some(&count), Some(&rate), bytes, Some(&end)]),
            joined([Some(&count), Some(&rate), Some(&end)]),
            joined([Some(&rate), Some(&end)]),
            end.clone(),
        ];
        let text = fitting(forms.into_iter(), room);
        self.with_bar(text, &end, room, is_unicode)
    }

    /// Adds a bar before the end of the line, if there is room for one.
    fn with_bar(&self, text: String, end: &str, room: usize, is_unicode: bool) -> String {
        let free = room.saturating_sub(width_of(&text) + BETWEEN.len());
        let (Some(share), Some(start)) = (self.share, text.strip_suffix(end)) else {
            return text;
        };
        if free < SHORTEST_BAR {
            return text;
        }
        let bar = bar(share, free.min(LONGEST_BAR), is_unicode);
        format!("{start}{bar}{BETWEEN}{end}")
    }

    /// Returns the completed share and the remaining time, or else the elapsed time.
    fn end(&self) -> String {
        let Some(share) = self.share else {
            return self.time();
        };
        // Rounded down, so that incomplete work is never shown as 100%.
        let percent = format!("{:>3.0}%", (share * 100.0).floor());
        match self.left {
            Some(left) => format!("{percent}{BETWEEN}{} left", clock::time(left.as_secs_f64())),
            None => percent,
        }
    }

    fn time(&self) -> String {
        clock::time(self.elapsed.as_secs_f64())
    }

    fn count(&self) -> String {
        HumanCount(self.records).to_string()
    }

    fn rate(&self) -> String {
        format!("{}/s", HumanCount(whole(self.per_second)))
    }

    /// Returns the rate in bytes, estimated from the average size of conversations so far.
    #[expect(clippy::cast_precision_loss, reason = "a rate needs few digits")]
    fn bytes_rate(&self) -> Option<String> {
        (self.bytes > 0 && self.records > 0).then(|| {
            let size = self.bytes as f64 / self.records as f64;
            format!("{}/s", HumanBytes(whole(size * self.per_second)))
        })
    }

    fn bytes_so_far(&self) -> Option<String> {
        (self.bytes > 0).then(|| HumanBytes(self.bytes).to_string())
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast stops at 0 and at the largest number"
)]
fn whole(number: f64) -> u64 {
    number.round() as u64
}

fn joined<const N: usize>(parts: [Option<&String>; N]) -> String {
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    parts.join(BETWEEN)
}

/// Returns the first variant that fits, or an empty string.
fn fitting(mut forms: impl Iterator<Item = String>, room: usize) -> String {
    forms
        .find(|form| width_of(form) <= room)
        .unwrap_or_default()
}

fn bar(share: f64, width: usize, is_unicode: bool) -> String {
    let (done, open) = if is_unicode {
        ("━", "─")
    } else {
        ("#", ".")
    };
    #[expect(clippy::cast_precision_loss, reason = "a terminal has few columns")]
    let full = usize::try_from(whole((share * width as f64).floor())).unwrap_or(width);
    let full = full.min(width);
    format!("{}{}", done.repeat(full), open.repeat(width - full))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line {
            records: 12_345,
            per_second: 1_234.4,
            bytes: 12_345 * 8192,
            share: Some(0.426),
            left: Some(Duration::from_secs(83)),
            elapsed: Duration::from_secs(61),
            at: Some("2026-04-13T18:00:00Z".parse().unwrap()),
        }
    }

    #[test]
    fn a_wider_terminal_shows_more() {
        for (width, text) in [
            (12, ""),
            (20, " 42%  1:23 left"),
            (40, "12,345  1,234/s   42%  1:23 left"),
            (
                80,
                "12,345 conversations  1,234/s  9.64 MiB/s  ━━━━━━━──────────   42%  1:23 left",
            ),
            (
                160,
                "12,345 conversations  1,234/s  9.64 MiB/s  at 2026-04-13 18:00  \
                 ━━━━━━━━━━━━━━━━━───────────────────────   42%  1:23 left",
            ),
        ] {
            assert_eq!(line().text(width, true), text, "{width}");
        }
    }

    #[test]
    fn no_line_is_wider_than_its_terminal() {
        let unknown = Line {
            share: None,
            left: None,
            ..line()
        };
        let waiting = Line {
            records: 0,
            share: None,
            ..line()
        };
        for width in 0..200 {
            for line in [&line(), &unknown, &waiting] {
                assert!(width_of(&line.text(width, true)) <= width.saturating_sub(AROUND));
            }
        }
    }

    #[test]
    fn without_a_known_end_the_received_bytes_are_shown() {
        let line = Line {
            share: None,
            left: None,
            ..line()
        };
        assert_eq!(
            line.text(100, true),
            "12,345 conversations  1,234/s  9.64 MiB/s  96.45 MiB  at 2026-04-13 18:00  1:01"
        );
        let first = Line { records: 0, ..line };
        assert_eq!(
            first.text(80, true),
            "waiting for the first conversations  1:01"
        );
    }

    #[test]
    fn a_bar_of_another_alphabet_is_drawn_in_ascii() {
        assert_eq!(bar(0.5, 10, false), "#####.....");
        assert_eq!(bar(1.0, 4, true), "━━━━");
        assert!(line().text(160, false).is_ascii());
    }

    #[test]
    fn all_is_done_only_when_it_is() {
        let nearly = Line {
            share: Some(0.9999),
            left: None,
            ..line()
        };
        assert!(nearly.text(40, true).ends_with(" 99%"));
    }
}
