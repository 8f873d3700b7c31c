//! [`InputArguments`] and [`InputReader`]: the conversations that `stats` and `report` count, from the API or from
//! exported files.

use std::ops::ControlFlow;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Args;
use conversations_api_ext::{Client, TimeRange};
use conversations_table::Tz;

use super::fields::Fields;
use super::record_filter::RecordFilter;
use crate::args::{
    CONNECTION_FLAGS, Environments, FilterArguments, ParallelArguments, REQUEST_FLAGS,
    SourceArguments, time_zone,
};
use crate::failure::{Exit, Failure};
use crate::records::for_each::{self, ReadCounts};
use crate::records::query::Filters;
use crate::records::reader::{FieldSelection, Input};
use crate::source::Source;
use crate::source::projects::{self, Outcomes};
use crate::term::escape::printable;
use crate::term::plural::plural;
use crate::term::progress::Progress;

/// Files to read instead of the API, and what is counted.
#[derive(Debug, Args)]
pub(crate) struct InputArguments {
    /// Read these files instead of the API: JSONL (also .gz or .zst; `-` is standard input), Parquet, and folders
    /// written by `sync`. Filters apply, and all environments are counted unless --client-env is given
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with_all = CONNECTION_FLAGS,
        conflicts_with_all = REQUEST_FLAGS, conflicts_with = "parallel")]
    pub(crate) from: Vec<PathBuf>,

    /// Count the values of this metric; repeatable
    #[arg(long, value_name = "NAME")]
    pub(crate) metric: Vec<String>,

    /// Time zone of days, hours and the dates in --start and --end, e.g. Europe/London
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = time_zone)]
    pub(crate) time_zone: Tz,
}

/// Reads the conversations that the arguments select, one after the other.
pub(crate) struct InputReader<'a> {
    pub(crate) input: &'a InputArguments,
    pub(crate) parallel: ParallelArguments,
    pub(crate) source: &'a SourceArguments,
    pub(crate) filters: &'a FilterArguments,
    /// The fields to read from files that allow a selection.
    pub(crate) fields: FieldSelection,
    /// Replaces the time range of the filters.
    pub(crate) range: Option<TimeRange>,
}

/// The result of reading all conversations.
pub(crate) struct InputOutcome {
    read: ReadCounts,
    outcomes: Outcomes,
}

/// What was selected, and is not in the statistics or only in part.
#[derive(Debug)]
pub(crate) struct Gaps {
    /// The number of malformed records, which were skipped.
    pub(crate) malformed: u64,
    /// The names of the projects that failed. What was received before is counted.
    pub(crate) failed_projects: Vec<String>,
}

impl Gaps {
    /// Describes the gaps; `None` if there are none.
    pub(crate) fn text(&self) -> Option<String> {
        let mut parts = Vec::new();
        if !self.failed_projects.is_empty() {
            let names = printable(&self.failed_projects.join(", "));
            parts.push(format!(
                "failed projects, which are not counted in full: {names}"
            ));
        }
        if self.malformed > 0 {
            let records = plural(self.malformed, "malformed record");
            parts.push(format!("{records} skipped"));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

impl InputOutcome {
    /// Returns what the statistics lack.
    pub(crate) fn gaps(&self) -> Gaps {
        Gaps {
            malformed: self.read.malformed,
            failed_projects: self.outcomes.failed().to_vec(),
        }
    }

    /// Returns the exit code and, for several projects, reports how many completed.
    pub(crate) fn exit(&self, quiet: bool) -> Exit {
        match self.outcomes.exit(quiet) {
            Exit::Success => self.read.exit(),
            worst => worst,
        }
    }
}

impl InputReader<'_> {
    /// Passes each conversation to `visit`: its JSON, its fields and its start.
    pub(crate) async fn each(
        &self,
        mut visit: impl FnMut(&str, &Fields<'_>, Option<DateTime<Utc>>),
    ) -> Result<InputOutcome, Failure> {
        let progress = Progress::new(self.source.quiet);
        let mut outcomes = Outcomes::default();
        let read = if !self.input.from.is_empty() {
            self.files(&progress, &mut visit)?
        } else if let Some(projects) = projects::several(&self.source.connection)? {
            let mut all = ReadCounts::default();
            for project in projects {
                let outcome = match project.client {
                    Ok(client) => self.api(&client, &progress, &mut visit).await,
                    Err(failure) => Err(failure),
                };
                let outcome = outcome.map(|read| {
                    all += read;
                    read.exit()
                });
                outcomes.add(&project.name, outcome)?;
            }
            all
        } else {
            let source = Source::open(self.source).await?;
            self.api(&source.client, &progress, &mut visit).await?
        };
        Ok(InputOutcome { read, outcomes })
    }

    async fn api(
        &self,
        client: &Client,
        progress: &Progress,
        visit: &mut impl FnMut(&str, &Fields<'_>, Option<DateTime<Utc>>),
    ) -> Result<ReadCounts, Failure> {
        let default = Environments::unless_named(self.source.demo);
        let mut wanted = self.filters.clone();
        wanted.ask_for_latency();
        let mut filters = Filters::new(&wanted, default, self.input.time_zone)?;
        if let Some(range) = self.range {
            filters = filters.within(range);
        }
        let at_once = self.parallel.parallel;
        let mut misfits = 0;
        let mut read = for_each::each(
            filters.environments(),
            |environment| filters.fetch(client, environment, at_once, None),
            filters.span(at_once),
            progress,
            |record| {
                match Fields::read(record.raw()) {
                    Some(fields) => visit(record.raw(), &fields, record.started_at()),
                    None => {
                        misfits += 1;
                        progress.warn_of_record(format_args!(
                            "conversation {}: skipped, a field has an unexpected type",
                            printable(record.id())
                        ));
                    }
                }
                ControlFlow::Continue(())
            },
        )
        .await?;
        read.malformed += misfits;
        Ok(read)
    }

    fn files(
        &self,
        progress: &Progress,
        visit: &mut impl FnMut(&str, &Fields<'_>, Option<DateTime<Utc>>),
    ) -> Result<ReadCounts, Failure> {
        let mut filter = RecordFilter::new(self.filters, self.input.time_zone)?;
        if let Some(range) = self.range {
            filter = filter.within(range);
        }
        let mut input = Input::open(&self.input.from, self.fields)?;
        let mut read = ReadCounts::default();
        while input.advance()? {
            match Fields::read(input.json()) {
                Some(fields) => {
                    let started = fields.started();
                    read.records += 1;
                    progress.read_text(input.json(), started);
                    if filter.matches(&fields) {
                        visit(input.json(), &fields, started);
                    }
                }
                None => {
                    read.malformed += 1;
                    progress.warn_of_record(format_args!(
                        "{}: skipped, not a conversation",
                        input.position()
                    ));
                }
            }
            let (done, all) = input.done();
            progress.done(done, all);
        }
        Ok(read)
    }
}
