//! Scheduled changes of conversations: after a number of reads, or after a delay.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::data::dataset::Dataset;
use crate::data::edit::{Edit, EditError};
use crate::data::entry::Entry;
use crate::hash::{Fnv, mix};

/// A scheduled change of one conversation.
///
/// A read is a response page that contains the conversation. "After two reads" means that the first two
/// responses show its old state and the third its new state.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use conversations_emulator::{Clock, Dataset, Emulator, Transition};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let line = br#"{"id":"CA1","started_at":"2026-04-01T09:00:00Z","in_progress":true}"#;
/// let emulator = Emulator::builder()
///     .data(Dataset::from_jsonl(&line[..])?)
///     .clock(Clock::at(SystemTime::UNIX_EPOCH))
///     .transition(Transition::finish("CA1").after_reads(2))
///     .transition(Transition::metric("CA1", "CSAT", "\"5\"").after(Duration::from_secs(60)))
///     .start()
///     .await?;
/// emulator.clock().advance(Duration::from_secs(60));
/// let data = emulator.current_data();
/// let record = data.records().next().ok_or("there is one record")?;
/// assert!(record.ends_with(br#""in_progress":true,"metrics":{"CSAT":"5"}}"#));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a transition has no effect until it is passed to an emulator"]
pub struct Transition {
    id: String,
    when: When,
    change: Change,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Reads(u64),
    Elapsed(Duration),
}

#[derive(Clone, PartialEq, Eq)]
enum Change {
    Finish,
    Set(String, String),
    Metric(String, String),
    Redact,
    Remove,
    Add(String),
}

impl std::fmt::Debug for Change {
    /// Omits values, which may be transcript text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Finish => "Finish",
            Self::Set(..) => "Set",
            Self::Metric(..) => "Metric",
            Self::Redact => "Redact",
            Self::Remove => "Remove",
            Self::Add(_) => "Add",
        })
    }
}

impl Transition {
    fn new(id: impl Into<String>, change: Change) -> Self {
        Self {
            id: id.into(),
            when: When::Reads(1),
            change,
        }
    }

    /// Ends the call; after one read unless configured otherwise.
    pub fn finish(id: impl Into<String>) -> Self {
        Self::new(id, Change::Finish)
    }

    /// Sets a member to a JSON value.
    pub fn set(id: impl Into<String>, member: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(id, Change::Set(member.into(), value.into()))
    }

    /// Adds a metric with a JSON value.
    pub fn metric(
        id: impl Into<String>,
        metric: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self::new(id, Change::Metric(metric.into(), value.into()))
    }

    /// Masks the transcript, as [`Edit::redact`] does.
    pub fn redact(id: impl Into<String>) -> Self {
        Self::new(id, Change::Redact)
    }

    /// Removes the conversation.
    pub fn remove(id: impl Into<String>) -> Self {
        Self::new(id, Change::Remove)
    }

    /// Adds a conversation, given as a JSON object, after reads of the conversation `id`.
    pub fn add(id: impl Into<String>, record: impl Into<String>) -> Self {
        Self::new(id, Change::Add(record.into()))
    }

    /// Schedules the change after this number of reads of the conversation.
    pub fn after_reads(self, reads: u64) -> Self {
        Self {
            when: When::Reads(reads),
            ..self
        }
    }

    /// Schedules the change this long after its registration, by the emulator's clock.
    pub fn after(self, elapsed: Duration) -> Self {
        Self {
            when: When::Elapsed(elapsed),
            ..self
        }
    }

    /// Ends every call of `data` that is in progress: after one to three reads it is finished, and one
    /// or two reads later it gains the metric `CALL_COMPLETED`. The result depends only on the seed.
    ///
    /// ```
    /// use conversations_emulator::{Dataset, Transition};
    ///
    /// let data = Dataset::generate(7, 300);
    /// let transitions = Transition::seeded(&data, 1);
    /// assert!(!transitions.is_empty());
    /// assert_eq!(transitions, Transition::seeded(&data, 1));
    /// ```
    pub fn seeded(data: &Dataset, seed: u64) -> Vec<Self> {
        let mut all = Vec::new();
        for entry in data.entries().filter(|entry| entry.in_progress) {
            let mut fnv = Fnv::default();
            std::hash::Hasher::write(&mut fnv, entry.id.as_bytes());
            let drawn = mix(seed ^ std::hash::Hasher::finish(&fnv));
            let end = 1 + drawn % 3;
            let late = end + 1 + (drawn >> 8) % 2;
            let id: &str = &entry.id;
            all.push(Self::finish(id).after_reads(end));
            all.push(Self::metric(id, "CALL_COMPLETED", "\"true\"").after_reads(late));
        }
        all
    }

    fn apply(&self, edit: &mut Edit<'_>) -> Result<(), EditError> {
        match &self.change {
            Change::Finish => edit.finish(&self.id),
            Change::Set(member, value) => edit.set(&self.id, member, value),
            Change::Metric(metric, value) => edit.set_metric(&self.id, metric, value),
            Change::Redact => edit.redact(&self.id),
            Change::Remove => edit.remove(&self.id),
            Change::Add(record) => edit.put(record),
        }
    }
}

/// Applies changes. A change whose conversation no longer exists is dropped.
pub(crate) fn apply(data: &Dataset, due: &[Transition]) -> Option<Dataset> {
    let edited = data.edited(|edit| {
        for transition in due {
            let _ = transition.apply(edit);
        }
        Ok(())
    });
    edited.ok().map(|(data, ())| data)
}

/// The changes that have not happened yet.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    /// Whether there are any, so that pages are not scanned needlessly.
    pending: AtomicBool,
    state: Mutex<Pending>,
}

#[derive(Debug, Default)]
struct Pending {
    by_reads: HashMap<String, Watched>,
    by_time: BTreeMap<SystemTime, Vec<Transition>>,
}

/// A conversation whose reads are counted.
#[derive(Debug, Default)]
struct Watched {
    reads: u64,
    /// Each change with the number of reads after which it happens.
    transitions: Vec<(u64, Transition)>,
}

impl Schedule {
    fn state(&self) -> MutexGuard<'_, Pending> {
        // Changes are removed as a whole, so a panic elsewhere cannot leave a partial state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, transition: Transition, now: SystemTime) {
        let mut state = self.state();
        match transition.when {
            When::Reads(reads) => {
                let watched = state.by_reads.entry(transition.id.clone()).or_default();
                let due = watched.reads.saturating_add(reads.max(1));
                watched.transitions.push((due, transition));
            }
            When::Elapsed(elapsed) => {
                let due = now.checked_add(elapsed).unwrap_or(now);
                state.by_time.entry(due).or_default().push(transition);
            }
        }
        self.pending.store(true, Ordering::Release);
    }

    pub(crate) fn clear(&self) {
        *self.state() = Pending::default();
        self.pending.store(false, Ordering::Release);
    }

    /// Removes and returns the changes that are due.
    pub(crate) fn due(&self, now: SystemTime) -> Vec<Transition> {
        if !self.pending.load(Ordering::Acquire) {
            return Vec::new();
        }
        let mut state = self.state();
        let mut due = Vec::new();
        while let Some(first) = state.by_time.first_entry() {
            if *first.key() > now {
                break;
            }
            due.extend(first.remove());
        }
        due
    }

    /// Counts a read of each conversation, and removes and returns the changes that are due after it.
    pub(crate) fn looked(&self, entries: &[Arc<Entry>]) -> Vec<Transition> {
        if !self.pending.load(Ordering::Acquire) {
            return Vec::new();
        }
        let mut state = self.state();
        let mut due = Vec::new();
        if state.by_reads.is_empty() {
            return due;
        }
        for entry in entries {
            let Some(watched) = state.by_reads.get_mut(&*entry.id) else {
                continue;
            };
            watched.reads += 1;
            let reads = watched.reads;
            let happening = watched
                .transitions
                .extract_if(.., |(after, _)| *after <= reads);
            due.extend(happening.map(|(_, transition)| transition));
            if watched.transitions.is_empty() {
                state.by_reads.remove(&*entry.id);
            }
        }
        due
    }
}
