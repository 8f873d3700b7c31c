//! [`Drift`]: counts of what servers send beyond the API document.

mod inspect;
mod json_type;
mod shape;

use std::{collections::BTreeMap, fmt};

use crate::Record;
pub use json_type::JsonType;

/// Counts what the API document does not describe in records: undocumented fields, values of another type than
/// documented, and undocumented names for `channel` and `environment`.
///
/// None of this is an error: every field is kept, in [`Record::raw`] and in the typed form. But an API changes before
/// its document does, and its users want to notice.
///
/// ```
/// # use conversations_api_ext::{Client, Drift, Error, Query};
/// async fn watch(client: &Client) -> Result<Drift, Error> {
///     let mut drift = Drift::default();
///     let mut records = client.records(Query::v3());
///     while let Some(record) = records.next_record().await? {
///         drift.observe(&record);
///     }
///     for met in drift.met() {
///         println!("{} {}: {} times", met.path(), met.what(), met.count());
///     }
///     Ok(drift)
/// }
/// ```
///
/// Observing a record costs about as much as scanning it; nothing is decoded. Maps with free keys (`state`, `metrics`,
/// `metadata`) are not inspected. Paths consist of field names, which the vendor chooses; a value is shown only if it
/// looks like a name, so nothing a caller said is included.
#[derive(Clone, Debug, Default)]
pub struct Drift {
    records: u64,
    met: BTreeMap<(String, DriftKind), Count>,
    /// The number of observations for which there was no room.
    overflow: u64,
}

/// An undocumented item and its count: from [`Drift::met`].
#[derive(Clone, Copy, Debug)]
pub struct Undocumented<'a> {
    path: &'a str,
    what: &'a DriftKind,
    count: &'a Count,
}

#[derive(Clone, Debug)]
struct Count {
    count: u64,
    first: String,
}

/// The way in which something is undocumented.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DriftKind {
    /// The document has no such field. Has the type of its value.
    Field(JsonType),
    /// The document gives another type. Has the actual type.
    Type(JsonType),
    /// The document does not list this name.
    Value(String),
}

/// The maximum number of entries: a server that invents names would otherwise fill the memory.
const MOST: usize = 1000;

impl Drift {
    /// Observes a record.
    pub fn observe(&mut self, record: &Record) {
        self.records += 1;
        inspect::inspect(record.raw(), &mut |path, what| {
            self.note(path, what, record.id());
        });
    }

    fn note(&mut self, path: &str, what: DriftKind, id: &str) {
        let key = (path.to_owned(), what);
        if let Some(met) = self.met.get_mut(&key) {
            met.count += 1;
        } else if self.met.len() < MOST {
            let first = id.to_owned();
            self.met.insert(key, Count { count: 1, first });
        } else {
            self.overflow += 1;
        }
    }

    /// Returns the number of records observed.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Returns whether everything was as documented.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.met.is_empty()
    }

    /// Returns the undocumented items by path; at most a thousand different ones.
    pub fn met(&self) -> impl Iterator<Item = Undocumented<'_>> {
        self.met
            .iter()
            .map(|((path, what), count)| Undocumented { path, what, count })
    }

    /// Returns the number of observations after the first thousand different items.
    #[must_use]
    pub fn overflow(&self) -> u64 {
        self.overflow
    }

    /// Adds the counts of another instance: for records that are observed in several places.
    pub fn merge(&mut self, other: Self) {
        self.records += other.records;
        self.overflow += other.overflow;
        for (key, count) in other.met {
            if let Some(met) = self.met.get_mut(&key) {
                met.count += count.count;
            } else if self.met.len() < MOST {
                self.met.insert(key, count);
            } else {
                self.overflow += count.count;
            }
        }
    }
}

impl<'a> Undocumented<'a> {
    /// Returns the JSON path: field names joined by dots, `[]` for the elements of a list, such as `turns[].reviews`.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// Returns what is undocumented there.
    #[must_use]
    pub fn what(&self) -> &'a DriftKind {
        self.what
    }

    /// Returns how often it occurred.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count.count
    }

    /// Returns the id of the first conversation that had it.
    #[must_use]
    pub fn first_id(&self) -> &'a str {
        &self.count.first
    }
}

impl fmt::Display for DriftKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(kind) => write!(f, "undocumented, {kind}"),
            Self::Type(kind) => write!(f, "{kind} instead of the documented type"),
            Self::Value(name) => write!(f, "undocumented value {name:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drift(json: &[&str]) -> Vec<String> {
        let mut drift = Drift::default();
        for (index, json) in json.iter().enumerate() {
            let id = format!("c{index}");
            inspect::inspect(json, &mut |path, what| drift.note(path, what, &id));
        }
        let line = |met: Undocumented<'_>| {
            let (path, what) = (met.path(), met.what());
            format!("{path} {what} x{} in {}", met.count(), met.first_id())
        };
        drift.met().map(line).collect()
    }

    #[test]
    fn what_is_documented_is_no_drift() {
        let json = r#"{"id":"a","account_id":"x","channel":"VOICE-SIP","environment":"live","state":{"new":1},
            "metrics":{"m":"1","n":["1","2"],"o":3},"num_turns":2.0,"handoff":null,"total_duration":7,
            "turns":[{"user_input":"hi","latency":0.5,"intents":null,"entities":[{"a":"b"}],"metadata":{"x":[]}},
                     {"latency":{"label":"ok","perceived_latency":1.5}}]}"#;
        assert_eq!(drift(&[json]), Vec::<String>::new());
    }

    #[test]
    fn fields_types_and_values_that_are_not_documented_are_counted_with_their_path() {
        let met = drift(&[
            r#"{"id":"a","new":{"deep":1},"turns":[{"reviews":[]},{"reviews":[],"is_ood":"yes"}]}"#,
            r#"{"id":7,"new":{},"channel":"SMS","environment":"Say my name, it is Ann","turns":{}}"#,
            r#"{"turns":[{"latency":{"label":"x","other":1}}]}"#,
        ]);
        assert_eq!(
            met,
            [
                "channel undocumented value \"SMS\" x1 in c1",
                "environment undocumented value \"(22 characters)\" x1 in c1",
                "id number instead of the documented type x1 in c1",
                "new undocumented, object x2 in c0",
                "turns object instead of the documented type x1 in c1",
                "turns[].is_ood text instead of the documented type x1 in c0",
                "turns[].latency.other undocumented, number x1 in c2",
                "turns[].reviews undocumented, list x2 in c0",
            ]
        );
    }

    #[test]
    fn what_is_not_json_is_passed_over() {
        assert_eq!(
            drift(&["{", "", r#"{"id":"\ud800"}"#]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_server_that_makes_up_names_fills_no_memory() {
        let mut drift = Drift::default();
        for index in 0..3000 {
            drift.note(&format!("f{index}"), DriftKind::Field(JsonType::Null), "a");
        }
        assert_eq!((drift.met().count(), drift.overflow()), (MOST, 2000));
        let mut sum = drift.clone();
        sum.merge(drift);
        assert_eq!((sum.met().count(), sum.overflow()), (MOST, 4000));
        assert_eq!(sum.met().next().map(|met| met.count()), Some(2));
    }
}
