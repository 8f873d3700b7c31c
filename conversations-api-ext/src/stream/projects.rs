//! [`Projects`]: several projects fetched with one query.

use crate::{Client, ProjectRecords, Query, Version};

/// A set of projects, each with its region and key, to be fetched with one query.
///
/// A v3 key belongs to one project in one region (PolyAI docs, Conversations API overview, "Authentication"), so a
/// company with three projects in two regions holds three keys. Each [`Client`] stands for one project and its key.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # use conversations_emulator::{Dataset, Emulator};
/// # let emulator = Emulator::builder().data(Dataset::generate(7, 20)).start().await?;
/// # let base_url: conversations_api_ext::BaseUrl = emulator.base_url().parse()?;
/// # let key = conversations_api_ext::ApiKey::new(emulator.api_key())?;
/// # let ids = (emulator.data().account_id(), emulator.data().project_id());
/// # let project = conversations_api_ext::Project::new(ids.0, ids.1)?;
/// # let sales = Client::builder(base_url.clone(), project, key.clone()).build()?;
/// # let closed = conversations_api_ext::Project::new(ids.0, "PROJECT-CLOSED")?;
/// # let support = Client::builder(base_url, closed, key).build()?;
/// use conversations_api_ext::{Client, Projects, Query};
///
/// let projects = Projects::new([sales, support]);
/// let mut records = projects.records(Query::v3());
/// let (mut count, mut failures) = (0, Vec::new());
/// loop {
///     match records.next_record().await {
///         Ok(Some(record)) => {
///             count += 1;
///             println!("{} {}", record.client().project().project(), record.id());
///         }
///         // One project that fails does not stop the others.
///         Err(failure) => failures.push(failure),
///         Ok(None) => break,
///     }
/// }
/// assert!(count > 0);
/// assert!(failures[0].is_wrong_region_or_project());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Projects {
    clients: Vec<Client>,
}

impl Projects {
    /// Creates a set from one client per project. Listing a project twice returns its conversations twice.
    pub fn new(clients: impl IntoIterator<Item = Client>) -> Self {
        Self {
            clients: clients.into_iter().collect(),
        }
    }

    /// Returns the clients, in the order in which they were given.
    #[must_use]
    pub fn clients(&self) -> &[Client] {
        &self.clients
    }

    /// Returns the records of all projects as one stream, each with the client it came from.
    pub fn records<V: Version>(&self, query: Query<V>) -> ProjectRecords {
        ProjectRecords::new(&self.clients, &query)
    }
}

impl FromIterator<Client> for Projects {
    fn from_iter<I: IntoIterator<Item = Client>>(clients: I) -> Self {
        Self::new(clients)
    }
}
