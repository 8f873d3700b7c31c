//! The counters of one rule, and the resolution of its fault for one request.

use std::time::{Duration, SystemTime};

use crate::clock::later;
use crate::fault::kind::Kind;
use crate::hash::mix;

#[derive(Debug, Default, Clone)]
pub(crate) struct RuleState {
    /// Requests that satisfied every condition but those of number, chance and times.
    pub(crate) occurrences: u64,
    pub(crate) taken: u64,
    pub(crate) triggered: u64,
    pub(crate) closest: Option<NearMiss>,
    window: Option<(SystemTime, u64)>,
    pub(crate) outage_until: Option<SystemTime>,
}

#[derive(Debug, Clone)]
pub(crate) struct NearMiss {
    pub(crate) request: u64,
    pub(crate) reasons: Vec<String>,
}

impl RuleState {
    /// Resolves the fault for one request; an error explains why it does not apply.
    pub(crate) fn effect(
        &mut self,
        fault: &Kind,
        seed: u64,
        rule: usize,
        request: u64,
        now: SystemTime,
    ) -> Result<(Kind, Option<String>), Vec<String>> {
        let effect = match fault {
            Kind::Quota {
                requests,
                window,
                refusal,
            } => {
                let (began, count) = match self.window {
                    Some((began, count)) if now < later(began, *window) => (began, count + 1),
                    _ => (now, 1),
                };
                self.window = Some((began, count));
                if count <= *requests {
                    return Err(vec![format!(
                        "it was request {count} of {requests} allowed in its window"
                    )]);
                }
                let left = later(began, *window)
                    .duration_since(now)
                    .unwrap_or_default();
                let refusal = refusal.clone().unwrap_or_else(|| Kind::too_many(left));
                let because = format!("request {count} of a window of {requests}");
                (Kind::Status(refusal), Some(because))
            }
            Kind::Outage { lasting, refusal } => {
                let until = *self.outage_until.get_or_insert(later(now, *lasting));
                if now >= until {
                    self.outage_until = Some(later(now, *lasting));
                }
                let down = match refusal {
                    Some(refusal) => Kind::Status(refusal.clone()),
                    None => Kind::Reset { after_bytes: None },
                };
                (down, Some("outage".into()))
            }
            Kind::Latency { of, spread, time } => {
                let drawn = chance(seed ^ u64::MAX, rule, request);
                let latency = Kind::Latency {
                    of: *of + spread.mul_f64(drawn),
                    spread: Duration::ZERO,
                    time: *time,
                };
                (latency, None)
            }
            Kind::SlowStart {
                from,
                requests,
                time,
            } => {
                let before = self.occurrences - 1;
                if before >= *requests {
                    return Err(vec![format!("the first {requests} requests had passed")]);
                }
                let share = (requests - before) as f64 / *requests as f64;
                let latency = Kind::Latency {
                    of: from.mul_f64(share),
                    spread: Duration::ZERO,
                    time: *time,
                };
                (latency, Some("slow start".into()))
            }
            other => (other.clone(), None),
        };
        Ok(effect)
    }

    /// Keeps the request that came closest: the last one among those that failed the fewest conditions.
    pub(crate) fn miss(&mut self, request: u64, reasons: Vec<String>) {
        let closest = self.closest.as_ref().map(|closest| closest.reasons.len());
        if closest.is_none_or(|closest| reasons.len() <= closest) {
            self.closest = Some(NearMiss { request, reasons });
        }
    }
}

/// A number from 0 to 1 that depends only on seed, rule and request.
pub(crate) fn chance(seed: u64, rule: usize, request: u64) -> f64 {
    let drawn = mix(mix(seed ^ mix(rule as u64 + 1)) ^ request);
    (drawn >> 11) as f64 / (1_u64 << 53) as f64
}
