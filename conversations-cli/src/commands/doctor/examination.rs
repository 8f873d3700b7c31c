//! [`Examination`]: what one project looks like from here.

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

/// So many conversations say enough about how a project is set up.
const SAMPLE: u32 = 50;

/// A project, and what came of looking at it.
pub(super) struct Examined {
    /// What people call it, where they do.
    pub(super) name: Option<String>,
    /// Or why it could not be looked at: a setting is missing or wrong.
    pub(super) outcome: Result<Examination, Failure>,
}

impl Examined {
    pub(super) fn is_well(&self) -> bool {
        let examination = self.outcome.as_ref();
        examination.is_ok_and(|examination| examination.diagnosis.is_healthy())
    }
}

/// A diagnosis, and the facts behind it.
pub(super) struct Examination {
    pub(super) client: Client,
    pub(super) version: &'static str,
    pub(super) diagnosis: Diagnosis,
    /// From when the conversations are.
    pub(super) when: &'static str,
    /// Nothing where no page came.
    pub(super) page: Option<Facts>,
}

/// What a page of conversations says.
pub(super) struct Facts {
    pub(super) conversations: usize,
    pub(super) first_byte: Duration,
    pub(super) elapsed: Duration,
    /// How far our clock is ahead of the server's.
    pub(super) clock_ahead: Option<TimeDelta>,
    pub(super) correlation_id: Option<String>,
    /// `None` if no conversation has a turn to show.
    pub(super) transcripts: Option<bool>,
    /// Documented fields that no conversation has.
    pub(super) missing: Vec<String>,
    pub(super) turns: usize,
    pub(super) turns_with_latency: usize,
    pub(super) drift: Drift,
}

impl Examination {
    /// Asks twice: for a diagnosis, and for a page to look at.
    pub(super) async fn of<V: Version>(
        client: &Client,
        query: Query<V>,
        when: &'static str,
    ) -> Result<Self, Failure> {
        let diagnosis = client.diagnose(query.clone()).await;
        let page = if diagnosis.error().is_some() {
            None
        } else {
            let page = client.pages(query.page_size(SAMPLE)?).next_page().await;
            page.ok().flatten()
        };
        Ok(Self {
            client: client.clone(),
            version: V::NAME,
            diagnosis,
            when,
            page: page.map(|page| Facts::of(&page, Utc::now())),
        })
    }

    /// What somebody should do something about.
    pub(super) fn problems(&self) -> impl Iterator<Item = Cause> {
        let causes = self.diagnosis.findings().iter().map(Finding::cause);
        causes.filter(|cause| !cause.is_note())
    }

    /// Whether there are no conversations to look at.
    pub(super) fn is_empty(&self) -> bool {
        let mut findings = self.diagnosis.findings().iter();
        findings.any(|finding| finding.cause() == Cause::NoConversations)
    }

    /// Whether the key was accepted; `None` if no answer says so.
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

impl Facts {
    fn of(page: &Page, now: DateTime<Utc>) -> Self {
        let mut facts = Self {
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
            facts.drift.observe(record);
            let Ok(conversation) = record.decode() else {
                continue;
            };
            is_counted |= conversation
                .num_turns
                .is_some_and(|turns| turns.as_f64() > 0.0);
            for turn in conversation.turns.iter().flatten() {
                facts.turns += 1;
                facts.turns_with_latency += usize::from(turn.latency.is_some());
            }
        }
        facts.transcripts = match (facts.turns, is_counted) {
            (1.., _) => Some(true),
            (0, true) => Some(false),
            (0, false) => None,
        };
        facts
    }
}

/// The answer's own time was written when it began, and to the second.
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
