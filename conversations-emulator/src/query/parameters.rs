//! Parses the query string of a request.

use std::borrow::Cow;
use std::num::{IntErrorKind, ParseIntError};

use crate::behavior::choices::EndOfRange;
use crate::behavior::limits::Limits;
use crate::behavior::server_behavior::ServerBehavior;
use crate::data::time;
use crate::query::filters::{Filters, Variant};
use crate::query::retrieval::{Phrase, Retrieval, Side, Topic};
use crate::response::problem::{Problem, invalid, unreadable};
use crate::route::Version;

/// The validated parameters of a request.
#[derive(Debug)]
pub(crate) struct Parameters {
    pub(crate) filters: Filters,
    pub(crate) retrieval: Retrieval,
    pub(crate) limit: usize,
    pub(crate) offset: u64,
    /// As sent; always `None` if the version only has offsets.
    pub(crate) cursor: Option<String>,
    pub(crate) include_latency: bool,
    pub(crate) include_turn_metadata: bool,
    pub(crate) include_context_state: bool,
}

/// Whether a version has cursors.
pub(crate) fn pages_by_cursor(version: Version, behavior: &ServerBehavior) -> bool {
    match version {
        Version::V1 => false,
        Version::V2 => behavior.v2_cursor,
        Version::V3 => true,
    }
}

impl Parameters {
    pub(crate) fn parse(
        query: &str,
        version: Version,
        behavior: &ServerBehavior,
    ) -> Result<Self, Problem> {
        let given = Given::of(query);
        let legacy = version == Version::V1;
        let limits = if legacy {
            behavior.v1_limits
        } else {
            behavior.v3_limits
        };

        let environments = ["live", "sandbox", "pre-release"];
        let environment = given.one_of("client_env", &environments)?.unwrap_or("live");
        let start = given.time("start_time")?;
        let end = given.time("end_time")?;
        let limit = limit(&given, limits)?;
        let offset = offset(&given)?;
        let variant = variant(&given)?;
        let in_progress = given.boolean("in_progress")?;
        let range_is_bounded = start.is_some() && end.is_some();
        let switch = |name, exists: bool| match exists {
            true => Ok::<_, Problem>(given.boolean(name)?.unwrap_or(false)),
            false => Ok(false),
        };
        let mut channels = Vec::new();
        if !legacy {
            channels = given.all("channel");
            channels.sort_unstable();
            channels.dedup();
        }
        Ok(Self {
            filters: Filters {
                environment,
                start,
                end: end.map(|end| match behavior.end_of_range {
                    EndOfRange::Exclusive => end,
                    EndOfRange::Inclusive => end.saturating_add(1),
                }),
                channels,
                variant,
                in_progress,
            },
            retrieval: match legacy {
                true => Retrieval::All,
                false => retrieval(&given, range_is_bounded)?,
            },
            limit,
            offset,
            cursor: match pages_by_cursor(version, behavior) {
                true => given.single("cursor")?.map(Into::into),
                false => None,
            },
            include_latency: switch("include_latency", !legacy)?,
            include_turn_metadata: switch("include_turn_metadata", !legacy)?,
            include_context_state: switch("include_context_state", legacy)?,
        })
    }
}

fn limit(given: &Given<'_>, limits: Limits) -> Result<usize, Problem> {
    let maximum = limits.maximum();
    let Some(limit) = given.integer("limit")? else {
        return Ok(limits.default() as usize);
    };
    match usize::try_from(limit) {
        Ok(limit @ 1..) if limit <= maximum as usize => Ok(limit),
        _ => Err(invalid(format!(
            "limit is {limit}; it must be between 1 and {maximum}"
        ))),
    }
}

fn offset(given: &Given<'_>) -> Result<u64, Problem> {
    let offset = given.integer("offset")?.unwrap_or(0);
    if offset < 0 {
        return Err(invalid(format!("offset is {offset}; it must be 0 or more")));
    }
    // Undocumented; there is nothing beyond what fits.
    Ok(u64::try_from(offset).unwrap_or(u64::MAX))
}

fn variant(given: &Given<'_>) -> Result<Option<Variant>, Problem> {
    match (given.single("variant_id")?, given.single("variant_name")?) {
        (None, None) => Ok(None),
        (Some(id), None) => Ok(Some(Variant::Id(id.into()))),
        (None, Some(name)) => Ok(Some(Variant::Name(name.into()))),
        (Some(_), Some(_)) => Err(invalid(
            "variant_id and variant_name exclude each other; send one of them",
        )),
    }
}

fn retrieval(given: &Given<'_>, range_is_bounded: bool) -> Result<Retrieval, Problem> {
    let query_type = given.one_of("query_type", &["transcript", "semantic"])?;
    let sample = given.one_of("sample", &["random"])?;
    let side = match given.one_of("turn_type", &["user", "agent"])? {
        Some("user") => Side::User,
        Some(_) => Side::Agent,
        None => Side::Both,
    };
    let query = given.single("query")?;
    if query_type.is_some() && sample.is_some() {
        return Err(invalid(
            "query_type and sample exclude each other; send one of them",
        ));
    }
    let mode = match (query_type, sample) {
        (None, None) => return Ok(Retrieval::All),
        (None, Some(_)) => Retrieval::Sample,
        (Some(query_type), _) => {
            let Some(query) = query.filter(|query| !query.is_empty()) else {
                return Err(invalid(
                    "query_type needs a query; send the text to search for",
                ));
            };
            match query_type {
                "transcript" => Retrieval::Transcript(Phrase::new(query, side)),
                _ => Retrieval::Semantic(Topic::new(query)),
            }
        }
    };
    if !range_is_bounded {
        return Err(invalid(
            "query_type and sample need both start_time and end_time",
        ));
    }
    Ok(mode)
}

/// The decoded pairs of a query string, in the order sent.
pub(crate) struct Given<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Given<'a> {
    pub(crate) fn of(query: &'a str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).collect())
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_ref())
    }

    fn all(&self, name: &str) -> Vec<String> {
        self.values(name).map(Into::into).collect()
    }

    fn single(&self, name: &str) -> Result<Option<&str>, Problem> {
        let mut values = self.values(name);
        let first = values.next();
        match values.next() {
            None => Ok(first),
            Some(_) => Err(invalid(format!("{name} was sent more than once"))),
        }
    }

    pub(crate) fn one_of(
        &self,
        name: &str,
        allowed: &[&'static str],
    ) -> Result<Option<&'static str>, Problem> {
        let Some(value) = self.single(name)? else {
            return Ok(None);
        };
        let known = allowed.iter().find(|allowed| **allowed == value);
        let listed = allowed.join(", ");
        known
            .copied()
            .map(Some)
            .ok_or_else(|| unreadable(format!("{name} must be one of: {listed}")))
    }

    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, Problem> {
        let value = self.single(name)?.map(str::parse).transpose();
        value.map_err(|_| unreadable(format!("{name} must be true or false")))
    }

    /// Parses a whole number of any length; one too large for the type saturates, which is beyond every
    /// limit.
    fn integer(&self, name: &str) -> Result<Option<i128>, Problem> {
        let value = self.single(name)?.map(|text| {
            text.parse()
                .or_else(|error: ParseIntError| match error.kind() {
                    IntErrorKind::PosOverflow => Ok(i128::MAX),
                    IntErrorKind::NegOverflow => Ok(i128::MIN),
                    _ => Err(error),
                })
        });
        let value = value.transpose();
        value.map_err(|_| unreadable(format!("{name} must be a whole number")))
    }

    fn time(&self, name: &str) -> Result<Option<i64>, Problem> {
        let Some(value) = self.single(name)? else {
            return Ok(None);
        };
        time::parse(value).map(Some).ok_or_else(|| {
            unreadable(format!(
                "{name} must be a time in ISO 8601, such as 2026-04-01T09:30:00Z"
            ))
        })
    }
}
