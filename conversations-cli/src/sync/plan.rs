//! [`Plan`]: what a folder of synchronised data holds, and under which rules.

use conversations_api_ext::Client;
use serde::{Deserialize, Serialize};

use crate::arguments::{ApiVersion, FilterArguments};
use crate::failure::Failure;
use crate::filters::Filters;
use crate::output::{Compression, Format, Layout};

/// Everything that decides what a run writes. Data of two plans in one folder would be neither's, so a
/// run under another plan is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    host: String,
    account: String,
    project: String,
    api_version: String,
    environments: Vec<String>,
    channels: Vec<String>,
    variant: Option<String>,
    include: Vec<String>,
    pub(crate) format: String,
    columns: String,
    time_zone: Option<String>,
    redact: bool,
}

impl Plan {
    pub(crate) fn new(
        client: &Client,
        arguments: &FilterArguments,
        filters: &Filters,
        layout: &Layout,
    ) -> Self {
        let host = client.base_url().host();
        let version = match arguments.api_version {
            ApiVersion::V1 => "v1",
            ApiVersion::V2 => "v2",
            ApiVersion::V3 => "v3",
        };
        let variant = match (&arguments.variant_id, &arguments.variant_name) {
            (Some(id), _) => Some(format!("id {id}")),
            (None, name) => name.as_ref().map(|name| format!("name {name}")),
        };
        let include = [
            ("latency", arguments.include_latency),
            ("turn metadata", arguments.include_turn_metadata),
            ("context state", arguments.include_context_state),
        ];
        let included = include.into_iter().filter(|(_, included)| *included);
        let names = filters
            .environments()
            .iter()
            .map(|environment| environment.name());
        let mut channels = arguments.channel.clone();
        channels.sort_unstable();
        channels.dedup();
        Self {
            // Without the port: that of a server on this machine changes from one start to the next.
            host: host.split(':').next().unwrap_or(host).to_owned(),
            account: client.project().account().to_string(),
            project: client.project().project().to_string(),
            api_version: version.to_owned(),
            environments: names.map(str::to_owned).collect(),
            channels,
            variant,
            include: included.map(|(name, _)| name.to_owned()).collect(),
            format: ending(layout).to_owned(),
            columns: layout.columns.to_string(),
            time_zone: layout.columns.zone_name().map(str::to_owned),
            redact: layout.redaction.is_some(),
        }
    }

    /// Refuses to go on with data that was written under another plan.
    pub(crate) fn same_as(&self, earlier: &Self) -> Result<(), Failure> {
        let json = |plan: &Self| serde_json::to_value(plan).expect("a plan is plain data");
        let (now, then) = (json(self), json(earlier));
        let differing: Vec<_> = then
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, value)| now[name.as_str()] != **value)
            .map(|(name, value)| format!("{name} was {value} and is {}", now[name.as_str()]))
            .collect();
        if differing.is_empty() {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "the data there was synchronised under other settings: {}; repeat those, or name another folder",
            differing.join(", ")
        )))
    }
}

/// How files of this layout end.
pub(crate) fn ending(layout: &Layout) -> &'static str {
    match (layout.format, layout.compression) {
        (Format::Parquet, _) => "parquet",
        (Format::Csv, Compression::None) => "csv",
        (Format::Csv, Compression::Gzip) => "csv.gz",
        (Format::Csv, Compression::Zstd) => "csv.zst",
        (Format::Jsonl, Compression::None) => "jsonl",
        (Format::Jsonl, Compression::Gzip) => "jsonl.gz",
        (Format::Jsonl, Compression::Zstd) => "jsonl.zst",
    }
}
