//! Changes that come by themselves: after so many looks, or after a while.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::data::dataset::Dataset;
use crate::data::edit::{Edit, EditError};
use crate::data::entry::Entry;
use crate::hash::{Fnv, mix};

/// A change of one conversation that happens by itself.
///
/// A look is an answered page with the conversation on it. After two looks means that the first two
/// answers show it as it was, and the third as it became.
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
///     .transition(Transition::finish("CA1").after_looks(2))
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
#[must_use = "a transition does nothing until an emulator has it"]
pub struct Transition {
    id: String,
    when: When,
    change: Change,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Looks(u64),
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
    /// Without values, which may be what somebody said.
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
            when: When::Looks(1),
            change,
        }
    }

    /// The call ends; after one look unless something else is said.
    pub fn finish(id: impl Into<String>) -> Self {
        Self::new(id, Change::Finish)
    }

    /// A member gets another value, written as JSON.
    pub fn set(id: impl Into<String>, member: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(id, Change::Set(member.into(), value.into()))
    }

    /// A metric arrives, written as JSON.
    pub fn metric(
        id: impl Into<String>,
        metric: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self::new(id, Change::Metric(metric.into(), value.into()))
    }

    /// What was said is masked, as by [`Edit::redact`].
    pub fn redact(id: impl Into<String>) -> Self {
        Self::new(id, Change::Redact)
    }

    /// The conversation is removed.
    pub fn remove(id: impl Into<String>) -> Self {
        Self::new(id, Change::Remove)
    }

    /// A conversation appears: a JSON object, after looks at the conversation `id`.
    pub fn add(id: impl Into<String>, record: impl Into<String>) -> Self {
        Self::new(id, Change::Add(record.into()))
    }

    /// It happens after so many looks at the conversation.
    pub fn after_looks(self, looks: u64) -> Self {
        Self {
            when: When::Looks(looks),
            ..self
        }
    }

    /// It happens so long after it was scheduled, by the emulator's clock.
    pub fn after(self, elapsed: Duration) -> Self {
        Self {
            when: When::Elapsed(elapsed),
            ..self
        }
    }

    /// The end of every call of `data` that is in progress: after one to three looks it is finished,
    /// and a look or two later the metric `CALL_COMPLETED` arrives. The same for the same seed.
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
            all.push(Self::finish(id).after_looks(end));
            all.push(Self::metric(id, "CALL_COMPLETED", "\"true\"").after_looks(late));
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

/// Makes changes happen. One that can no longer happen, since its conversation is gone, is dropped.
pub(crate) fn apply(data: &Dataset, due: &[Transition]) -> Option<Dataset> {
    let edited = data.edited(|edit| {
        for transition in due {
            let _ = transition.apply(edit);
        }
        Ok(())
    });
    edited.ok().map(|(data, ())| data)
}

/// Changes that have not happened yet.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    /// Whether there is anything, so that pages are not looked through for nothing.
    pending: AtomicBool,
    state: Mutex<Pending>,
}

#[derive(Debug, Default)]
struct Pending {
    by_looks: HashMap<String, Watched>,
    by_time: BTreeMap<SystemTime, Vec<Transition>>,
}

/// A conversation whose looks are counted.
#[derive(Debug, Default)]
struct Watched {
    looks: u64,
    /// Each with the number of looks after which it happens.
    transitions: Vec<(u64, Transition)>,
}

impl Schedule {
    fn state(&self) -> MutexGuard<'_, Pending> {
        // What is taken out is taken out whole, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, transition: Transition, now: SystemTime) {
        let mut state = self.state();
        match transition.when {
            When::Looks(looks) => {
                let watched = state.by_looks.entry(transition.id.clone()).or_default();
                let due = watched.looks.saturating_add(looks.max(1));
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

    /// Takes out what is to happen by now.
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

    /// Counts a look at each of these, and takes out what is to happen after it.
    pub(crate) fn looked(&self, entries: &[Arc<Entry>]) -> Vec<Transition> {
        if !self.pending.load(Ordering::Acquire) {
            return Vec::new();
        }
        let mut state = self.state();
        let mut due = Vec::new();
        if state.by_looks.is_empty() {
            return due;
        }
        for entry in entries {
            let Some(watched) = state.by_looks.get_mut(&*entry.id) else {
                continue;
            };
            watched.looks += 1;
            let looks = watched.looks;
            let happening = watched
                .transitions
                .extract_if(.., |(after, _)| *after <= looks);
            due.extend(happening.map(|(_, transition)| transition));
            if watched.transitions.is_empty() {
                state.by_looks.remove(&*entry.id);
            }
        }
        due
    }
}
