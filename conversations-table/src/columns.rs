//! [`Columns`]: the columns of a table and their order.

use std::fmt;

use chrono_tz::Tz;
use serde_json::value::RawValue;

use crate::column::{CONVERSATION, DETAILS, DIRECTION, Kind, METRICS, TURN, TURNS};
use crate::nearest::nearest;

/// The columns of a table of conversations.
///
/// By default all columns, in the order of the API document: the fields of the list; those of
/// [details](Self::details) if they are set; `direction`; `local_date` and `local_hour` if a
/// [time zone](Self::time_zone) is set; the metrics; and `extra`, a JSON object of the fields that have no column of
/// their own, so that an undocumented field is not lost.
///
/// ```
/// use conversations_table::Columns;
///
/// let columns = Columns::select(["id", "started_at", "local_hour", "metric_INTENT"])?
///     .time_zone("Europe/London".parse()?);
/// assert_eq!(columns.to_string(), "id, started_at, local_hour, metric_INTENT");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Columns {
    chosen: Option<Vec<Choice>>,
    pub(crate) zone: Option<Tz>,
    /// Whether the records have the fields of [`DETAILS`].
    details: bool,
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// A field of the record, by its index in [`CONVERSATION`].
    Field(usize),
    /// `inbound` or `outbound`: that of the details, or derived from the format of the id.
    Direction,
    LocalDate,
    LocalHour,
    /// A single metric, by name.
    Metric(String),
    /// The fields that have no column, as JSON.
    Extra,
}

/// The error for an invalid selection of columns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidColumn {
    /// No column has this name.
    #[error("there is no column {name:?}{}; the columns are {}", hint(.name), known().join(", "))]
    Unknown {
        /// The unknown name.
        name: String,
    },
    /// The name was given twice. Readers reject a file that has two columns with the same name.
    #[error("column {name:?} is selected twice: name each column once")]
    Repeated {
        /// The duplicate name.
        name: String,
    },
}

fn hint(name: &str) -> String {
    let known = known();
    let nearest = nearest(name, known.iter().map(String::as_str));
    nearest.map_or_else(String::new, |nearest| {
        format!(", did you mean {nearest:?}?")
    })
}

const METRIC: &str = "metric_";

impl Columns {
    /// Selects the columns with these names, in this order. `metrics` stands for all metrics: in CSV one column for
    /// each, in Parquet one map. `metric_NAME` is a single metric, in CSV only.
    ///
    /// # Errors
    ///
    /// [`InvalidColumn`] for an unknown or duplicate name.
    pub fn select<N: AsRef<str>>(
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, InvalidColumn> {
        let mut chosen = Vec::new();
        for name in names {
            let choice = Choice::named(name.as_ref())?;
            if chosen.contains(&choice) {
                let name = choice.to_string();
                return Err(InvalidColumn::Repeated { name });
            }
            chosen.push(choice);
        }
        Ok(Self {
            chosen: Some(chosen),
            ..Self::default()
        })
    }

    /// Adds the columns of the fields that only a conversation requested by its id has: `short_summary`, `tags`,
    /// `language`, `poly_score`, `note`, `created_at`, `finished_at`, `duration`, `deployment_id`, `audio_url` and
    /// `function_events`. `direction` is then what the server reports, where it does. Without this they are in `extra`.
    #[must_use]
    pub fn details(mut self) -> Self {
        self.details = true;
        self
    }

    /// Returns the first selected column that only records with [details](Self::details) fill.
    #[must_use]
    pub fn selected_detail(&self) -> Option<&'static str> {
        let chosen = self.chosen.iter().flatten();
        let mut details = chosen.filter_map(|choice| match choice {
            Choice::Field(index) if DETAILS.contains(index) => Some(CONVERSATION[*index].name),
            _ => None,
        });
        details.next()
    }

    /// Sets the time zone of `local_date` and `local_hour`, which is UTC by default if they are selected.
    #[must_use]
    pub fn time_zone(mut self, zone: Tz) -> Self {
        self.zone = Some(zone);
        self
    }

    /// Returns the name of the time zone, such as `Europe/London`, if one was set.
    #[must_use]
    pub fn zone_name(&self) -> Option<&'static str> {
        self.zone.map(Tz::name)
    }

    /// Returns whether `extra`, which has what no other column holds, is among the columns.
    #[must_use]
    pub fn has_extra(&self) -> bool {
        let chosen = self.chosen.as_ref();
        chosen.is_none_or(|chosen| chosen.contains(&Choice::Extra))
    }

    /// Returns whether no columns were selected.
    pub(crate) fn is_all(&self) -> bool {
        self.chosen.is_none()
    }

    /// Returns the columns; `leave_out` has the fields to skip unless they are selected.
    pub(crate) fn choices(&self, leave_out: &[usize]) -> Vec<Choice> {
        if let Some(chosen) = &self.chosen {
            return chosen.clone();
        }
        let last = if self.details {
            DETAILS.end
        } else {
            DETAILS.start
        };
        let mut choices: Vec<_> = (0..last)
            .filter(|index| *index != DIRECTION && !leave_out.contains(index))
            .map(Choice::Field)
            .collect();
        choices.push(Choice::Direction);
        if self.zone.is_some() {
            choices.extend([Choice::LocalDate, Choice::LocalHour]);
        }
        choices.push(Choice::Extra);
        choices
    }

    /// Returns the fields of a record that have no column here although they have one with [details](Self::details).
    pub(crate) fn without_column(&self, choices: &[Choice]) -> Vec<usize> {
        if self.details {
            return Vec::new();
        }
        let is_chosen = |index: &usize| choices.contains(&Choice::Field(*index));
        DETAILS.filter(|index| !is_chosen(index)).collect()
    }

    /// Returns the direction that the details of a conversation have.
    pub(crate) fn reported_direction<'a>(
        &self,
        cells: &[Option<&'a RawValue>; CONVERSATION.len()],
    ) -> Option<&'a RawValue> {
        cells[DIRECTION].filter(|_| self.details)
    }

    pub(crate) fn zone(&self) -> Tz {
        self.zone.unwrap_or(Tz::UTC)
    }
}

impl Choice {
    fn named(name: &str) -> Result<Self, InvalidColumn> {
        if name == CONVERSATION[DIRECTION].name {
            return Ok(Self::Direction);
        }
        if let Some(index) = CONVERSATION.iter().position(|column| column.name == name) {
            return Ok(Self::Field(index));
        }
        Ok(match name {
            "local_date" => Self::LocalDate,
            "local_hour" => Self::LocalHour,
            "extra" => Self::Extra,
            _ => match name.strip_prefix(METRIC) {
                Some(metric) if !metric.is_empty() => Self::Metric(metric.to_owned()),
                _ => {
                    let name = name.to_owned();
                    return Err(InvalidColumn::Unknown { name });
                }
            },
        })
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(index) => f.write_str(CONVERSATION[*index].name),
            Self::Direction => f.write_str(CONVERSATION[DIRECTION].name),
            Self::LocalDate => f.write_str("local_date"),
            Self::LocalHour => f.write_str("local_hour"),
            Self::Extra => f.write_str("extra"),
            Self::Metric(name) => write!(f, "{METRIC}{name}"),
        }
    }
}

impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, choice) in self.choices(&[]).iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{choice}")?;
        }
        Ok(())
    }
}

fn known() -> Vec<String> {
    let all = Columns::default().details().time_zone(Tz::UTC);
    let mut names: Vec<_> = all.choices(&[]).iter().map(Choice::to_string).collect();
    names.push(format!("{METRIC}NAME"));
    names
}

/// Derives the direction of a call from its id: `inbound` for `CA` and 32 hexadecimal digits, `outbound` for `OUT-`,
/// and `None` for other ids. The vendor documents no field for it.
///
/// ```
/// use conversations_table::direction;
///
/// assert_eq!(direction("OUT-1f0a"), Some("outbound"));
/// assert_eq!(direction("chat-7"), None);
/// ```
#[must_use]
pub fn direction(id: &str) -> Option<&'static str> {
    if id.starts_with("OUT-") {
        return Some("outbound");
    }
    let digits = id.strip_prefix("CA")?;
    let hex = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    hex.then_some("inbound")
}

/// The names of the columns of a turn that are not fields of it.
pub(crate) const OF_THE_CONVERSATION: [&str; 3] = ["conversation_id", "started_at", "turn"];

/// Returns all column names of a table of turns.
pub(crate) fn turn_columns() -> impl Iterator<Item = &'static str> {
    let fields = TURN.iter().map(|column| column.name);
    OF_THE_CONVERSATION
        .into_iter()
        .chain(fields)
        .chain(["extra"])
}

/// The fields that a flat table includes only when selected: their content has its own table or columns.
pub(crate) const NESTED: [usize; 2] = [METRICS, TURNS];

const _: () = {
    assert!(matches!(CONVERSATION[METRICS].kind, Kind::Metrics));
    assert!(matches!(CONVERSATION[TURNS].kind, Kind::Turns));
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_column_has_is_refused_with_those_there_are() {
        let refused = Columns::select(["id", "chanel"]).unwrap_err().to_string();
        let start = "there is no column \"chanel\", did you mean \"channel\"?; the columns are id, account_id";
        assert!(refused.starts_with(start), "{refused}");
        assert!(refused.ends_with("metric_NAME"));
        let refused = Columns::select(["wholly_else"]).unwrap_err().to_string();
        assert!(!refused.contains("did you mean"), "{refused}");
        assert!(Columns::select(["metric_"]).is_err());
    }

    #[test]
    fn a_column_that_is_selected_twice_is_refused() {
        for name in ["id", "metric_INTENT", "extra"] {
            let refused = Columns::select([name, "channel", name]).unwrap_err();
            let message = format!("column {name:?} is selected twice: name each column once");
            assert_eq!(refused.to_string(), message);
        }
        assert!(Columns::select(["metric_a", "metric_A"]).is_ok());
    }

    #[test]
    fn the_form_of_an_id_tells_the_direction_or_nothing() {
        assert_eq!(direction("OUT-1"), Some("outbound"));
        assert_eq!(
            direction(&format!("CA{}", "0aF9".repeat(8))),
            Some("inbound")
        );
        for id in ["", "CA", "CAT-1", "chat-7", "CAé"] {
            assert_eq!(direction(id), None, "{id}");
        }
    }
}
