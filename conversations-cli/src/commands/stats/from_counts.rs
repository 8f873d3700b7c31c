//! Builds the statistics from the counts.

use chrono::{Days, NaiveDate};

use super::counter::Counter;
use super::counts::{Counts, DayCounts};
use super::statistics::{Chart, Day, Figure, Rate, Statistics, Unit};
use crate::term::plural::plural;

/// Maximum length of a gap between two days that is filled with zeros.
const GAP: usize = 400;

impl Counts {
    pub(crate) fn statistics(&self) -> Statistics {
        let all = self.conversations;
        let chart = |key: &str, title: &str, counter: &Counter, of: u64| Chart {
            key: key.to_owned(),
            title: title.to_owned(),
            rows: counter.sorted(),
            others: counter.overflow(),
            of,
            is_ranked: true,
        };
        let days = self.days();
        let by_day = Chart {
            key: "day".to_owned(),
            title: "By day".to_owned(),
            rows: days
                .iter()
                .map(|day| (day.date.to_string(), day.conversations))
                .collect(),
            others: 0,
            of: all,
            is_ranked: false,
        };
        let mut charts = vec![
            by_day,
            self.hours(),
            chart("channel", "Channels", &self.channels, all),
            chart("variant", "Variants", &self.variants, all),
            chart("environment", "Environments", &self.environments, all),
            chart(
                "handoff_reason",
                "Handoff reasons",
                &self.reasons,
                self.handoffs,
            ),
        ];
        let mut figures = vec![
            Figure::new(
                "duration_seconds",
                "total duration",
                Unit::Time,
                &self.duration,
            ),
            Figure::new(
                "polyai_seconds",
                "with the agent",
                Unit::Time,
                &self.agent_duration,
            ),
            Figure::new("turns", "turns", Unit::Count, &self.turns_each),
            Figure::new(
                "latency_seconds",
                "turn latency",
                Unit::Seconds,
                &self.latency,
            ),
        ];
        for metric in &self.metrics {
            let key = format!("metric_{}", metric.name);
            let title = format!(
                "Metric {}, in {}",
                metric.name,
                plural(metric.conversations, "conversation"),
            );
            charts.push(chart(&key, &title, &metric.values, metric.conversations));
            if !metric.has_text {
                figures.push(Figure::new(
                    &key,
                    &metric.name,
                    Unit::Number,
                    &metric.numbers,
                ));
            }
        }
        let rate = |key, title, part, whole, of| Rate {
            key,
            title,
            part,
            whole,
            of,
        };
        let rates = vec![
            rate("handoff", "handed off", self.handoffs, all, "conversations"),
            rate(
                "with_silence",
                "with silent turns",
                self.silent.conversations,
                all,
                "conversations",
            ),
            rate(
                "with_ood",
                "with out-of-domain turns",
                self.out_of_domain.conversations,
                all,
                "conversations",
            ),
            rate(
                "silent_turns",
                "silent turns",
                self.silent.turns,
                self.turns,
                "turns",
            ),
            rate(
                "ood_turns",
                "out-of-domain turns",
                self.out_of_domain.turns,
                self.turns,
                "turns",
            ),
            rate(
                "barge_ins",
                "barge-ins",
                self.barge_ins,
                self.seen_turns,
                "turns",
            ),
        ];
        Statistics {
            conversations: all,
            in_progress: self.in_progress,
            first: self.first.map(|time| time.with_timezone(&self.zone)),
            last: self.last.map(|time| time.with_timezone(&self.zone)),
            zone: self.zone.name(),
            rates: rates.into_iter().filter(|rate| rate.whole > 0).collect(),
            figures: figures
                .into_iter()
                .filter(|figure| figure.count > 0)
                .collect(),
            charts: charts
                .into_iter()
                .filter(|chart| !chart.rows.is_empty())
                .collect(),
            days,
            weekday_hours: self.weekday_hours,
            positions: self.positions.clone(),
        }
    }

    /// Returns the days in order, including those without conversations.
    fn days(&self) -> Vec<Day> {
        let mut days = Vec::new();
        let mut before: Option<NaiveDate> = None;
        for (date, counts) in &self.days {
            let gap = before.and_then(|before| before.checked_add_days(Days::new(1)));
            let empty: Vec<_> = gap
                .iter()
                .flat_map(NaiveDate::iter_days)
                .take_while(|empty| empty < date)
                .take(GAP + 1)
                .collect();
            if empty.len() <= GAP {
                let none = DayCounts::default();
                days.extend(empty.into_iter().map(|empty| day(empty, &none)));
            }
            days.push(day(*date, counts));
            before = Some(*date);
        }
        days
    }

    fn hours(&self) -> Chart {
        let hour = |hour: usize| self.weekday_hours.iter().map(|day| day[hour]).sum::<u64>();
        let is_empty = self.days.is_empty();
        Chart {
            key: "hour".to_owned(),
            title: "By hour of the day".to_owned(),
            rows: (0..24)
                .filter(|_| !is_empty)
                .map(|at| (format!("{at:02}"), hour(at)))
                .collect(),
            others: 0,
            of: self.conversations,
            is_ranked: false,
        }
    }
}

fn day(date: NaiveDate, counts: &DayCounts) -> Day {
    let percentiles = counts.percentiles.as_ref();
    Day {
        date,
        conversations: counts.conversations,
        handoffs: counts.handoffs,
        duration: percentiles.and_then(|percentiles| percentiles.duration.all()),
        latency: percentiles.and_then(|percentiles| percentiles.latency.all()),
    }
}
