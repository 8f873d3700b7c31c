//! [`Duplicates`]: chooses one version of each record that was received more than once.
//!
//! While pages shift, a conversation in progress may end and arrive once more in its final form. The choice depends on
//! the versions alone and not on their order, so that a server that sends them in another order changes nothing.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::io;

use serde::Deserialize;
use serde_json::Value;

use super::entries::text_hash;
use super::external_sort::Item;
use super::id_hash::hash;

/// The chosen version of each record with duplicates.
#[derive(Debug, Default)]
pub(crate) struct Duplicates {
    /// The hash of the content, by the hash of the id.
    chosen: HashMap<u64, u128>,
    /// The number of records that were received in versions with different content.
    pub(crate) conflicts: u64,
}

impl Duplicates {
    /// Chooses among the versions of the `repeated` ids in a sequence of items.
    pub(crate) fn resolve(
        repeated: &HashSet<u64>,
        mut next: impl FnMut() -> io::Result<Option<Item>>,
    ) -> io::Result<Self> {
        if repeated.is_empty() {
            return Ok(Self::default());
        }
        let mut versions: HashMap<u64, Version> = HashMap::new();
        let mut conflicts = HashSet::new();
        while let Some(item) = next()? {
            let id = hash(item.id());
            if !repeated.contains(&id) {
                continue;
            }
            let version = Version::of(&item);
            match versions.entry(id) {
                Entry::Vacant(entry) => drop(entry.insert(version)),
                Entry::Occupied(mut entry) => {
                    if entry.get().content != version.content {
                        conflicts.insert(id);
                    }
                    if version > *entry.get() {
                        entry.insert(version);
                    }
                }
            }
        }
        let chosen = versions
            .into_iter()
            .map(|(id, version)| (id, version.content));
        Ok(Self {
            chosen: chosen.collect(),
            conflicts: conflicts.len() as u64,
        })
    }

    /// Returns a filter that keeps the chosen version of each record, once.
    pub(crate) fn filter(&self) -> Filter<'_> {
        Filter {
            duplicates: self,
            kept: HashSet::new(),
        }
    }
}

/// A filter for one pass over the items.
pub(crate) struct Filter<'a> {
    duplicates: &'a Duplicates,
    kept: HashSet<u64>,
}

impl Filter<'_> {
    /// Returns whether this is the chosen version of a record. `text` returns the hash of its JSON.
    pub(crate) fn keeps(&mut self, id: &str, text: impl FnOnce() -> u128) -> bool {
        if self.duplicates.chosen.is_empty() {
            return true;
        }
        let id = hash(id);
        self.duplicates
            .chosen
            .get(&id)
            .is_none_or(|chosen| text() == *chosen && self.kept.insert(id))
    }

    pub(crate) fn keeps_item(&mut self, item: &Item) -> bool {
        self.keeps(item.id(), || text_hash(item.json().as_bytes()))
    }
}

/// What a version says of its age. The newer one is greater: it has a start, has ended, has more turns, is longer. The
/// rest makes the order total.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    is_dated: bool,
    has_ended: bool,
    turns: usize,
    duration: Option<i64>,
    bytes: usize,
    content: u128,
}

impl Version {
    fn of(item: &Item) -> Self {
        #[derive(Default, Deserialize)]
        struct Fields {
            #[serde(default)]
            in_progress: Value,
            #[serde(default)]
            turns: Value,
            #[serde(default)]
            total_duration: Value,
        }
        let fields: Fields = serde_json::from_str(item.json()).unwrap_or_default();
        Self {
            is_dated: item.started().is_some(),
            has_ended: fields.in_progress != true,
            turns: fields.turns.as_array().map_or(0, Vec::len),
            duration: fields.total_duration.as_i64(),
            bytes: item.json().len(),
            content: text_hash(item.json().as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use conversations_api_ext::Record;

    use super::*;

    fn item(json: &str) -> Item {
        Item::new(Some(0), Record::from_json(json.to_owned()).unwrap())
    }

    #[test]
    fn the_newest_version_is_kept_once_in_whatever_order_they_arrive() {
        // From the oldest to the newest.
        let versions = [
            r#"{"id":"a", "in_progress": true, "turns": [1, 2, 3]}"#,
            r#"{"id":"a", "in_progress": false, "turns": [], "total_duration": 9}"#,
            r#"{"id":"a", "in_progress": false, "turns": [1], "total_duration": 3}"#,
            r#"{"id":"a", "in_progress": false, "turns": [1], "total_duration": 4}"#,
            r#"{"id":"a", "in_progress": false, "turns": [1], "total_duration": 4, "metrics": {}}"#,
        ];
        let repeated = HashSet::from([hash("a")]);
        for oldest in 0..versions.len() - 1 {
            let newest = versions[versions.len() - 1];
            for order in [[versions[oldest], newest], [newest, versions[oldest]]] {
                let items = || order.iter().chain(&order).map(|json| item(json));
                let mut sequence = items();
                let duplicates = Duplicates::resolve(&repeated, || Ok(sequence.next())).unwrap();
                assert_eq!(duplicates.conflicts, 1);
                let mut filter = duplicates.filter();
                let kept: Vec<_> = items().filter(|item| filter.keeps_item(item)).collect();
                assert_eq!(kept.len(), 1);
                assert_eq!(kept[0].json(), newest);
            }
        }
    }
}
