//! [`Prefetch`]: the task that prefetches pages for the reader.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, mpsc},
    task::JoinHandle,
};
use tracing::Instrument as _;

use crate::{
    Error, ErrorKind, Record,
    client::runtime,
    pager::position::Position,
    pager::{FetchedPage, Items, PageMetadata, Pager, Receiver, item_len},
    query::Spec,
    response::ClientInner,
};

/// The maximum number of records in a batch. Batching amortizes the fixed cost of a message.
const BATCH: usize = 32;

/// An event that the reader receives.
pub(crate) enum Event {
    Item(Result<Record, Error>),
    /// All items of a page have been returned. Has the position of the next page, if there is one.
    Page {
        metadata: Box<PageMetadata>,
        next: Option<Position>,
    },
    Failed(Error),
}

/// A message from the task.
enum Message {
    Items(Batch),
    Event(Event),
}

/// Items that count against the read-ahead budget until the batch is dropped.
#[derive(Default)]
struct Batch {
    items: std::vec::IntoIter<Result<Record, Error>>,
    _permits: Option<[OwnedSemaphorePermit; 2]>,
}

/// When the task pauses before requesting the next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    Never,
    /// Once, after the first page.
    First,
    EachPage,
}

/// The receiving end of the task. Dropping it ends the task and the request in flight.
pub(crate) struct Prefetch {
    messages: mpsc::UnboundedReceiver<Message>,
    task: JoinHandle<()>,
    batch: Batch,
    /// One permit for each page that may be requested; `None` if the task never pauses.
    permits: Option<Arc<Semaphore>>,
    pause: Pause,
}

impl Prefetch {
    /// Starts the task on the current runtime, with a read-ahead of `ahead_kib` KiB, or one batch of records if that
    /// is more. At a pause, the task waits for [`resume`](Self::resume).
    pub(crate) fn start(
        inner: Arc<ClientInner>,
        spec: Spec,
        here: Position,
        ahead_kib: u32,
        pause: Pause,
        keep_duplicates: bool,
    ) -> Result<Self, Error> {
        let runtime = runtime::current()?;
        let records = inner.read_ahead;
        let (sender, messages) = Sender::new(records, ahead_kib);
        let permits = (pause != Pause::Never).then(|| Arc::new(Semaphore::new(0)));
        let pager = Pager::new(inner, spec).keeping_duplicates(keep_duplicates);
        let fetch = fetch_all(pager, here, sender, permits.clone());
        // In the caller's span, so that the spans of the requests join the caller's trace.
        let task = runtime.spawn(fetch.in_current_span());
        Ok(Self {
            messages,
            task,
            batch: Batch::default(),
            permits,
            pause,
        })
    }

    /// Lets the task request the next page after a pause.
    pub(crate) fn resume(&mut self) {
        let Some(permits) = &self.permits else { return };
        permits.add_permits(match self.pause {
            Pause::EachPage => 1,
            // Allow all remaining pages.
            Pause::First | Pause::Never => Semaphore::MAX_PERMITS,
        });
        if self.pause != Pause::EachPage {
            self.permits = None;
        }
    }

    /// Returns whether the task waits at the end of a page for [`resume`](Self::resume).
    pub(crate) fn pauses(&self) -> bool {
        self.permits.is_some()
    }

    /// Returns the minimum number of items that can be returned without waiting.
    pub(crate) fn ready_items(&self) -> usize {
        self.batch.items.len()
    }

    /// Polls the next event; `None` after the last.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        loop {
            if let Some(item) = self.batch.items.next() {
                return Poll::Ready(Some(Event::Item(item)));
            }
            // Release the permits of the empty batch: the task would wait for them while we wait for its next batch, a
            // deadlock.
            self.batch = Batch::default();
            match ready!(self.messages.poll_recv(context)) {
                Some(Message::Items(batch)) => self.batch = batch,
                Some(Message::Event(event)) => return Poll::Ready(Some(event)),
                None => return self.poll_end(context),
            }
        }
    }

    /// Waits for the task, which has dropped its sender, and passes a panic in it on to the reader: it is that of an
    /// observer or a clock, whose author must see where it came from.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        match ready!(Pin::new(&mut self.task).poll(context)) {
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            _ => Poll::Ready(None),
        }
    }
}

impl Drop for Prefetch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Returns the error for a task that ended unexpectedly: the runtime is shutting down.
pub(crate) fn lost() -> Error {
    Error::new(
        ErrorKind::Connection,
        "the task that fetches was canceled",
        "the Tokio runtime is shutting down: finish the fetch before",
    )
}

/// The sending end. Both records and bytes have a read-ahead budget, because neither bounds the other. A batch never
/// takes more than a whole budget, so it is always admitted once nothing else is outstanding.
struct Sender {
    messages: mpsc::UnboundedSender<Message>,
    records: Budget,
    kib: Budget,
}

struct Budget {
    permits: Arc<Semaphore>,
    size: u32,
}

impl Budget {
    fn new(size: u32) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(size as usize)),
            size,
        }
    }

    /// Waits until `amount`, or the whole budget if that is less, is free.
    async fn take(&self, amount: usize) -> OwnedSemaphorePermit {
        let amount = u32::try_from(amount).unwrap_or(u32::MAX).min(self.size);
        let permits = Arc::clone(&self.permits).acquire_many_owned(amount).await;
        permits.expect("nothing closes the semaphore")
    }
}

impl Sender {
    fn new(records: usize, kib: u32) -> (Self, mpsc::UnboundedReceiver<Message>) {
        // The maximum that a semaphore can hold on a 32-bit machine.
        let most = u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX);
        let records = u32::try_from(records).unwrap_or(u32::MAX).clamp(1, most);
        let (messages, received) = mpsc::unbounded_channel();
        let this = Self {
            messages,
            records: Budget::new(records),
            kib: Budget::new(kib.min(most)),
        };
        (this, received)
    }

    fn send(&self, event: Event) -> bool {
        self.messages.send(Message::Event(event)).is_ok()
    }

    /// Waits while the read-ahead is full: the response of a page that is requested before would stay unread while the
    /// reader pauses, and the server would close it.
    async fn room(&self) {
        drop((self.records.take(1).await, self.kib.take(1).await));
    }

    /// Waits for room, then sends. Returns `false` if the reader is gone.
    async fn send_items(&self, items: Items) -> bool {
        let bytes: usize = items.iter().map(item_len).sum();
        let permits = [
            self.records.take(items.len()).await,
            self.kib.take(bytes / 1024).await,
        ];
        let batch = Batch {
            items: items.into_iter(),
            _permits: Some(permits),
        };
        self.messages.send(Message::Items(batch)).is_ok()
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

/// Waits until the next page may be requested. Returns `false` if the reader is gone.
async fn may_request_next(permits: Option<&Semaphore>) -> bool {
    match permits {
        None => true,
        Some(permits) => permits.acquire().await.map(SemaphorePermit::forget).is_ok(),
    }
}

async fn fetch_all(
    mut pager: Pager,
    mut here: Position,
    mut sender: Sender,
    permits: Option<Arc<Semaphore>>,
) {
    loop {
        let FetchedPage {
            metadata,
            again,
            next,
            ..
        } = match pager.page(&here, &mut sender).await {
            Ok(Some(fetched)) => fetched,
            Ok(None) => return,
            Err(error) => {
                sender.send(Event::Failed(error));
                return;
            }
        };
        let (next, error) = match next {
            Ok(next) => (next, None),
            // The page itself is valid; resuming requests it again.
            Err(error) => (Some(again), Some(error)),
        };
        let metadata = Box::new(metadata);
        let event = Event::Page {
            metadata,
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
            (None, Some(next)) if may_request_next(permits.as_deref()).await => {
                sender.room().await;
                here = next;
            }
            (None, _) => return,
        }
    }
}

/// Passes batches from a task to a reader, and returns the number of records that arrived: for tests and benches, which
/// need no server then.
#[cfg(any(test, feature = "bench"))]
pub(crate) async fn hand_over(batches: Vec<Items>, records: usize, kib: u32) -> usize {
    let (mut sender, messages) = Sender::new(records, kib);
    let task = tokio::spawn(async move {
        for items in batches {
            assert!(sender.receive(items).await, "the reader ended early");
        }
    });
    let mut prefetch = Prefetch {
        messages,
        task,
        batch: Batch::default(),
        permits: None,
        pause: Pause::Never,
    };
    let mut count = 0;
    while let Some(event) = std::future::poll_fn(|context| prefetch.poll(context)).await {
        count += usize::from(matches!(event, Event::Item(Ok(_))));
    }
    count
}

#[cfg(test)]
mod tests {
    use std::{sync::LazyLock, time::Duration};

    use bytestring::ByteString;
    use proptest::prelude::*;

    use super::*;
    use crate::record::metadata::RecordMetadata;

    const LARGEST: usize = 64 * 1024 * 1024;

    /// Every record is a slice of this buffer, so a test with gigabytes takes 64 MiB.
    static JSON: LazyLock<ByteString> = LazyLock::new(|| " ".repeat(LARGEST).into());

    fn record(size: usize) -> Result<Record, Error> {
        let metadata = RecordMetadata {
            id: "CA".into(),
            started_at: None,
            in_progress: false,
        };
        Ok(Record::new(JSON.slice_ref(&JSON[..size]), metadata, 0))
    }

    fn arrived(batches: Vec<Vec<usize>>, records: usize, kib: u32) -> Option<usize> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let limit = Duration::from_secs(20);
        let items = |sizes: Vec<usize>| sizes.into_iter().map(record).collect();
        let batches = batches.into_iter().map(items).collect();
        runtime.block_on(async {
            let arriving = hand_over(batches, records, kib);
            tokio::time::timeout(limit, arriving).await.ok()
        })
    }

    fn size() -> impl Strategy<Value = usize> {
        prop_oneof![0..2048_usize, 0..2 * 1024 * 1024_usize, 0..=LARGEST]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn no_sizes_of_records_stall_any_read_ahead_budget(
            batches in prop::collection::vec(prop::collection::vec(size(), 0..70), 1..8),
            records in prop_oneof![0..4_usize, 0..2000_usize],
            kib in prop_oneof![0..4_u32, 0..16 * 1024_u32],
        ) {
            let expected = batches.iter().map(Vec::len).sum();
            prop_assert_eq!(arrived(batches, records, kib), Some(expected));
        }
    }

    #[test]
    fn neighboring_batches_of_half_one_and_two_budgets_all_arrive() {
        for (records, kib) in [(1000, 1024), (1000, 8 * 1024), (128, 1024)] {
            let budget = kib as usize * 1024;
            for size in [budget / 2, budget / 2 + 1024, budget, 2 * budget] {
                let batches = vec![vec![size]; 6];
                assert_eq!(
                    arrived(batches, records, kib),
                    Some(6),
                    "{size} of {kib} KiB"
                );
            }
            for count in [records / 2, records, 2 * records] {
                let batches = vec![vec![10; count]; 3];
                assert_eq!(arrived(batches, records, kib), Some(3 * count));
            }
        }
    }
}
