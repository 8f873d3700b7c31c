//! [`Plan`]: the settings of a synchronized folder.

use std::fmt;

use conversations_api_ext::{Client, Environment, Redaction};
use conversations_table::{Columns, Tz};
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use crate::args::{ApiVersion, Environments, FilterArguments, LayoutArguments};
use crate::failure::Failure;
use crate::output::{Compression, Format, Layout};
use crate::records::query::Filters;
use crate::term::escape::printable;

/// The settings that determine what a run writes. A run with another plan is rejected, because the folder would mix
/// data of two plans.
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
    #[serde(default)]
    turns: bool,
    columns: String,
    time_zone: Option<String>,
    redact: bool,
    /// The names that are not masked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    keep: Vec<String>,
    #[serde(default)]
    csv_safe: bool,
}

impl Plan {
    pub(crate) fn new(
        client: &Client,
        arguments: &FilterArguments,
        filters: &Filters,
        layout: &Layout,
    ) -> Self {
        let host = client.base_url().host();
        let variant = match (&arguments.variant_id, &arguments.variant_name) {
            (Some(id), _) => Some(format!("id {id}")),
            (None, name) => name.as_ref().map(|name| format!("name {name}")),
        };
        let include = [
            (LATENCY, arguments.include_latency),
            (TURN_METADATA, arguments.include_turn_metadata),
            (CONTEXT_STATE, arguments.include_context_state),
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
            // Without the port, which for a local server changes with every start.
            host: host.split(':').next().unwrap_or(host).to_owned(),
            account: client.project().account().to_string(),
            project: client.project().project().to_string(),
            api_version: version_name(arguments.version()).to_owned(),
            environments: names.map(str::to_owned).collect(),
            channels,
            variant,
            include: included.map(|(name, _)| name.to_owned()).collect(),
            format: extension(layout).to_owned(),
            turns: layout.turns,
            columns: layout.columns.to_string(),
            time_zone: layout.columns.zone_name().map(str::to_owned),
            redact: layout.redaction.is_some(),
            keep: layout.redaction.as_ref().map(kept).unwrap_or_default(),
            csv_safe: layout.csv_safe,
        }
    }

    /// Fills in the flags that were not given. A folder keeps its settings, so that later runs need not repeat them,
    /// and forgetting `--redact` does not unmask data.
    pub(super) fn fill_in(&self, filters: &mut FilterArguments, layout: &mut LayoutArguments) {
        let version = VERSIONS
            .into_iter()
            .find(|version| version_name(*version) == self.api_version);
        filters.api_version = filters.api_version.or(version);
        if filters.client_env.is_empty() {
            let known = self
                .environments
                .iter()
                .filter_map(|name| name.parse::<Environment>().ok());
            filters.client_env = known.map(Environments::One).collect();
        }
        // These settings may not exist in another API version, so apply them only to the folder's own.
        if filters.api_version == version {
            if filters.channel.is_empty() {
                filters.channel.clone_from(&self.channels);
            }
            let includes = |what: &str| self.include.iter().any(|included| included == what);
            filters.include_latency |= includes(LATENCY);
            filters.include_turn_metadata |= includes(TURN_METADATA);
            filters.include_context_state |= includes(CONTEXT_STATE);
        }
        if filters.variant_id.is_none() && filters.variant_name.is_none() {
            let variant = self.variant.as_deref();
            let named = |kind| variant.and_then(|variant| variant.strip_prefix(kind));
            filters.variant_id = named("id ").map(str::to_owned);
            filters.variant_name = named("name ").map(str::to_owned);
        }
        self.fill_in_layout(layout);
        layout.redact.fill_in(self.redact, &self.keep);
    }

    fn fill_in_layout(&self, layout: &mut LayoutArguments) {
        let (format, compression) = match self.format.split_once('.') {
            Some((format, compression)) => (format, Some(compression)),
            None => (&*self.format, None),
        };
        let format = match format {
            "jsonl" => Format::Jsonl,
            "csv" => Format::Csv,
            _ => Format::Parquet,
        };
        let asked = layout.turns.then_some(Format::Csv);
        let now = layout.format.or(asked).unwrap_or(format);
        layout.format = Some(now);
        layout.csv_safe |= self.csv_safe && now == Format::Csv;
        if now != Format::Parquet && !layout.gzip && !layout.zstd {
            layout.gzip = compression == Some("gz");
            layout.zstd = compression == Some("zst");
        }
        if now == Format::Jsonl {
            return;
        }
        let is_silent = layout.columns.is_empty() && layout.time_zone.is_none();
        layout.turns |= self.turns && now == Format::Csv && is_silent;
        if layout.turns {
            return;
        }
        let zone = self
            .time_zone
            .as_deref()
            .and_then(|zone| zone.parse::<Tz>().ok());
        layout.time_zone = layout.time_zone.or(zone);
        let all = match zone {
            Some(zone) => Columns::default().time_zone(zone),
            None => Columns::default(),
        };
        if layout.columns.is_empty() && self.columns != all.to_string() {
            layout.columns = self.columns.split(", ").map(str::to_owned).collect();
        }
    }

    /// Returns a hash of the plan, which differs if anything in it does.
    pub(super) fn fingerprint(&self) -> String {
        let json = serde_json::to_vec(self).expect("a plan is plain data");
        format!("{:016x}", XxHash3_64::oneshot(&json))
    }

    /// Rejects adding to data written with another plan. `rebuild` is whether the data may be replaced.
    pub(super) fn check(&self, earlier: &Self, folder: &str, rebuild: bool) -> Result<(), Failure> {
        let source = |plan: &Self| {
            (
                plan.host.clone(),
                plan.account.clone(),
                plan.project.clone(),
            )
        };
        if source(self) != source(earlier) {
            return Err(Failure::usage(format!(
                "{folder} holds the conversations of project {} (account {}, {}), and this run would fetch those of \
                 project {} (account {}, {}): name another folder",
                earlier.project,
                earlier.account,
                earlier.host,
                self.project,
                self.account,
                self.host
            )));
        }
        let differences: Vec<_> = self
            .differences(earlier)
            .iter()
            .map(Difference::to_string)
            .collect();
        if differences.is_empty() || rebuild {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "{folder} was synchronized with other settings: {}\nhint: leave these flags out to keep the settings of \
             the folder, add --rebuild to fetch every day once more under the new ones, or name another folder",
            differences.join("; ")
        )))
    }

    fn differences(&self, earlier: &Self) -> Vec<Difference> {
        let flags = |plan: &Self| {
            let list = |values: &[String]| values.join(", ");
            let yes = |is: bool| if is { "given" } else { "not given" }.to_owned();
            let includes = |what: &str| yes(plan.include.iter().any(|included| included == what));
            [
                ("--api-version", plan.api_version.clone()),
                ("--client-env", list(&plan.environments)),
                ("--channel", list(&plan.channels)),
                (
                    "--variant-id or --variant-name",
                    plan.variant.clone().unwrap_or_default(),
                ),
                ("--include-latency", includes(LATENCY)),
                ("--include-turn-metadata", includes(TURN_METADATA)),
                ("--include-context-state", includes(CONTEXT_STATE)),
                ("--format, --gzip or --zstd", plan.format.clone()),
                ("--turns", yes(plan.turns)),
                ("--time-zone", plan.time_zone.clone().unwrap_or_default()),
                ("--columns", plan.columns.clone()),
                ("--redact", yes(plan.redact)),
                ("--keep", list(&plan.keep)),
                ("--csv-safe", yes(plan.csv_safe)),
            ]
        };
        let pairs = flags(earlier).into_iter().zip(flags(self));
        let differing = pairs.filter(|(then, now)| then != now);
        differing
            .map(|((flag, then), (_, now))| Difference { flag, then, now })
            .collect()
    }
}

const LATENCY: &str = "latency";
const TURN_METADATA: &str = "turn metadata";
const CONTEXT_STATE: &str = "context state";

const VERSIONS: [ApiVersion; 3] = [ApiVersion::V1, ApiVersion::V2, ApiVersion::V3];

const fn version_name(version: ApiVersion) -> &'static str {
    match version {
        ApiVersion::V1 => "v1",
        ApiVersion::V2 => "v2",
        ApiVersion::V3 => "v3",
    }
}

/// A setting of the folder that this run would change.
struct Difference {
    flag: &'static str,
    then: String,
    now: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |text: &str| match text {
            "" => "not given".to_owned(),
            text => printable(text),
        };
        write!(
            f,
            "{} was {}, and is {} now",
            self.flag,
            value(&self.then),
            value(&self.now)
        )
    }
}

fn kept(redaction: &Redaction) -> Vec<String> {
    redaction.kept().map(str::to_owned).collect()
}

/// Returns the file extension of this layout.
pub(crate) fn extension(layout: &Layout) -> &'static str {
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
