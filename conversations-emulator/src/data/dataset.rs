//! The conversations an emulator serves.

use std::fmt;
use std::io::BufRead;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::data::entry::{Entry, Labels, Owner};
use crate::data::jsonl::{self, DatasetError, LineProblem};
use crate::generate;

/// The conversations an emulator serves: generated from a seed, or read from JSON lines.
///
/// The bytes of each record are kept as they came and are answered as they came. Cloning is cheap: the
/// clones share the records.
///
/// ```
/// use conversations_emulator::Dataset;
///
/// let data = Dataset::generate(42, 100);
/// assert_eq!(data.len(), 100);
/// assert_eq!(data.projects(), [("ws-demo", "PROJECT-DEMO")]);
/// ```
#[derive(Clone)]
pub struct Dataset {
    inner: Arc<Inner>,
}

#[derive(Debug, Clone)]
pub(crate) struct Inner {
    pub(crate) projects: Vec<Project>,
    pub(crate) labels: Labels,
    seed: u64,
}

impl Inner {
    /// The number of the project that a record belongs to, which is a new one if it has to be.
    pub(crate) fn project_of(&mut self, owner: Owner) -> usize {
        let (Some(account_id), Some(project_id)) = (owner.account_id, owner.project_id) else {
            return 0;
        };
        let mut projects = self.projects.iter();
        let known = projects.position(|project| {
            project.account_id == account_id && project.project_id == project_id
        });
        known.unwrap_or_else(|| {
            self.projects.push(Project {
                account_id,
                project_id,
                entries: Vec::new(),
            });
            self.projects.len() - 1
        })
    }
}

/// The records of one project, ordered by start time, then id.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    pub(crate) account_id: String,
    pub(crate) project_id: String,
    pub(crate) entries: Vec<Arc<Entry>>,
}

impl Dataset {
    /// The account of generated conversations, and of an empty data set.
    const ACCOUNT: &str = "ws-demo";
    /// The project of generated conversations, and of an empty data set.
    const PROJECT: &str = "PROJECT-DEMO";
    const DEMO_SEED: u64 = 7;
    const DEMO_RECORDS: usize = 5_000;

    /// Makes up `records` conversations of April 2026 in one project: several variants, channels and
    /// environments, finished and in progress, about 6 KB each.
    ///
    /// The same seed and number give the same bytes, on every machine and in every release of this
    /// crate that does not announce otherwise. A smaller number gives a subset of the larger one's
    /// records. Telephone numbers are from ranges reserved for fiction.
    ///
    /// ```
    /// use conversations_emulator::Dataset;
    ///
    /// let (one, other) = (Dataset::generate(3, 20), Dataset::generate(3, 20));
    /// assert!(one.records().eq(other.records()));
    /// ```
    #[must_use]
    pub fn generate(seed: u64, records: usize) -> Self {
        let (entries, labels) =
            generate::records(seed, records as u64, Self::ACCOUNT, Self::PROJECT);
        let project = Project {
            account_id: Self::ACCOUNT.into(),
            project_id: Self::PROJECT.into(),
            entries,
        };
        Self {
            inner: Arc::new(Inner {
                projects: vec![project],
                labels,
                seed,
            }),
        }
    }

    /// The data of an emulator that was given none: 5,000 conversations of seed 7.
    ///
    /// They are made once per process; further calls share them.
    ///
    /// ```no_run
    /// # use conversations_emulator::Dataset;
    /// assert_eq!(Dataset::demo().len(), 5_000);
    /// ```
    #[must_use]
    pub fn demo() -> Self {
        static DEMO: OnceLock<Dataset> = OnceLock::new();
        DEMO.get_or_init(|| Self::generate(Self::DEMO_SEED, Self::DEMO_RECORDS))
            .clone()
    }

    /// Reads a file with one conversation a line.
    ///
    /// # Errors
    ///
    /// As [`from_jsonl`](Self::from_jsonl), and [`DatasetError::Open`] when the file cannot be opened.
    ///
    /// ```no_run
    /// use conversations_emulator::Dataset;
    ///
    /// let data = Dataset::from_jsonl_file("conversations.jsonl")?;
    /// println!("{} conversations of {}", data.len(), data.project_id());
    /// # Ok::<(), conversations_emulator::DatasetError>(())
    /// ```
    pub fn from_jsonl_file(path: impl AsRef<Path>) -> Result<Self, DatasetError> {
        jsonl::read_file(path.as_ref())
    }

    /// Reads one conversation a line. Each line must be a JSON object with a text `id` and a
    /// `started_at` in RFC 3339 (without a zone it is read as UTC); all else is kept as it is. Blank
    /// lines are skipped.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Line`] with the number of the line, when a line is not such an object, or when
    /// its `id` was on an earlier line; [`DatasetError::Read`] when reading fails. No error contains anything of a record.
    ///
    /// ```
    /// use conversations_emulator::Dataset;
    ///
    /// let data = Dataset::from_jsonl(
    ///     &br#"{"id":"CA1","account_id":"acme","project_id":"desk","started_at":"2026-04-01T09:00:00Z"}"#[..],
    /// )?;
    /// assert_eq!((data.account_id(), data.project_id()), ("acme", "desk"));
    ///
    /// let error = Dataset::from_jsonl(&b"\n[1, 2]\n"[..]).unwrap_err();
    /// assert_eq!(error.to_string(), "line 2 is not a JSON object; write one conversation a line");
    /// # Ok::<(), conversations_emulator::DatasetError>(())
    /// ```
    pub fn from_jsonl(reader: impl BufRead) -> Result<Self, DatasetError> {
        jsonl::read(reader)
    }

    /// The number of conversations, over all projects.
    ///
    /// ```
    /// # use conversations_emulator::Dataset;
    /// assert_eq!(Dataset::generate(1, 3).len(), 3);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner
            .projects
            .iter()
            .map(|project| project.entries.len())
            .sum()
    }

    /// Whether there is no conversation at all.
    ///
    /// ```
    /// # use conversations_emulator::Dataset;
    /// assert!(Dataset::generate(1, 0).is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every account and project in the data, as `(account_id, project_id)`, in the order of their
    /// first record. An empty data set has the generator's.
    ///
    /// ```
    /// # use conversations_emulator::Dataset;
    /// assert_eq!(Dataset::generate(1, 3).projects(), [("ws-demo", "PROJECT-DEMO")]);
    /// ```
    #[must_use]
    pub fn projects(&self) -> Vec<(&str, &str)> {
        let projects = self.inner.projects.iter();
        projects
            .map(|project| (project.account_id.as_str(), project.project_id.as_str()))
            .collect()
    }

    /// The account of the first project.
    ///
    /// ```
    /// # use conversations_emulator::Dataset;
    /// assert_eq!(Dataset::generate(1, 3).account_id(), "ws-demo");
    /// ```
    #[must_use]
    pub fn account_id(&self) -> &str {
        &self.inner.projects[0].account_id
    }

    /// The id of the first project.
    ///
    /// ```
    /// # use conversations_emulator::Dataset;
    /// assert_eq!(Dataset::generate(1, 3).project_id(), "PROJECT-DEMO");
    /// ```
    #[must_use]
    pub fn project_id(&self) -> &str {
        &self.inner.projects[0].project_id
    }

    /// The records as they were loaded, project by project, each project by start time, then id.
    ///
    /// ```
    /// # use conversations_emulator::Dataset;
    /// for record in Dataset::generate(1, 3).records() {
    ///     assert!(record.starts_with(b"{"));
    /// }
    /// ```
    pub fn records(&self) -> impl Iterator<Item = &[u8]> {
        self.entries().map(|entry| entry.raw.as_ref())
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.inner
            .projects
            .iter()
            .flat_map(|project| &project.entries)
    }

    /// The records, to be changed: a copy of the lists if anybody else has them.
    pub(crate) fn inner_mut(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.inner)
    }

    pub(crate) fn seed(&self) -> u64 {
        self.inner.seed
    }

    pub(crate) fn labels(&self) -> &Labels {
        &self.inner.labels
    }

    pub(crate) fn has_account(&self, account_id: &str) -> bool {
        self.inner
            .projects
            .iter()
            .any(|project| project.account_id == account_id)
    }

    pub(crate) fn project(&self, account_id: &str, project_id: &str) -> Option<&Project> {
        let mut projects = self.inner.projects.iter();
        projects
            .find(|project| project.account_id == account_id && project.project_id == project_id)
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dataset")
            .field("projects", &self.projects())
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// A data set while its records arrive.
pub(crate) struct Loading {
    labels: Labels,
    projects: Vec<Project>,
    homeless: Vec<Arc<Entry>>,
}

impl Default for Loading {
    fn default() -> Self {
        Self {
            labels: Labels::new(),
            projects: Vec::new(),
            homeless: Vec::new(),
        }
    }
}

impl Loading {
    /// Takes one record in, which must be valid JSON, and gives its id.
    pub(crate) fn push(&mut self, raw: Bytes) -> Result<&str, LineProblem> {
        let (entry, owner) = Entry::read(raw, &mut self.labels)?;
        let entries = match owner {
            Owner {
                account_id: Some(account_id),
                project_id: Some(project_id),
            } => self.entries_of(account_id, project_id),
            _ => &mut self.homeless,
        };
        entries.push(Arc::new(entry));
        Ok(entries.last().map_or("", |entry| &entry.id))
    }

    fn entries_of(&mut self, account_id: String, project_id: String) -> &mut Vec<Arc<Entry>> {
        let mut projects = self.projects.iter();
        let known = projects.position(|project| {
            project.account_id == account_id && project.project_id == project_id
        });
        let position = known.unwrap_or_else(|| {
            self.projects.push(Project {
                account_id,
                project_id,
                entries: Vec::new(),
            });
            self.projects.len() - 1
        });
        &mut self.projects[position].entries
    }

    pub(crate) fn finish(mut self) -> Dataset {
        if self.projects.is_empty() {
            self.projects.push(Project {
                account_id: Dataset::ACCOUNT.into(),
                project_id: Dataset::PROJECT.into(),
                entries: Vec::new(),
            });
        }
        self.projects[0].entries.append(&mut self.homeless);
        for project in &mut self.projects {
            project
                .entries
                .sort_unstable_by(|one, other| one.key().cmp(&other.key()));
        }
        Dataset {
            inner: Arc::new(Inner {
                projects: self.projects,
                labels: self.labels,
                seed: 0,
            }),
        }
    }
}
