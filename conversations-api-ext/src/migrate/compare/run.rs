//! [`Run`]: compares window after window, reading each until its records can be judged.

use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};

use super::{
    Compare, Failure, Report,
    judge::judge,
    paired_streams::{Counts, PairedStreams, Stop, Unpaired},
};
use crate::{Record, TimeRange};

/// The target number of conversations per window.
const TARGET: u64 = 5000;

/// The maximum size of the records without a counterpart that are kept for later windows, in bytes.
const STRAYS: usize = 8 << 20;

const SHORTEST: TimeDelta = TimeDelta::seconds(1);

type Span = (DateTime<Utc>, DateTime<Utc>);

pub(super) struct Run {
    compare: Compare,
    report: Report,
    /// Records without a counterpart in their window, which may have another start and so arrive in another window.
    strays: Unpaired,
    length: TimeDelta,
}

/// Records that were not found equal at first.
struct Suspects {
    ids: HashSet<String>,
    /// Their start times on either side; `None` if one is missing.
    starts: Option<Vec<DateTime<Utc>>>,
}

impl Suspects {
    fn add(&mut self, record: &Record) {
        self.ids.insert(record.id().to_owned());
        match (&mut self.starts, record.started_at()) {
            (Some(starts), Some(start)) => starts.push(start),
            _ => self.starts = None,
        }
    }

    /// Returns the time ranges to re-read: those of the suspects, merged if they are close together.
    fn spans(&mut self, window: Span) -> Vec<Span> {
        let Some(starts) = &mut self.starts else {
            return vec![window];
        };
        starts.sort_unstable();
        let close = ((window.1 - window.0) / 32).max(SHORTEST);
        let mut spans: Vec<Span> = Vec::new();
        for start in starts {
            let (from, to) = (start.trunc_subsecs(0), start.trunc_subsecs(0) + SHORTEST);
            match spans.last_mut() {
                Some(last) if from - last.1 < close => last.1 = to,
                _ => spans.push((from, to)),
            }
        }
        spans
            .into_iter()
            .map(|(from, to)| (from.max(window.0), to.min(window.1)))
            .filter(|(from, to)| from < to)
            .collect()
    }
}

impl Run {
    pub(super) fn new(compare: Compare, report: Report) -> Self {
        let whole = report.end - report.start;
        let length = (whole / 64).clamp(TimeDelta::minutes(10), TimeDelta::days(1));
        Self {
            compare,
            report,
            strays: Unpaired::default(),
            length,
        }
    }

    pub(super) async fn finish(mut self) -> Report {
        let range = self.compare.range;
        match self.compare.slices {
            None => {
                let start = self.report.covered_to.max(range.start());
                if let Err((side, error)) = self.span((start, range.end())).await {
                    self.fail(side, error);
                }
                self.count_strays();
            }
            Some(slices) => {
                for slice in slices.draw(range) {
                    if slice.1 <= self.report.covered_to {
                        continue;
                    }
                    if let Err((side, error)) = self.slice(slice).await {
                        self.fail(side, error);
                        return self.report;
                    }
                }
                self.report.covered_to = range.end();
            }
        }
        self.report
    }

    /// Compares a slice of a sample, which counts as a whole or, if a side fails in it, not at all.
    async fn slice(&mut self, slice: Span) -> Result<(), (usize, crate::Error)> {
        let before = self.report.clone();
        self.length = slice.1 - slice.0;
        if let Err(failed) = self.span(slice).await {
            self.report = before;
            return Err(failed);
        }
        self.count_strays();
        let records = |report: &Report| report.before.records + report.after.records;
        if let Some(sample) = &mut self.report.sample {
            sample.occupied += u64::from(
                records(&before) < self.report.before.records + self.report.after.records,
            );
        }
        let deviating = self.report.deviations() > before.deviations();
        if let Some(sample) = &mut self.report.sample {
            sample.deviating += u64::from(deviating);
        }
        Ok(())
    }

    fn fail(&mut self, side: usize, error: crate::Error) {
        let sides = [&self.report.before, &self.report.after];
        self.report.failure = Some(Failure {
            version: sides[side].version.clone(),
            message: error.to_string(),
            error: Some(Arc::new(error)),
        });
    }

    /// Compares a span in windows; completed windows stay counted if a side fails.
    async fn span(&mut self, (mut start, end): Span) -> Result<(), (usize, crate::Error)> {
        while start < end {
            let to = start
                .checked_add_signed(self.length)
                .map_or(end, |to| to.min(end));
            let before = self.report.clone();
            match self.window((start, to)).await {
                Ok(records) => {
                    self.pace(records, to - start);
                    self.report.covered_to = to;
                    start = to;
                    if let Some(watch) = &mut self.compare.watch {
                        watch(&self.report);
                    }
                }
                Err(Stop::TooMuch) => {
                    self.report = before;
                    self.length = ((to - start) / 2).max(SHORTEST);
                }
                Err(Stop::Failed(side, error)) => {
                    self.report = before;
                    return Err((side, error));
                }
            }
        }
        Ok(())
    }

    /// Adjusts the length of the next window to the target number, based on the number in this one.
    fn pace(&mut self, records: u64, length: TimeDelta) {
        let factor = TARGET
            .checked_div(records)
            .map_or(4, |factor| factor.min(4));
        let next = match i32::try_from(factor) {
            Ok(factor @ 1..) => length.checked_mul(factor).unwrap_or(length),
            _ => length / 2,
        };
        self.length = next.max(SHORTEST);
    }

    /// Compares one window, and returns the number of records of the side that had more.
    async fn window(&mut self, window: Span) -> Result<u64, Stop> {
        let bounded = window.1 - window.0 > SHORTEST;
        let Compare {
            sides,
            required,
            values,
            ..
        } = &self.compare;
        let look = |before: &Record, after: &Record| judge(before, after, required, *values);
        let report = &mut self.report;
        let mut suspects = Suspects {
            ids: HashSet::new(),
            starts: Some(Vec::new()),
        };
        let mut unpaired = Unpaired::default();
        let mut first = |before: Record, after: Record| {
            let judged = look(&before, &after);
            if judged.is_different() {
                suspects.add(&before);
                suspects.add(&after);
            } else {
                report.count(&judged);
            }
        };
        let counts = PairedStreams::new(sides, range(window))
            .read(&mut unpaired, None, bounded, &mut first)
            .await?;
        for (_, record) in unpaired.into_records() {
            suspects.add(&record);
        }
        let records = add(report, counts);
        if suspects.ids.is_empty() {
            return Ok(records);
        }

        let mut unpaired = Unpaired::default();
        let spans = suspects.spans(window);
        let mut gone = suspects.ids.clone();
        let mut second = |before: Record, after: Record| {
            let judged = look(&before, &after);
            gone.remove(&judged.id);
            report.settled += u64::from(!judged.is_different());
            report.count(&judged);
        };
        for span in spans {
            PairedStreams::new(sides, range(span))
                .read(&mut unpaired, Some(&suspects.ids), bounded, &mut second)
                .await?;
        }
        for (side, record) in unpaired.into_records() {
            gone.remove(record.id());
            if record.in_progress() {
                report.changing.add(record.id());
                continue;
            }
            // The conversation has another start on the other side.
            match self.strays.pair(side, &record) {
                Some(other) if side == 0 => report.count(&look(&record, &other)),
                Some(other) => report.count(&look(&other, &record)),
                None => {}
            }
        }
        for id in gone {
            report.changing.add(&id);
        }
        if self.strays.bytes() > STRAYS {
            self.count_strays();
        }
        Ok(records)
    }

    /// Counts the records without a counterpart as final.
    fn count_strays(&mut self) {
        for (side, record) in std::mem::take(&mut self.strays).into_records() {
            let tally = match side {
                0 => &mut self.report.only_before,
                _ => &mut self.report.only_after,
            };
            tally.add(record.id());
        }
    }
}

fn range((start, end): Span) -> TimeRange {
    TimeRange::new(Some(start), Some(end)).expect("a window ends after its start")
}

/// Adds the counters of a window's streams, and returns the number of records of the side that had more.
fn add(report: &mut Report, counts: Counts) -> u64 {
    for (at, side) in [&mut report.before, &mut report.after]
        .into_iter()
        .enumerate()
    {
        side.records += counts.records[at];
        side.duplicates += counts.duplicates[at];
        side.malformed += counts.malformed[at];
    }
    counts.records[0].max(counts.records[1])
}
