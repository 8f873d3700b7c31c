//! [`Filters`]: turns the filters of the command line into queries of the client, one per environment.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use conversations_api_ext::{
    BoundedRange, Checkpoint, Client, Environment, Query, Records, Retrieval, Searchable,
    TimeRange, V1, V2, V3, Variant, Version,
};
use conversations_table::Tz;

use crate::args::{ApiVersion, Environments, FilterArguments};
use crate::failure::Failure;
use crate::records::fetch::Fetch;
use crate::records::shard::Shard;

/// The maximum by which a server's clock may be ahead of the local one.
const AHEAD: TimeDelta = TimeDelta::hours(1);

/// Validated filters: every query built from them can be sent.
#[derive(Debug, Clone)]
pub(crate) struct Filters {
    arguments: FilterArguments,
    environments: Vec<Environment>,
    range: TimeRange,
}

impl Filters {
    /// Validates the filters. `default` applies without `--client-env`; `zone` is the time zone of dates.
    pub(crate) fn new(
        arguments: &FilterArguments,
        default: Environments,
        zone: Tz,
    ) -> Result<Self, Failure> {
        reject_other_versions(arguments)?;
        let given = match &arguments.client_env[..] {
            [] => &[default],
            given => given,
        };
        let mut environments = Vec::new();
        for environment in given {
            let named = match environment {
                Environments::All => Environment::ALL,
                Environments::One(one) => std::slice::from_ref(one),
            };
            for one in named {
                if !environments.contains(one) {
                    environments.push(*one);
                }
            }
        }
        let range = arguments.range(zone)?;
        let filters = Self {
            arguments: arguments.clone(),
            environments,
            range,
        };
        filters.check()?;
        Ok(filters)
    }

    /// Returns the environments to fetch one after the other: a request reads only one.
    pub(crate) fn environments(&self) -> &[Environment] {
        &self.environments
    }

    /// Returns the same filters for another time range.
    pub(crate) fn within(&self, range: TimeRange) -> Self {
        Self {
            range,
            ..self.clone()
        }
    }

    /// Returns the records of one environment.
    pub(crate) fn records(
        &self,
        client: &Client,
        environment: Environment,
    ) -> Result<Records, Failure> {
        Ok(match self.arguments.version() {
            ApiVersion::V1 => client.records(self.v1(environment)?),
            ApiVersion::V2 => client.records(self.searchable::<V2>(Query::v2(), environment)?),
            ApiVersion::V3 => client.records(self.searchable::<V3>(Query::v3(), environment)?),
        })
    }

    /// Fetches the records of one environment, in `at_once` concurrent time windows if the range has a start. A
    /// range without an end ends now.
    pub(crate) fn fetch(
        &self,
        client: &Client,
        environment: Environment,
        at_once: u8,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<Fetch, Failure> {
        let Some(start) = self.range.start().filter(|_| self.has_windows(at_once)) else {
            let mut records = self.records(client, environment)?;
            if let Some(checkpoint) = checkpoint {
                records = records.resume(checkpoint)?;
            }
            return Ok(Fetch::Pages(Box::new(records)));
        };
        let end = self.range.end();
        let end = end.unwrap_or_else(|| start.max(Utc::now()) + AHEAD);
        let range = BoundedRange::new(start, end)?;
        let windows = match self.arguments.version() {
            ApiVersion::V1 => client.parallel(self.v1(environment)?, range),
            ApiVersion::V2 => {
                client.parallel(self.searchable::<V2>(Query::v2(), environment)?, range)
            }
            ApiVersion::V3 => {
                client.parallel(self.searchable::<V3>(Query::v3(), environment)?, range)
            }
        };
        let mut windows = windows.at_once(at_once)?.in_order();
        if let Some(checkpoint) = checkpoint {
            windows = windows.resume(checkpoint)?;
        }
        Ok(Fetch::Windows(Box::new(windows)))
    }

    /// Returns the time range that a fetch in `at_once` windows reads from one end to the other, up to now.
    pub(crate) fn span(&self, at_once: u8) -> Option<BoundedRange> {
        let start = self.range.start().filter(|_| self.has_windows(at_once))?;
        let now = Utc::now();
        let end = self.range.end().map_or(now, |end| end.min(now));
        BoundedRange::new(start, end).ok()
    }

    /// Returns whether a fetch with this concurrency is split into time windows.
    pub(crate) fn has_windows(&self, at_once: u8) -> bool {
        at_once > 1 && self.range.start().is_some()
    }

    /// Returns the message for a range that is in the future.
    pub(crate) fn in_the_future(&self, now: DateTime<Utc>) -> Option<String> {
        let start = self.range.start().filter(|start| *start > now)?;
        let text = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        Some(format!(
            "the time range is in the future: it starts at {}, and by this machine's clock it is {}",
            text(start),
            text(now)
        ))
    }

    pub(crate) fn range(&self) -> TimeRange {
        self.range
    }

    /// Returns the same filters for one shard of the range.
    pub(crate) fn shard(&self, shard: Shard) -> Result<Self, Failure> {
        let (Some(start), Some(end)) = (self.range.start(), self.range.end()) else {
            return Err(Failure::usage(
                "--shard requires --start and --end, which must be the same for all shards",
            ));
        };
        let (start, end) = shard.of(start, end);
        Ok(self.within(TimeRange::new(Some(start), Some(end))?))
    }

    /// Returns the records that a search or a sample selects in one environment, within its own time range.
    pub(crate) fn retrieved(
        &self,
        client: &Client,
        environment: Environment,
        retrieval: Retrieval,
    ) -> Result<Records, Failure> {
        let this = self.within(TimeRange::unbounded());
        Ok(match self.arguments.version() {
            ApiVersion::V1 => {
                return Err(Failure::usage(
                    "v1 does not support search and sample; use --api-version v3",
                ));
            }
            ApiVersion::V2 => {
                let query = this.searchable::<V2>(Query::v2(), environment)?;
                client.records(query.retrieval(retrieval)?)
            }
            ApiVersion::V3 => {
                let query = this.searchable::<V3>(Query::v3(), environment)?;
                client.records(query.retrieval(retrieval)?)
            }
        })
    }

    fn check(&self) -> Result<(), Failure> {
        for environment in &self.environments {
            match self.arguments.version() {
                ApiVersion::V1 => self.v1(*environment)?.check()?,
                ApiVersion::V2 => self.searchable::<V2>(Query::v2(), *environment)?.check()?,
                ApiVersion::V3 => self.searchable::<V3>(Query::v3(), *environment)?.check()?,
            }
        }
        Ok(())
    }

    fn common<V: Version>(
        &self,
        query: Query<V>,
        environment: Environment,
    ) -> Result<Query<V>, Failure> {
        let arguments = &self.arguments;
        let mut query = query
            .environment(environment)
            .page_size(arguments.page_size)?;
        // A search or a sample has its own time range.
        if self.range != TimeRange::unbounded() {
            query = query.time_range(self.range);
        }
        if let Some(id) = &arguments.variant_id {
            query = query.variant(Variant::Id(id.clone()))?;
        }
        if let Some(name) = &arguments.variant_name {
            query = query.variant(Variant::Name(name.clone()))?;
        }
        if let Some(in_progress) = arguments.in_progress {
            query = query.in_progress(in_progress);
        }
        Ok(query)
    }

    fn v1(&self, environment: Environment) -> Result<Query<V1>, Failure> {
        let query = self.common(Query::v1(), environment)?;
        Ok(if self.arguments.include_context_state {
            query.include_context_state(true)
        } else {
            query
        })
    }

    fn searchable<V: Searchable>(
        &self,
        query: Query<V>,
        environment: Environment,
    ) -> Result<Query<V>, Failure> {
        let arguments = &self.arguments;
        let mut query = self.common(query, environment)?;
        if !arguments.channel.is_empty() {
            query = query.channels(arguments.channel.iter().cloned())?;
        }
        if arguments.include_latency {
            query = query.include_latency(true);
        }
        if arguments.include_turn_metadata {
            query = query.include_turn_metadata(true);
        }
        Ok(query)
    }
}

/// Rejects flags that the API version does not support. Ignoring them would return wrong records.
fn reject_other_versions(arguments: &FilterArguments) -> Result<(), Failure> {
    let (flags, (why, hint)) = match arguments.version() {
        ApiVersion::V1 => (
            [
                ("--channel", !arguments.channel.is_empty()),
                ("--include-latency", arguments.include_latency),
                ("--include-turn-metadata", arguments.include_turn_metadata),
            ],
            ("not supported by v1", "use --api-version v3"),
        ),
        ApiVersion::V2 | ApiVersion::V3 => (
            [
                ("--include-context-state", arguments.include_context_state),
                ("", false),
                ("", false),
            ],
            (
                "supported only by v1",
                "v2 and v3 always include a similar field, `state`",
            ),
        ),
    };
    match flags.iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(Failure::usage(format!("{flag} is {why}")).with(hint)),
        None => Ok(()),
    }
}
