//! Journal assertions that explain near misses.

use crate::journal::{Journal, JournalEntry};

/// Number of requests shown if the wanted one is missing.
const SHOWN: usize = 3;

/// # Assertions
///
/// ```
/// # use conversations_emulator::{Dataset, Emulator};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = Emulator::builder().data(Dataset::generate(7, 1)).start().await?;
/// reqwest::get(format!("{}/v3/a/b/conversations?limit=5", emulator.base_url())).await?;
///
/// let journal = emulator.journal();
/// let asked = journal.assert_requested("GET", "/v3/a/b/conversations", &[("limit", "5")]);
/// assert_eq!(asked.status(), 401);
/// journal.assert_not_requested("GET", "/v3/a/b/conversations", &[("offset", "5")]);
/// # Ok(())
/// # }
/// ```
impl Journal {
    /// The requests with this method and path, and at least these decoded parameters.
    pub fn requested(
        &self,
        method: &str,
        path: &str,
        query: &[(&str, &str)],
    ) -> impl Iterator<Item = &JournalEntry> {
        self.iter()
            .filter(move |entry| differences(entry, method, path, query).is_empty())
    }

    /// Asserts that such a request was received, and returns the first.
    ///
    /// # Panics
    ///
    /// If there is none. The message lists the closest requests and how each of them differs; it never
    /// contains the wanted parameter values.
    #[track_caller]
    pub fn assert_requested(
        &self,
        method: &str,
        path: &str,
        query: &[(&str, &str)],
    ) -> &JournalEntry {
        match self.requested(method, path, query).next() {
            Some(entry) => entry,
            None => panic!("{}", self.near_misses(method, path, query)),
        }
    }

    /// Asserts that no such request was received.
    ///
    /// # Panics
    ///
    /// If there is one. The message identifies it.
    #[track_caller]
    pub fn assert_not_requested(&self, method: &str, path: &str, query: &[(&str, &str)]) {
        let found = self
            .iter()
            .position(|entry| differences(entry, method, path, query).is_empty());
        if let Some(index) = found {
            panic!(
                "{} was requested: request {} of {}",
                wanted(method, path, query),
                index + 1,
                self.len()
            );
        }
    }

    fn near_misses(&self, method: &str, path: &str, query: &[(&str, &str)]) -> String {
        let wanted = wanted(method, path, query);
        if self.is_empty() {
            return format!("{wanted} was not requested; no request has arrived");
        }
        let mut closest: Vec<(usize, Vec<String>)> = self
            .iter()
            .map(|entry| differences(entry, method, path, query))
            .enumerate()
            .collect();
        closest.sort_by_key(|(_, differences)| differences.len());
        let lines: Vec<String> = closest
            .iter()
            .take(SHOWN)
            .map(|(index, differences)| {
                let entry = &self[*index];
                format!(
                    "  request {}, {} {}, status {}: {}",
                    index + 1,
                    entry.method(),
                    entry.path(),
                    entry.status(),
                    differences.join("; ")
                )
            })
            .collect();
        format!(
            "{wanted} was not requested; of {} requests the closest are\n{}",
            self.len(),
            lines.join("\n")
        )
    }
}

fn wanted(method: &str, path: &str, query: &[(&str, &str)]) -> String {
    let pairs = query.iter();
    let pairs: Vec<String> = pairs.map(|(name, value)| shown(name, value)).collect();
    if pairs.is_empty() {
        return format!("{method} {path}");
    }
    format!("{method} {path} with {}", pairs.join(", "))
}

/// How a request differs from the wanted one.
fn differences(
    entry: &JournalEntry,
    method: &str,
    path: &str,
    query: &[(&str, &str)],
) -> Vec<String> {
    let mut differences = Vec::new();
    if entry.method() != method {
        differences.push(format!("the method is {}", entry.method()));
    }
    if entry.path() != path {
        differences.push("the path is another".into());
    }
    let given = entry.query();
    for (name, value) in query {
        let mut values = given.iter().filter(|(known, _)| known == name).peekable();
        if values.peek().is_none() {
            differences.push(format!("{name} is absent"));
        } else if !values.clone().any(|(_, found)| found == value) {
            let found: Vec<String> = values.map(|(name, found)| shown(name, found)).collect();
            let value = shown(name, value);
            differences.push(format!("{} instead of {value}", found.join(" and ")));
        }
    }
    differences
}

/// The name of a parameter, without the wanted value.
fn shown(name: &str, value: &str) -> String {
    match name {
        "query" => "query=(hidden)".into(),
        _ => format!("{name}={value}"),
    }
}
