//! [`Metric`]: the metrics of a record, names with one value or several.

use std::{borrow::Cow, collections::HashMap, fmt};

use conversations_api::LossyText;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::{
    cell::{self, Cell},
    texts::Texts,
};

/// A metric of a record. Values that are not text are kept as JSON.
#[derive(Debug)]
pub(crate) struct Metric<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) values: Texts<'a>,
}

/// Up to this many names, comparing each costs less than a map of them.
const FEW: usize = 32;

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
        // Filled once there are more than a few.
        let mut indexes: HashMap<Cow<'de, str>, usize> = HashMap::new();
        while let Some((LossyText(name), raw)) = map.next_entry::<LossyText<'de>, &RawValue>()? {
            let values = match Texts::parse(Some(raw)) {
                Cell::Value(values) => values,
                Cell::Empty => Texts::Empty,
                Cell::Part(_) | Cell::Rounded(_) | Cell::Mismatch => Texts::One(raw),
            };
            let known = if metrics.len() <= FEW {
                metrics.iter().position(|metric| metric.name == name)
            } else {
                if indexes.is_empty() {
                    let names = metrics.iter().map(|metric| metric.name.clone());
                    indexes.extend(names.zip(0..));
                }
                indexes.get(&name).copied()
            };
            match known {
                Some(index) => metrics[index].values = values,
                None => {
                    if !indexes.is_empty() {
                        indexes.insert(name.clone(), metrics.len());
                    }
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
            .map(|metric| format!("{}={}", metric.name, metric.values.to_vec().join("|")))
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

    #[test]
    fn the_last_values_of_a_name_count_however_many_names_there_are() {
        for count in [1, FEW, FEW + 1, FEW + 2, 200] {
            let members = (0..count).map(|n| (n, 1)).chain((0..count).map(|n| (n, 2)));
            let members: Vec<_> = members.map(|(n, v)| format!(r#""m{n}":{v}"#)).collect();
            let raw = RawValue::from_string(format!("{{{}}}", members.join(","))).unwrap();
            let Cell::Value(metrics) = read(Some(&raw)) else {
                panic!("they can be read")
            };
            assert_eq!(metrics.len(), count);
            for (n, metric) in metrics.iter().enumerate() {
                assert_eq!(metric.name, format!("m{n}"));
                assert_eq!(metric.values.to_vec(), ["2"]);
            }
        }
    }
}
