//! Delta tables that another program has changed or written, and those of another query.

use std::fs;

use serde_json::{Value, json};

use crate::delta_table::log;
use crate::support::Folder;
use crate::sync_delta::{AGAIN, TABLE, rounds, serve, table};

/// Writes the next version of the log.
fn append(folder: &Folder, actions: &[Value]) {
    let version = log(&folder.path("data")).len();
    let lines: Vec<_> = actions.iter().map(Value::to_string).collect();
    folder.write(
        &format!("data/_delta_log/{version:020}.json"),
        &lines.join("\n"),
    );
}

fn unchanged_but_for(folder: &Folder, run: impl FnOnce()) {
    let visible = |folder: &Folder| {
        let mut files = crate::synced::visible(folder);
        files.retain(|name, _| !name.ends_with("report.json"));
        files
    };
    let before = visible(folder);
    run();
    assert!(visible(folder) == before);
}

#[test]
fn a_table_that_another_program_has_changed_is_refused_and_left_as_it_is() {
    // OPTIMIZE: one file in place of two; DELETE: a file is gone.
    for is_compacted in [true, false] {
        let (server, folder) = table();
        let versions = log(&folder.path("data"));
        let adds: Vec<&Value> = versions[0]
            .iter()
            .filter_map(|action| action.get("add"))
            .collect();
        let mut actions = vec![json!({"commitInfo": {"timestamp": 1, "operation": "OPTIMIZE"}})];
        for add in &adds[..2] {
            let remove = json!({"path": add["path"], "deletionTimestamp": 1, "dataChange": false});
            actions.push(json!({ "remove": remove }));
        }
        if is_compacted {
            let mut add = adds[0].clone();
            add["path"] = json!("date=2026-04-01/part-00000.zstd.parquet");
            actions.push(json!({ "add": add }));
        }
        append(&folder, &actions);
        unchanged_but_for(&folder, || {
            server
                .sync(&folder, &AGAIN)
                .fails(2, "another program has changed");
        });
        // All days are read again, although the look-back would reach none of them.
        server
            .sync(&folder, &["--end", "2026-04-04", "--rebuild"])
            .succeeds();
        assert_eq!(rounds(&folder.path("data"), None), [1, 1, 1]);
    }
}

#[test]
fn a_commit_of_another_program_that_changes_no_file_does_no_harm() {
    let (server, folder) = table();
    append(
        &folder,
        &[json!({"commitInfo": {"timestamp": 1, "operation": "VACUUM END"}})],
    );
    server.sync(&folder, &AGAIN).succeeds();
    assert_eq!(rounds(&folder.path("data"), None), [1, 1, 1]);
}

#[test]
fn a_table_that_this_program_cannot_write_is_refused_and_left_as_it_is() {
    let protocol = json!({"protocol": {
        "minReaderVersion": 3, "minWriterVersion": 7,
        "readerFeatures": ["featureOfTheFuture"], "writerFeatures": ["featureOfTheFuture"],
    }});
    let (server, folder) = table();
    append(&folder, &[protocol]);
    unchanged_but_for(&folder, || {
        server
            .sync(&folder, &AGAIN)
            .fails(2, "features that this program does not support");
    });

    let (server, folder) = table();
    serve(&server, 1..=3, 1);
    server.sync(&folder, &AGAIN).succeeds();
    serve(&server, 1..=3, 2);
    server.sync(&folder, &AGAIN).succeeds();
    fs::remove_file(folder.path("data/_delta_log/00000000000000000001.json")).unwrap();
    unchanged_but_for(&folder, || {
        server
            .sync(&folder, &AGAIN)
            .fails(2, "the log of the Delta table");
    });
}

#[test]
fn a_table_of_another_program_or_query_is_refused_and_left_as_it_is() {
    let (server, folder) = table();
    let name = "data/_delta_log/00000000000000000000.json";
    let text = folder.read(name);
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.contains("\"txn\""))
        .collect();
    folder.write(name, &lines.join("\n"));
    unchanged_but_for(&folder, || {
        server
            .sync(&folder, &TABLE)
            .fails(2, "was not written by sync");
    });

    let (server, folder) = table();
    unchanged_but_for(&folder, || {
        server
            .sync(&folder, &[&AGAIN[..], &["--redact"]].concat())
            .fails(2, "other settings");
        let mut other = server.arguments("data", &AGAIN);
        let project = other.iter().position(|it| it == "--project").unwrap() + 1;
        other[project] = "q".to_owned();
        let other: Vec<_> = other.iter().map(String::as_str).collect();
        folder
            .run_with(&other, &[("POLYAI_API_KEY", "k")])
            .fails(2, "name another folder");
    });
    let other = Folder::new();
    server
        .sync(&other, &[&TABLE[..], &["--format", "jsonl"]].concat())
        .fails(2, "Parquet");
}
