//! The two versions of a comparison: the client, key and query of each.

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use conversations_api_ext::migrate::{Compare, Side, compare};
use conversations_api_ext::{
    BoundedRange, Client, Environment, Query, Searchable, V2, V3, Variant, Version,
};
use conversations_emulator::Emulator;

use super::args::VersionsArguments;
use crate::args::{ApiVersion, ConnectionArguments, SourceArguments};
use crate::failure::Failure;
use crate::source::api_key::KeySource;
use crate::source::{demo, settings};

/// A client for each side, and the emulator they use, if any.
pub(super) struct Versions {
    pub(super) before: (ApiVersion, Client),
    pub(super) after: (ApiVersion, Client),
    emulator: Option<Emulator>,
}

/// The query for both versions.
#[derive(Clone)]
pub(super) struct Selection {
    pub(super) environment: Environment,
    pub(super) range: BoundedRange,
    pub(super) variant: Option<Variant>,
}

/// Builds the client of a side from the flags: the key of its version, and its base URL if it has one.
pub(super) fn client(
    versions: &VersionsArguments,
    connection: &ConnectionArguments,
    version: ApiVersion,
    is_before: bool,
) -> Result<Client, Failure> {
    let mut connection = connection.clone();
    if is_before && versions.from_base_url.is_some() {
        connection.base_url.clone_from(&versions.from_base_url);
        connection.region = None;
    }
    settings::client_with(&connection, &key(versions, &connection, version))
}

/// Returns the source of the key of a version.
pub(super) fn key<'a>(
    versions: &'a VersionsArguments,
    connection: &'a ConnectionArguments,
    version: ApiVersion,
) -> KeySource<'a> {
    match version {
        ApiVersion::V3 => KeySource::own(connection),
        ApiVersion::V1 | ApiVersion::V2 => {
            KeySource::legacy(versions.legacy_api_key_file.as_deref())
        }
    }
}

impl Versions {
    pub(super) async fn open(
        versions: &VersionsArguments,
        source: &SourceArguments,
    ) -> Result<Self, Failure> {
        let connection = &source.connection;
        if !source.demo {
            return Ok(Self {
                before: (
                    versions.from,
                    client(versions, connection, versions.from, true)?,
                ),
                after: (
                    versions.to,
                    client(versions, connection, versions.to, false)?,
                ),
                emulator: None,
            });
        }
        let (client, emulator) = demo().await?;
        Ok(Self {
            before: (versions.from, client.clone()),
            after: (versions.to, client),
            emulator: Some(emulator),
        })
    }

    /// Returns the default end of the range: an hour ago, or for the demo the end of its data.
    pub(super) fn default_end(&self) -> DateTime<Utc> {
        if self.emulator.is_some() {
            return demo_end();
        }
        Utc::now() - TimeDelta::hours(1)
    }

    pub(super) fn compare(&self, selection: &Selection) -> Result<Compare, Failure> {
        let (before, after) = (
            side(&self.before, selection)?,
            side(&self.after, selection)?,
        );
        Ok(compare(before, after, selection.range))
    }
}

/// Returns the end of the sample data, which is of April 2026.
fn demo_end() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 5, 1, 0, 0, 0)
        .single()
        .expect("a day that there is, in UTC")
}

fn side((version, client): &(ApiVersion, Client), selection: &Selection) -> Result<Side, Failure> {
    Ok(match version {
        ApiVersion::V1 => Side::new(client, filtered(Query::v1(), selection)?),
        ApiVersion::V2 => Side::new(client, with_latency::<V2>(Query::v2(), selection)?),
        ApiVersion::V3 => Side::new(client, with_latency::<V3>(Query::v3(), selection)?),
    })
}

fn with_latency<V: Searchable>(
    query: Query<V>,
    selection: &Selection,
) -> Result<Query<V>, Failure> {
    Ok(filtered(query, selection)?.include_latency(true))
}

fn filtered<V: Version>(query: Query<V>, selection: &Selection) -> Result<Query<V>, Failure> {
    let mut query = query.environment(selection.environment);
    if let Some(variant) = &selection.variant {
        query = query.variant(variant.clone())?;
    }
    Ok(query)
}
