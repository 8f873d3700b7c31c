//! [`Scale`]: the vertical axis of a chart, with round numbers; and the labels of the horizontal one.

use indicatif::HumanCount;

use crate::clock;

/// The height of the area that data is drawn in, in pixels.
pub(super) const HEIGHT: f64 = 160.0;
/// The space above it, for the label of the topmost line.
const ABOVE: f64 = 10.0;
/// The maximum number of labels of the horizontal axis that fit on a phone.
const LABELS: usize = 6;

/// How the numbers of an axis are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantity {
    Count,
    Share,
    /// Seconds, written as minutes and seconds.
    Duration,
    Seconds,
}

/// A vertical axis from 0.
#[derive(Debug)]
pub(super) struct Scale {
    most: f64,
    /// The lines across the chart, from the bottom.
    pub(super) lines: Vec<GridLine>,
}

#[derive(Debug)]
pub(super) struct GridLine {
    pub(super) y: f64,
    pub(super) label: String,
}

/// A label of the horizontal axis, at a percentage of its length.
#[derive(Debug)]
pub(super) struct Tick {
    pub(super) x: f64,
    pub(super) anchor: &'static str,
    pub(super) label: String,
}

impl Scale {
    /// Returns an axis that reaches at least to `most`.
    pub(super) fn new(most: f64, quantity: Quantity) -> Self {
        let step = step(most / 3.0, quantity);
        let steps = (most / step).ceil().max(1.0);
        let most = step * steps;
        let mut scale = Self {
            most,
            lines: Vec::new(),
        };
        let mut value = 0.0;
        while value <= most + step / 2.0 {
            let (y, label) = (scale.y(value), quantity.text(value));
            scale.lines.push(GridLine { y, label });
            value += step;
        }
        scale
    }

    /// Returns the distance of a value from the top of the chart.
    pub(super) fn y(&self, value: f64) -> f64 {
        rounded(ABOVE + HEIGHT - self.height(value))
    }

    pub(super) fn height(&self, value: f64) -> f64 {
        rounded(HEIGHT * (value / self.most).clamp(0.0, 1.0))
    }
}

impl Quantity {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count"
    )]
    pub(super) fn text(self, value: f64) -> String {
        match self {
            Self::Count => HumanCount(value.round() as u64).to_string(),
            Self::Share => format!("{}%", rounded(value * 100.0)),
            Self::Duration => clock::time(value.round()),
            Self::Seconds => format!("{} s", rounded(value)),
        }
    }
}

/// Returns the round number that follows `least`.
fn step(least: f64, quantity: Quantity) -> f64 {
    const MINUTES: [f64; 12] = [
        1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0,
    ];
    if quantity == Quantity::Duration {
        if let Some(step) = MINUTES.into_iter().find(|step| *step >= least) {
            return step;
        }
        return 3600.0 * step(least / 3600.0, Quantity::Count);
    }
    if least <= 0.0 || !least.is_finite() {
        return if quantity == Quantity::Share {
            0.01
        } else {
            1.0
        };
    }
    let power = 10_f64.powf(least.log10().floor());
    let found = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|step| step * power >= least);
    let found = found.unwrap_or(10.0) * power;
    if quantity == Quantity::Count {
        found.max(1.0)
    } else {
        found
    }
}

/// Returns labels for some of `count` equal slots, evenly spaced.
pub(super) fn ticks(count: usize, label: impl Fn(usize) -> String) -> Vec<Tick> {
    let step = count.div_ceil(LABELS).max(1);
    let tick = |at: usize| {
        let (x, _) = slot(at, count);
        let x = rounded(x + 50.0 / of(count));
        let anchor = match x {
            ..5.0 => "start",
            95.0.. => "end",
            _ => "middle",
        };
        let x = match anchor {
            "start" => 0.0,
            "end" => 100.0,
            _ => x,
        };
        let label = label(at);
        Tick { x, anchor, label }
    };
    (0..count).step_by(step).map(tick).collect()
}

/// Returns the position and the width of one of `count` equal slots, in percent.
pub(super) fn slot(at: usize, count: usize) -> (f64, f64) {
    (
        rounded(100.0 * of(at) / of(count)),
        rounded(100.0 / of(count)),
    )
}

/// Rounds to thousandths, which keeps the page small.
pub(super) fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "a number of days or turns")]
pub(super) fn of(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_round_numbers_and_reaches_beyond_the_data() {
        let labels = |most, quantity| {
            let scale = Scale::new(most, quantity);
            let labels = scale.lines.into_iter().map(|line| line.label);
            labels.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(labels(17.0, Quantity::Count), "0 10 20");
        assert_eq!(labels(1.0, Quantity::Count), "0 1");
        assert_eq!(labels(0.0, Quantity::Count), "0 1");
        assert_eq!(
            labels(123_456.0, Quantity::Count),
            "0 50,000 100,000 150,000"
        );
        assert_eq!(labels(0.082, Quantity::Share), "0% 5% 10%");
        assert_eq!(labels(400.0, Quantity::Duration), "0:00 5:00 10:00");
        assert_eq!(labels(2.3, Quantity::Seconds), "0 s 1 s 2 s 3 s");
        let scale = Scale::new(20.0, Quantity::Count);
        assert_eq!(
            (scale.y(0.0), scale.y(20.0), scale.height(10.0)),
            (170.0, 10.0, 80.0)
        );
    }

    #[test]
    fn labels_fit_on_a_phone_and_stay_inside() {
        for count in [1, 2, 6, 7, 30, 365] {
            let ticks = ticks(count, |at| at.to_string());
            assert!((1..=LABELS).contains(&ticks.len()), "{count}");
            assert!(ticks.iter().all(|tick| (0.0..=100.0).contains(&tick.x)));
        }
    }
}
