//! A fault plan: rules, a seed, and their JSON format.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::kind::Kind;
use crate::fault::refusal::Refusal;
use crate::fault::rule::{Page, Rule};

/// Rules, each with a fault and the requests that trigger it, and a seed.
///
/// ```
/// use conversations_emulator::fault::{Fault, FaultPlan, Page, Rule};
///
/// let built = FaultPlan::new()
///     .with_rule(Rule::new(Fault::status(503)).named("busy").on_page(Page::Middle).once());
/// let read = FaultPlan::from_json(
///     r#"{"rules": [{"id": "busy", "when": {"page": "middle"}, "fault": {"status": {"code": 503}}, "times": 1}]}"#,
/// )?;
/// assert_eq!(built, read);
///
/// let error = FaultPlan::from_json(r#"{"rules": [{"fault": {"status": {"code": 99}}}]}"#).unwrap_err();
/// assert_eq!(error.to_string(), "rules[0].fault.status.code is 99; a status is between 200 and 599");
/// # Ok::<(), conversations_emulator::fault::FaultPlanError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[must_use = "a plan has no effect until it is passed to an emulator or a proxy"]
pub struct FaultPlan {
    /// Determines everything random. Default: 0.
    #[serde(default)]
    pub(super) seed: u64,
    /// Evaluated in this order for each request. All faults whose conditions hold are triggered; of
    /// several that replace the response only the first is.
    #[serde(default)]
    pub(super) rules: Vec<Rule>,
}

/// Why a fault plan is invalid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FaultPlanError {
    /// The file could not be read.
    #[error("cannot read the fault plan {}: {source}", path.display())]
    Read {
        /// The path of the file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The JSON is not a fault plan.
    #[error("the fault plan is invalid at {path}: {problem}")]
    Json {
        /// JSON path, such as `rules[0].when.page`; `.` is the plan itself.
        path: String,
        /// What is wrong there.
        problem: String,
    },
    /// A value has the right type and is invalid.
    #[error("{path} {problem}")]
    Value {
        /// JSON path, such as `rules[0].when.probability`.
        path: String,
        /// What is wrong there.
        problem: String,
    },
}

impl FaultPlan {
    /// Creates a plan without rules, which injects no faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the seed that determines everything random.
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Appends a rule.
    pub fn with_rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Parses a plan from JSON.
    ///
    /// # Errors
    ///
    /// [`FaultPlanError::Json`] if the text is not JSON, or if a field is unknown, missing or of the
    /// wrong type; [`FaultPlanError::Value`] if a value is invalid. Both name the JSON path.
    pub fn from_json(json: &str) -> Result<Self, FaultPlanError> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let read = serde_path_to_error::deserialize::<_, Self>(&mut reader);
        let plan = read.map_err(|error| FaultPlanError::Json {
            path: error.path().to_string(),
            problem: error.inner().to_string(),
        })?;
        reader.end().map_err(|error| FaultPlanError::Json {
            path: ".".into(),
            problem: error.to_string(),
        })?;
        plan.check()?;
        Ok(plan)
    }

    /// Reads a plan from a file.
    ///
    /// # Errors
    ///
    /// Those of [`from_json`](Self::from_json), and [`FaultPlanError::Read`] if the file cannot be read.
    pub fn from_json_file(path: impl AsRef<Path>) -> Result<Self, FaultPlanError> {
        let path = path.as_ref();
        let json = fs::read_to_string(path).map_err(|source| FaultPlanError::Read {
            path: path.into(),
            source,
        })?;
        Self::from_json(&json)
    }

    /// Serializes the plan to the JSON that [`from_json`](Self::from_json) reads.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a plan has only string keys and finite numbers")
    }

    /// The JSON Schema of fault plans, for editors and for programs that generate plans.
    ///
    /// ```
    /// # use conversations_emulator::fault::FaultPlan;
    /// assert!(FaultPlan::json_schema().contains("repeated_cursor"));
    /// ```
    #[must_use]
    pub fn json_schema() -> String {
        let schema = schemars::schema_for!(Self);
        serde_json::to_string_pretty(&schema).expect("a schema serializes to JSON")
    }

    pub(super) fn id_of(&self, rule: usize) -> String {
        let named = self.rules.get(rule).and_then(|rule| rule.id.clone());
        named.unwrap_or_else(|| format!("rule-{}", rule + 1))
    }

    /// Rejects invalid values that deserialization accepts.
    pub(crate) fn check(&self) -> Result<(), FaultPlanError> {
        let mut ids = HashSet::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let wrong = |place: &str, problem: String| {
                Err(FaultPlanError::Value {
                    path: format!("rules[{index}].{place}"),
                    problem,
                })
            };
            if !ids.insert(self.id_of(index)) {
                return wrong(
                    "id",
                    "repeats the id of an earlier rule; change one of them".into(),
                );
            }
            if rule.times == Some(0) {
                return wrong("times", "is 0; remove the rule instead".into());
            }
            let when = &rule.when;
            for (place, count) in [
                ("when.request", when.request),
                ("when.occurrence", when.occurrence),
            ] {
                if count.is_some_and(|count| count.number() == 0) {
                    return wrong(place, "is 0; requests are counted from 1".into());
                }
            }
            if when.page == Some(Page::Number(0)) {
                return wrong("when.page.number", "is 0; pages are counted from 1".into());
            }
            if let Some(version) = &when.version
                && !["v1", "v2", "v3", "agents"].contains(&version.as_str())
            {
                return wrong("when.version", "is not one of v1, v2, v3, agents".into());
            }
            if let Some(chance) = when.probability
                && !(0.0..=1.0).contains(&chance)
            {
                let problem = format!("is {chance}; a probability is between 0 and 1");
                return wrong("when.probability", problem);
            }
            if let Some((place, problem)) = problem_of(&rule.fault.0) {
                return wrong(&format!("fault.{place}"), problem);
            }
        }
        Ok(())
    }
}

fn problem_of(fault: &Kind) -> Option<(&'static str, String)> {
    let status = |refusal: &Refusal, place| {
        let code = refusal.code;
        let known = (200..=599).contains(&code);
        (!known).then(|| (place, format!("is {code}; a status is between 200 and 599")))
    };
    let zero = |is: bool, place, problem: &str| is.then(|| (place, problem.to_owned()));
    match fault {
        Kind::Status(refusal) => status(refusal, "status.code"),
        Kind::Quota {
            window, refusal, ..
        } => zero(
            window.is_zero(),
            "quota.window",
            "is 0; a window must be longer than 0",
        )
        .or_else(|| status(refusal.as_ref()?, "quota.refusal.code")),
        Kind::Outage { refusal, .. } => status(refusal.as_ref()?, "outage.refusal.code"),
        Kind::Redirect { to, code } => {
            if !(300..=399).contains(code) {
                return Some(("redirect.code", format!("is {code}; a redirect is 3xx")));
            }
            let uri: Option<http::Uri> = to.parse().ok();
            let whole = uri.is_some_and(|uri| uri.scheme().is_some() && uri.host().is_some());
            zero(
                !whole,
                "redirect.to",
                "has no scheme and host; write it as http://127.0.0.1:8080",
            )
        }
        Kind::SlowStart { requests, .. } => zero(
            *requests == 0,
            "slow_start.requests",
            "is 0; at least one request is slow",
        ),
        Kind::Trickle { chunk_bytes, .. } => zero(
            *chunk_bytes == 0,
            "trickle.chunk_bytes",
            "is 0; a piece has at least one byte",
        ),
        Kind::ContentType { is } => zero(
            http::HeaderValue::from_str(is).is_err(),
            "content_type.is",
            "is not a valid header value",
        ),
        Kind::ContentLength { off_by } => zero(
            *off_by == 0,
            "content_length.off_by",
            "is 0; that is the correct length",
        ),
        Kind::Duplicate { count, .. } => zero(
            *count == 0,
            "duplicate.count",
            "is 0; at least one record is repeated",
        ),
        Kind::Missing { count, .. } => zero(
            *count == 0,
            "missing.count",
            "is 0; at least one record is omitted",
        ),
        _ => None,
    }
}
