//! Compares the JSON of a record with its [known](super::shape) shape, without building a value.

use std::fmt;

use conversations_api::LossyText;
use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{
    DriftKind, JsonType,
    shape::{CONVERSATION, Shape},
};

/// Reports what is undocumented in a record. Ignores JSON that cannot be parsed: decoding reports it.
pub(super) fn inspect(json: &str, report: &mut dyn FnMut(&str, DriftKind)) {
    let mut path = String::new();
    let mut json = serde_json::Deserializer::from_str(json);
    // Items found before a syntax error stay counted.
    let _ = Inspector {
        shape: Some(&CONVERSATION),
        path: &mut path,
        report,
    }
    .deserialize(&mut json);
}

/// Inspects the value at one path of a record.
struct Inspector<'a> {
    /// `None` if the document has no such field.
    shape: Option<&'a Shape>,
    path: &'a mut String,
    report: &'a mut dyn FnMut(&str, DriftKind),
}

impl Inspector<'_> {
    fn observe(&mut self, kind: JsonType) {
        match self.shape {
            None => (self.report)(self.path, DriftKind::Field(kind)),
            Some(shape) if !shape.allows(kind) => (self.report)(self.path, DriftKind::Type(kind)),
            Some(_) => {}
        }
    }

    fn text(&mut self, text: &str) {
        self.observe(JsonType::Text);
        let names = self.shape.map_or(&[][..], |shape| shape.names);
        if !names.is_empty() && !text.is_empty() && !names.contains(&text) {
            (self.report)(self.path, DriftKind::Value(name(text)));
        }
    }
}

/// Returns the text if it looks like a name and not like a sentence or a number.
fn name(text: &str) -> String {
    let is_name = text.len() <= 64
        && text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if is_name {
        text.to_owned()
    } else {
        format!("({} characters)", text.chars().count())
    }
}

impl<'de> DeserializeSeed<'de> for Inspector<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Inspector<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(mut self) -> Result<(), E> {
        self.observe(JsonType::Null);
        Ok(())
    }

    fn visit_bool<E>(mut self, _: bool) -> Result<(), E> {
        self.observe(JsonType::Boolean);
        Ok(())
    }

    fn visit_i64<E>(mut self, _: i64) -> Result<(), E> {
        self.observe(JsonType::Number);
        Ok(())
    }

    fn visit_u64<E>(mut self, _: u64) -> Result<(), E> {
        self.observe(JsonType::Number);
        Ok(())
    }

    fn visit_f64<E>(mut self, _: f64) -> Result<(), E> {
        self.observe(JsonType::Number);
        Ok(())
    }

    fn visit_str<E>(mut self, text: &str) -> Result<(), E> {
        self.text(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        self.observe(JsonType::List);
        let Some(items) = self.shape.and_then(|shape| shape.items.as_deref()) else {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        let length = self.path.len();
        self.path.push_str("[]");
        while list
            .next_element_seed(Inspector {
                shape: Some(items),
                path: &mut *self.path,
                report: &mut *self.report,
            })?
            .is_some()
        {}
        self.path.truncate(length);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        self.observe(JsonType::Object);
        let Some(fields) = self.shape.and_then(|shape| shape.fields.as_ref()) else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        let length = self.path.len();
        while let Some(LossyText(field)) = map.next_key()? {
            if length > 0 {
                self.path.push('.');
            }
            let shape = fields.get(&*field);
            match shape {
                Some(_) => self.path.push_str(&field),
                None => self.path.push_str(&name(&field)),
            }
            map.next_value_seed(Inspector {
                shape,
                path: &mut *self.path,
                report: &mut *self.report,
            })?;
            self.path.truncate(length);
        }
        Ok(())
    }
}
