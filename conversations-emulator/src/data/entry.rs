//! A record as stored: its bytes, and the values that filters and views need.

use std::collections::HashMap;

use bytes::Bytes;

use crate::data::line_problem::LineProblem;
use crate::data::spans::{self, Span};
use crate::data::time;

/// The environment of a record without one; the API's default for `client_env`.
const DEFAULT_ENVIRONMENT: &str = "live";

/// A record and the values that queries use.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) started_at: i64,
    pub(crate) id: Box<str>,
    pub(crate) raw: Bytes,
    pub(crate) environment: Label,
    pub(crate) channel: Label,
    pub(crate) variant_id: Label,
    pub(crate) variant_name: Label,
    pub(crate) in_progress: bool,
    /// The value of `turns`; empty if the record has none.
    pub(crate) turns: Span,
    /// The spans that some views omit, in byte order. Empty if every view of v2 and v3 sends the record
    /// verbatim.
    pub(crate) cuts: Box<[Cut]>,
}

/// An optional member of a turn, sent only if requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OptionalTurnField {
    Latency,
    Metadata,
}

/// The span of an omitted member: from its key to the next key, or to the closing brace of its turn.
#[derive(Debug)]
pub(crate) struct Cut {
    pub(crate) span: Span,
    pub(crate) field: OptionalTurnField,
}

/// An interned string (an environment, a channel, a variant), stored once per data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Label(u32);

/// The interned strings of one data set.
#[derive(Debug, Clone)]
pub(crate) struct Labels {
    texts: Vec<Box<str>>,
    numbers: HashMap<Box<str>, Label>,
}

impl Labels {
    pub(crate) fn new() -> Self {
        Self {
            texts: Vec::new(),
            numbers: HashMap::new(),
        }
    }

    pub(crate) fn find(&self, text: &str) -> Option<Label> {
        self.numbers.get(text).copied()
    }

    /// Every label with its string.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Label, &str)> {
        (0..).map(Label).zip(self.texts.iter().map(AsRef::as_ref))
    }

    /// Merges the labels of another part of the data set and returns their new numbers, in order.
    pub(crate) fn absorb(&mut self, other: &Self) -> Vec<Label> {
        other.texts.iter().map(|text| self.intern(text)).collect()
    }

    fn intern(&mut self, text: &str) -> Label {
        if let Some(label) = self.find(text) {
            return label;
        }
        let number =
            u32::try_from(self.texts.len()).expect("fewer than 2^32 distinct labels fit in memory");
        self.texts.push(text.into());
        self.numbers.insert(text.into(), Label(number));
        Label(number)
    }
}

/// The account and project named in a record.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) account_id: Option<String>,
    pub(crate) project_id: Option<String>,
}

impl Entry {
    /// Reads one record, which must be valid JSON.
    pub(crate) fn read(raw: Bytes, labels: &mut Labels) -> Result<(Self, Owner), LineProblem> {
        let whole = 0..raw.len();
        if raw.first() != Some(&b'{') {
            return Err(LineProblem::NotAnObject);
        }
        let mut owner = Owner::default();
        let mut id = None;
        let mut started_at = None;
        let (mut environment, mut channel, mut variant_id, mut variant_name) =
            (None, None, None, None);
        let mut in_progress = false;
        let mut turns = 0..0;
        for member in spans::members(&raw, &whole) {
            let value = &member.value;
            let text = || spans::text(&raw, value);
            match member.name(&raw) {
                b"id" => id = text().map(Box::<str>::from),
                b"started_at" => started_at = text().and_then(|text| time::parse(&text)),
                b"account_id" => owner.account_id = text().map(Into::into),
                b"project_id" => owner.project_id = text().map(Into::into),
                b"environment" => environment = text().map(|text| labels.intern(&text)),
                b"channel" => channel = text().map(|text| labels.intern(&text)),
                b"variant_id" => variant_id = text().map(|text| labels.intern(&text)),
                b"variant_name" => variant_name = text().map(|text| labels.intern(&text)),
                b"in_progress" => in_progress = &raw[value.clone()] == b"true",
                b"turns" => turns = value.clone(),
                _ => {}
            }
        }
        let id = id.filter(|id| !id.is_empty()).ok_or(LineProblem::NoId)?;
        let started_at = started_at.ok_or(LineProblem::NoStartedAt)?;
        let absent = labels.intern("");
        let entry = Self {
            started_at,
            id,
            environment: environment.unwrap_or_else(|| labels.intern(DEFAULT_ENVIRONMENT)),
            channel: channel.unwrap_or(absent),
            variant_id: variant_id.unwrap_or(absent),
            variant_name: variant_name.unwrap_or(absent),
            in_progress,
            cuts: cuts(&raw, &turns),
            turns,
            raw,
        };
        Ok((entry, owner))
    }

    /// Translates the labels of one part into those of the whole data set.
    pub(crate) fn relabel(&mut self, labels: &[Label]) {
        for label in [
            &mut self.environment,
            &mut self.channel,
            &mut self.variant_id,
            &mut self.variant_name,
        ] {
            *label = labels[label.0 as usize];
        }
    }

    /// The sort key of records, unique within a project.
    pub(crate) fn key(&self) -> (i64, &str) {
        (self.started_at, &self.id)
    }
}

fn cuts(raw: &[u8], turns: &Span) -> Box<[Cut]> {
    let mut cuts = Vec::new();
    for turn in spans::elements(raw, turns) {
        for member in spans::members(raw, &turn) {
            let field = match member.name(raw) {
                b"latency" => OptionalTurnField::Latency,
                b"metadata" => OptionalTurnField::Metadata,
                _ => continue,
            };
            let end = spans::past_separators(raw, member.value.end);
            cuts.push(Cut {
                span: member.key.start..end,
                field,
            });
        }
    }
    cuts.into()
}
