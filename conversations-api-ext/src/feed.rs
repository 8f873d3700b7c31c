//! [`Feed`]: a task that walks ahead of whoever reads the records.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, mpsc},
    task::JoinHandle,
};

use crate::{
    Error, ErrorKind, Record,
    fetch::Link,
    paging::Position,
    query::Spec,
    walk::{Facts, Items, Receiver, Walk, Walked},
};

/// Records travel in batches of so many at most, so that passing them on costs little.
const BATCH: usize = 32;

/// What the task has to say.
pub(crate) enum Event {
    Items(Batch),
    /// All items of a page have been sent, and the next page begins there, if there is one.
    Page {
        facts: Box<Facts>,
        next: Option<Position>,
    },
    Failed(Error),
}

/// Items under way. While it exists, they count as read ahead.
pub(crate) struct Batch {
    items: std::vec::IntoIter<Result<Record, Error>>,
    _room: Option<Room>,
}

/// The room that items take of what may be read ahead.
struct Room {
    _records: OwnedSemaphorePermit,
    _kib: OwnedSemaphorePermit,
}

impl Batch {
    pub(crate) fn empty() -> Self {
        Self {
            items: Vec::new().into_iter(),
            _room: None,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn next(&mut self) -> Option<Result<Record, Error>> {
        self.items.next()
    }
}

/// The reading end. Dropping it ends the task, with the request that is under way.
pub(crate) struct Feed {
    events: mpsc::UnboundedReceiver<Event>,
    task: JoinHandle<()>,
    /// Leave to ask for the next page, one permit a page, if it needs any.
    leave: Option<Arc<Semaphore>>,
}

impl Feed {
    /// Starts the task on the runtime that polls. It reads ahead so many KiB, or one batch of records if that is
    /// more. With `pausing`, it asks for no page but the first before it is
    /// told to [go on](Self::go_on).
    pub(crate) fn start(
        link: Arc<Link>,
        spec: Spec,
        here: Position,
        ahead_kib: u32,
        pausing: bool,
    ) -> Result<Self, Error> {
        let runtime = Handle::try_current().map_err(|_| {
            Error::invalid(
                "there is no Tokio runtime here",
                "poll the stream from within one: the HTTP client needs it",
            )
        })?;
        let (events, received) = mpsc::unbounded_channel();
        let most = u32::try_from(link.read_ahead).unwrap_or(u32::MAX).max(1);
        let leave = pausing.then(|| Arc::new(Semaphore::new(0)));
        let sender = Sender {
            leave: leave.clone(),
            events,
            records: Arc::new(Semaphore::new(most as usize)),
            most,
            kib: Arc::new(Semaphore::new(ahead_kib as usize)),
            most_kib: ahead_kib,
        };
        let events = received;
        let task = runtime.spawn(walk(Walk::new(link, spec), here, sender));
        Ok(Self {
            events,
            task,
            leave,
        })
    }

    /// Lets the task ask for the page after a pause.
    pub(crate) fn go_on(&self) {
        if let Some(leave) = &self.leave {
            leave.add_permits(1);
        }
    }

    /// The next event; `None` once there will be none.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.events.poll_recv(context)
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The error for a task that went away without a last word: the runtime is shutting down, or it panicked.
pub(crate) fn lost() -> Error {
    Error::new(
        ErrorKind::Connection,
        "the task that fetches was ended",
        "the runtime is shutting down, or this is a defect of this crate: please report it",
    )
}

/// The writing end. What is read ahead is bounded by room for records and for bytes, as neither bounds the other.
struct Sender {
    leave: Option<Arc<Semaphore>>,
    events: mpsc::UnboundedSender<Event>,
    records: Arc<Semaphore>,
    most: u32,
    kib: Arc<Semaphore>,
    most_kib: u32,
}

impl Sender {
    fn send(&self, event: Event) -> bool {
        self.events.send(event).is_ok()
    }

    /// Waits for leave to ask for the next page. `false` if there will be none.
    async fn may_go_on(&self) -> bool {
        match &self.leave {
            None => true,
            Some(leave) => leave.acquire().await.map(SemaphorePermit::forget).is_ok(),
        }
    }

    /// Waits for room, then sends. `false` if nobody reads any more.
    async fn send_items(&self, items: Items) -> bool {
        let count = u32::try_from(items.len())
            .unwrap_or(u32::MAX)
            .min(self.most);
        let bytes: usize = items.iter().map(size).sum();
        let kib = u32::try_from(bytes / 1024)
            .unwrap_or(u32::MAX)
            .min(self.most_kib);
        let records = Arc::clone(&self.records).acquire_many_owned(count).await;
        let kib = Arc::clone(&self.kib).acquire_many_owned(kib).await;
        let (Ok(records), Ok(kib)) = (records, kib) else {
            return false;
        };
        self.send(Event::Items(Batch {
            items: items.into_iter(),
            _room: Some(Room {
                _records: records,
                _kib: kib,
            }),
        }))
    }
}

fn size(item: &Result<Record, Error>) -> usize {
    match item {
        Ok(record) => record.raw_bytes().len(),
        Err(error) => error.record_bytes().map_or(0, bytes::Bytes::len),
    }
}

impl Receiver for Sender {
    async fn receive(&mut self, mut items: Items) -> bool {
        while items.len() > BATCH {
            let rest = items.split_off(BATCH);
            if !self.send_items(items).await {
                return false;
            }
            items = rest;
        }
        self.send_items(items).await
    }
}

async fn walk(mut walk: Walk, mut here: Position, mut sender: Sender) {
    loop {
        let Walked { facts, next } = match walk.page(&here, &mut sender).await {
            Ok(Some(walked)) => walked,
            Ok(None) => return,
            Err(error) => {
                sender.send(Event::Failed(error));
                return;
            }
        };
        let (next, error) = match next {
            Ok(next) => (next, None),
            // The page itself is good; to resume is to ask for it again.
            Err(error) => (Some(here.clone()), Some(error)),
        };
        let facts = Box::new(facts);
        let event = Event::Page {
            facts,
            next: next.clone(),
        };
        if !sender.send(event) {
            return;
        }
        match (error, next) {
            (Some(error), _) => {
                sender.send(Event::Failed(error));
                return;
            }
            (None, Some(next)) if sender.may_go_on().await => here = next,
            (None, _) => return,
        }
    }
}
