//! [`Diagnosis`]: why a connection does not work, or why conversations lack what was expected in them.

mod cause;
mod sample;

use std::{fmt, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    Client, Error, Page, Query, Record, Region, Version, query::Spec, query::version::Tag,
};
pub use cause::Cause;
use sample::Sample;

/// What was found out about a connection and the conversations behind it: from [`Client::diagnose`],
/// [`Diagnosis::of_error`] or [`Diagnosis::of_records`].
///
/// `Display` is a paragraph per finding, for a person: what it is, in how many conversations, what to do. Like
/// an [`Error`] it names ids and shows nothing of what was said.
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
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    cause: Cause,
    conversations: usize,
    examples: Vec<String>,
    /// Where the project was looked for, if in a region of the vendor's.
    region: Option<Region>,
    legacy: bool,
}

/// So many conversations say enough about how a project is set up.
const SAMPLE: u32 = 50;

/// A clock that is off by more makes ranges that end "now" lose conversations, and TLS fail.
const MAX_SKEW: TimeDelta = TimeDelta::minutes(5);

impl Client {
    /// Finds out whether this connection works and what the conversations behind it lack, by one request for at
    /// most 50 of them.
    ///
    /// The query says what is expected: latency is missed only if the query asks for it. It never fails: what
    /// went wrong is what was found. The request is repeated as the client's retry policy says, so give a client
    /// for this [little patience](crate::RetryPolicy).
    pub async fn diagnose<V: Version>(&self, query: Query<V>) -> Diagnosis {
        let mut spec = query.into_spec();
        spec.page_size = spec.page_size.min(SAMPLE);
        let mut pages = self.pages_of(spec.clone());
        match pages.next_page().await {
            Ok(Some(page)) => Diagnosis::of_page(&page, &spec),
            Ok(None) => unreachable!("the first page comes or is an error"),
            Err(error) => Diagnosis::failed(error, self.base_url().region()),
        }
    }
}

impl Diagnosis {
    /// What an error means, and what to do about it.
    #[must_use]
    pub fn of_error(error: Error) -> Self {
        let region = error.region();
        Self::failed(error, region)
    }

    /// What conversations lack that `query` asked for, and what is odd about them.
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
        }
    }

    /// What was found, problems before mere notes. Empty if all is well.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether nothing was found that needs anybody to do something.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.findings.iter().all(|finding| finding.cause.is_note())
    }

    /// How many conversations were looked at.
    #[must_use]
    pub fn conversations(&self) -> usize {
        self.conversations
    }

    /// How long the answer took, waits between attempts included; `None` if no request was sent.
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        self.elapsed
    }

    /// What went wrong with the request, if something did.
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

    /// What it is, for a program.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// In how many of the conversations; 0 for what does not concern single ones.
    #[must_use]
    pub fn conversations(&self) -> usize {
        self.conversations
    }

    /// The ids of the first three of them.
    #[must_use]
    pub fn examples(&self) -> &[String] {
        &self.examples
    }

    /// The regions in which the project or the key may be instead.
    #[must_use]
    pub fn regions_to_try(&self) -> Vec<Region> {
        let elsewhere = matches!(self.cause, Cause::KeyRejected | Cause::ProjectNotFound);
        let other = |region: &Region| elsewhere && self.region.is_none_or(|here| here != *region);
        Region::ALL.into_iter().filter(other).collect()
    }

    /// What to do about it.
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
