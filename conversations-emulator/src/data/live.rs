//! The current conversations of a running emulator.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use crate::data::dataset::Dataset;
use crate::data::edit::{Edit, EditError};
use crate::data::entry::Entry;
use crate::data::transition::{self, Schedule, Transition};

/// The mutable conversations. Readers take a snapshot, so that edits do not disturb them and do not wait
/// for them.
#[derive(Debug)]
pub(crate) struct Live {
    now: RwLock<Dataset>,
    /// Serializes edits, so that no update is lost.
    editing: Mutex<()>,
    schedule: Schedule,
    /// The state that a reset restores.
    origin: Mutex<Origin>,
}

#[derive(Debug)]
struct Origin {
    data: Dataset,
    transitions: Vec<Transition>,
}

impl Live {
    pub(crate) fn new(data: Dataset, transitions: Vec<Transition>, at: SystemTime) -> Self {
        let schedule = Schedule::default();
        for transition in &transitions {
            schedule.add(transition.clone(), at);
        }
        Self {
            now: RwLock::new(data.clone()),
            editing: Mutex::new(()),
            schedule,
            origin: Mutex::new(Origin { data, transitions }),
        }
    }

    /// A snapshot of the conversations.
    pub(crate) fn snapshot(&self, at: SystemTime) -> Dataset {
        let due = self.schedule.due(at);
        self.happen(&due);
        self.current()
    }

    fn current(&self) -> Dataset {
        // A data set is replaced as a whole, so a panic elsewhere cannot leave a partial one.
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        now.clone()
    }

    fn replace(&self, data: Dataset) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = data;
    }

    /// Counts a read of the conversations that were just sent.
    pub(crate) fn looked(&self, entries: &[Arc<Entry>]) {
        let due = self.schedule.looked(entries);
        self.happen(&due);
    }

    fn happen(&self, due: &[Transition]) {
        if due.is_empty() {
            return;
        }
        let _editing = self.editing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(data) = transition::apply(&self.current(), due) {
            self.replace(data);
        }
    }

    pub(crate) fn edit<T>(
        &self,
        change: impl FnOnce(&mut Edit<'_>) -> Result<T, EditError>,
    ) -> Result<T, EditError> {
        let _editing = self.editing.lock().unwrap_or_else(PoisonError::into_inner);
        let (data, result) = self.current().edited(change)?;
        self.replace(data);
        Ok(result)
    }

    pub(crate) fn schedule(&self, transition: Transition, at: SystemTime) {
        self.schedule.add(transition, at);
    }

    /// Restores the initial conversations, or replaces them.
    pub(crate) fn reset(&self, begin_with: Option<Dataset>, at: SystemTime) {
        let _editing = self.editing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut origin = self.origin.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(data) = begin_with {
            origin.data = data;
            origin.transitions = Vec::new();
        }
        self.schedule.clear();
        for transition in &origin.transitions {
            self.schedule.add(transition.clone(), at);
        }
        self.replace(origin.data.clone());
    }
}
