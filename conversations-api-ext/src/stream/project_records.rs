//! [`ProjectRecords`]: the records of several projects as one stream.

use std::{
    collections::VecDeque,
    fmt,
    ops::{Deref, Range},
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use futures_core::{FusedStream, Stream};

use crate::{Client, Error, Query, Record, Records, Version};

/// A stream of the records of several projects, from [`Projects::records`](crate::Projects::records).
///
/// A `Stream` of `Result<ProjectRecord, Error>`; [`next_record`](Self::next_record) works without the trait.
/// [Four projects at a time](Self::at_once) are read, and their records are interleaved as they arrive.
///
/// An error of the kind [`MalformedRecord`](crate::ErrorKind::MalformedRecord) takes the place of its record. Any
/// other error ends only its own project: it is returned after the last record of all projects, one error for each
/// failed project, so keep polling after an error until `None`. Each error names its project.
/// [`outcomes`](Self::outcomes) has the result of each project.
#[must_use = "streams do nothing unless polled"]
pub struct ProjectRecords {
    clients: Vec<Client>,
    /// The stream of each client.
    streams: Vec<Records>,
    /// The indexes of the projects that are not begun, and of those being read.
    waiting: Range<usize>,
    open: Vec<usize>,
    /// The index in `open` of the project to poll next, and the number of its records returned since it has the turn.
    turn: usize,
    in_turn: u32,
    at_once: usize,
    outcomes: Vec<ProjectOutcome>,
    failed: VecDeque<Error>,
    done: bool,
}

/// A record, and the project it came from.
///
/// Dereferences to [`Record`].
#[derive(Clone, Debug)]
pub struct ProjectRecord {
    client: Client,
    record: Record,
}

/// The read progress of a project.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ProjectOutcome {
    /// The project is not finished; the number of records returned so far.
    Unfinished(u64),
    /// All records have been returned; their number.
    Complete(u64),
    /// The project ended with an error.
    Failed {
        /// The number of records returned before it.
        records: u64,
        /// The error, which the stream returns as well.
        error: Error,
    },
}

impl ProjectOutcome {
    /// Returns the number of records returned so far.
    #[must_use]
    pub fn records(&self) -> u64 {
        match self {
            Self::Unfinished(count)
            | Self::Complete(count)
            | Self::Failed { records: count, .. } => *count,
        }
    }

    /// Returns the error, if the project ended with one.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed { error, .. } => Some(error),
            Self::Unfinished(_) | Self::Complete(_) => None,
        }
    }
}

const AT_ONCE: usize = 4;

/// The other projects are read after this many records of one: with a consumer that is slower than the server, that one
/// is always ready, and the responses of the others would stall until it ends.
const TURN: u32 = 32;

impl ProjectRecord {
    /// Returns the client of the project.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the record.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Returns the record without its project.
    #[must_use]
    pub fn into_record(self) -> Record {
        self.record
    }
}

impl Deref for ProjectRecord {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.record
    }
}

impl ProjectRecords {
    pub(crate) fn new<V: Version>(clients: &[Client], query: &Query<V>) -> Self {
        let streams = clients.iter().map(|client| client.records(query.clone()));
        Self {
            clients: clients.to_vec(),
            streams: streams.collect(),
            waiting: 0..clients.len(),
            open: Vec::new(),
            turn: 0,
            in_turn: 0,
            at_once: AT_ONCE,
            outcomes: vec![ProjectOutcome::Unfinished(0); clients.len()],
            failed: VecDeque::new(),
            done: false,
        }
    }

    /// Sets how many projects are read at once: 4 by default; 0 means 1. Each takes the memory of a [`Records`]
    /// stream.
    pub fn at_once(mut self, projects: usize) -> Self {
        self.at_once = projects.max(1);
        self
    }

    /// Sets the time at which the stream of each project ends with an error of the kind
    /// [`Timeout`](crate::ErrorKind::Timeout), whatever it is waiting for; none by default.
    ///
    /// What was returned before is valid. As with any error that ends a project, there is one for each project that was
    /// not complete then, and [`outcomes`](Self::outcomes) lists them.
    #[doc(alias = "timeout")]
    #[doc(alias = "time_limit")]
    pub fn deadline(mut self, at: Instant) -> Self {
        let streams = self.streams.into_iter();
        self.streams = streams.map(|records| records.deadline(at)).collect();
        self
    }

    /// Returns the next record of any project, or `None` after the last. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// See the type's documentation: there may be more after any error.
    pub async fn next_record(&mut self) -> Result<Option<ProjectRecord>, Error> {
        crate::stream::next_item(self).await
    }

    /// Returns the outcome of each project, in the order in which the projects were given.
    pub fn outcomes(&self) -> impl Iterator<Item = (&Client, &ProjectOutcome)> {
        self.clients.iter().zip(&self.outcomes)
    }

    /// Returns the stream of each project, for its counters and its checkpoint, in the order in which the projects were
    /// given.
    pub fn streams(&self) -> impl Iterator<Item = (&Client, &Records)> {
        self.clients.iter().zip(&self.streams)
    }

    /// Polls the open projects in turn.
    fn poll_open(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<ProjectRecord, Error>>> {
        let mut waiting = 0;
        while waiting < self.open.len() {
            if self.in_turn >= TURN {
                self.turn += 1;
                self.in_turn = 0;
            }
            let index = self.turn % self.open.len();
            let project = self.open[index];
            let given = self.outcomes[project].records();
            match Pin::new(&mut self.streams[project]).poll_next(context) {
                Poll::Pending => {
                    waiting += 1;
                    self.turn = index + 1;
                    self.in_turn = 0;
                }
                Poll::Ready(Some(Ok(record))) => {
                    self.in_turn += 1;
                    self.outcomes[project] = ProjectOutcome::Unfinished(given + 1);
                    let client = self.clients[project].clone();
                    return Poll::Ready(Some(Ok(ProjectRecord { client, record })));
                }
                Poll::Ready(Some(Err(error))) if error.is_malformed_record() => {
                    self.in_turn += 1;
                    // In the stream of one project, its name would only be noise.
                    let endpoint = self.streams[project].endpoint();
                    return Poll::Ready(Some(Err(error.at(&endpoint))));
                }
                Poll::Ready(end) => {
                    let error = end.and_then(Result::err);
                    self.outcomes[project] = match error.clone() {
                        None => ProjectOutcome::Complete(given),
                        Some(error) => ProjectOutcome::Failed {
                            records: given,
                            error,
                        },
                    };
                    self.failed.extend(error);
                    self.open.remove(index);
                    self.open.extend(self.waiting.next());
                    waiting = 0;
                }
            }
        }
        if self.open.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

impl Stream for ProjectRecords {
    type Item = Result<ProjectRecord, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while self.open.len() < self.at_once
            && let Some(next) = self.waiting.next()
        {
            self.open.push(next);
        }
        match self.poll_open(context) {
            Poll::Ready(None) => {}
            other => return other,
        }
        let failure = self.failed.pop_front();
        self.done = failure.is_none();
        Poll::Ready(failure.map(Err))
    }
}

impl FusedStream for ProjectRecords {
    fn is_terminated(&self) -> bool {
        self.done
    }
}

impl fmt::Debug for ProjectRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectRecords")
            .field("open", &self.open.len())
            .field("waiting", &self.waiting.len())
            .field("outcomes", &self.outcomes)
            .field("failed", &self.failed.len())
            .finish_non_exhaustive()
    }
}
