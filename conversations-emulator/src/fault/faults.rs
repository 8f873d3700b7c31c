//! The plans of one server, by name, and what was met of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::fault::plan::{FaultPlan, FaultPlanError};
use crate::fault::plan_run::PlanRun;
use crate::fault::triggered::FaultMet;

/// The header by which a request chooses its plan.
pub const PLAN_HEADER: &str = "x-emulator-plan";

/// The name of the plan of requests that choose none.
pub const DEFAULT_PLAN: &str = "default";

/// The fault plans of an emulator or a proxy. Clones are the same plans.
///
/// A request chooses its plan by the header `x-emulator-plan`; without the header the one named
/// `default` is used, if there is one. Each plan counts its own requests, so tests that choose
/// different plans do not disturb each other.
///
/// ```
/// use conversations_emulator::fault::{Fault, FaultPlan, PLAN_HEADER, Rule};
/// use conversations_emulator::{Dataset, Emulator};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = Emulator::builder().data(Dataset::generate(7, 1)).start().await?;
/// let reset = FaultPlan::new().with_rule(Rule::new(Fault::reset()).named("reset").once());
/// emulator.faults().set("my-test", reset)?;
///
/// let url = format!("{}/v3/a/b/conversations", emulator.base_url());
/// let request = reqwest::Client::new().get(&url).header(PLAN_HEADER, "my-test");
/// assert!(request.send().await.is_err());
/// assert!(reqwest::get(&url).await.is_ok());
///
/// emulator.faults().assert_all_met("my-test");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Faults {
    plans: Arc<Mutex<BTreeMap<String, Arc<PlanRun>>>>,
}

impl Faults {
    fn plans(&self) -> MutexGuard<'_, BTreeMap<String, Arc<PlanRun>>> {
        // A map is changed by single inserts and removes, so a panic elsewhere leaves it whole.
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a plan, or replaces the one of that name; its counters start anew.
    ///
    /// # Errors
    ///
    /// When a value of the plan makes no sense; the error names it. The plans stay as they were then.
    pub fn set(&self, name: impl Into<String>, plan: FaultPlan) -> Result<(), FaultPlanError> {
        plan.check()?;
        let name = name.into();
        let run = Arc::new(PlanRun::new(&name, plan));
        self.plans().insert(name, run);
        Ok(())
    }

    /// Removes a plan; `false` when there was none of that name.
    pub fn remove(&self, name: &str) -> bool {
        self.plans().remove(name).is_some()
    }

    /// The plan of a name.
    #[must_use]
    pub fn plan(&self, name: &str) -> Option<FaultPlan> {
        self.run(name).map(|run| run.plan.clone())
    }

    /// The names of all plans, in alphabetical order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.plans().keys().cloned().collect()
    }

    /// Every fault that was met, plan by plan, in the order in which they happened.
    #[must_use]
    pub fn met(&self) -> Vec<FaultMet> {
        let plans: Vec<_> = self.plans().values().cloned().collect();
        plans.iter().flat_map(|run| run.all_met()).collect()
    }

    /// The faults of one plan that were met.
    #[must_use]
    pub fn met_by(&self, name: &str) -> Vec<FaultMet> {
        self.run(name).map(|run| run.all_met()).unwrap_or_default()
    }

    /// One sentence for each rule of a plan that no request has met: which request came closest, and
    /// what it lacked.
    #[must_use]
    pub fn unmet(&self, name: &str) -> Vec<String> {
        match self.run(name) {
            Some(run) => run.unmet(),
            None => vec![format!("there is no plan named {name}")],
        }
    }

    /// Asserts that every rule of a plan was met.
    ///
    /// # Panics
    ///
    /// When one was not. The message says for each such rule which request came closest, and what it
    /// lacked.
    #[track_caller]
    pub fn assert_all_met(&self, name: &str) {
        let unmet = self.unmet(name);
        assert!(
            unmet.is_empty(),
            "not every fault of plan {name} was met:\n  {}",
            unmet.join("\n  ")
        );
    }

    /// Lets every plan start anew: no request counted, no fault met.
    pub fn reset(&self) {
        for (name, run) in self.plans().iter_mut() {
            *run = Arc::new(PlanRun::new(name, run.plan.clone()));
        }
    }

    pub(crate) fn run(&self, name: &str) -> Option<Arc<PlanRun>> {
        self.plans().get(name).cloned()
    }
}
