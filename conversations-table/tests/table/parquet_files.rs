use arrow_array::{
    Array, ListArray, MapArray, RecordBatch, StringArray, StructArray,
    cast::AsArray as _,
    types::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType},
};
use conversations_table::{Columns, ParquetTable, TableError};
use parquet::{
    arrow::arrow_reader::ParquetRecordBatchReaderBuilder, file::metadata::ColumnChunkMetaData,
};
use proptest::prelude::*;

use crate::{ODD, PLAIN};

fn file(columns: &Columns, records: &[&str]) -> Vec<u8> {
    let mut table = ParquetTable::new(Vec::new(), columns).unwrap();
    for record in records {
        table.write(record).unwrap();
    }
    table.finish().unwrap()
}

fn read(file: Vec<u8>) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(file)).unwrap();
    let batches: Vec<_> = reader.build().unwrap().collect::<Result<_, _>>().unwrap();
    let schema = batches[0].schema();
    arrow_select::concat::concat_batches(&schema, &batches).unwrap()
}

fn text<'a>(batch: &'a RecordBatch, name: &str) -> &'a StringArray {
    batch.column_by_name(name).expect(name).as_string()
}

fn cell(array: &StringArray, row: usize) -> Option<&str> {
    array.is_valid(row).then(|| array.value(row))
}

#[test]
fn every_field_is_in_a_typed_column_or_in_extra() {
    let batch = read(file(&Columns::default(), &[ODD, PLAIN]));
    assert_eq!(batch.num_rows(), 2);
    let started = batch["started_at"].as_primitive::<TimestampMicrosecondType>();
    assert_eq!(started.value(0), 1_775_034_000_000_000);
    assert_eq!(started.timezone(), Some("UTC"));
    assert_eq!(batch["num_turns"].as_primitive::<Int64Type>().value(0), 2);
    assert_eq!(
        batch["total_duration"].as_primitive::<Int64Type>().value(0),
        84
    );
    assert!(batch["polyai_duration"].is_null(0));
    assert!(!batch["in_progress"].as_boolean().value(0));
    assert!(batch["handoff"].is_null(0));
    assert_eq!(cell(text(&batch, "from_number"), 0), Some("15550100"));
    assert_eq!(cell(text(&batch, "state"), 0), Some(r#"{"slots":[1, 2]}"#));
    assert_eq!(cell(text(&batch, "direction"), 1), Some("inbound"));
    let extra: serde_json::Value =
        serde_json::from_str(cell(text(&batch, "extra"), 0).unwrap()).unwrap();
    let keys: Vec<_> = extra.as_object().unwrap().keys().collect();
    // A turn that is no object cannot be a struct, so the list it was in is kept whole.
    assert_eq!(keys, ["new_field", "polyai_duration", "turns"]);
    assert_eq!(cell(text(&batch, "extra"), 1), None);
}

const DETAILED: &str = r#"{"id":"OUT-1","turns":[],"short_summary":{"heading":"Bill","content":"Paid."},"tags":["a","b"],
    "language":"en-GB","poly_score":4.5,"note":null,"direction":"internal","created_at":"2026-04-01T09:00:00Z",
    "duration":"84","function_events":{"0":[]},"new":1}"#;

#[test]
fn details_are_typed_columns_if_they_are_wanted_and_else_in_extra() {
    let records = [DETAILED, PLAIN];
    let batch = read(file(&Columns::default().details(), &records));
    let score = batch["poly_score"].as_primitive::<Float64Type>();
    assert_eq!((score.value(0), score.is_null(1)), (4.5, true));
    assert_eq!(batch["duration"].as_primitive::<Int64Type>().value(0), 84);
    let created = batch["created_at"].as_primitive::<TimestampMicrosecondType>();
    assert_eq!(created.value(0), 1_775_034_000_000_000);
    let tags = batch["tags"].as_list::<i32>().value(0);
    let tags: Vec<_> = tags.as_string::<i32>().iter().flatten().collect();
    assert_eq!(tags, ["a", "b"]);
    for (name, expected) in [
        ("short_summary", Some("Paid.")),
        ("language", Some("en-GB")),
        ("note", None),
        ("function_events", Some(r#"{"0":[]}"#)),
        ("direction", Some("internal")),
        (
            "extra",
            Some(r#"{"new":1,"short_summary":{"heading":"Bill","content":"Paid."}}"#),
        ),
    ] {
        assert_eq!(cell(text(&batch, name), 0), expected, "{name}");
    }
    assert_eq!(cell(text(&batch, "direction"), 1), Some("inbound"));

    let batch = read(file(&Columns::default(), &records));
    assert!(batch.column_by_name("tags").is_none());
    assert_eq!(cell(text(&batch, "direction"), 0), Some("outbound"));
    let extra: serde_json::Value =
        serde_json::from_str(cell(text(&batch, "extra"), 0).unwrap()).unwrap();
    assert_eq!(extra["tags"][1], "b");
    assert_eq!(extra["direction"], "internal");

    let chosen = Columns::select(["id", "tags", "extra"]).unwrap();
    assert_eq!(chosen.selected_detail(), Some("tags"));
    let batch = read(file(&chosen, &[DETAILED]));
    let extra = cell(text(&batch, "extra"), 0).unwrap();
    assert!(
        !extra.contains("tags") && extra.contains("poly_score"),
        "{extra}"
    );
    assert_eq!(Columns::default().details().selected_detail(), None);
}

#[test]
fn the_schema_does_not_depend_on_the_records() {
    for columns in [Columns::default(), Columns::default().details()] {
        let schema = |records: &[&str]| read(file(&columns, records)).schema();
        assert_eq!(schema(&[DETAILED]), schema(&[PLAIN]));
    }
}

#[test]
fn metrics_are_a_map_from_a_name_to_its_values() {
    let batch = read(file(&Columns::default(), &[ODD, PLAIN, r#"{"id":"x"}"#]));
    let metrics: &MapArray = batch["metrics"].as_map();
    let of = |row: usize| -> Vec<String> {
        let entries = metrics.value(row);
        let (keys, values) = (entries.column(0).as_string::<i32>(), entries.column(1));
        let values: &ListArray = values.as_list();
        (0..entries.len())
            .map(|entry| {
                let list = values.value(entry);
                let list: Vec<_> = list.as_string::<i32>().iter().flatten().collect();
                format!("{}={}", keys.value(entry), list.join("|"))
            })
            .collect()
    };
    assert_eq!(
        of(0),
        [
            "INTENT=book|pay",
            "CSAT=5",
            "NOTE=a, \"b\"\nc",
            r#"STEP={"timestamp":"t","value":1}"#
        ]
    );
    assert_eq!(of(1), ["INTENT=book", "ALPHA=1"]);
    assert!(metrics.is_null(2));
}

#[test]
fn turns_are_structs_and_what_they_cannot_hold_is_beside_it() {
    let batch = read(file(&Columns::default(), &[ODD, PLAIN]));
    let turns: &ListArray = batch["turns"].as_list();
    let turn = turns.value(0);
    let turn: &StructArray = turn.as_struct();
    assert_eq!((turn.len(), turns.value(1).len()), (3, 0));
    let column = |name: &str| turn.column_by_name(name).expect(name).clone();
    assert_eq!(
        column("user_input").as_string::<i32>().value(0),
        "hi, there"
    );
    let latency = column("latency");
    let latency = latency.as_primitive::<Float64Type>();
    assert_eq!((latency.value(0), latency.value(1)), (0.7, 1.25));
    let extra = column("extra");
    let extra = extra.as_string::<i32>();
    assert_eq!(extra.value(0), r#"{"turn_id":"t-1"}"#);
    assert_eq!(
        extra.value(1),
        r#"{"latency":{"label":"low","perceived_latency":1.25},"is_ood":"maybe"}"#
    );
    assert!(turn.is_null(2));
}

#[test]
fn local_days_and_hours_are_numbers_to_group_by() {
    let columns = Columns::select(["local_date", "local_hour"])
        .unwrap()
        .time_zone("Europe/Zurich".parse().unwrap());
    let batch = read(file(&columns, &[PLAIN]));
    assert_eq!(
        batch["local_date"].as_primitive::<Date32Type>().value(0),
        20_546
    );
    assert_eq!(batch["local_hour"].as_primitive::<Int32Type>().value(0), 0);
}

#[test]
fn one_metric_cannot_be_a_column_here() {
    let columns = Columns::select(["id", "metric_INTENT"]).unwrap();
    let error = ParquetTable::new(Vec::new(), &columns).unwrap_err();
    assert!(matches!(error, TableError::NoSuchColumn { .. }));
    assert!(
        error.to_string().contains("take the map `metrics`"),
        "{error}"
    );
}

#[test]
fn the_same_records_give_the_same_bytes() {
    let once = file(&Columns::default(), &[ODD, PLAIN]);
    assert_eq!(once, file(&Columns::default(), &[ODD, PLAIN]));
}

#[test]
fn the_footer_shows_no_words_and_no_phone_numbers() {
    let record = r#"{"id":"known-id","started_at":"2026-04-01T09:00:00Z","channel":"VOICE",
        "from_number":"secret1","to_number":"secret2","handoff_reason":"secret3","handoff_destination":"secret4",
        "note":"secret5","summary":"secret6","metrics":{"secret7":["secret8"]},"state":{"secret9":"secret10"},
        "turns":[{"user_input":"secret11","agent_response":"secret12","user_input_dtmf":"secret13",
            "translated_user_input":"secret14","english_agent_response":"secret15","intents":["secret16"],
            "entities":["secret17"],"metadata":{"secret18":1},"secret19":"secret20"}]}"#;
    let columns = Columns::default().time_zone("Europe/London".parse().unwrap());
    let file = bytes::Bytes::from(file(&columns, &[record; 3]));
    let reader = ParquetRecordBatchReaderBuilder::try_new(file.clone()).unwrap();
    let chunks = reader.metadata().row_groups().iter();
    let ends = chunks.flat_map(|group| group.columns().iter().map(ColumnChunkMetaData::byte_range));
    // Behind the values: the minimum and maximum values of pages, and the footer with those of columns.
    let end = ends.map(|(start, length)| start + length).max().unwrap();
    let shown = &file[usize::try_from(end).unwrap()..];
    let has = |text: &str| {
        shown
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    for text in ["known-id", "VOICE"] {
        assert!(has(text), "readers cannot skip by {text}");
    }
    assert!(!has("secret"));
}

#[test]
fn a_table_of_many_batches_holds_every_row_in_order() {
    let records: Vec<_> = (0..3000)
        .map(|n| format!(r#"{{"id":"c{n}","turns":[{{}},{{}}]}}"#))
        .collect();
    let records: Vec<_> = records.iter().map(String::as_str).collect();
    let batch = read(file(&Columns::default(), &records));
    let ids: Vec<_> = text(&batch, "id")
        .iter()
        .flatten()
        .map(str::to_owned)
        .collect();
    assert_eq!(ids, (0..3000).map(|n| format!("c{n}")).collect::<Vec<_>>());
}

#[test]
fn copied_rows_are_in_row_groups_of_limited_size_too() {
    // Text that does not shrink, in two tables of two row groups each.
    let mut state = 1_u64;
    let mut noise = || {
        let digits = (0..4096).map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            format!("{state:016x}")
        });
        digits.collect::<String>()
    };
    let records: Vec<_> = (0..300)
        .map(|n| format!(r#"{{"id":"c{n}","note":"{}"}}"#, noise()))
        .collect();
    let records: Vec<_> = records.iter().map(String::as_str).collect();
    let groups = |file: Vec<u8>| {
        let file = bytes::Bytes::from(file);
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        reader.metadata().num_row_groups()
    };
    let earlier = file(&Columns::default(), &records);
    let mut table = ParquetTable::new(Vec::new(), &Columns::default()).unwrap();
    let copied = table.copy_rows(bytes::Bytes::from(earlier.clone()), |_| true);
    assert_eq!(copied.unwrap(), records.len());
    let copied = table.finish().unwrap();
    assert!(groups(earlier) > 1);
    assert!(groups(copied) > 1);
}

#[test]
fn a_value_that_a_column_rounds_is_kept_in_extra_and_reported() {
    let precise = r#""started_at":"2026-04-01T09:00:00.1234567Z","turns":[{"latency":0.12345678901234567890}]"#;
    let precise = format!(r#"{{"id":"c",{precise}}}"#);
    let records = [
        r#"{"id":"a","total_duration":73.5,"num_turns":"3","handoff":"TRUE","started_at":"2026-04-01 09:00"}"#,
        r#"{"id":"b","total_duration":"soon","started_at":"9 o'clock","turns":[{"is_ood":"maybe","latency":{"perceived_latency":1}}]}"#,
        &precise,
    ];
    let mut table = ParquetTable::new(Vec::new(), &Columns::default()).unwrap();
    for record in records {
        table.write(record).unwrap();
    }
    let report = table.report();
    let batch = read(table.finish().unwrap());
    let duration = batch["total_duration"].as_primitive::<Int64Type>();
    assert_eq!((duration.value(0), duration.is_null(1)), (74, true));
    assert_eq!(batch["num_turns"].as_primitive::<Int64Type>().value(0), 3);
    assert!(batch["handoff"].as_boolean().value(0));
    assert!(batch["started_at"].is_valid(0) && batch["started_at"].is_null(1));
    let extra = text(&batch, "extra");
    assert_eq!(cell(extra, 0), Some(r#"{"total_duration":73.5}"#));
    assert_eq!(
        cell(extra, 2),
        Some(r#"{"started_at":"2026-04-01T09:00:00.1234567Z"}"#)
    );
    let counts = [
        ("started_at", 2),
        ("total_duration", 2),
        ("turns[].is_ood", 1),
        ("turns[].latency", 1),
    ];
    let counts = counts.map(|(name, count)| (name.to_owned(), count));
    assert_eq!(report.inexact, counts.into_iter().collect());
}

/// Small JSON values of every kind, with the keys that columns have among others.
fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<i32>().prop_map(|number| (f64::from(number) / 4.0).into()),
        ".{0,8}".prop_map(Into::into),
        Just("2026-04-01T09:00:00Z".into()),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::hash_map(key(), inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "id",
            "started_at",
            "num_turns",
            "handoff",
            "metrics",
            "state",
            "turns",
            "latency",
            "intents",
            "user_input",
            "from_number",
            "tags",
            "poly_score",
            "short_summary",
            "direction",
        ])
        .prop_map(str::to_owned),
        ".{0,6}",
    ]
}

proptest! {
    #[test]
    fn whatever_a_record_holds_the_table_takes_it(
        fields in prop::collection::hash_map(key(), value(), 0..8),
        details in any::<bool>(),
    ) {
        let object: serde_json::Map<_, _> = fields.into_iter().collect();
        let record = serde_json::Value::Object(object.clone()).to_string();
        let columns = if details { Columns::default().details() } else { Columns::default() };
        let batch = read(file(&columns, &[&record]));
        prop_assert_eq!(batch.num_rows(), 1);
        let extra = cell(text(&batch, "extra"), 0).map_or_else(serde_json::Map::new, |json| {
            serde_json::from_str(json).expect("extra is a JSON object")
        });
        for (name, value) in &object {
            let null = |name: &str| batch.column_by_name(name).is_none_or(|column| column.is_null(0));
            // Empty texts are empty cells where a column is no text.
            if !value.is_null() && value != "" && null(name) {
                prop_assert_eq!(extra.get(name), Some(value), "{} is lost", name);
            }
        }
    }
}
