//! The conversations whose recordings are downloaded: given by id, or selected by filters.

use std::collections::{HashSet, VecDeque};

use conversations_api_ext::{Client, ErrorKind};

use super::args::AudioArguments;
use crate::args::Environments;
use crate::failure::Failure;
use crate::records::fetch::Fetch;
use crate::records::query::Filters;
use crate::source::text_file;
use crate::term::escape::printable;
use crate::term::progress::Progress;

/// A source of ids. Each id comes once.
pub(super) struct Ids<'a> {
    seen: HashSet<String>,
    source: IdSource<'a>,
    /// Malformed records, which have no id that can be relied on.
    pub(super) malformed: u64,
}

enum IdSource<'a> {
    Given(VecDeque<String>),
    Filters {
        client: &'a Client,
        filters: Box<Filters>,
        at_once: u8,
        progress: &'a Progress,
        /// The environment being read, and those before it.
        environment: usize,
        records: Option<Fetch>,
    },
}

impl<'a> Ids<'a> {
    /// Reads the ids that are given, or prepares to read those that the filters select.
    pub(super) fn new(
        arguments: &AudioArguments,
        client: &'a Client,
        progress: &'a Progress,
    ) -> Result<Self, Failure> {
        let source = match given(arguments)? {
            Some(ids) => IdSource::Given(ids),
            None => IdSource::Filters {
                client,
                filters: Box::new(Filters::new(
                    &arguments.filters,
                    Environments::unless_named(arguments.source.demo),
                    conversations_table::Tz::UTC,
                )?),
                at_once: arguments.parallel,
                progress,
                environment: 0,
                records: None,
            },
        };
        Ok(Self {
            seen: HashSet::new(),
            source,
            malformed: 0,
        })
    }

    /// Returns the number of ids that are left, if they were given; one that is repeated counts each time.
    pub(super) fn given(&self) -> Option<usize> {
        match &self.source {
            IdSource::Given(ids) => Some(ids.len()),
            IdSource::Filters { .. } => None,
        }
    }

    pub(super) async fn next(&mut self) -> Result<Option<String>, Failure> {
        loop {
            let Some(id) = self.next_repeated().await? else {
                return Ok(None);
            };
            if self.seen.insert(id.clone()) {
                return Ok(Some(id));
            }
        }
    }

    async fn next_repeated(&mut self) -> Result<Option<String>, Failure> {
        let (client, filters, at_once, progress, environment, records) = match &mut self.source {
            IdSource::Given(ids) => return Ok(ids.pop_front()),
            IdSource::Filters {
                client,
                filters,
                at_once,
                progress,
                environment,
                records,
            } => (client, filters, *at_once, progress, environment, records),
        };
        loop {
            let Some(of) = filters.environments().get(*environment) else {
                return Ok(None);
            };
            let reading = match records {
                Some(reading) => reading,
                None => {
                    let environments = filters.environments().len();
                    progress.environment(*environment, environments, filters.span(at_once));
                    records.insert(filters.fetch(client, *of, at_once, None)?)
                }
            };
            match reading.next_record().await {
                Ok(Some(record)) => {
                    progress.reach(&record);
                    return Ok(Some(record.id().to_owned()));
                }
                Ok(None) => {
                    *records = None;
                    *environment += 1;
                }
                Err(error) if error.kind() == ErrorKind::MalformedRecord => {
                    self.malformed += 1;
                    progress.warn_of_record(&error);
                }
                Err(error) => return Err(reading.failure(&error)),
            }
        }
    }
}

fn given(arguments: &AudioArguments) -> Result<Option<VecDeque<String>>, Failure> {
    let Some(file) = &arguments.ids else {
        let ids = &arguments.id;
        for id in ids {
            Client::check_conversation_id(id)?;
        }
        return Ok((!ids.is_empty()).then(|| ids.iter().cloned().collect()));
    };
    let bytes = text_file::bytes_or_stdin(file);
    let bytes = bytes.map_err(|error| Failure::unreadable(file, &error))?;
    let text = text_file::text(bytes, file)?;
    lines(&text).map(Some).map_err(|invalid| {
        // Only numbers: if the file is another one, its lines may be anything.
        let numbers: Vec<_> = invalid.iter().take(NAMED).map(usize::to_string).collect();
        let more = match invalid.len() - numbers.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let name = printable(&file.to_string_lossy());
        Failure::usage(format!(
            "{name}: these lines are not ids of conversations: {}{more}",
            numbers.join(", ")
        ))
        .with("give one id per line; an id has no backslash and no control character, and is not `.` or `..`")
    })
}

/// Number of invalid lines that are named.
const NAMED: usize = 20;

/// The ids in a text: one per line; lines that begin with `#` are comments. The error has the numbers of the lines that
/// no request could be sent for.
fn lines(text: &str) -> Result<VecDeque<String>, Vec<usize>> {
    let lines = text.lines().map(str::trim).enumerate();
    let (mut ids, mut invalid) = (VecDeque::new(), Vec::new());
    for (index, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        match Client::check_conversation_id(line) {
            Ok(()) => ids.push_back(line.to_owned()),
            Err(_) => invalid.push(index + 1),
        }
    }
    if invalid.is_empty() {
        Ok(ids)
    } else {
        Err(invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_ids_has_one_per_line() {
        assert_eq!(
            lines("CA1\r\n\n  OUT-2 \n# disputed\nKA-123").unwrap(),
            ["CA1", "OUT-2", "KA-123"]
        );
        assert_eq!(lines("CA1\n..\n\na\\b\n"), Err(vec![2, 4]));
    }
}
