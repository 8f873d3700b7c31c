//! The settings requested by the flags of `sync`.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use conversations_table::Tz;

use super::arguments::SyncArguments;
use crate::args::time::TimeArgument;
use crate::failure::Failure;
use crate::output::store;

/// The default number of days that a first run reads back.
const FIRST_DAYS: u64 = 30;

impl SyncArguments {
    pub(super) fn check(&self) -> Result<(), Failure> {
        for (flag, text) in [
            ("--start", &self.filters.start),
            ("--end", &self.filters.end),
        ] {
            let Some(text) = text else { continue };
            let time = TimeArgument::read(text, self.zone(), Utc::now());
            match time.map_err(|why| Failure::usage(format!("{flag}: {why}")))? {
                TimeArgument::Day(_) => {}
                TimeArgument::Local(_) | TimeArgument::Instant(_) => {
                    return Err(Failure::usage(format!(
                        "{flag} is a date here, such as 2026-04-01 or 7d: days are fetched and kept whole"
                    )));
                }
            }
        }
        if self.group_readable && store::local_path(&self.folder).is_none() {
            return Err(Failure::usage(
                "--group-readable is for a folder on this machine: a store has permissions of its own",
            ));
        }
        if self.filters.in_progress.is_some() {
            return Err(Failure::usage(
                "--in-progress cannot be used here: a conversation would vanish when it ends",
            ));
        }
        Ok(())
    }

    /// Returns the time zone of `--start` and `--end`.
    pub(super) fn zone(&self) -> Tz {
        self.layout.zone()
    }

    /// Returns the first day in UTC: the one in which the first day of the time zone begins.
    pub(super) fn first_day(&self, now: DateTime<Utc>) -> NaiveDate {
        let today = now.date_naive();
        let start = self.instant(self.filters.start.as_deref(), now);
        start.map(|start| start.date_naive()).unwrap_or_else(|| {
            today
                .checked_sub_days(Days::new(FIRST_DAYS))
                .unwrap_or(today)
        })
    }

    /// Returns the last day in UTC: the one in which the last day of the time zone ends.
    pub(super) fn last_day(&self, now: DateTime<Utc>) -> NaiveDate {
        let today = now.date_naive();
        let end = self.instant(self.filters.end.as_deref(), now);
        let last = end.and_then(|end| end.checked_sub_signed(TimeDelta::nanoseconds(1)));
        last.map_or(today, |last| last.date_naive().min(today))
    }

    fn instant(&self, text: Option<&str>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let time = TimeArgument::read(text?, self.zone(), now).ok()?;
        Some(time.at(self.zone()))
    }
}
