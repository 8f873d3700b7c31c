//! The conversations an emulator serves.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::data::entry::{Entry, Labels, Owner};
use crate::data::line_problem::LineProblem;
use crate::generate;

/// The conversations an emulator serves: generated from a seed, or read from JSONL.
///
/// Each record is stored and served as the exact bytes it was loaded from. Cloning is cheap because
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
    /// The position of every record (project, then entry), sorted by id. Built by the first look-up.
    by_id: OnceLock<Box<[(u32, u32)]>>,
}

impl Inner {
    fn by_id(&self) -> &[(u32, u32)] {
        self.by_id.get_or_init(|| {
            let projects = (0..).zip(&self.projects);
            let mut positions: Vec<(u32, u32)> = projects
                .flat_map(|(project, of)| {
                    (0..)
                        .zip(&of.entries)
                        .map(move |(entry, _)| (project, entry))
                })
                .collect();
            positions.sort_by(|one, other| self.record(*one).1.id.cmp(&self.record(*other).1.id));
            positions.into()
        })
    }

    fn record(&self, (project, entry): (u32, u32)) -> (&Project, &Arc<Entry>) {
        let project = &self.projects[project as usize];
        (project, &project.entries[entry as usize])
    }

    /// Returns the index of the record's project, adding the project if necessary.
    pub(crate) fn project_of(&mut self, owner: Owner) -> usize {
        match (owner.account_id, owner.project_id) {
            (Some(account_id), Some(project_id)) => {
                project_index(&mut self.projects, account_id, project_id)
            }
            _ => 0,
        }
    }
}

/// The index of a project, which is added if it is new.
fn project_index(projects: &mut Vec<Project>, account_id: String, project_id: String) -> usize {
    let mut known = projects.iter();
    known
        .position(|project| project.account_id == account_id && project.project_id == project_id)
        .unwrap_or_else(|| {
            projects.push(Project {
                account_id,
                project_id,
                entries: Vec::new(),
            });
            projects.len() - 1
        })
}

/// The records of one project, sorted by start time, then id.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    pub(crate) account_id: String,
    pub(crate) project_id: String,
    pub(crate) entries: Vec<Arc<Entry>>,
}

impl Dataset {
    /// The account of generated conversations and of an empty data set.
    const ACCOUNT: &str = "ws-demo";
    /// The project of generated conversations and of an empty data set.
    const PROJECT: &str = "PROJECT-DEMO";
    const DEMO_SEED: u64 = 7;
    const DEMO_RECORDS: usize = 5_000;

    /// Generates `records` conversations of April 2026 in one project: several variants, channels and
    /// environments, finished and in progress, about 6 KB each.
    ///
    /// The same arguments produce the same bytes on every machine, and in every release whose changelog
    /// does not announce a change. A smaller number produces a subset of the records of a larger one.
    /// Phone numbers are from ranges reserved for fiction.
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
                by_id: OnceLock::new(),
            }),
        }
    }

    /// The default data: 5,000 conversations generated from seed 7.
    ///
    /// Generated once per process; later calls share the records.
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

    /// The number of conversations in all projects.
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

    /// Whether the data set has no conversations.
    ///
    /// ```
    /// # use conversations_emulator::Dataset;
    /// assert!(Dataset::generate(1, 0).is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `(account_id, project_id)` pairs in the data, in the order of their first record. For an
    /// empty data set, those of generated data.
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

    /// The records as loaded, project by project, each project sorted by start time, then id.
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

    /// Mutable access to the records; copies the lists if they are shared.
    pub(crate) fn inner_mut(&mut self) -> &mut Inner {
        let inner = Arc::make_mut(&mut self.inner);
        // An edit shifts the positions.
        inner.by_id.take();
        inner
    }

    /// The records with this id, one in each project that has it.
    pub(crate) fn with_id(&self, id: &str) -> impl Iterator<Item = (&Project, &Arc<Entry>)> {
        let by_id = self.inner.by_id();
        let record = |position: &(u32, u32)| self.inner.record(*position);
        let from = by_id.partition_point(|position| *record(position).1.id < *id);
        let found = by_id[from..].iter().map(record);
        found.take_while(move |(_, entry)| *entry.id == *id)
    }

    pub(crate) fn projects_named(&self, project_id: &str) -> impl Iterator<Item = &Project> {
        let projects = self.inner.projects.iter();
        projects.filter(move |project| project.project_id == project_id)
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

/// A data set that is being loaded.
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
    /// Adds a record, which must be valid JSON, and returns its id.
    pub(crate) fn push(&mut self, raw: Bytes) -> Result<&str, LineProblem> {
        let (entry, owner) = Entry::read(raw, &mut self.labels)?;
        let entries = match owner {
            Owner {
                account_id: Some(account_id),
                project_id: Some(project_id),
            } => {
                let index = project_index(&mut self.projects, account_id, project_id);
                &mut self.projects[index].entries
            }
            _ => &mut self.homeless,
        };
        entries.push(Arc::new(entry));
        Ok(entries.last().map_or("", |entry| &entry.id))
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
                by_id: OnceLock::new(),
            }),
        }
    }
}
