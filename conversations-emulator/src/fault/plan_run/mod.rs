//! A running fault plan: its counters, and the decision for each request.

pub(crate) mod conditions;
pub(crate) mod request_info;
pub(crate) mod rule_state;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;

use crate::fault::kind::Kind;
use crate::fault::options::Edge;
use crate::fault::plan::FaultPlan;
use crate::fault::plan_run::request_info::{NextPage, PagePosition, RequestInfo};
use crate::fault::plan_run::rule_state::{NearMiss, RuleState, chance};
use crate::fault::rule::Page;
use crate::fault::triggered::TriggeredFault;
use crate::hash::mix;

/// Maximum number of remembered page positions and triggered faults, so that a server that runs for
/// weeks does not grow.
const CAPACITY: usize = 100_000;

/// A fault plan of one server with its counters.
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
    triggered: Vec<TriggeredFault>,
    /// The number of the page that starts at each returned position.
    pages: HashMap<PagePosition, u64>,
    /// The last records of the page before each position.
    tails: HashMap<PagePosition, Vec<Bytes>>,
    /// Cursors that this plan generated.
    made_up: HashMap<String, usize>,
}

/// A fault to apply to a request, with all random choices made.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) rule: usize,
    pub(crate) fault: Kind,
    /// Prefix of the report of what was done.
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
        // Each single step leaves the counters consistent, so a panic elsewhere does no harm.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The number of a new request, from 1.
    pub(crate) fn next_request(&self) -> u64 {
        let mut state = self.state();
        state.requests += 1;
        state.requests
    }

    /// Whether a rule can only be decided once the response is known.
    pub(crate) fn needs_response(&self) -> bool {
        let ends = [Page::Middle, Page::Last].map(Some);
        self.plan
            .rules
            .iter()
            .any(|rule| ends.contains(&rule.when.page) || rule.fault.0 == Kind::EndlessCursors {})
    }

    /// Whether a rule concerns page content, so that the response must not be compressed.
    pub(crate) fn needs_content(&self) -> bool {
        let mut rules = self.plan.rules.iter();
        self.needs_response()
            || self.follows_walks()
            || rules.any(|rule| rule.fault.0.edits_the_page())
    }

    /// Whether a rule needs the page numbers that earlier responses imply.
    pub(crate) fn follows_walks(&self) -> bool {
        self.kept_records() > 0
            || self
                .plan
                .rules
                .iter()
                .any(|rule| matches!(rule.when.page, Some(Page::Number(_))))
    }

    /// The number of trailing records of each page that later faults may repeat.
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

    /// The faults that a request triggers.
    pub(crate) fn decide(
        &self,
        info: &RequestInfo,
        next: Option<&NextPage>,
        now: SystemTime,
    ) -> Vec<Step> {
        let mut state = self.state();
        let page = state.page_number(info);
        let mut steps: Vec<Step> = Vec::new();
        let mut replaced = false;
        for (index, rule) in self.plan.rules.iter().enumerate() {
            let seed = self.plan.seed;
            let rule_state = &mut state.rules[index];
            let mut reasons = conditions::untriggered(&rule.when, info, page, next);
            reasons.extend(conditions::unfit(&rule.fault.0, info, next));
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
                let drawn = chance(seed, index, info.number);
                if rule
                    .when
                    .probability
                    .is_some_and(|probability| drawn >= probability)
                {
                    reasons.push(format!(
                        "it was not selected by probability (it drew {drawn:.3})"
                    ));
                }
            }
            if rule.times.is_some_and(|times| rule_state.taken >= times) && !in_outage {
                reasons.push(format!(
                    "the rule had been triggered {} times",
                    rule_state.taken
                ));
            }
            let effect = match reasons.is_empty() || in_outage {
                true => rule_state.effect(&rule.fault.0, seed, index, info.number, now),
                false => Err(reasons),
            };
            let (fault, because) = match effect {
                Ok(effect) => effect,
                Err(reasons) => {
                    rule_state.miss(info.number, reasons);
                    continue;
                }
            };
            if fault.replaces_the_answer() {
                if replaced {
                    let reason = "another rule had already replaced the response".to_owned();
                    rule_state.miss(info.number, vec![reason]);
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

    /// Records that a fault was triggered.
    pub(crate) fn triggered(&self, request: u64, step: &Step, what: impl Into<String>) {
        let what = match &step.because {
            Some(because) => format!("{because}: {}", what.into()),
            None => what.into(),
        };
        let mut state = self.state();
        state.rules[step.rule].triggered += 1;
        if state.triggered.len() < CAPACITY {
            state.triggered.push(TriggeredFault {
                plan: self.name.clone(),
                request,
                rule: self.plan.id_of(step.rule),
                what,
            });
        }
    }

    /// Records that a fault could not be applied.
    pub(crate) fn missed(&self, request: u64, step: &Step, why: impl Into<String>) {
        self.state().rules[step.rule].miss(request, vec![why.into()]);
    }

    pub(crate) fn all_triggered(&self) -> Vec<TriggeredFault> {
        self.state().triggered.clone()
    }

    /// One sentence for each rule that was never triggered.
    pub(crate) fn untriggered(&self) -> Vec<String> {
        let state = self.state();
        let rules = state.rules.iter().enumerate();
        rules
            .filter(|(_, rule)| rule.triggered == 0)
            .map(|(index, rule)| {
                let id = self.plan.id_of(index);
                match &rule.closest {
                    Some(NearMiss { request, reasons }) => format!(
                        "rule {id} was not triggered; the closest request was {request}, but {}",
                        reasons.join(" and ")
                    ),
                    None => format!("rule {id} was not triggered; no request used this plan"),
                }
            })
            .collect()
    }

    /// Stores the next page and the last records of a response.
    pub(crate) fn record_response(&self, info: &RequestInfo, next: &NextPage, tail: &[Bytes]) {
        let mut state = self.state();
        if state.pages.len() >= CAPACITY {
            state.pages.clear();
            state.tails.clear();
        }
        let number = state.page_number(info);
        for position in next.positions() {
            if let Some(number) = number {
                state.pages.insert(position.clone(), number + 1);
            }
            if !tail.is_empty() {
                state.tails.insert(position, tail.to_vec());
            }
        }
    }

    /// The last records of the page before the requested one.
    pub(crate) fn tail_before(&self, info: &RequestInfo) -> Option<Vec<Bytes>> {
        self.state().tails.get(&info.position).cloned()
    }

    /// A cursor to an empty page with a new cursor.
    pub(crate) fn make_up_cursor(&self, rule: usize, request: u64) -> String {
        let mut state = self.state();
        if state.made_up.len() >= CAPACITY {
            state.made_up.clear();
        }
        let cursor = format!("endless-{:016x}-{request}", mix(self.plan.seed ^ request));
        state.made_up.insert(cursor.clone(), rule);
        cursor
    }

    /// For a request with a generated cursor, the cursor of its empty page: a new one, as long as the
    /// rule may be triggered.
    pub(crate) fn made_up(&self, info: &RequestInfo) -> Option<Option<String>> {
        let PagePosition::Cursor(cursor) = &info.position else {
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
        self.triggered(
            info.number,
            &step,
            "returned a new cursor with an empty page",
        );
        Some(Some(self.make_up_cursor(rule, info.number)))
    }
}

impl RunState {
    /// The number of the requested page; `None` if no response said where it starts.
    fn page_number(&self, info: &RequestInfo) -> Option<u64> {
        match (&info.position, info.limit()) {
            (PagePosition::Start, _) => Some(1),
            (position, limit) => self
                .pages
                .get(position)
                .copied()
                .or_else(|| match position {
                    PagePosition::Offset(offset) => {
                        offset.checked_div(limit?).map(|before| before + 1)
                    }
                    _ => None,
                }),
        }
    }
}
