//! `conversations export`: every matching record into a file, as it arrived.

use std::path::Path;
use std::process::ExitCode;

use conversations_api_ext::{Client, ErrorKind};
use conversations_emulator::{Dataset, Emulator};

use crate::arguments::{Environments, ExportArguments};
use crate::failure::{Exit, Failure};
use crate::filters::Filters;
use crate::output::Output;
use crate::progress::Progress;
use crate::settings;
use crate::summary::Summary;

pub(crate) async fn run(arguments: &ExportArguments) -> Result<ExitCode, Failure> {
    let default = if arguments.demo {
        Environments::All
    } else {
        Environments::One(conversations_api_ext::Environment::Live)
    };
    let filters = Filters::new(&arguments.filters, default)?;
    let source = Source::open(arguments.demo, &arguments.connection).await?;
    let place = place(&arguments.output);
    let mut output =
        Output::create(&arguments.output).map_err(|error| Failure::output(&place, &error))?;
    let mut summary = Summary::start();
    let progress = Progress::new(arguments.quiet);

    let copied = tokio::select! {
        copied = copy(&source.client, &filters, &mut output, &mut summary, &progress, &place) => copied,
        _ = tokio::signal::ctrl_c() => Err(Failure::interrupted(
            "interrupted; the output was not written, run the same command again",
        )),
    };
    drop(progress);
    copied?;

    let bytes = output.bytes();
    output
        .finish()
        .map_err(|error| Failure::output(&place, &error))?;
    if !arguments.quiet {
        eprintln!("{}", summary.text(bytes, &place));
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
    place: &str,
) -> Result<(), Failure> {
    for environment in filters.environments() {
        let mut records = filters.records(client, *environment)?;
        loop {
            match records.next_record().await {
                Ok(Some(record)) => {
                    output
                        .line(record.raw_bytes())
                        .map_err(|error| Failure::output(place, &error))?;
                    summary.count(&record);
                    progress.at(summary.records, output.bytes(), record.started_at());
                }
                Ok(None) => break,
                Err(error) if error.kind() == ErrorKind::MalformedRecord => {
                    summary.malformed += 1;
                    eprintln!("warning: {error}");
                }
                Err(error) => return Err(error.into()),
            }
        }
        summary.pages += records.pages_read();
        summary.outside_range += records.outside_range();
    }
    Ok(())
}

fn place(output: &Path) -> String {
    if output == Path::new("-") {
        "standard output".to_owned()
    } else {
        output.display().to_string()
    }
}

/// The API that is asked, and the emulator behind it where there is one.
pub(crate) struct Source {
    pub(crate) client: Client,
    _emulator: Option<Emulator>,
}

impl Source {
    pub(crate) async fn open(
        demo: bool,
        connection: &crate::arguments::ConnectionArguments,
    ) -> Result<Self, Failure> {
        if !demo {
            return Ok(Self {
                client: settings::client(connection)?,
                _emulator: None,
            });
        }
        let emulator = Emulator::builder()
            .data(Dataset::demo())
            .start()
            .await
            .map_err(|error| Failure::other(format!("the emulator cannot start: {error}")))?;
        Ok(Self {
            client: settings::demo_client(&emulator)?,
            _emulator: Some(emulator),
        })
    }
}
