//! Properties that hold for every page, for any split into chunks.

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::value::RawValue;

use super::{Element, NotAPage, PageScanner};

const LIMIT: usize = 1 << 20;

/// Scans a body in chunks that end at `cuts`.
fn scan(body: &[u8], cuts: &[usize], limit: usize) -> Result<Vec<Element>, NotAPage> {
    let body = Bytes::copy_from_slice(body);
    let mut scanner = PageScanner::new(limit);
    let mut found = Vec::new();
    let mut at = 0;
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (body.len() + 1)).collect();
    cuts.sort_unstable();
    for cut in cuts.into_iter().chain([body.len()]) {
        scanner.push(&body.slice(at..cut), &mut found)?;
        at = cut;
    }
    scanner.end().map(|_| found)
}

fn page(records: &[String]) -> String {
    format!(
        r#"{{ "x":[1], "conversations" : [{}],"cursor":null}}"#,
        records.join(" ,\n")
    )
}

/// Returns the text of an element, or `None` if it is broken.
fn text(found: &Element) -> Option<&str> {
    match found {
        Element::Valid(whole) => Some(&*whole.json),
        Element::Invalid { .. } => None,
    }
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|truth| truth.to_string()),
        any::<f64>().prop_map(|number| serde_json::json!(number).to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,4})?",
        any::<String>().prop_map(|text| serde_json::json!(text).to_string()),
        Just(r#""\ud800 \u0000 \/ \b""#.to_owned()),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        let key = prop_oneof![
            Just(r#""id""#.to_owned()),
            Just(r#""conversations""#.to_owned()),
            any::<String>().prop_map(|key| serde_json::json!(key).to_string()),
        ];
        // Compact JSON takes a path of its own through the scanner.
        let space = prop::sample::select(vec!["", "", " ", "\n\t"]);
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..5), space.clone()).prop_map(
                |(items, space)| format!("[{space}{}{space}]", items.join(&format!(",{space}")))
            ),
            (prop::collection::vec((key, inner), 0..5), space).prop_map(|(fields, space)| {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(key, value)| format!("{key}{space}:{space}{value}"))
                    .collect();
                format!("{{{}{space}}}", fields.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn valid_elements_come_out_as_they_went_in(
        records in prop::collection::vec(json(), 0..6),
        cuts in prop::collection::vec(any::<usize>(), 0..12),
    ) {
        let found = scan(page(&records).as_bytes(), &cuts, LIMIT).unwrap();
        let texts: Vec<_> = found.iter().map(text).collect();
        let expected: Vec<_> = records.iter().map(|record| Some(record.as_str())).collect();
        prop_assert_eq!(texts, expected);
    }

    #[test]
    fn an_element_is_valid_exactly_if_serde_json_says_so(
        record in json(),
        index in any::<prop::sample::Index>(),
        odd in prop::sample::select(b"{}[]\",:\\ \n0-.eatu\x00\xff".to_vec()),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let mut bytes = record.into_bytes();
        let index = index.index(bytes.len());
        bytes[index] = odd;
        let body = [b"{\"conversations\":[", &bytes[..], b"]}"].concat();
        let list = serde_json::from_slice::<Vec<&RawValue>>(&body[17..body.len() - 1]);
        let scanned = scan(&body, &cuts, LIMIT);
        let whole = |found: &[Element]| -> Option<Vec<String>> {
            found.iter().map(|found| text(found).map(str::to_owned)).collect()
        };
        match (list, scanned) {
            (Ok(list), scanned) => {
                let list: Vec<_> = list.iter().map(|raw| raw.get().to_owned()).collect();
                prop_assert_eq!(whole(&scanned.unwrap()), Some(list));
            }
            (Err(_), Ok(found)) => prop_assert_eq!(whole(&found), None),
            (Err(_), Err(_)) => {}
        }
    }

    #[test]
    fn a_broken_element_costs_no_other(
        good in json(),
        bad in prop::sample::select(vec![
            r#"{"id":}"#, r#"{"id":"x" "y":1}"#, r#"{"id":"x",}"#, "{1:2}", "[1 2]", r#""\x""#, "tru", "01", "-",
            "{\"a\":\"\n\"}", "1.e5", r#"{"a":[{"b":nul}]}"#,
        ]),
        cuts in prop::collection::vec(any::<usize>(), 0..8),
    ) {
        let records = [good.clone(), bad.to_owned(), good.clone()];
        let found = scan(page(&records).as_bytes(), &cuts, LIMIT).unwrap();
        prop_assert_eq!(found.iter().map(text).collect::<Vec<_>>(), [Some(&*good), None, Some(&*good)]);
        let Element::Invalid { bytes, .. } = &found[1] else { unreachable!() };
        prop_assert_eq!(str::from_utf8(bytes).unwrap().trim_end(), bad);
    }

    #[test]
    fn no_bytes_make_it_panic(
        body in prop::collection::vec(any::<u8>(), 0..200),
        cuts in prop::collection::vec(any::<usize>(), 0..8),
    ) {
        let _ = scan(&body, &cuts, 20);
        let body = [b"{\"conversations\":[", &body[..]].concat();
        let _ = scan(&body, &cuts, 20);
    }

    #[test]
    fn an_element_over_the_limit_is_left_out_and_not_kept(
        parts in prop::collection::vec(prop::sample::select(vec!["x", "]", "\\\"", "\\\\", "\\u005d"]), 0..2000),
        cuts in prop::collection::vec(any::<usize>(), 0..8),
    ) {
        let long = format!(r#"{{"id":"long","t":"{}"}}"#, parts.concat());
        let records = ["{}".to_owned(), long.clone(), "[]".to_owned()];
        let found = scan(page(&records).as_bytes(), &cuts, 1000).unwrap();
        prop_assert_eq!(text(&found[0]), Some("{}"));
        prop_assert_eq!(text(&found[2]), Some("[]"));
        match &found[1] {
            Element::Valid(whole) => prop_assert!(whole.json.len() <= 1000),
            Element::Invalid { bytes, id, .. } => {
                prop_assert!(long.len() > 1000 && bytes.is_empty());
                prop_assert!(id.as_deref().is_none_or(|id| id == "long"));
            }
        }
    }
}

#[test]
fn an_element_over_the_limit_may_be_cut_anywhere_in_its_escapes() {
    let long = format!(r#"{{"id":"long","t":"{}"}}"#, r#"\"\\]\u005d"#.repeat(20));
    let body = page(&["{}".to_owned(), long, r#"{"t":"]"}"#.to_owned()]);
    for cut in 0..body.len() {
        let found = scan(body.as_bytes(), &[cut], 100).unwrap();
        let texts: Vec<_> = found.iter().map(text).collect();
        assert_eq!(texts, [Some("{}"), None, Some(r#"{"t":"]"}"#)], "{cut}");
    }
}

#[test]
fn depth_costs_an_eighth_of_a_byte_a_level_and_no_stack() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let found = scan(
        page(&[deep.clone(), "{}".to_owned()]).as_bytes(),
        &[7, 100_000],
        LIMIT,
    )
    .unwrap();
    assert_eq!(text(&found[0]), Some(deep.as_str()));
    let open = format!(r#"{{"conversations":[{}"#, "[".repeat(200_000));
    assert!(matches!(
        scan(open.as_bytes(), &[], LIMIT),
        Err(NotAPage::CutOff { .. })
    ));
}

#[test]
fn a_long_text_comes_through_in_one_piece() {
    let long = format!(r#"{{"id":"a","t":"{}"}}"#, "é".repeat(5_000_000));
    let cuts: Vec<_> = (1..200).map(|n| n * 50_000 + 1).collect();
    let found = scan(
        page(std::slice::from_ref(&long)).as_bytes(),
        &cuts,
        64 << 20,
    )
    .unwrap();
    assert!(text(&found[0]) == Some(long.as_str()));
}
