//! A plan at work: its counters, and the decision about each request.

pub(crate) mod conditions;
pub(crate) mod request_facts;
pub(crate) mod rule_state;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;

use crate::fault::kind::Kind;
use crate::fault::options::Edge;
use crate::fault::plan::FaultPlan;
use crate::fault::plan_run::request_facts::{NextPage, Place, RequestFacts};
use crate::fault::plan_run::rule_state::{NearMiss, RuleState, chance};
use crate::fault::rule::Page;
use crate::fault::triggered::FaultMet;
use crate::hash::mix;

/// Places and met faults remembered; more would let a server that runs for weeks grow.
const CAPACITY: usize = 100_000;

/// One plan of one server.
#[derive(Debug)]
pub(crate) struct PlanRun {
    pub(crate) name: String,
    pub(crate) plan: FaultPlan,
    state: Mutex<RunState>,
}

#[derive(Debug, Default)]
struct RunState {
    requests: u64,
    rules: Vec<RuleState>,
    met: Vec<FaultMet>,
    /// The number of the page that begins at each place that was answered.
    pages: HashMap<Place, u64>,
    /// The last records of the page in front of each place.
    tails: HashMap<Place, Vec<Bytes>>,
    /// Cursors that this plan made up.
    made_up: HashMap<String, usize>,
}

/// A fault that a request is to meet, with everything left to chance decided.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) rule: usize,
    pub(crate) fault: Kind,
    /// In front of the words for what was done.
    pub(crate) because: Option<String>,
}

impl PlanRun {
    pub(crate) fn new(name: &str, plan: FaultPlan) -> Self {
        let state = RunState {
            rules: vec![RuleState::default(); plan.rules.len()],
            ..RunState::default()
        };
        Self {
            name: name.into(),
            plan,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, RunState> {
        // Counters are right after each single step, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The number of a request that just arrived, from 1.
    pub(crate) fn next_request(&self) -> u64 {
        let mut state = self.state();
        state.requests += 1;
        state.requests
    }

    /// Whether some rule cannot be decided before the answer is known.
    pub(crate) fn needs_the_answer(&self) -> bool {
        let ends = [Page::Middle, Page::Last].map(Some);
        self.plan
            .rules
            .iter()
            .any(|rule| ends.contains(&rule.when.page) || rule.fault.0 == Kind::EndlessCursors {})
    }

    /// Whether it has to do with what is inside pages, so that they must not come compressed.
    pub(crate) fn looks_inside(&self) -> bool {
        let mut rules = self.plan.rules.iter();
        self.needs_the_answer()
            || self.follows_walks()
            || rules.any(|rule| rule.fault.0.edits_the_page())
    }

    /// Whether pages must be told apart by what earlier answers said.
    pub(crate) fn follows_walks(&self) -> bool {
        self.kept_records() > 0
            || self
                .plan
                .rules
                .iter()
                .any(|rule| matches!(rule.when.page, Some(Page::Number(_))))
    }

    /// How many records at the end of each page later faults may send again.
    pub(crate) fn kept_records(&self) -> usize {
        let counts = self.plan.rules.iter().map(|rule| match rule.fault.0 {
            Kind::Duplicate {
                edge: Edge::Start,
                count,
            } => count,
            _ => 0,
        });
        counts.max().unwrap_or(0)
    }

    /// Which faults a request meets.
    pub(crate) fn decide(
        &self,
        facts: &RequestFacts,
        next: Option<&NextPage>,
        now: SystemTime,
    ) -> Vec<Step> {
        let mut state = self.state();
        let page = state.page_number(facts);
        let mut steps: Vec<Step> = Vec::new();
        let mut replaced = false;
        for (index, rule) in self.plan.rules.iter().enumerate() {
            let seed = self.plan.seed;
            let rule_state = &mut state.rules[index];
            let mut reasons = conditions::unmet(&rule.when, facts, page, next);
            reasons.extend(conditions::unfit(&rule.fault.0, facts, next));
            let in_outage = rule_state.outage_until.is_some_and(|until| now < until);
            if reasons.is_empty() {
                rule_state.occurrences += 1;
                let number = rule_state.occurrences;
                if let Some(count) = rule.when.occurrence.filter(|count| !count.takes(number)) {
                    reasons.push(format!(
                        "it was number {number} that satisfied the other conditions, not {}",
                        count.words()
                    ));
                }
                let drawn = chance(seed, index, facts.number);
                if rule
                    .when
                    .probability
                    .is_some_and(|probability| drawn >= probability)
                {
                    reasons.push(format!("chance decided against it (it drew {drawn:.3})"));
                }
            }
            if rule.times.is_some_and(|times| rule_state.taken >= times) && !in_outage {
                reasons.push(format!("the rule had been met {} times", rule_state.taken));
            }
            let effect = match reasons.is_empty() || in_outage {
                true => rule_state.effect(&rule.fault.0, seed, index, facts.number, now),
                false => Err(reasons),
            };
            let (fault, because) = match effect {
                Ok(effect) => effect,
                Err(reasons) => {
                    rule_state.miss(facts.number, reasons);
                    continue;
                }
            };
            if fault.replaces_the_answer() {
                if replaced {
                    let reason = "the answer was already another rule's".to_owned();
                    rule_state.miss(facts.number, vec![reason]);
                    continue;
                }
                replaced = true;
            }
            if !in_outage {
                rule_state.taken += 1;
            }
            steps.push(Step {
                rule: index,
                fault,
                because,
            });
        }
        steps
    }

    /// Reports that a fault happened.
    pub(crate) fn met(&self, request: u64, step: &Step, what: impl Into<String>) {
        let what = match &step.because {
            Some(because) => format!("{because}: {}", what.into()),
            None => what.into(),
        };
        let mut state = self.state();
        state.rules[step.rule].met += 1;
        if state.met.len() < CAPACITY {
            state.met.push(FaultMet {
                plan: self.name.clone(),
                request,
                rule: self.plan.id_of(step.rule),
                what,
            });
        }
    }

    /// Reports that a fault was to happen and could not.
    pub(crate) fn missed(&self, request: u64, step: &Step, why: impl Into<String>) {
        self.state().rules[step.rule].miss(request, vec![why.into()]);
    }

    pub(crate) fn all_met(&self) -> Vec<FaultMet> {
        self.state().met.clone()
    }

    /// One sentence for each rule that was never met.
    pub(crate) fn unmet(&self) -> Vec<String> {
        let state = self.state();
        let rules = state.rules.iter().enumerate();
        rules
            .filter(|(_, rule)| rule.met == 0)
            .map(|(index, rule)| {
                let id = self.plan.id_of(index);
                match &rule.closest {
                    Some(NearMiss { request, reasons }) => format!(
                        "rule {id} was not met; closest was request {request}, but {}",
                        reasons.join(" and ")
                    ),
                    None => format!("rule {id} was not met; no request came with this plan"),
                }
            })
            .collect()
    }

    /// Takes in what an answer says of the next page, and its last records.
    pub(crate) fn note_answer(&self, facts: &RequestFacts, next: &NextPage, tail: &[Bytes]) {
        let mut state = self.state();
        if state.pages.len() >= CAPACITY {
            state.pages.clear();
            state.tails.clear();
        }
        let number = state.page_number(facts);
        for place in next.places() {
            if let Some(number) = number {
                state.pages.insert(place.clone(), number + 1);
            }
            if !tail.is_empty() {
                state.tails.insert(place, tail.to_vec());
            }
        }
    }

    /// The last records of the page before the one that was asked for.
    pub(crate) fn tail_before(&self, facts: &RequestFacts) -> Option<Vec<Bytes>> {
        self.state().tails.get(&facts.place).cloned()
    }

    /// A cursor that leads to an empty page with a new cursor.
    pub(crate) fn make_up_cursor(&self, rule: usize, request: u64) -> String {
        let mut state = self.state();
        if state.made_up.len() >= CAPACITY {
            state.made_up.clear();
        }
        let cursor = format!("endless-{:016x}-{request}", mix(self.plan.seed ^ request));
        state.made_up.insert(cursor.clone(), rule);
        cursor
    }

    /// For a request with a made-up cursor, the one of its empty page: another, as long as the rule
    /// may be met.
    pub(crate) fn made_up(&self, facts: &RequestFacts) -> Option<Option<String>> {
        let Place::Cursor(cursor) = &facts.place else {
            return None;
        };
        let rule = {
            let mut state = self.state();
            let rule = state.made_up.get(cursor).copied()?;
            let times = self.plan.rules[rule].times;
            if times.is_some_and(|times| state.rules[rule].taken >= times) {
                return Some(None);
            }
            state.rules[rule].taken += 1;
            rule
        };
        let step = Step {
            rule,
            fault: Kind::EndlessCursors {},
            because: None,
        };
        self.met(facts.number, &step, "gave a new cursor with an empty page");
        Some(Some(self.make_up_cursor(rule, facts.number)))
    }
}

impl RunState {
    /// The number of the requested page; `None` when no answer said where it begins.
    fn page_number(&self, facts: &RequestFacts) -> Option<u64> {
        match (&facts.place, facts.limit()) {
            (Place::Start, _) => Some(1),
            (place, limit) => self.pages.get(place).copied().or_else(|| match place {
                Place::Offset(offset) => offset.checked_div(limit?).map(|before| before + 1),
                _ => None,
            }),
        }
    }
}
