//! [`Counts`]: sums over all conversations, in bounded memory.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Timelike as _, Utc};
use conversations_api_ext::api::{Integer, Latency};
use conversations_table::{Tz, nearest};

use super::counter::Counter;
use super::fields::Fields;
use super::metric::{Metric, named};
use super::percentiles::Percentiles;
use crate::term::escape::printable;

/// Maximum number of days counted individually: a hundred years.
const MOST_DAYS: usize = 36_525;

/// The counts of the conversations so far.
#[derive(Debug)]
pub(super) struct Counts {
    pub(super) zone: Tz,
    pub(super) conversations: u64,
    pub(super) in_progress: u64,
    pub(super) first: Option<DateTime<Utc>>,
    pub(super) last: Option<DateTime<Utc>>,
    pub(super) days: BTreeMap<NaiveDate, u64>,
    pub(super) hours: [u64; 24],
    pub(super) channels: Counter,
    pub(super) variants: Counter,
    pub(super) environments: Counter,
    pub(super) handoffs: u64,
    pub(super) reasons: Counter,
    pub(super) silent: Turns,
    pub(super) out_of_domain: Turns,
    pub(super) barge_ins: u64,
    pub(super) turns: u64,
    pub(super) seen_turns: u64,
    pub(super) duration: Percentiles,
    pub(super) agent_duration: Percentiles,
    pub(super) turns_each: Percentiles,
    pub(super) latency: Percentiles,
    pub(super) metrics: Vec<Metric>,
    /// The number of conversations whose start is in an unknown format.
    pub(super) unreadable_starts: u64,
    /// The metrics found so far, while a requested metric has not been found.
    pub(super) known_metrics: BTreeSet<String>,
}

/// Maximum number of metric names remembered to suggest one for a typing error.
const MOST_KNOWN: usize = 1000;

/// Counts of turns of one kind.
#[derive(Debug, Default)]
pub(super) struct Turns {
    pub(super) turns: u64,
    pub(super) conversations: u64,
}

impl Turns {
    fn add(&mut self, turns: u64) {
        self.turns += turns;
        self.conversations += u64::from(turns > 0);
    }
}

impl Counts {
    pub(super) fn new(zone: Tz, metrics: &[String]) -> Self {
        let metrics = metrics.iter().map(|name| Metric::new(name));
        Self {
            zone,
            conversations: 0,
            in_progress: 0,
            first: None,
            last: None,
            days: BTreeMap::new(),
            hours: [0; 24],
            channels: Counter::default(),
            variants: Counter::default(),
            environments: Counter::default(),
            handoffs: 0,
            reasons: Counter::default(),
            silent: Turns::default(),
            out_of_domain: Turns::default(),
            barge_ins: 0,
            turns: 0,
            seen_turns: 0,
            duration: Percentiles::default(),
            agent_duration: Percentiles::default(),
            turns_each: Percentiles::default(),
            latency: Percentiles::default(),
            metrics: metrics.collect(),
            unreadable_starts: 0,
            known_metrics: BTreeSet::new(),
        }
    }

    pub(super) fn add(&mut self, fields: &Fields<'_>, started: Option<DateTime<Utc>>) {
        self.conversations += 1;
        self.in_progress += u64::from(*fields.in_progress == Some(true));
        if let Some(time) = started {
            self.start(time);
        } else {
            self.unreadable_starts += 1;
        }
        self.channels.add(named(fields.channel.as_deref()));
        self.variants.add(named(fields.variant()));
        self.environments.add(named(fields.environment.as_deref()));
        if *fields.handoff == Some(true) {
            self.handoffs += 1;
            self.reasons.add(named(fields.handoff_reason.as_deref()));
        }
        let turns = count(*fields.num_turns);
        self.turns += turns;
        self.silent.add(count(*fields.num_silences));
        self.out_of_domain.add(count(*fields.num_ood));
        for (field, percentiles) in [
            (&fields.total_duration, &mut self.duration),
            (&fields.polyai_duration, &mut self.agent_duration),
            (&fields.num_turns, &mut self.turns_each),
        ] {
            field
                .iter()
                .for_each(|number| percentiles.add(number.as_f64()));
        }
        for turn in fields.turns.iter().flatten() {
            self.seen_turns += 1;
            self.barge_ins += u64::from(*turn.barge_in == Some(true));
            if let Some(seconds) = turn.latency.as_ref().and_then(Latency::seconds) {
                self.latency.add(seconds);
            }
        }
        if !self.metrics.is_empty() {
            let found = fields.metrics();
            for metric in &mut self.metrics {
                if let Some(values) = found.get(&metric.name) {
                    metric.add(values.texts());
                }
            }
            if self.metrics.iter().any(|metric| metric.conversations == 0) {
                let room = MOST_KNOWN.saturating_sub(self.known_metrics.len());
                self.known_metrics.extend(found.into_keys().take(room));
            }
        }
    }

    /// Explains why a requested metric cannot be counted: no conversation has it, although they have others.
    pub(super) fn absent_metric(&self) -> Option<String> {
        const NAMED: usize = 20;
        let absent = self.metrics.iter().find(|metric| metric.conversations == 0);
        let absent = absent.filter(|_| !self.known_metrics.is_empty())?;
        let known = || self.known_metrics.iter().map(String::as_str);
        let hint = match nearest(&absent.name, known()) {
            Some(nearest) => format!("did you mean {nearest:?}?"),
            None => {
                let more = if self.known_metrics.len() > NAMED {
                    ", …"
                } else {
                    ""
                };
                let known: Vec<_> = known().take(NAMED).map(printable).collect();
                format!("available metrics are {}{more}", known.join(", "))
            }
        };
        Some(format!(
            "no conversation has the metric {:?}: {hint}",
            absent.name
        ))
    }

    fn start(&mut self, time: DateTime<Utc>) {
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
        let local = time.with_timezone(&self.zone);
        let day = local.date_naive();
        if self.days.len() < MOST_DAYS || self.days.contains_key(&day) {
            *self.days.entry(day).or_default() += 1;
        }
        self.hours[local.hour() as usize] += 1;
    }
}

fn count(number: Option<Integer>) -> u64 {
    let number = number.and_then(Integer::as_i64);
    number
        .and_then(|number| u64::try_from(number).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::report::Report;
    use super::*;

    fn report(records: &[&str], zone: Tz, metrics: &[&str]) -> Report {
        let metrics: Vec<_> = metrics.iter().map(|name| (*name).to_owned()).collect();
        let mut counts = Counts::new(zone, &metrics);
        for record in records {
            let fields = Fields::read(record).expect(record);
            let started = fields.started();
            counts.add(&fields, started);
        }
        counts.report()
    }

    fn rows(report: &Report, key: &str) -> Vec<(String, u64)> {
        let chart = report.charts.iter().find(|chart| chart.key == key);
        chart.map(|chart| chart.rows.clone()).unwrap_or_default()
    }

    #[test]
    fn days_and_hours_are_those_of_the_time_zone_and_empty_days_are_shown() {
        let report = report(
            &[
                r#"{"id":"a","started_at":"2026-04-01T03:59:59Z"}"#,
                r#"{"id":"b","started_at":"2026-04-03T04:00:00.5+00:00"}"#,
                r#"{"id":"c","started_at":"soon"}"#,
            ],
            Tz::America__New_York,
            &[],
        );
        let days = [
            ("2026-03-31", 1),
            ("2026-04-01", 0),
            ("2026-04-02", 0),
            ("2026-04-03", 1),
        ];
        assert_eq!(
            rows(&report, "day"),
            days.map(|(day, count)| (day.to_owned(), count))
        );
        let hours = rows(&report, "hour");
        assert_eq!((hours.len(), hours[23].1, hours[0].1), (24, 1, 1));
        assert_eq!(report.conversations, 3);
    }

    #[test]
    fn each_rate_has_its_whole() {
        let report = report(
            &[
                r#"{"id":"a","handoff":true,"handoff_reason":"person","num_turns":4.0,"num_silences":1,
                    "turns":[{"barge_in":true,"latency":0.5},{"latency":{"perceived_latency":1.5}}]}"#,
                r#"{"id":"b","handoff":false,"num_turns":6,"num_silences":0,"num_ood":null}"#,
            ],
            Tz::UTC,
            &[],
        );
        let rate = |key| {
            let rate = report.rates.iter().find(|rate| rate.key == key).unwrap();
            (rate.part, rate.whole)
        };
        assert_eq!(rate("handoff"), (1, 2));
        assert_eq!(rate("with_silence"), (1, 2));
        assert_eq!(rate("silent_turns"), (1, 10));
        assert_eq!(rate("barge_ins"), (1, 2));
        assert_eq!(rows(&report, "handoff_reason"), [("person".to_owned(), 1)]);
        let latency = report
            .figures
            .iter()
            .find(|figure| figure.key == "latency_seconds");
        assert_eq!(
            latency.map(|latency| (latency.count, latency.max)),
            Some((2, 1.5))
        );
    }

    #[test]
    fn a_number_or_a_truth_that_is_sent_as_text_counts() {
        let report = report(
            &[
                r#"{"id":"a","total_duration":"80","num_turns":"4","num_silences":"1","handoff":"true"}"#,
                r#"{"id":"b","total_duration":73.5,"num_turns":6,"handoff":false,"polyai_duration":"soon"}"#,
            ],
            Tz::UTC,
            &[],
        );
        let figure = |key: &str| {
            let figures = report.figures.iter();
            let mut figures = figures.filter(|figure| figure.key == key);
            figures.next().map(|figure| (figure.count, figure.max))
        };
        assert_eq!(figure("duration_seconds"), Some((2, 80.0)));
        assert_eq!(figure("turns"), Some((2, 6.0)));
        assert_eq!(figure("polyai_seconds"), None);
        let handoff = report.rates.iter().find(|rate| rate.key == "handoff");
        assert_eq!(handoff.map(|rate| (rate.part, rate.whole)), Some((1, 2)));
    }

    #[test]
    fn a_metric_is_counted_by_conversation_and_by_value() {
        let report = report(
            &[
                r#"{"id":"a","metrics":{"INTENT":["x","y","x"],"N":"3"}}"#,
                r#"{"id":"b","metrics":{"INTENT":"y","N":7}}"#,
                r#"{"id":"c"}"#,
            ],
            Tz::UTC,
            &["INTENT", "N", "ABSENT"],
        );
        let counts = [("y".to_owned(), 2), ("x".to_owned(), 1)];
        assert_eq!(rows(&report, "metric_INTENT"), counts);
        assert!(rows(&report, "metric_ABSENT").is_empty());
        let keys: Vec<_> = report.figures.iter().map(|figure| &*figure.key).collect();
        assert_eq!(keys, ["metric_N"], "only numbers have percentiles");
    }
}
