//! [`Counts`]: sums over all conversations, in bounded memory.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _, Utc};
use conversations_api_ext::api::Integer;
use conversations_table::{Tz, nearest};

use super::counter::Counter;
use super::fields::Fields;
use super::metric::{Metric, named};
use super::percentiles::Percentiles;
use crate::failure::Failure;
use crate::term::escape::printable;
use crate::term::plural::plural;
use crate::term::stderr::say;

/// Maximum number of days counted individually: a hundred years.
const MOST_DAYS: usize = 36_525;
/// Maximum number of days with percentiles, which take a few kilobytes each: ten years.
const MOST_DETAILED_DAYS: usize = 3660;
/// Maximum number of positions at which silent turns are counted.
const MOST_POSITIONS: usize = 40;

/// The counts of the conversations so far.
#[derive(Debug)]
pub(crate) struct Counts {
    pub(crate) zone: Tz,
    pub(crate) conversations: u64,
    pub(crate) in_progress: u64,
    pub(crate) first: Option<DateTime<Utc>>,
    pub(crate) last: Option<DateTime<Utc>>,
    pub(crate) days: BTreeMap<NaiveDate, DayCounts>,
    /// By weekday, Monday first, and hour.
    pub(crate) weekday_hours: [[u64; 24]; 7],
    /// Turns by their position in the conversation.
    pub(crate) positions: Vec<PositionCounts>,
    pub(crate) channels: Counter,
    pub(crate) variants: Counter,
    pub(crate) environments: Counter,
    pub(crate) handoffs: u64,
    pub(crate) reasons: Counter,
    pub(crate) silent: Turns,
    pub(crate) out_of_domain: Turns,
    pub(crate) barge_ins: u64,
    pub(crate) turns: u64,
    pub(crate) seen_turns: u64,
    pub(crate) duration: Percentiles,
    pub(crate) agent_duration: Percentiles,
    pub(crate) turns_each: Percentiles,
    pub(crate) latency: Percentiles,
    pub(crate) metrics: Vec<Metric>,
    /// The number of conversations whose start is in an unknown format.
    pub(crate) unreadable_starts: u64,
    /// The metrics found so far, while a requested metric has not been found.
    pub(crate) known_metrics: BTreeSet<String>,
}

/// Maximum number of metric names remembered to suggest one for a typing error.
const MOST_KNOWN: usize = 1000;

/// Counts of turns of one kind.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    pub(crate) turns: u64,
    pub(crate) conversations: u64,
}

/// Counts of one day.
#[derive(Debug, Default)]
pub(crate) struct DayCounts {
    pub(crate) conversations: u64,
    pub(crate) handoffs: u64,
    /// `None` beyond the maximum number of days with percentiles.
    pub(crate) percentiles: Option<DayPercentiles>,
}

#[derive(Debug, Default)]
pub(crate) struct DayPercentiles {
    pub(crate) duration: Percentiles,
    pub(crate) latency: Percentiles,
}

/// Counts of the turns at one position of a conversation.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct PositionCounts {
    pub(crate) turns: u64,
    pub(crate) silent: u64,
}

impl Turns {
    fn add(&mut self, turns: u64) {
        self.turns += turns;
        self.conversations += u64::from(turns > 0);
    }
}

impl Counts {
    pub(crate) fn new(zone: Tz, metrics: &[String]) -> Self {
        let metrics = metrics.iter().map(|name| Metric::new(name));
        Self {
            zone,
            conversations: 0,
            in_progress: 0,
            first: None,
            last: None,
            days: BTreeMap::new(),
            weekday_hours: [[0; 24]; 7],
            positions: Vec::new(),
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

    pub(crate) fn add(&mut self, fields: &Fields<'_>, started: Option<DateTime<Utc>>) {
        self.conversations += 1;
        self.in_progress += u64::from(*fields.in_progress == Some(true));
        if let Some(time) = started {
            self.start(time, fields);
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
        for (position, turn) in fields.turns.iter().flatten().enumerate() {
            if position < MOST_POSITIONS {
                let most = self.positions.len().max(position + 1);
                self.positions.resize(most, PositionCounts::default());
                self.positions[position].turns += 1;
                self.positions[position].silent += u64::from(*turn.is_silence == Some(true));
            }
            self.seen_turns += 1;
            self.barge_ins += u64::from(*turn.barge_in == Some(true));
        }
        for seconds in fields.latencies() {
            self.latency.add(seconds);
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

    /// Rejects metrics that no conversation has, and warns of starts that were not counted unless `quiet`.
    pub(crate) fn check(&self, quiet: bool) -> Result<(), Failure> {
        if let Some(why) = self.absent_metric() {
            return Err(Failure::usage(why));
        }
        if self.unreadable_starts > 0 && !quiet {
            say(format_args!(
                "warning: {} without a readable start time, not counted by day and hour",
                plural(self.unreadable_starts, "conversation")
            ));
        }
        Ok(())
    }

    /// Explains why a requested metric cannot be counted: no conversation has it, although they have others.
    fn absent_metric(&self) -> Option<String> {
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

    fn start(&mut self, time: DateTime<Utc>, fields: &Fields<'_>) {
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
        let local = time.with_timezone(&self.zone);
        let weekday = local.weekday().num_days_from_monday() as usize;
        self.weekday_hours[weekday][local.hour() as usize] += 1;
        let date = local.date_naive();
        let days = self.days.len();
        let day = match self.days.entry(date) {
            Entry::Occupied(day) => day.into_mut(),
            Entry::Vacant(_) if days >= MOST_DAYS => return,
            Entry::Vacant(day) => day.insert(DayCounts {
                percentiles: (days < MOST_DETAILED_DAYS).then(DayPercentiles::default),
                ..DayCounts::default()
            }),
        };
        day.conversations += 1;
        day.handoffs += u64::from(*fields.handoff == Some(true));
        if let Some(percentiles) = &mut day.percentiles {
            if let Some(duration) = &*fields.total_duration {
                percentiles.duration.add(duration.as_f64());
            }
            for seconds in fields.latencies() {
                percentiles.latency.add(seconds);
            }
        }
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
    use super::super::statistics::Statistics;
    use super::*;

    fn statistics(records: &[&str], zone: Tz, metrics: &[&str]) -> Statistics {
        let metrics: Vec<_> = metrics.iter().map(|name| (*name).to_owned()).collect();
        let mut counts = Counts::new(zone, &metrics);
        for record in records {
            let fields = Fields::read(record).expect(record);
            let started = fields.started();
            counts.add(&fields, started);
        }
        counts.statistics()
    }

    fn rows(statistics: &Statistics, key: &str) -> Vec<(String, u64)> {
        let chart = statistics.charts.iter().find(|chart| chart.key == key);
        chart.map(|chart| chart.rows.clone()).unwrap_or_default()
    }

    #[test]
    fn days_and_hours_are_those_of_the_time_zone_and_empty_days_are_shown() {
        let statistics = statistics(
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
            rows(&statistics, "day"),
            days.map(|(day, count)| (day.to_owned(), count))
        );
        let hours = rows(&statistics, "hour");
        assert_eq!((hours.len(), hours[23].1, hours[0].1), (24, 1, 1));
        let weekdays = statistics.weekday_hours;
        assert_eq!(
            (weekdays[1][23], weekdays[4][0]),
            (1, 1),
            "Tuesday and Friday"
        );
        assert_eq!(statistics.conversations, 3);
    }

    #[test]
    fn each_rate_has_its_whole() {
        let statistics = statistics(
            &[
                r#"{"id":"a","handoff":true,"handoff_reason":"person","num_turns":4.0,"num_silences":1,
                    "turns":[{"barge_in":true,"latency":0.5},{"latency":{"perceived_latency":1.5}}]}"#,
                r#"{"id":"b","handoff":false,"num_turns":6,"num_silences":0,"num_ood":null}"#,
            ],
            Tz::UTC,
            &[],
        );
        let rate = |key| {
            let rate = statistics
                .rates
                .iter()
                .find(|rate| rate.key == key)
                .unwrap();
            (rate.part, rate.whole)
        };
        assert_eq!(rate("handoff"), (1, 2));
        assert_eq!(rate("with_silence"), (1, 2));
        assert_eq!(rate("silent_turns"), (1, 10));
        assert_eq!(rate("barge_ins"), (1, 2));
        assert_eq!(
            rows(&statistics, "handoff_reason"),
            [("person".to_owned(), 1)]
        );
        let latency = statistics
            .figures
            .iter()
            .find(|figure| figure.key == "latency_seconds");
        assert_eq!(
            latency.map(|latency| (latency.count, latency.max)),
            Some((2, 1.5))
        );
    }

    #[test]
    fn a_day_has_its_own_handoffs_and_percentiles_and_a_turn_its_position() {
        let statistics = statistics(
            &[
                r#"{"id":"a","started_at":"2026-04-01T09:00:00Z","handoff":true,"total_duration":60,
                    "turns":[{"latency":2},{"latency":2.0,"is_silence":true}]}"#,
                r#"{"id":"b","started_at":"2026-04-03T09:00:00Z","turns":[{"is_silence":false}]}"#,
            ],
            Tz::UTC,
            &[],
        );
        let days: Vec<_> = statistics.days.iter().collect();
        let counts: Vec<_> = days
            .iter()
            .map(|day| (day.conversations, day.handoffs))
            .collect();
        assert_eq!(counts, [(1, 1), (0, 0), (1, 0)]);
        assert_eq!(days[0].duration, Some([60.0; 4]));
        assert_eq!((days[1].duration, days[2].latency), (None, None));
        assert_eq!(days[0].latency, Some([2.0; 4]));
        let positions: Vec<_> = statistics
            .positions
            .iter()
            .map(|at| (at.turns, at.silent))
            .collect();
        assert_eq!(positions, [(2, 0), (1, 1)]);
    }

    #[test]
    fn a_number_or_a_truth_that_is_sent_as_text_counts() {
        let statistics = statistics(
            &[
                r#"{"id":"a","total_duration":"80","num_turns":"4","num_silences":"1","handoff":"true"}"#,
                r#"{"id":"b","total_duration":73.5,"num_turns":6,"handoff":false,"polyai_duration":"soon"}"#,
            ],
            Tz::UTC,
            &[],
        );
        let figure = |key: &str| {
            let figures = statistics.figures.iter();
            let mut figures = figures.filter(|figure| figure.key == key);
            figures.next().map(|figure| (figure.count, figure.max))
        };
        assert_eq!(figure("duration_seconds"), Some((2, 80.0)));
        assert_eq!(figure("turns"), Some((2, 6.0)));
        assert_eq!(figure("polyai_seconds"), None);
        let handoff = statistics.rates.iter().find(|rate| rate.key == "handoff");
        assert_eq!(handoff.map(|rate| (rate.part, rate.whole)), Some((1, 2)));
    }

    #[test]
    fn a_metric_is_counted_by_conversation_and_by_value() {
        let statistics = statistics(
            &[
                r#"{"id":"a","metrics":{"INTENT":["x","y","x"],"N":"3"}}"#,
                r#"{"id":"b","metrics":{"INTENT":"y","N":7}}"#,
                r#"{"id":"c"}"#,
            ],
            Tz::UTC,
            &["INTENT", "N", "ABSENT"],
        );
        let counts = [("y".to_owned(), 2), ("x".to_owned(), 1)];
        assert_eq!(rows(&statistics, "metric_INTENT"), counts);
        assert!(rows(&statistics, "metric_ABSENT").is_empty());
        let keys: Vec<_> = statistics
            .figures
            .iter()
            .map(|figure| &*figure.key)
            .collect();
        assert_eq!(keys, ["metric_N"], "only numbers have percentiles");
    }
}
