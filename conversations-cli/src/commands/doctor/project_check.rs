//! [`ProjectCheck`]: the connection and the data of one project.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use conversations_api_ext::{
    Cause, Client, Conversation, Diagnosis, Drift, ErrorKind, Finding, Page, Query, Record, Version,
};
use schemars::schema_for;
use serde::de::IgnoredAny;

use crate::failure::Failure;

/// Sample size: this many conversations show how a project is configured.
const SAMPLE_SIZE: u32 = 50;

/// A project, and the result of examining it.
pub(super) struct ProjectReport {
    /// The display name, if the project has one.
    pub(super) name: Option<String>,
    /// The check, or why it failed: a setting is missing or wrong.
    pub(super) outcome: Result<ProjectCheck, Failure>,
}

impl ProjectReport {
    pub(super) fn is_healthy(&self) -> bool {
        let check = self.outcome.as_ref();
        check.is_ok_and(|check| check.diagnosis.is_healthy())
    }
}

/// A diagnosis, and the sample behind it.
pub(super) struct ProjectCheck {
    pub(super) client: Client,
    pub(super) version: &'static str,
    pub(super) diagnosis: Diagnosis,
    /// The time range of the conversations.
    pub(super) when: &'static str,
    /// `None` if the request failed.
    pub(super) sample: Option<Sample>,
}

/// What a page of conversations shows.
pub(super) struct Sample {
    pub(super) conversations: usize,
    pub(super) first_byte: Duration,
    pub(super) elapsed: Duration,
    /// How far the local clock is ahead of the server's.
    pub(super) clock_ahead: Option<TimeDelta>,
    pub(super) correlation_id: Option<String>,
    /// `None` if no conversation has turns.
    pub(super) transcripts: Option<bool>,
    /// Documented fields that no conversation has.
    pub(super) missing: Vec<String>,
    pub(super) turns: usize,
    pub(super) turns_with_latency: usize,
    pub(super) drift: Drift,
}

impl ProjectCheck {
    /// Sends two requests: one for a diagnosis, one for a page to examine.
    pub(super) async fn of<V: Version>(
        client: &Client,
        query: Query<V>,
        when: &'static str,
    ) -> Result<Self, Failure> {
        let diagnosis = client.diagnose(query.clone()).await;
        let page = if diagnosis.error().is_some() {
            None
        } else {
            let page = client
                .pages(query.page_size(SAMPLE_SIZE)?)
                .next_page()
                .await;
            page.ok().flatten()
        };
        Ok(Self {
            client: client.clone(),
            version: V::NAME,
            diagnosis,
            when,
            sample: page.map(|page| Sample::of(&page, Utc::now())),
        })
    }

    /// Returns the causes that require action.
    pub(super) fn problems(&self) -> impl Iterator<Item = Cause> {
        let causes = self.diagnosis.findings().iter().map(Finding::cause);
        causes.filter(|cause| !cause.is_note())
    }

    /// Returns whether there are no conversations to examine.
    pub(super) fn is_empty(&self) -> bool {
        let mut findings = self.diagnosis.findings().iter();
        findings.any(|finding| finding.cause() == Cause::NoConversations)
    }

    /// Returns whether the key was accepted; `None` if no response shows it.
    pub(super) fn key_is_accepted(&self) -> Option<bool> {
        match self
            .diagnosis
            .error()
            .map(conversations_api_ext::Error::kind)
        {
            None => Some(true),
            Some(ErrorKind::Unauthorized | ErrorKind::Forbidden) => Some(false),
            Some(_) => None,
        }
    }
}

impl Sample {
    fn of(page: &Page, now: DateTime<Utc>) -> Self {
        let mut sample = Self {
            conversations: page.len(),
            first_byte: page.first_byte(),
            elapsed: page.elapsed(),
            clock_ahead: clock_ahead(page, now),
            correlation_id: page.correlation_id().map(str::to_owned),
            transcripts: None,
            missing: missing(page.records()),
            turns: 0,
            turns_with_latency: 0,
            drift: Drift::default(),
        };
        let mut is_counted = false;
        for record in page.records() {
            sample.drift.observe(record);
            let Ok(conversation) = record.decode() else {
                continue;
            };
            is_counted |= conversation
                .num_turns
                .is_some_and(|turns| turns.as_f64() > 0.0);
            for turn in conversation.turns.iter().flatten() {
                sample.turns += 1;
                sample.turns_with_latency += usize::from(turn.latency.is_some());
            }
        }
        sample.transcripts = match (sample.turns, is_counted) {
            (1.., _) => Some(true),
            (0, true) => Some(false),
            (0, false) => None,
        };
        sample
    }
}

/// Compares the clocks. The `Date` of a response is the time when it began, in whole seconds.
fn clock_ahead(page: &Page, now: DateTime<Utc>) -> Option<TimeDelta> {
    let date = page.headers().get("date")?.to_str().ok()?;
    let theirs = DateTime::parse_from_rfc2822(date).ok()?.to_utc();
    let since = page.elapsed().saturating_sub(page.first_byte());
    Some(now - TimeDelta::from_std(since).ok()? - theirs)
}

fn missing<'a>(records: impl Iterator<Item = &'a Record>) -> Vec<String> {
    let schema = schema_for!(Conversation);
    let documented = schema
        .get("properties")
        .and_then(|fields| fields.as_object());
    let mut missing: Vec<String> = documented
        .into_iter()
        .flat_map(|fields| fields.keys().cloned())
        .collect();
    let mut is_empty = true;
    for record in records {
        is_empty = false;
        type Fields<'a> = BTreeMap<Cow<'a, str>, IgnoredAny>;
        if let Ok(fields) = serde_json::from_str::<Fields<'_>>(record.raw()) {
            missing.retain(|field| !fields.contains_key(field.as_str()));
        }
    }
    if is_empty {
        missing.clear();
    }
    missing
}
