//! What the flags of `sync` ask for.

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::arguments::SyncArguments;
use crate::failure::Failure;
use crate::store;

/// How far back a first run goes when it is not told.
const FIRST_DAYS: u64 = 30;

impl SyncArguments {
    pub(super) fn check(&self) -> Result<(), Failure> {
        for (flag, text) in [
            ("--start", &self.filters.start),
            ("--end", &self.filters.end),
        ] {
            if let Some(text) = text
                && text.parse::<NaiveDate>().is_err()
            {
                return Err(Failure::usage(format!(
                    "{flag} is a date here, such as 2026-04-01: days are fetched and kept whole"
                )));
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

    pub(super) fn first_day(&self, now: DateTime<Utc>) -> NaiveDate {
        let today = now.date_naive();
        date(self.filters.start.as_deref()).unwrap_or_else(|| {
            today
                .checked_sub_days(Days::new(FIRST_DAYS))
                .unwrap_or(today)
        })
    }

    pub(super) fn last_day(&self, now: DateTime<Utc>) -> NaiveDate {
        let today = now.date_naive();
        let end = date(self.filters.end.as_deref());
        end.and_then(|end| end.pred_opt())
            .map_or(today, |last| last.min(today))
    }
}

fn date(text: Option<&str>) -> Option<NaiveDate> {
    text?.parse().ok()
}
