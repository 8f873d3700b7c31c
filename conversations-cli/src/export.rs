//! `conversations export`: every matching record into a file, as it arrived.

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;

use conversations_api_ext::{Client, Environment, ErrorKind};

use crate::arguments::{Environments, ExportArguments};
use crate::failure::{Exit, Failure};
use crate::filters::Filters;
use crate::interrupt::Interrupts;
use crate::output::{Output, Target};
use crate::progress::Progress;
use crate::say::say;
use crate::source::Source;
use crate::summary::Summary;

pub(crate) async fn run(arguments: &ExportArguments) -> Result<ExitCode, Failure> {
    let default = if arguments.demo {
        Environments::All
    } else {
        Environments::One(Environment::Live)
    };
    let filters = Filters::new(&arguments.filters, default)?;
    let source = Source::open(arguments.demo, &arguments.connection).await?;
    let target = Target::find(&arguments.output)?;
    // A stream has nothing to clear away, and waiting for its reader must stay interruptible: there a
    // signal ends the program by itself.
    let mut interrupts = match target {
        Target::File(_) => Some(Interrupts::listen()?),
        Target::Stream { .. } => None,
    };
    let mut output = Output::create(target)?;
    let mut summary = Summary::start(filters.environments());
    let records_on_terminal = arguments.output == Path::new("-") && io::stdout().is_terminal();
    let progress = Progress::new(arguments.quiet || records_on_terminal);

    let interrupted = async {
        match &mut interrupts {
            Some(interrupts) => interrupts.wait().await,
            None => std::future::pending().await,
        }
    };
    let copied = tokio::select! {
        copied = copy(&source.client, &filters, &mut output, &mut summary, &progress) => copied,
        () = interrupted => Err(Failure::interrupted(
            "interrupted; the output was not written, run the same command again",
        )),
    };
    drop(progress);
    copied?;

    let (name, bytes) = (output.name().to_owned(), output.bytes());
    output.finish()?;
    if !arguments.quiet {
        say(summary.text(bytes, &name));
    }
    Ok(if summary.malformed > 0 {
        Exit::LeftOut.into()
    } else {
        ExitCode::SUCCESS
    })
}

/// Fetches environment after environment, and writes each record as it is given.
async fn copy(
    client: &Client,
    filters: &Filters,
    output: &mut Output,
    summary: &mut Summary,
    progress: &Progress,
) -> Result<(), Failure> {
    for environment in filters.environments() {
        let mut records = filters.records(client, *environment)?;
        loop {
            match records.next_record().await {
                Ok(Some(record)) => {
                    output.line(record.raw_bytes())?;
                    summary.count(&record);
                    progress.at(summary.records, output.bytes(), record.started_at());
                }
                Ok(None) => break,
                Err(error) if error.kind() == ErrorKind::MalformedRecord => {
                    summary.malformed += 1;
                    progress.warn(&error);
                }
                Err(error) => return Err(error.into()),
            }
        }
        summary.pages += records.pages_read();
        summary.outside_range += records.outside_range();
    }
    Ok(())
}
