//! A triggered fault, as reported by [`Faults`](super::Faults).

/// A fault that a request triggered.
///
/// ```
/// use conversations_emulator::fault::{Fault, FaultPlan, Faults, Rule};
/// use conversations_emulator::{Dataset, Emulator};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let plan = FaultPlan::new().with_rule(Rule::new(Fault::status(503)).named("busy").once());
/// let emulator = Emulator::builder().data(Dataset::generate(7, 1)).fault_plan(plan).start().await?;
/// let response = reqwest::get(format!("{}/v3/a/b/conversations", emulator.base_url())).await?;
///
/// assert_eq!(response.status(), 503);
/// let triggered = emulator.faults().triggered();
/// assert_eq!((triggered[0].rule(), triggered[0].request()), ("busy", 1));
/// assert_eq!(triggered[0].what(), "responded 503 with a body of six fields and no Retry-After");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TriggeredFault {
    pub(super) plan: String,
    pub(super) request: u64,
    pub(super) rule: String,
    pub(super) what: String,
}

impl TriggeredFault {
    /// The name of the fault plan.
    #[must_use]
    pub fn plan(&self) -> &str {
        &self.plan
    }

    /// The number of the request within the plan, from 1.
    #[must_use]
    pub fn request(&self) -> u64 {
        self.request
    }

    /// The name of the rule.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// A description of what was done.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }
}
