//! `conversations list`: the first or newest conversations as a table.

use std::ops::ControlFlow;
use std::process::ExitCode;

use conversations_api_ext::Environment;
use indicatif::HumanCount;

use crate::arguments::{Environments, ListArguments};
use crate::failure::Failure;
use crate::filters::Filters;
use crate::kept::Kept;
use crate::progress::Progress;
use crate::reading;
use crate::rows;
use crate::say::say;
use crate::source::Source;

pub(crate) async fn run(arguments: &ListArguments) -> Result<ExitCode, Failure> {
    let filters = Filters::new(&arguments.filters, Environments::One(Environment::Live))?;
    let source = Source::open(arguments.demo, &arguments.connection).await?;
    let progress = Progress::new(arguments.quiet);
    let mut kept = Kept::new(arguments.limit as usize, arguments.newest);
    let read = reading::each(
        filters.environments(),
        |environment| filters.records(&source.client, environment),
        &progress,
        |record| {
            kept.offer(&record);
            ControlFlow::Continue(())
        },
    )
    .await?;
    drop(progress);
    let seen = kept.seen();
    let shown = kept.into_sorted();
    rows::print(&shown, &arguments.rows, None)?;
    let shown = shown.len() as u64;
    if shown < seen && !arguments.quiet {
        let which = if arguments.newest { "newest" } else { "first" };
        say(format_args!(
            "the {which} {} of {}; --limit shows more",
            HumanCount(shown),
            HumanCount(seen)
        ));
    }
    Ok(read.code())
}
