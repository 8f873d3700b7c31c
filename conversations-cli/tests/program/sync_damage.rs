//! `sync`: files of the folder that were damaged without changing their length.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::scripted::{Reply, Scripted, record};
use crate::support::Folder;
use crate::synced::visible;

const DAMAGED: &str = "2026-04-03";

/// Serves five days of two records each and an undated one.
fn five_days() -> Scripted {
    let server = Scripted::start();
    for day in 1..=5 {
        let date = format!("2026-04-{day:02}");
        server.records(&date, &records(day));
    }
    server
}

fn records(day: u32) -> Vec<Value> {
    let at = |id: &str, hour: u32| {
        record(
            &format!("{id}{day}"),
            &format!("2026-04-{day:02}T{hour:02}:00:00Z"),
        )
    };
    let mut records = vec![at("a", 9), at("b", 10)];
    if day == 1 {
        records.push(record("undated", "soon"));
    }
    records
}

fn sync(server: &Scripted, folder: &Folder, format: &str, more: &[&str]) -> crate::support::Run {
    let fixed = ["--end", "2026-04-06", "--format", format];
    let arguments: Vec<_> = fixed.iter().chain(more).copied().collect();
    server.sync(folder, &arguments)
}

fn report(folder: &Folder) -> Value {
    serde_json::from_str(&folder.read("report.json")).unwrap()
}

fn data(folder: &Folder, partition: &str, format: &str) -> PathBuf {
    folder.path(&format!("data/date={partition}/conversations.{format}"))
}

/// Changes one byte of a file. Keeps the time of its last modification if asked to, as a failing disk does.
fn damage(path: &Path, keep_time: bool) {
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    let mut content = fs::read(path).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::write(path, content).unwrap();
    if keep_time {
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(modified).unwrap();
    }
}

#[test]
fn a_damaged_file_of_the_same_length_is_fetched_again() {
    for format in ["parquet", "jsonl", "csv"] {
        for (keep_time, more) in [
            (false, &[][..]),
            (true, &["--verify"]),
            (true, &["--look-back", "4000d"]),
        ] {
            let (server, folder) = (five_days(), Folder::new());
            sync(&server, &folder, format, &[]).succeeds();
            let expected = visible(&folder);
            damage(&data(&folder, DAMAGED, format), keep_time);
            server.asked();
            let run = sync(&server, &folder, format, more).succeeds();
            assert!(run.stderr.contains("missing or damaged"), "{}", run.stderr);
            assert!(server.asked().contains(&DAMAGED.to_owned()), "{format}");
            assert_eq!(
                report(&folder)["damaged_files"],
                json!([DAMAGED]),
                "{format}"
            );
            assert!(visible(&folder) == expected, "{format} {more:?}");
            server.asked();
            sync(&server, &folder, format, &["--verify"]).succeeds();
            assert_eq!(server.asked(), Vec::<String>::new(), "{format}");
            assert_eq!(report(&folder)["damaged_files"], json!([]), "{format}");
        }
    }
}

#[test]
fn a_damaged_file_of_undated_records_is_written_again() {
    for is_missing in [false, true] {
        let (server, folder) = (five_days(), Folder::new());
        sync(&server, &folder, "jsonl", &[]).succeeds();
        let expected = visible(&folder);
        let path = data(&folder, "unknown", "jsonl");
        if is_missing {
            fs::remove_file(path).unwrap();
        } else {
            damage(&path, false);
        }
        server.asked();
        sync(&server, &folder, "jsonl", &[]).succeeds();
        assert_eq!(
            server.asked(),
            Vec::<String>::new(),
            "nothing is fetched for it"
        );
        assert_eq!(report(&folder)["damaged_files"], json!(["unknown"]));
        assert!(visible(&folder) == expected);
    }
}

#[test]
fn a_damaged_file_stays_until_its_day_arrives() {
    let (server, folder) = (five_days(), Folder::new());
    sync(&server, &folder, "jsonl", &[]).succeeds();
    let expected = visible(&folder);
    let path = data(&folder, DAMAGED, "jsonl");
    damage(&path, false);
    server.fails(DAMAGED, 500);
    sync(&server, &folder, "jsonl", &[]).fails(6, DAMAGED);
    assert!(path.exists());
    let manifest: Value = serde_json::from_str(&folder.read("data/_manifest.json")).unwrap();
    assert_eq!(manifest["incomplete"], json!([DAMAGED]));
    // A server that no longer sends its records does not remove the last copy of them.
    server.records(DAMAGED, &[]);
    sync(&server, &folder, "jsonl", &[]).fails(3, "its file is missing or damaged");
    assert!(path.exists());
    server.records(DAMAGED, &records(3));
    sync(&server, &folder, "jsonl", &[]).succeeds();
    assert!(visible(&folder) == expected);
}

#[test]
fn no_row_is_copied_from_a_damaged_file() {
    for format in ["parquet", "jsonl", "csv"] {
        let (server, folder) = (five_days(), Folder::new());
        sync(&server, &folder, format, &[]).succeeds();
        let expected = visible(&folder);
        damage(&data(&folder, DAMAGED, format), true);
        let good = records(3).remove(0);
        server.set(
            DAMAGED,
            Reply::Records(vec![
                good.to_string().into_bytes(),
                br#"{"no":"id"}"#.to_vec(),
            ]),
        );
        sync(&server, &folder, format, &["--look-back", "4000d"]).exits(3);
        let told = report(&folder);
        assert_eq!(told["damaged_files"], json!([DAMAGED]), "{format}");
        assert_eq!(
            (&told["kept"], &told["records"]),
            (&json!(0), &json!(10)),
            "{format}"
        );
        server.records(DAMAGED, &records(3));
        sync(&server, &folder, format, &[]).succeeds();
        assert!(visible(&folder) == expected, "{format}");
    }
}

#[test]
fn files_that_were_copied_are_verified_and_not_fetched() {
    let (server, folder) = (five_days(), Folder::new());
    sync(&server, &folder, "jsonl", &[]).succeeds();
    let expected = visible(&folder);
    let path = data(&folder, DAMAGED, "jsonl");
    fs::write(&path, fs::read(&path).unwrap()).unwrap();
    server.asked();
    sync(&server, &folder, "jsonl", &[]).succeeds();
    assert_eq!(server.asked(), Vec::<String>::new());
    assert!(visible(&folder) == expected);
    let modified = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
    // The next run need not verify it again.
    assert!(modified(&path) <= modified(&folder.path("data/_manifest.json")));
}

#[test]
fn a_damaged_index_is_reported_and_changes_no_row() {
    let (server, folder) = (five_days(), Folder::new());
    sync(&server, &folder, "jsonl", &[]).succeeds();
    let expected = visible(&folder);
    let index = fs::read_dir(folder.path("data/_conversations/index")).unwrap();
    let mut index = index.map(|entry| entry.unwrap().path());
    let index = index
        .find(|path| path.to_str().unwrap().contains(DAMAGED))
        .unwrap();
    damage(&index, true);
    let run = sync(&server, &folder, "jsonl", &["--look-back", "4000d"]).succeeds();
    assert!(run.stderr.contains("is damaged"), "{}", run.stderr);
    assert!(visible(&folder) == expected);
}
