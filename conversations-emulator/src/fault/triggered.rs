//! The report of faults that happened.

/// One fault that one request met.
///
/// ```
/// use conversations_emulator::fault::{Fault, FaultPlan, Faults, Rule};
/// use conversations_emulator::{Dataset, Emulator};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let plan = FaultPlan::new().with_rule(Rule::new(Fault::status(503)).named("busy").once());
/// let emulator = Emulator::builder().data(Dataset::generate(7, 1)).fault_plan(plan).start().await?;
/// let answer = reqwest::get(format!("{}/v3/a/b/conversations", emulator.base_url())).await?;
///
/// assert_eq!(answer.status(), 503);
/// let met = emulator.faults().met();
/// assert_eq!((met[0].rule(), met[0].request()), ("busy", 1));
/// assert_eq!(met[0].what(), "answered 503 with a body of six fields and no Retry-After");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FaultMet {
    pub(super) plan: String,
    pub(super) request: u64,
    pub(super) rule: String,
    pub(super) what: String,
}

impl FaultMet {
    /// The plan that the fault belongs to.
    #[must_use]
    pub fn plan(&self) -> &str {
        &self.plan
    }

    /// The number of the request among those of the plan, from 1.
    #[must_use]
    pub fn request(&self) -> u64 {
        self.request
    }

    /// The id of the rule.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// What was done, in words.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }
}
