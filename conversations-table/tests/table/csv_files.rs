use conversations_table::{Columns, CsvTable, CsvTurns, TableError};

use crate::{ODD, PLAIN};

fn table(columns: &Columns, records: &[&str]) -> Vec<Vec<String>> {
    let mut table = CsvTable::new(Vec::new(), columns).unwrap();
    for record in records {
        table.write(record).unwrap();
    }
    rows(&table.finish().unwrap())
}

fn rows(text: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text);
    let rows = reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect());
    rows.collect()
}

fn select(names: &[&str]) -> Columns {
    Columns::select(names).unwrap()
}

#[test]
fn metrics_met_late_still_get_columns_in_alphabetical_order() {
    let rows = table(&select(&["id", "metrics"]), &[PLAIN, ODD, r#"{"id":"x"}"#]);
    assert_eq!(
        rows[0],
        [
            "id",
            "metric_ALPHA",
            "metric_CSAT",
            "metric_INTENT",
            "metric_NOTE",
            "metric_STEP"
        ]
    );
    assert_eq!(rows[1][1..], ["1", "", "book", "", ""]);
    assert_eq!(
        rows[2],
        [
            "OUT-7",
            "",
            "5",
            r#"["book","pay"]"#,
            "a, \"b\"\nc",
            r#"{"timestamp":"t","value":1}"#
        ]
    );
    assert_eq!(rows[3], ["x", "", "", "", "", ""]);
}

#[test]
fn the_default_columns_hold_every_field_of_a_record() {
    let rows = table(&Columns::default(), &[ODD]);
    let cell = |name: &str| {
        let place = rows[0]
            .iter()
            .position(|column| column == name)
            .expect(name);
        rows[1][place].as_str()
    };
    for (name, expected) in [
        ("id", "OUT-7"),
        ("started_at", "2026-04-01T09:00:00Z"),
        ("in_progress", "false"),
        ("num_turns", "2"),
        ("total_duration", "84.0"),
        ("polyai_duration", "a while"),
        ("handoff", ""),
        ("from_number", "15550100"),
        ("state", r#"{"slots":[1, 2]}"#),
        ("direction", "outbound"),
        ("extra", r#"{"new_field":{"deep":[true]}}"#),
        ("metric_CSAT", "5"),
    ] {
        assert_eq!(cell(name), expected, "{name}");
    }
    assert!(
        !rows[0]
            .iter()
            .any(|name| name == "turns" || name == "local_date")
    );
}

#[test]
fn a_local_day_is_that_of_the_time_zone() {
    let columns = select(&["local_date", "local_hour"]).time_zone("Europe/Zurich".parse().unwrap());
    assert_eq!(table(&columns, &[PLAIN])[1], ["2026-04-03", "0"]);
    let columns = select(&["local_date", "local_hour"]);
    assert_eq!(table(&columns, &[PLAIN])[1], ["2026-04-02", "22"]);
}

#[test]
fn named_metrics_are_written_at_once_in_the_order_they_were_named() {
    let columns = select(&["metric_INTENT", "metric_NONE", "id"]);
    let rows = table(&columns, &[ODD, PLAIN]);
    assert_eq!(rows[0], ["metric_INTENT", "metric_NONE", "id"]);
    assert_eq!(rows[1], [r#"["book","pay"]"#, "", "OUT-7"]);
    assert_eq!(rows[2][0], "book");
}

#[test]
fn beyond_a_thousand_metrics_the_rest_share_a_column() {
    let metrics: Vec<_> = (0..1003).map(|n| format!(r#""M{n:04}":"v{n}""#)).collect();
    let record = format!(r#"{{"id":"a","metrics":{{{}}}}}"#, metrics.join(","));
    let rows = table(&select(&["id", "metrics"]), &[&record, r#"{"id":"b"}"#]);
    assert_eq!(rows[0].len(), 1 + 1000 + 1);
    assert_eq!(rows[1][1000], "v999");
    assert_eq!(
        rows[1][1001],
        r#"{"M1000":"v1000","M1001":"v1001","M1002":"v1002"}"#
    );
    assert_eq!(rows[2][1001], "");
}

#[test]
fn metrics_that_are_no_object_are_kept_in_extra() {
    let rows = table(
        &select(&["id", "extra"]),
        &[r#"{"id":"a","metrics":["odd"]}"#],
    );
    assert_eq!(rows[1], ["a", r#"{"metrics":["odd"]}"#]);
}

#[test]
fn a_record_that_is_no_object_is_refused_and_the_table_goes_on() {
    let mut table = CsvTable::new(Vec::new(), &select(&["id"])).unwrap();
    let error = table.write("[1]").unwrap_err();
    assert!(matches!(error, TableError::NotAnObject) && error.is_about_the_record());
    table.write(r#"{"id":"a"}"#).unwrap();
    assert_eq!(table.finish().unwrap(), b"id\na\n");
}

#[test]
fn a_turn_is_a_row_under_its_conversation() {
    let mut table = CsvTurns::new(Vec::new()).unwrap();
    for record in [ODD, PLAIN, r#"{"id":"x","turns":null}"#] {
        table.write(record).unwrap();
    }
    let rows = rows(&table.finish().unwrap());
    assert_eq!(rows.len(), 1 + 3);
    let cell = |row: usize, name: &str| {
        let place = rows[0]
            .iter()
            .position(|column| column == name)
            .expect(name);
        rows[row][place].as_str()
    };
    assert_eq!(
        rows[1][..4],
        ["OUT-7", "2026-04-01T09:00:00Z", "0", "hi, there"]
    );
    assert_eq!(cell(1, "user_input_datetime"), "2026-04-01T09:00:01.500Z");
    assert_eq!(cell(1, "extra"), r#"{"turn_id":"t-1"}"#);
    assert_eq!(
        cell(2, "latency"),
        r#"{"label":"low","perceived_latency":1.25}"#
    );
    assert_eq!(cell(2, "is_ood"), "maybe");
    assert_eq!(cell(2, "entities"), r#"[{"k":1}]"#);
    assert_eq!(cell(3, "extra"), r#"{"turn":"odd turn"}"#);
}

#[test]
fn metrics_whose_names_differ_only_in_case_get_columns_that_differ_in_more() {
    let records = [
        r#"{"id":"a","metrics":{"INTENT":"x","Intent":"y","intent_2":"z"}}"#,
        r#"{"id":"b","metrics":{"Intent":"w"}}"#,
    ];
    let spread = table(&select(&["id", "metrics"]), &records);
    assert_eq!(
        spread[0],
        [
            "id",
            "metric_INTENT",
            "metric_Intent_2",
            "metric_intent_2_2"
        ]
    );
    assert_eq!(spread[1], ["a", "x", "y", "z"]);
    assert_eq!(spread[2], ["b", "", "w", ""]);
    let named = table(&select(&["metric_INTENT", "metric_Intent"]), &records);
    assert_eq!(named[0], ["metric_INTENT", "metric_Intent_2"]);
    assert_eq!(named[1], ["x", "y"]);
    let both = table(&select(&["metric_Intent", "metrics"]), &records);
    assert_eq!(
        both[0],
        ["metric_Intent", "metric_INTENT_2", "metric_intent_2_2"]
    );
}

#[test]
fn a_formula_is_defused_on_demand_only() {
    let record = r#"{"id":"=1+1","started_at":"=2+2","from_number":"+15550100","num_turns":-1,"handoff_reason":"-2+3",
        "metrics":{"A":"=HYPERLINK(\"x\")"},"turns":[{"user_input":"@x","latency":-0.5}]}"#;
    let columns = select(&[
        "id",
        "from_number",
        "num_turns",
        "handoff_reason",
        "metrics",
    ]);
    let cells = ["=1+1", "+15550100", "-1", "-2+3", "=HYPERLINK(\"x\")"];
    assert_eq!(table(&columns, &[record])[1], cells);
    let safe = ["'=1+1", "'+15550100", "-1", "'-2+3", "'=HYPERLINK(\"x\")"];
    let mut table = CsvTable::new(Vec::new(), &columns).unwrap().formula_safe();
    table.write(record).unwrap();
    assert_eq!(rows(&table.finish().unwrap())[1], safe);
    let mut turns = CsvTurns::new(Vec::new()).unwrap().formula_safe();
    turns.write(record).unwrap();
    let turns = rows(&turns.finish().unwrap());
    assert_eq!((&*turns[1][0], &*turns[1][1]), ("'=1+1", "'=2+2"));
    assert_eq!(turns[1][3], "'@x");
    assert!(turns[1].contains(&"-0.5".to_owned()));
}

#[test]
fn a_selected_metric_that_no_record_has_is_reported_with_the_nearest_one() {
    let mut table = CsvTable::new(Vec::new(), &select(&["metric_INTNT", "metric_CSAT"])).unwrap();
    assert!(
        table.report().absent_metrics.is_empty(),
        "nothing is known yet"
    );
    table.write(PLAIN).unwrap();
    table.write(ODD).unwrap();
    let report = table.report();
    assert_eq!(report.absent_metrics.len(), 1);
    assert_eq!(report.absent_metrics[0].name, "INTNT");
    assert_eq!(report.absent_metrics[0].nearest.as_deref(), Some("INTENT"));
}
