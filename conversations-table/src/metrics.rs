//! [`Metric`]: the metrics of a record, names with one value or several.

use std::{borrow::Cow, collections::HashMap, fmt};

use conversations_api::LossyText;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::cell::{self, Cell};

/// A metric of a record. Values that are not text are kept as JSON.
#[derive(Debug, PartialEq)]
pub(crate) struct Metric<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) values: Vec<Cow<'a, str>>,
}

/// Parses the metrics in their order; a name that occurs twice has the later values.
pub(crate) fn read(raw: Option<&RawValue>) -> Cell<Vec<Metric<'_>>> {
    match cell::json(raw) {
        Cell::Value(json) => serde_json::Deserializer::from_str(json)
            .deserialize_map(Metrics)
            .map_or(Cell::Mismatch, Cell::Value),
        _ => Cell::Empty,
    }
}

struct Metrics;

impl<'de> Visitor<'de> for Metrics {
    type Value = Vec<Metric<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut metrics: Vec<Metric<'de>> = Vec::new();
        let mut indexes: HashMap<Cow<'de, str>, usize> = HashMap::new();
        while let Some((LossyText(name), raw)) = map.next_entry::<LossyText<'de>, &RawValue>()? {
            let values = match cell::texts(Some(raw)) {
                Cell::Value(values) => values,
                Cell::Empty => Vec::new(),
                Cell::Part(_) | Cell::Rounded(_) | Cell::Mismatch => {
                    vec![Cow::Borrowed(raw.get())]
                }
            };
            match indexes.get(&name) {
                Some(index) => metrics[*index].values = values,
                None => {
                    indexes.insert(name.clone(), metrics.len());
                    metrics.push(Metric { name, values });
                }
            }
        }
        Ok(metrics)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_has_one_value_or_several_of_any_form() {
        let json = r#"{"A":"x","B":["y","z"],"C":7,"D":[{"timestamp":"t","value":1}],"E":null,"F":{},"A":"w"}"#;
        let raw = RawValue::from_string(json.to_owned()).unwrap();
        let Cell::Value(metrics) = read(Some(&raw)) else {
            panic!("they can be read")
        };
        let all: Vec<_> = metrics
            .iter()
            .map(|metric| format!("{}={}", metric.name, metric.values.join("|")))
            .collect();
        assert_eq!(
            all,
            [
                "A=w",
                "B=y|z",
                "C=7",
                r#"D={"timestamp":"t","value":1}"#,
                "E=",
                "F={}"
            ]
        );
    }
}
