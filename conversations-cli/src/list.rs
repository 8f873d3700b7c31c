//! `conversations list`: the first or newest conversations as a table.

use std::io;
use std::process::ExitCode;

use conversations_api_ext::{Environment, ErrorKind};
use indicatif::HumanCount;

use crate::arguments::{Environments, ListArguments};
use crate::failure::{Exit, Failure};
use crate::filters::Filters;
use crate::kept::Kept;
use crate::progress::Progress;
use crate::say::say;
use crate::source::Source;
use crate::table::{self, Row};

pub(crate) async fn run(arguments: &ListArguments) -> Result<ExitCode, Failure> {
    let filters = Filters::new(&arguments.filters, Environments::One(Environment::Live))?;
    let source = Source::open(arguments.demo, &arguments.connection).await?;
    let progress = Progress::new(arguments.quiet);
    let mut kept = Kept::new(arguments.limit as usize, arguments.newest);
    let mut malformed = 0_u64;
    for environment in filters.environments() {
        let mut records = filters.records(&source.client, *environment)?;
        loop {
            match records.next_record().await {
                Ok(Some(record)) => {
                    kept.offer(&record);
                    progress.at(kept.seen(), 0, record.started_at());
                }
                Ok(None) => break,
                Err(error) if error.kind() == ErrorKind::MalformedRecord => {
                    malformed += 1;
                    progress.warn(&error);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    drop(progress);
    let seen = kept.seen();
    let rows: Vec<Row> = kept.into_sorted().iter().map(Row::new).collect();
    table::print(&rows, &mut io::stdout().lock())
        .map_err(|error| Failure::output("standard output", &error))?;
    let shown = rows.len() as u64;
    if shown < seen && !arguments.quiet {
        let which = if arguments.newest { "newest" } else { "first" };
        say(format_args!(
            "the {which} {} of {}; --limit shows more",
            HumanCount(shown),
            HumanCount(seen)
        ));
    }
    Ok(if malformed > 0 {
        Exit::LeftOut.into()
    } else {
        ExitCode::SUCCESS
    })
}
