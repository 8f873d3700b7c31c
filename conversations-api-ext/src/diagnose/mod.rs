//! [`Diagnosis`]: why a connection does not work, or why conversations lack expected data.

mod cause;
mod sample;

use std::{fmt, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    Client, Error, Page, Query, Record, Region, Version, query::Spec, query::version::Tag,
};
pub use cause::Cause;
use sample::Sample;

/// The findings about a connection and its conversations: from [`Client::diagnose`], [`Diagnosis::of_error`] or
/// [`Diagnosis::of_records`].
///
/// `Display` writes a paragraph per finding: what it is, in how many conversations, and what to do. Like an [`Error`],
/// it contains ids and nothing of what was said.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # use conversations_emulator::{Dataset, Emulator};
/// # use conversations_api_ext::{ApiKey, BaseUrl, Client, Project};
/// # let emulator = Emulator::builder().data(Dataset::generate(7, 20)).start().await?;
/// # let ids = (emulator.data().account_id(), emulator.data().project_id());
/// # let project = Project::new(ids.0, ids.1)?;
/// # let base_url: BaseUrl = emulator.base_url().parse()?;
/// # let client = Client::builder(base_url, project, ApiKey::new("a-wrong-key")?).build()?;
/// use conversations_api_ext::{Cause, Query};
///
/// let diagnosis = client.diagnose(Query::v3()).await;
/// let finding = &diagnosis.findings()[0];
/// assert_eq!(finding.cause(), Cause::KeyRejected);
/// println!("{diagnosis}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Diagnosis {
    findings: Vec<Finding>,
    conversations: usize,
    elapsed: Option<Duration>,
    error: Option<Error>,
    agents: Option<Result<(), Error>>,
}

/// A single finding of a diagnosis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    cause: Cause,
    conversations: usize,
    examples: Vec<String>,
    /// The region in which the project was requested, if it is one of the vendor's.
    region: Option<Region>,
    legacy: bool,
}

/// The number of conversations that suffices to show how a project is set up.
const SAMPLE: u32 = 50;

/// With a larger clock skew, ranges that end "now" lose conversations, and TLS fails.
const MAX_SKEW: TimeDelta = TimeDelta::minutes(5);

impl Client {
    /// Checks whether this connection works and what its conversations lack, with one request for at most 50 of them,
    /// and one for a single conversation if the client knows an [agents host](crate::AgentsBaseUrl).
    ///
    /// The query defines what is expected: latency is reported as missing only if the query requests it. It never
    /// returns an error: errors become findings. The request is retried by the client's retry policy, so give this
    /// client [a short time limit](crate::RetryPolicy).
    pub async fn diagnose<V: Version>(&self, query: Query<V>) -> Diagnosis {
        let mut spec = query.into_spec();
        spec.page_size = spec.page_size.min(SAMPLE);
        let mut pages = self.pages_of(spec.clone());
        match pages.next_page().await {
            Ok(Some(page)) => {
                let mut diagnosis = Diagnosis::of_page(&page, &spec);
                if self.inner().agents.is_some()
                    && let Some(record) = page.records().next()
                {
                    let result = self.conversation(record.id()).await;
                    diagnosis.add_agents(result.map(drop), spec.version);
                }
                diagnosis
            }
            Ok(None) => unreachable!("the first page comes or is an error"),
            Err(error) => Diagnosis::failed(error, self.base_url().region()),
        }
    }
}

impl Diagnosis {
    /// Diagnoses an error: what it means, and what to do about it.
    #[must_use]
    pub fn of_error(error: Error) -> Self {
        let region = error.region();
        Self::failed(error, region)
    }

    /// Diagnoses records: what they lack that `query` requested, and what is unusual about them.
    pub fn of_records<'a, V: Version>(
        records: impl IntoIterator<Item = &'a Record>,
        query: &Query<V>,
    ) -> Self {
        let mut sample = Sample::new(query.spec());
        records
            .into_iter()
            .for_each(|record| sample.look_at(record));
        Self::of_sample(sample, query.spec())
    }

    fn of_page(page: &Page, spec: &Spec) -> Self {
        let mut sample = Sample::new(spec);
        page.records().for_each(|record| sample.look_at(record));
        page.malformed().for_each(|error| sample.malformed(error));
        let mut this = Self::of_sample(sample, spec);
        this.elapsed = Some(page.elapsed());
        let date = page.headers().get("date");
        let date = date.and_then(|date| DateTime::parse_from_rfc2822(date.to_str().ok()?).ok());
        if date.is_some_and(|date| (Utc::now() - date.to_utc()).abs() > MAX_SKEW) {
            this.findings
                .push(Finding::of(Cause::ClockOff, spec.version));
        }
        this
    }

    fn of_sample(sample: Sample<'_>, spec: &Spec) -> Self {
        let conversations = sample.len();
        let mut findings = sample.findings();
        if spec.version == Tag::V1 {
            findings.push(Finding::of(Cause::LegacyVersion, spec.version));
        }
        findings.sort_by_key(|finding| finding.cause.is_note());
        Self {
            findings,
            conversations,
            elapsed: None,
            error: None,
            agents: None,
        }
    }

    fn failed(error: Error, region: Option<Region>) -> Self {
        let finding = Finding {
            region,
            ..Finding::of(Cause::of(&error), Tag::V3)
        };
        Self {
            findings: vec![finding],
            conversations: 0,
            elapsed: error.elapsed(),
            error: Some(error),
            agents: None,
        }
    }

    /// Returns the findings, problems before notes. Empty if there are none.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns whether no finding requires action.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.findings.iter().all(|finding| finding.cause.is_note())
    }

    /// Returns the number of conversations checked.
    #[must_use]
    pub fn conversations(&self) -> usize {
        self.conversations
    }

    /// Returns the elapsed time until the response, including waits between attempts; `None` if no request was sent.
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        self.elapsed
    }

    fn add_agents(&mut self, result: Result<(), Error>, version: Tag) {
        if let Err(error) = &result {
            self.findings
                .push(Finding::of(Cause::of_agents(error), version));
            self.findings.sort_by_key(|finding| finding.cause.is_note());
        }
        self.agents = Some(result);
    }

    /// Returns whether the agents host returned one of the conversations by its id; `None` if it was not requested,
    /// because the client knows no agents host or there are no conversations.
    #[must_use]
    pub fn agents(&self) -> Option<Result<(), &Error>> {
        self.agents.as_ref().map(|result| result.as_ref().copied())
    }

    /// Returns the error of the request, if it failed.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }
}

impl Finding {
    fn of(cause: Cause, version: Tag) -> Self {
        Self {
            cause,
            conversations: 0,
            examples: Vec::new(),
            region: None,
            legacy: version == Tag::V1,
        }
    }

    /// Returns the cause of the finding.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// Returns the number of affected conversations; 0 for findings that do not concern single ones.
    #[must_use]
    pub fn conversations(&self) -> usize {
        self.conversations
    }

    /// Returns the ids of the first three affected conversations.
    #[must_use]
    pub fn examples(&self) -> &[String] {
        &self.examples
    }

    /// Returns the regions in which the project or the key may be instead.
    #[must_use]
    pub fn regions_to_try(&self) -> Vec<Region> {
        let elsewhere = matches!(self.cause, Cause::KeyRejected | Cause::ProjectNotFound);
        let other = |region: &Region| elsewhere && self.region.is_none_or(|here| here != *region);
        Region::ALL.iter().copied().filter(other).collect()
    }

    /// Returns what to do about the finding.
    #[must_use]
    pub fn remedy(&self) -> String {
        let remedy = self.cause.remedy(self.legacy);
        let regions = self.regions_to_try();
        if regions.is_empty() {
            return remedy.to_owned();
        }
        let regions: Vec<_> = regions.into_iter().map(Region::name).collect();
        format!("{remedy} Regions to try: {}.", regions.join(", "))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cause)?;
        if self.conversations > 0 {
            let ids = self.examples.join(", ");
            write!(f, ", in {} conversations ({ids}", self.conversations)?;
            let more = self.conversations > self.examples.len();
            f.write_str(if more { ", …)" } else { ")" })?;
        }
        write!(f, ". {}", self.remedy())
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.findings.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            finding.fmt(f)?;
        }
        if self.findings.is_empty() {
            write!(
                f,
                "Nothing is wrong with the {} conversations that were looked at.",
                self.conversations
            )?;
        }
        Ok(())
    }
}
