//! A progress line on the terminal: the completed share, the rate, and the remaining time.

mod line;

use std::fmt;
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use conversations_api_ext::{BoundedRange, Record};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::term::escape;
use crate::term::progress_line;
use crate::term::stderr::say;
use crate::term::warnings::Warnings;
use line::Line;

const TICK: Duration = Duration::from_millis(100);
const UNKNOWN: i64 = i64::MIN;
/// Minimum elapsed time for an estimate of the remaining time.
const SOON: Duration = Duration::from_secs(1);

/// Progress on standard error; silent if that is not a terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    seen: Arc<Seen>,
    warnings: Warnings,
    is_shown: bool,
}

/// The values that the line shows besides the number of conversations. They are formatted only when the line is
/// drawn, because formatting costs more than processing a conversation.
struct Seen {
    bytes: AtomicU64,
    /// The starts of the first and the last conversation of the environment, in seconds since 1970.
    first_started: AtomicI64,
    started: AtomicI64,
    measure: Mutex<Measure>,
    /// The share and the time when the share was first known: earlier runs may have done a part of the work.
    first: Mutex<Option<(f64, Duration)>>,
}

/// How progress is measured.
#[derive(Clone, Copy)]
enum Measure {
    Unknown,
    /// By the start of conversations, which arrive from one end of the range to the other, once for each
    /// environment.
    Time {
        range: BoundedRange,
        index: usize,
        of: usize,
    },
    /// By days, or bytes of files.
    Parts {
        done: u64,
        of: u64,
    },
}

impl Progress {
    /// Creates a progress line. `quiet` disables it, on a terminal too.
    pub(crate) fn new(quiet: bool) -> Self {
        let seen = Arc::new(Seen {
            bytes: AtomicU64::new(0),
            first_started: AtomicI64::new(UNKNOWN),
            started: AtomicI64::new(UNKNOWN),
            measure: Mutex::new(Measure::Unknown),
            first: Mutex::new(None),
        });
        if quiet || !std::io::stderr().is_terminal() || escape::is_dumb() {
            return Self {
                bar: ProgressBar::hidden(),
                seen,
                warnings: Warnings::new(quiet),
                is_shown: false,
            };
        }
        let is_unicode = escape::is_unicode();
        let drawn = Arc::clone(&seen);
        let style = ProgressStyle::with_template("{spinner} {line}")
            .expect("the template is a constant that is known to parse")
            .tick_chars(if is_unicode {
                "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ "
            } else {
                "|/-\\ "
            })
            .with_key(
                "line",
                move |state: &ProgressState, out: &mut dyn fmt::Write| {
                    let _ = out.write_str(
                        &drawn
                            .line(state)
                            .text(escape::width_of_stderr(), is_unicode),
                    );
                },
            );
        let bar = ProgressBar::new_spinner().with_style(style);
        bar.enable_steady_tick(TICK);
        progress_line::set(Some(bar.clone()));
        Self {
            bar,
            seen,
            warnings: Warnings::new(quiet),
            is_shown: true,
        }
    }

    /// Starts environment number `index` of `of`. With a range, conversations arrive from one end of it to the
    /// other, so their starts determine the completed share.
    pub(crate) fn environment(&self, index: usize, of: usize, range: Option<BoundedRange>) {
        *lock(&self.seen.measure) =
            range.map_or(Measure::Unknown, |range| Measure::Time { range, index, of });
        self.seen.first_started.store(UNKNOWN, Ordering::Relaxed);
        self.seen.started.store(UNKNOWN, Ordering::Relaxed);
    }

    /// Sets how much of the work is done, in any unit.
    pub(crate) fn done(&self, done: u64, of: u64) {
        if self.is_shown {
            *lock(&self.seen.measure) = Measure::Parts { done, of };
        }
    }

    /// Marks one more part as done.
    pub(crate) fn part_done(&self) {
        if let Measure::Parts { done, .. } = &mut *lock(&self.seen.measure) {
            *done += 1;
        }
    }

    /// Counts a conversation that was received.
    pub(crate) fn read(&self, record: &Record) {
        if self.is_shown {
            self.read_text(record.raw(), record.started_at());
        }
    }

    /// Counts a conversation read from a file.
    pub(crate) fn read_text(&self, text: &str, started: Option<DateTime<Utc>>) {
        if !self.is_shown {
            return;
        }
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.seen.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.seen.reach(started);
        self.bar.inc(1);
    }

    /// Notes the start of a conversation without counting it.
    pub(crate) fn reach(&self, record: &Record) {
        if self.is_shown {
            self.seen.reach(record.started_at());
        }
    }

    /// Counts a conversation that is finished, for which `bytes` bytes were received.
    pub(crate) fn finished(&self, bytes: u64) {
        if self.is_shown {
            self.seen.bytes.fetch_add(bytes, Ordering::Relaxed);
            self.bar.inc(1);
        }
    }

    /// Sets the number of conversations received and the start of the last one.
    pub(crate) fn at(&self, records: u64, started: DateTime<Utc>) {
        self.seen.reach(Some(started));
        self.bar.set_position(records);
    }

    /// Warns of a skipped record: prints the first few warnings, then only their number.
    pub(crate) fn warn_of_record(&self, warning: impl fmt::Display) {
        self.warnings.add(warning);
    }

    /// Prints a note above the line, unless the command is quiet.
    pub(crate) fn note(&self, note: impl fmt::Display) {
        if !self.warnings.is_quiet() {
            say(note);
        }
    }

    /// Prints a warning above the line.
    pub(crate) fn warn(&self, warning: impl fmt::Display) {
        say(format_args!("warning: {warning}"));
    }
}

impl Seen {
    fn reach(&self, started: Option<DateTime<Utc>>) {
        if let Some(started) = started {
            let started = started.timestamp();
            self.started.store(started, Ordering::Relaxed);
            // Fails for all but the first conversation, as intended.
            let (unknown, order) = (UNKNOWN, Ordering::Relaxed);
            let _ = self
                .first_started
                .compare_exchange(unknown, started, order, order);
        }
    }

    fn line(&self, state: &ProgressState) -> Line {
        let measure = *lock(&self.measure);
        let time =
            |seconds: &AtomicI64| DateTime::from_timestamp(seconds.load(Ordering::Relaxed), 0);
        let (first, started) = (time(&self.first_started), time(&self.started));
        let share = measure.share(first, started);
        Line {
            records: state.pos(),
            per_second: state.per_sec(),
            bytes: self.bytes.load(Ordering::Relaxed),
            share,
            left: share.and_then(|share| self.left(share, state.elapsed())),
            elapsed: state.elapsed(),
            at: started.filter(|_| !matches!(measure, Measure::Parts { .. })),
        }
    }

    /// Estimates the remaining time from the rate so far.
    fn left(&self, share: f64, elapsed: Duration) -> Option<Duration> {
        let mut first = lock(&self.first);
        let (share_then, then) = *first.get_or_insert((share, elapsed));
        left((share_then, then), (share, elapsed))
    }
}

fn left(first: (f64, Duration), now: (f64, Duration)) -> Option<Duration> {
    let (done, time) = (now.0 - first.0, now.1.checked_sub(first.1)?);
    if time < SOON || done <= 0.0 {
        return None;
    }
    Duration::try_from_secs_f64(time.as_secs_f64() / done * (1.0 - now.0)).ok()
}

impl Measure {
    /// Returns the completed share from 0 to 1. The server decides at which end of the range conversations begin.
    #[expect(clippy::cast_precision_loss, reason = "a share needs few digits")]
    fn share(self, first: Option<DateTime<Utc>>, last: Option<DateTime<Utc>>) -> Option<f64> {
        let share = match self {
            Self::Unknown | Self::Parts { of: 0, .. } => return None,
            Self::Parts { done, of } => done as f64 / of as f64,
            Self::Time { range, index, of } => {
                let done = match (first, last) {
                    (Some(first), Some(last)) if first < last => last - range.start(),
                    (Some(first), Some(last)) if first > last => range.end() - last,
                    _ => TimeDelta::zero(),
                };
                let all = (range.end() - range.start()).num_seconds().max(1);
                let within = done.num_seconds() as f64 / all as f64;
                (index as f64 + within.clamp(0.0, 1.0)) / of.max(1) as f64
            }
        };
        Some(share.clamp(0.0, 1.0))
    }
}

/// Locks a mutex, ignoring poisoning: its data is plain and always consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Progress {
    fn drop(&mut self) {
        progress_line::set(None);
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_share_of_the_time_range_that_is_done_is_the_share_of_the_work() {
        let range = BoundedRange::new("2026-04-01", "2026-04-11").unwrap();
        let time = |index| Measure::Time {
            range,
            index,
            of: 2,
        };
        let at = |text: &str| Some(text.parse().unwrap());
        let early = at("2026-04-01T00:00:00Z");
        assert_eq!(time(0).share(None, None), Some(0.0));
        assert_eq!(time(0).share(early, early), Some(0.0));
        let middle = at("2026-04-06T00:00:00Z");
        assert_eq!(time(0).share(early, middle), Some(0.25));
        assert_eq!(time(1).share(early, middle), Some(0.75));
        let after = at("2026-05-01T00:00:00Z");
        assert_eq!(time(1).share(early, after), Some(1.0));
        // A server that lists the newest first.
        let late = at("2026-04-10T12:00:00Z");
        assert_eq!(time(0).share(late, at("2026-04-08T12:00:00Z")), Some(0.125));
        assert_eq!(time(1).share(late, early), Some(1.0));
        assert_eq!(
            Measure::Parts { done: 3, of: 4 }.share(None, None),
            Some(0.75)
        );
        assert_eq!(Measure::Parts { done: 0, of: 0 }.share(None, None), None);
        assert_eq!(Measure::Unknown.share(None, middle), None);
    }

    #[test]
    fn what_an_earlier_run_has_done_does_not_make_the_rest_seem_short() {
        assert_eq!(
            left((0.5, seconds(0)), (0.75, seconds(10))),
            Some(seconds(10))
        );
        assert_eq!(
            left((0.0, seconds(2)), (0.25, seconds(12))),
            Some(seconds(30))
        );
    }

    #[test]
    fn too_little_work_gives_no_estimate() {
        assert_eq!(left((0.5, seconds(0)), (0.5, seconds(9))), None);
        assert_eq!(
            left((0.0, seconds(0)), (0.5, Duration::from_millis(900))),
            None
        );
    }
}
