//! Decodes an element of a page's list into a [`Record`].
//!
//! Reads only the three fields that [`Record`] exposes, so the rest of a record cannot make it fail here.

use bytes::Bytes;

use crate::{
    Error, ErrorKind, Record,
    error::{InvalidField, RecordDetails},
    record::metadata::RecordMetadata,
    response::scan::{Element, ValidElement},
};

/// Decodes an element of the list. `page` is the page number, for the error message.
pub(crate) fn record(element: Element, page: u64) -> Result<Record, Error> {
    match element {
        Element::Valid(element) => valid(element, page),
        Element::Invalid {
            position,
            fault,
            id,
            bytes,
        } => {
            let what = fault.to_string();
            Err(malformed(page, position, &what, id, None, bytes))
        }
    }
}

fn valid(element: ValidElement, page: u64) -> Result<Record, Error> {
    let ValidElement {
        position,
        json,
        spans,
    } = element;
    if !json.starts_with('{') {
        return Err(malformed(
            page,
            position,
            "is not an object",
            None,
            None,
            json.into_bytes(),
        ));
    }
    let metadata = if spans.has_escaped_key() {
        RecordMetadata::search(&json)
    } else {
        let field = |span: Option<std::ops::Range<usize>>| json.get(span?);
        RecordMetadata::new(
            field(spans.id()),
            field(spans.started_at()),
            field(spans.in_progress()),
            &json,
        )
    };
    match metadata {
        Ok(metadata) => Ok(Record::new(json, metadata, position)),
        Err(what) => {
            let invalid_field = InvalidField {
                path: "id".to_owned(),
                expected: Some("a text".to_owned()),
            };
            Err(malformed(
                page,
                position,
                what,
                None,
                Some(invalid_field),
                json.into_bytes(),
            ))
        }
    }
}

fn malformed(
    page: u64,
    position: usize,
    what: &str,
    id: Option<String>,
    invalid_field: Option<InvalidField>,
    bytes: Bytes,
) -> Error {
    let fix = if bytes.is_empty() {
        "the other records of the page are unaffected; its own bytes were not kept"
    } else {
        "the other records of the page are unaffected; its bytes are kept in this error"
    };
    Error::new(
        ErrorKind::MalformedRecord,
        format!("record {position} of page {page} {what}"),
        fix,
    )
    .with_record(RecordDetails {
        position,
        id: id.filter(|id| !id.is_empty()),
        invalid_field,
        raw: bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        pager::next_page::{Cursor, NextPage, next_page},
        response::scan::{NotAPage, PageScanner},
    };

    /// A decoded page.
    #[derive(Debug)]
    struct Body {
        items: Vec<Result<Record, Error>>,
        next_page: NextPage,
    }

    const LIMIT: usize = 1 << 20;

    /// Decodes `body`, pushed in chunks of `size` bytes.
    fn page_in_pieces(body: &Bytes, size: usize) -> Result<Body, NotAPage> {
        let mut scanner = PageScanner::new(LIMIT);
        let mut found = Vec::new();
        let mut at = 0;
        while at < body.len() {
            let piece = body.slice(at..body.len().min(at + size));
            at += piece.len();
            scanner.push(&piece, &mut found)?;
        }
        let end = scanner.end()?;
        Ok(Body {
            items: found.into_iter().map(|found| record(found, 2)).collect(),
            next_page: next_page(&end, body.len())?,
        })
    }

    fn page(body: &Bytes) -> Result<Body, NotAPage> {
        let whole = page_in_pieces(body, usize::MAX - body.len());
        for size in [1, 7] {
            let pieces = page_in_pieces(body, size);
            match (&whole, &pieces) {
                (Err(one), Err(other)) => assert_eq!(
                    std::mem::discriminant(one),
                    std::mem::discriminant(other),
                    "pieces of {size}"
                ),
                (Ok(one), Ok(other)) => {
                    assert_eq!(one.next_page, other.next_page);
                    let texts = |body: &Body| -> Vec<String> {
                        body.items.iter().map(|item| format!("{item:?}")).collect()
                    };
                    assert_eq!(texts(one), texts(other), "pieces of {size}");
                }
                _ => panic!("pieces of {size}: {whole:?}, {pieces:?}"),
            }
        }
        whole
    }

    fn decode(text: &str) -> Body {
        page(&Bytes::copy_from_slice(text.as_bytes())).expect(text)
    }

    fn only(text: &str) -> Result<Record, Error> {
        let mut items = decode(&format!(r#"{{"conversations":[{text}]}}"#)).items;
        assert_eq!(items.len(), 1);
        items.remove(0)
    }

    #[test]
    fn a_record_is_the_bytes_that_arrived() {
        let json = "{ \"new\" : {\"a\":[1, 2.50, \"\\u00e4\"]} ,\n \"id\":\"CA1\", \"in_progress\":true,\
                    \"started_at\":\"2026-04-01T09:00:00.123456+00:00\"}";
        let body = Bytes::from(format!(
            r#"{{"conversations":[ {json} ,{{"id":"b"}}],"cursor":null}}"#
        ));
        let mut items = page(&body).unwrap().items;
        let record = items.remove(0).unwrap();
        assert_eq!(record.raw(), json);
        assert_eq!(record.id(), "CA1");
        assert_eq!(
            record.started_at().unwrap().to_rfc3339(),
            "2026-04-01T09:00:00.123456+00:00"
        );
        assert!(record.in_progress());
        assert!(
            body.as_ptr_range().contains(&record.raw_bytes().as_ptr()),
            "it was copied"
        );
        let own = record.detached();
        assert_eq!((own.raw(), own.id()), (json, "CA1"));
        assert!(!body.as_ptr_range().contains(&own.raw_bytes().as_ptr()));
        assert_eq!(items.remove(0).unwrap().id(), "b");
    }

    #[test]
    fn odd_values_of_the_three_fields_do_not_cost_the_record() {
        for (field, value) in [
            ("started_at", "null"),
            ("started_at", "\"\""),
            ("started_at", "\"soon\""),
            ("started_at", "17"),
            ("started_at", "[{\"a\":1}]"),
            ("in_progress", "null"),
            ("in_progress", "\"yes\""),
            ("in_progress", "{\"a\":[]}"),
            ("in_progress", "-1.5"),
        ] {
            let record = only(&format!(r#"{{"id":"x","{field}":{value}}}"#)).expect(value);
            assert_eq!(record.started_at(), None);
            assert!(!record.in_progress());
        }
        let record = only(r#"{"id":"x","started_at":"2026-04-01T09:00:00"}"#).unwrap();
        assert_eq!(
            record.started_at().unwrap().to_rfc3339(),
            "2026-04-01T09:00:00+00:00"
        );
    }

    #[test]
    fn an_escaped_id_is_read_and_a_repeated_key_takes_the_later_value() {
        assert_eq!(only(r#"{"id":"\u0041\u00e4"}"#).unwrap().id(), "Aä");
        assert_eq!(only(r#"{"id":"a","id":"b"}"#).unwrap().id(), "b");
        assert_eq!(only(r#"{"\u0069d":"a"}"#).unwrap().id(), "a");
    }

    #[test]
    fn a_malformed_record_is_an_item_of_its_own_between_good_ones() {
        let body = decode(
            r#"{"conversations":[{"id":"a"},{"turns":[]},7,null,{"id":""},{"id":5},{"id":"\ud800"},{"id":"z"}]}"#,
        );
        let good: Vec<_> = body.items.iter().flatten().map(Record::id).collect();
        assert_eq!(good, ["a", "z"]);
        let bad: Vec<_> = body
            .items
            .iter()
            .filter_map(|item| item.as_ref().err())
            .collect();
        let positions: Vec<_> = bad
            .iter()
            .map(|error| error.record_position().unwrap())
            .collect();
        assert_eq!(positions, [1, 2, 3, 4, 5, 6]);
        for error in &bad {
            assert_eq!(error.kind(), ErrorKind::MalformedRecord);
            assert!(
                error
                    .to_string()
                    .contains(&format!("record {}", error.record_position().unwrap()))
            );
        }
        assert_eq!(bad[0].record_bytes().unwrap(), r#"{"turns":[]}"#);
    }

    #[test]
    fn what_stands_around_the_three_fields_is_not_looked_at() {
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        for odd in [
            deep.as_str(),
            r#""\ud800""#,
            r#""\u0000""#,
            "123456789012345678901234567890",
            "1e999",
        ] {
            let record = only(&format!(r#"{{"odd":{odd},"id":"x"}}"#)).expect(odd);
            assert!(record.raw().contains(odd));
        }
    }

    #[test]
    fn absent_null_and_empty_cursors_are_told_apart() {
        assert_eq!(
            decode(r#"{"conversations":[]}"#).next_page.cursor,
            Cursor::Absent
        );
        assert_eq!(
            decode(r#"{"conversations":[],"cursor":null}"#)
                .next_page
                .cursor,
            Cursor::Null
        );
        assert_eq!(
            decode(r#"{"conversations":[],"cursor":""}"#)
                .next_page
                .cursor,
            Cursor::Null
        );
        let body = decode(r#"{"cursor":"a\/b","conversations":null,"new":{}}"#);
        assert_eq!(body.next_page.cursor, Cursor::Next("a/b".into()));
        assert!(body.items.is_empty());
    }

    #[test]
    fn an_offset_may_be_written_as_a_real_number_or_as_text() {
        for (text, offset) in [
            ("12", Some(12)),
            ("12.0", Some(12)),
            ("\"12\"", Some(12)),
            ("\"\"", None),
            ("null", None),
        ] {
            assert_eq!(
                decode(&format!(r#"{{"conversations":[],"next_offset":{text}}}"#))
                    .next_page
                    .next_offset,
                offset
            );
        }
        for text in ["-1", "1.5", "1e300", "\"x\"", "[]"] {
            let body = Bytes::from(format!(r#"{{"conversations":[],"next_offset":{text}}}"#));
            assert!(matches!(page(&body), Err(NotAPage::Json { .. })), "{text}");
        }
    }

    #[test]
    fn a_body_that_is_no_page_is_refused_with_the_reason() {
        let refusal = |text: &str| page(&Bytes::copy_from_slice(text.as_bytes())).expect_err(text);
        assert_eq!(refusal(""), NotAPage::Empty);
        assert_eq!(refusal(" \r\n"), NotAPage::Empty);
        assert_eq!(refusal("{}"), NotAPage::NoConversations);
        assert_eq!(
            refusal(r#"{"data":{"conversations":[]}}"#),
            NotAPage::NoConversations
        );
        assert!(matches!(
            refusal(r#"{"conversations":[{"id":"a"}"#),
            NotAPage::CutOff { .. }
        ));
        for text in ["[]", "[[{}]]", "<html>", "null", "7"] {
            assert_eq!(refusal(text), NotAPage::NotAnObject, "{text}");
        }
        for text in [
            r#"{"conversations":{}}"#,
            r#"{"conversations":[]} x"#,
            "{conversations}",
        ] {
            assert!(matches!(refusal(text), NotAPage::Json { .. }), "{text}");
        }
        assert!(page(&Bytes::from_static(b"\xEF\xBB\xBF{\"conversations\":[]}")).is_ok());
    }
}
