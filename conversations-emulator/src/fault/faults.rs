//! The named fault plans of one server, and which of their faults were triggered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::fault::plan::{FaultPlan, FaultPlanError};
use crate::fault::plan_run::PlanRun;
use crate::fault::triggered::TriggeredFault;

/// The request header that selects a fault plan.
pub const PLAN_HEADER: &str = "x-emulator-plan";

/// The plan of requests without the header.
pub const DEFAULT_PLAN: &str = "default";

/// The fault plans of an emulator or a proxy. Clones share the same plans.
///
/// A request selects its plan with the header `x-emulator-plan`; without it, the plan named `default`
/// applies, if there is one. Each plan counts its own requests, so tests with different plans do not
/// interfere.
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
/// emulator.faults().assert_all_triggered("my-test");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Faults {
    plans: Arc<Mutex<BTreeMap<String, Arc<PlanRun>>>>,
}

impl Faults {
    fn plans(&self) -> MutexGuard<'_, BTreeMap<String, Arc<PlanRun>>> {
        // The map changes by single inserts and removes, so a panic elsewhere cannot leave it
        // inconsistent.
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds or replaces the plan named `name`; its counters start at zero.
    ///
    /// # Errors
    ///
    /// If a value of the plan is invalid; the error names it. The plans are then unchanged.
    pub fn set(&self, name: impl Into<String>, plan: FaultPlan) -> Result<(), FaultPlanError> {
        plan.check()?;
        let name = name.into();
        let run = Arc::new(PlanRun::new(&name, plan));
        self.plans().insert(name, run);
        Ok(())
    }

    /// Removes a plan; returns `false` if no plan has that name.
    pub fn remove(&self, name: &str) -> bool {
        self.plans().remove(name).is_some()
    }

    /// The plan named `name`.
    #[must_use]
    pub fn plan(&self, name: &str) -> Option<FaultPlan> {
        self.run(name).map(|run| run.plan.clone())
    }

    /// The names of all plans, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.plans().keys().cloned().collect()
    }

    /// Every triggered fault, plan by plan, in the order in which they happened.
    #[must_use]
    pub fn triggered(&self) -> Vec<TriggeredFault> {
        let plans: Vec<_> = self.plans().values().cloned().collect();
        plans.iter().flat_map(|run| run.all_triggered()).collect()
    }

    /// The triggered faults of one plan.
    #[must_use]
    pub fn triggered_by(&self, name: &str) -> Vec<TriggeredFault> {
        self.run(name)
            .map(|run| run.all_triggered())
            .unwrap_or_default()
    }

    /// One sentence for each rule of a plan that no request triggered: which request came closest, and
    /// which condition it failed.
    #[must_use]
    pub fn untriggered(&self, name: &str) -> Vec<String> {
        match self.run(name) {
            Some(run) => run.untriggered(),
            None => vec![format!("no plan is named `{name}`")],
        }
    }

    /// Asserts that every rule of a plan was triggered.
    ///
    /// # Panics
    ///
    /// If a rule was not triggered. The message names, for each such rule, the request that came closest
    /// and the condition it failed.
    #[track_caller]
    pub fn assert_all_triggered(&self, name: &str) {
        let untriggered = self.untriggered(name);
        assert!(
            untriggered.is_empty(),
            "not every fault of plan `{name}` was triggered:\n  {}",
            untriggered.join("\n  ")
        );
    }

    /// Resets the counters and triggered faults of every plan.
    pub fn reset(&self) {
        for (name, run) in self.plans().iter_mut() {
            *run = Arc::new(PlanRun::new(name, run.plan.clone()));
        }
    }

    pub(crate) fn run(&self, name: &str) -> Option<Arc<PlanRun>> {
        self.plans().get(name).cloned()
    }
}
