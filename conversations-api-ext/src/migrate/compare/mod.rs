//! [`Compare`]: compares the same conversations read from two versions.

mod judge;
mod markdown;
mod paired_streams;
mod path;
mod reasons;
mod report;
mod run;
mod sample;
mod side;
mod text;

use chrono::TimeDelta;

use crate::{BoundedRange, Error};
pub use path::FieldPath;
pub use reasons::{Reason, Verdict};
pub use report::{Example, Failure, FieldReport, Report, RequiredReport, SideReport, Tally};
pub use sample::SampleReport;
use sample::Slices;
pub use side::Side;

/// Starts a comparison of two versions over a range: `before` is the current version, `after` the one to switch to.
///
/// See [`Compare`].
pub fn compare(before: Side, after: Side, range: BoundedRange) -> Compare {
    Compare {
        sides: [before, after],
        range,
        required: Vec::new(),
        slices: None,
        values: false,
        watch: None,
        resumed: None,
    }
}

/// A comparison of two versions' records of the same range, from [`compare`]. [`run`](Self::run) returns the
/// [`Report`].
///
/// # Reading
///
/// The range is read from both versions at once, in time windows of about 5,000 conversations. Records are paired by
/// id in whichever order they arrive; a record is held until its counterpart arrives. Memory use is at most 32 MiB for
/// waiting records, 16 MiB for read-ahead, and 8 MiB for records without a counterpart, which may arrive in another
/// window: not more for a longer range, nor for larger pages. A window that would exceed this is halved, down to one
/// second.
///
/// A record that differs or has no counterpart is read again from both sides at the end of its window, before it is
/// judged. If it still differs and is in progress on either side, it counts as [changing](Report::changing) and not as
/// different. New conversations do not disturb the comparison if the range ends in the past.
///
/// # What counts as equal
///
/// Intended format differences between versions are listed as [`Rule`](super::Rule)s and counted separately. Unknown
/// fields are compared like known ones.
///
/// # Example
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # use conversations_emulator::{Dataset, Emulator};
/// # use conversations_api_ext::{ApiKey, BaseUrl, Client, Project};
/// # let emulator = Emulator::builder().data(Dataset::generate(7, 60)).start().await?;
/// # let project = Project::new(emulator.data().account_id(), emulator.data().project_id())?;
/// # let (url, key) = (emulator.base_url().parse::<BaseUrl>()?, ApiKey::new(emulator.api_key())?);
/// # let v1 = Client::builder(url, project, key).build()?;
/// # let v3 = v1.clone();
/// use conversations_api_ext::{BoundedRange, Query, migrate::{self, Side, Verdict}};
///
/// // `v1` and `v3` are clients with the key of each version.
/// let april = BoundedRange::new("2026-04-01", "2026-05-01")?;
/// let report = migrate::compare(
///     Side::new(&v1, Query::v1()),
///     Side::new(&v3, Query::v3().include_latency(true)),
///     april,
/// )
/// .require("variant_name".parse()?)
/// .run()
/// .await;
/// match report.verdict() {
///     Verdict::Ready => println!("switch"),
///     Verdict::ReadyWithNotes | Verdict::NotReady => println!("{report}"),
/// }
/// # assert_eq!(report.different.count, 0, "{report}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is compared before `run`"]
pub struct Compare {
    sides: [Side; 2],
    range: BoundedRange,
    required: Vec<FieldPath>,
    slices: Option<Slices>,
    values: bool,
    watch: Option<Watch>,
    resumed: Option<Report>,
}

type Watch = Box<dyn FnMut(&Report) + Send>;

impl Compare {
    /// Requires a field that the customer's code depends on: if the newer version lacks or changes it, the verdict is
    /// [`NotReady`](Verdict::NotReady) even if a rule explains it. May be called several times.
    pub fn require(mut self, field: FieldPath) -> Self {
        if !self.required.contains(&field) {
            self.required.push(field);
        }
        self
    }

    /// Compares a random sample of a large range: `slices` slices of the given length, drawn with `seed`, each in
    /// full. The report then has the [confidence bound](SampleReport). Without this the whole range is compared.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for zero slices, or slices shorter than a second.
    pub fn sample(mut self, slices: u32, length: TimeDelta, seed: u64) -> Result<Self, Error> {
        self.slices = Some(Slices::new(slices, length, seed)?);
        Ok(self)
    }

    /// Includes the two values of differing fields in the report's examples. They contain what callers said, including
    /// numbers: off by default.
    pub fn values(mut self, show: bool) -> Self {
        self.values = show;
        self
    }

    /// Calls `watch` after each window with the report so far, from which the comparison can be resumed.
    pub fn watch(mut self, watch: impl FnMut(&Report) + Send + 'static) -> Self {
        self.watch = Some(Box::new(watch));
        self
    }

    /// Resumes an earlier report of the same comparison, adding to its counts.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the report belongs to another comparison: other servers,
    /// projects, versions, filters, range, required fields or sample.
    pub fn resume(mut self, report: Report) -> Result<Self, Error> {
        let fresh = self.fresh();
        let same = fresh.before.fingerprint == report.before.fingerprint
            && fresh.after.fingerprint == report.after.fingerprint
            && fresh.sample.as_ref().map(SampleReport::plan)
                == report.sample.as_ref().map(SampleReport::plan)
            && fresh
                .required
                .iter()
                .map(|required| &required.path)
                .eq(report.required.iter().map(|required| &required.path));
        if !same {
            return Err(Error::invalid(
                "the report is of another comparison",
                "resume with the same servers, projects, filters, range, required fields and sample, or start \
                 from the beginning",
            ));
        }
        self.resumed = Some(report);
        Ok(self)
    }

    /// Runs the comparison to the end. A failed side stops it; the report then has a
    /// [failure](Report::failure) and how far the comparison got.
    pub async fn run(mut self) -> Report {
        let report = match self.resumed.take() {
            Some(report) => Report {
                failure: None,
                ..report
            },
            None => self.fresh(),
        };
        run::Run::new(self, report).finish().await
    }

    /// Returns the report of a comparison that has not begun.
    fn fresh(&self) -> Report {
        let [before, after] = &self.sides;
        Report::new(
            before.report(self.range),
            after.report(self.range),
            self.range,
            &self.required,
            self.slices.as_ref().map(|slices| slices.report(self.range)),
        )
    }
}

impl std::fmt::Debug for Compare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compare")
            .field("sides", &self.sides)
            .field("range", &self.range)
            .field("required", &self.required)
            .field("slices", &self.slices)
            .finish_non_exhaustive()
    }
}
