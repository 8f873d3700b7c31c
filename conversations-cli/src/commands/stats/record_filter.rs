//! [`RecordFilter`]: applies the filters to conversations from files. The API filters by itself.

use conversations_api_ext::{Environment, TimeRange};
use conversations_table::Tz;

use super::fields::Fields;
use crate::args::{Environments, FilterArguments};
use crate::failure::Failure;

/// The filters of the command line, for exported conversations.
pub(crate) struct RecordFilter<'a> {
    range: TimeRange,
    /// `None` for all environments.
    environments: Option<Vec<Environment>>,
    filters: &'a FilterArguments,
}

impl<'a> RecordFilter<'a> {
    pub(crate) fn new(filters: &'a FilterArguments, zone: Tz) -> Result<Self, Failure> {
        let mut environments = Some(Vec::new());
        for environment in &filters.client_env {
            match environment {
                Environments::All => environments = None,
                Environments::One(one) => environments.iter_mut().for_each(|all| all.push(*one)),
            }
        }
        Ok(Self {
            range: filters.range(zone)?,
            environments: environments.filter(|environments| !environments.is_empty()),
            filters,
        })
    }

    /// Returns the same filters for another time range.
    pub(crate) fn within(self, range: TimeRange) -> Self {
        Self { range, ..self }
    }

    /// Returns whether the filters match. Like the API, filters by the start of a conversation; one without a
    /// readable start always matches the range.
    pub(crate) fn matches(&self, fields: &Fields<'_>) -> bool {
        let started = fields.started();
        let filters = self.filters;
        let among = |names: &[String], name: Option<&str>| {
            let name = name.unwrap_or_default();
            names.is_empty() || names.iter().any(|one| one.eq_ignore_ascii_case(name))
        };
        let is = |wanted: &Option<String>, name: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| name == Some(wanted))
        };
        let environment = fields.environment.as_deref();
        started.is_none_or(|time| self.range.contains(time))
            && self.environments.as_ref().is_none_or(|environments| {
                environments
                    .iter()
                    .any(|one| Some(one.name()) == environment)
            })
            && among(&filters.channel, fields.channel.as_deref())
            && is(&filters.variant_id, fields.variant_id.as_deref())
            && is(&filters.variant_name, fields.variant_name.as_deref())
            && filters
                .in_progress
                .is_none_or(|wanted| wanted == fields.in_progress.unwrap_or(false))
    }
}
