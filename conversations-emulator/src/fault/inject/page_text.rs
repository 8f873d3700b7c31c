//! Splits the JSON of a page without parsing it and joins it with edits.

use bytes::Bytes;

use crate::data::spans::{self, Span};
use crate::fault::plan_run::request_info::NextPage;

/// A page as received, with its edits.
#[derive(Debug)]
pub(crate) struct PageText {
    json: Bytes,
    array: Span,
    cursor: Option<Span>,
    next_offset: Option<Span>,
    pub(crate) records: Vec<Bytes>,
    edits: Edits,
}

#[derive(Debug, Default)]
struct Edits {
    records: bool,
    cursor: Option<String>,
    next_offset: Option<u64>,
}

impl PageText {
    /// `None` if this is not a page.
    pub(crate) fn read(json: Bytes) -> Option<Self> {
        let (mut array, mut cursor, mut next_offset) = (None, None, None);
        for member in spans::members(&json, &(0..json.len())) {
            match member.name(&json) {
                b"conversations" => array = Some(member.value),
                b"cursor" => cursor = Some(member.value),
                b"next_offset" => next_offset = Some(member.value),
                _ => {}
            }
        }
        let array = array.filter(|array| json.get(array.start) == Some(&b'['))?;
        let records = spans::elements(&json, &array).map(|record| json.slice(record));
        Some(Self {
            records: records.collect(),
            array,
            cursor,
            next_offset,
            edits: Edits::default(),
            json,
        })
    }

    pub(crate) fn next(&self) -> NextPage {
        let text = |span: &Option<Span>| span.as_ref().map(|span| &self.json[span.clone()]);
        let cursor = self.cursor.as_ref();
        NextPage {
            cursor: cursor.and_then(|span| Some(spans::text(&self.json, span)?.into_owned())),
            offset: text(&self.next_offset)
                .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok()),
        }
    }

    /// Whether the page has a `cursor` member, as versions with cursors do.
    pub(crate) fn has_cursor(&self) -> bool {
        self.cursor.is_some()
    }

    /// Whether the records differ from those received.
    pub(crate) fn records_changed(&mut self) -> &mut Vec<Bytes> {
        self.edits.records = true;
        &mut self.records
    }

    /// The cursor must not contain characters that need escaping.
    pub(crate) fn set_cursor(&mut self, cursor: &str) {
        self.edits.cursor = Some(format!("\"{cursor}\""));
    }

    pub(crate) fn set_next_offset(&mut self, offset: u64) {
        self.edits.next_offset = Some(offset);
    }

    pub(crate) fn written(self) -> Bytes {
        let mut edits: Vec<(Span, Vec<u8>)> = Vec::new();
        if self.edits.records {
            let mut array = vec![b'['];
            for (index, record) in self.records.iter().enumerate() {
                if index > 0 {
                    array.push(b',');
                }
                array.extend_from_slice(record);
            }
            array.push(b']');
            edits.push((self.array.clone(), array));
        }
        let mut set = |name: &str, span: Option<Span>, value: Option<String>| {
            let Some(value) = value else { return };
            match span {
                Some(span) => edits.push((span, value.into())),
                // Inserted after the conversations, which every page has.
                None => edits.push((
                    self.array.end..self.array.end,
                    format!(",\"{name}\":{value}").into(),
                )),
            }
        };
        set("cursor", self.cursor, self.edits.cursor);
        let offset = self.edits.next_offset.map(|offset| offset.to_string());
        set("next_offset", self.next_offset, offset);
        if edits.is_empty() {
            return self.json;
        }
        edits.sort_by_key(|(span, _)| (span.start, span.end));
        let mut out = Vec::with_capacity(self.json.len() + 64);
        let mut at = 0;
        for (span, value) in edits {
            out.extend_from_slice(&self.json[at..span.start]);
            out.extend_from_slice(&value);
            at = span.end;
        }
        out.extend_from_slice(&self.json[at..]);
        out.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_change_only_their_own_part_of_a_page() {
        let json = Bytes::from_static(
            br#"{ "next_offset": 2, "conversations": [ {"a":1}, {"b":[2]} ], "cursor": null }"#,
        );
        let page = PageText::read(json.clone()).unwrap();
        assert_eq!(page.next().offset, Some(2));
        assert_eq!(page.next().cursor, None);
        assert_eq!(page.written(), json);

        let mut page = PageText::read(json).unwrap();
        page.records_changed().remove(0);
        page.set_cursor("abc");
        page.set_next_offset(7);
        assert_eq!(
            page.written(),
            br#"{ "next_offset": 7, "conversations": [{"b":[2]}], "cursor": "abc" }"#.as_slice()
        );
    }

    #[test]
    fn missing_members_are_added_and_other_json_is_not_a_page() {
        let mut page = PageText::read(Bytes::from_static(br#"{"conversations":[]}"#)).unwrap();
        page.set_next_offset(0);
        assert_eq!(
            page.written(),
            br#"{"conversations":[],"next_offset":0}"#.as_slice()
        );
        assert!(PageText::read(Bytes::from_static(br#"{"error_message":"no"}"#)).is_none());
        assert!(PageText::read(Bytes::from_static(b"<html>")).is_none());
    }
}
