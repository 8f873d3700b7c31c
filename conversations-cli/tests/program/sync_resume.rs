//! `sync`: what earlier runs and versions have left in the folder, and what readers see meanwhile.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::scripted::{Reply, Scripted, record};
use crate::support::Folder;
use crate::synced::{records, visible};
use crate::ten_days::{JSONL, deep, partitions, report, ten_days};

/// Changes the time in a note to a week earlier.
fn age(folder: &Folder, name: &str, pointer: &str) {
    let mut note: Value = serde_json::from_str(&folder.read(name)).unwrap();
    let time = note.pointer_mut(pointer).unwrap();
    let read: chrono::DateTime<chrono::Utc> = time.as_str().unwrap().parse().unwrap();
    *time = json!((read - chrono::TimeDelta::days(7)).to_rfc3339());
    folder.write(name, &note.to_string());
}

#[test]
fn a_download_that_failed_a_week_ago_is_begun_again() {
    let yesterday = chrono::Utc::now().date_naive() - chrono::Days::new(1);
    for date in ["2026-04-03".to_owned(), yesterday.to_string()] {
        let (server, folder) = (Scripted::start(), Folder::new());
        let at = |id: &str, hour: u32| {
            let record = record(id, &format!("{date}T{hour:02}:00:00Z"));
            record.to_string().into_bytes()
        };
        let pages = vec![Some(vec![at("deleted", 9), at("a", 10)]), None];
        server.set(&date, Reply::Pages(pages));
        let mut arguments = server.arguments("data", &["--format", "jsonl"]);
        let start = arguments.iter().position(|it| it == "--start").unwrap();
        arguments[start + 1].clone_from(&date);
        arguments.extend(["--end".to_owned(), date.clone()]);
        let end = arguments.len() - 1;
        let after: chrono::NaiveDate = date.parse().unwrap();
        arguments[end] = after.succ_opt().unwrap().to_string();
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        folder
            .run_with(&arguments, &[("POLYAI_API_KEY", "k")])
            .fails(6, &date);
        age(
            &folder,
            &format!("data/_conversations/arriving/{date}/note.json"),
            "/began",
        );
        let pages = vec![
            Some(vec![at("added", 8), at("a", 10)]),
            Some(vec![at("b", 11)]),
        ];
        server.set(&date, Reply::Pages(pages));
        folder
            .run_with(&arguments, &[("POLYAI_API_KEY", "k")])
            .succeeds();
        let mut ids: Vec<_> = records(&visible(&folder))
            .iter()
            .map(|record| record["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        assert_eq!(ids, ["a", "added", "b"], "{date}");
    }
}

#[test]
fn a_day_has_one_file_at_every_instant() {
    let (server, folder) = (ten_days(), Folder::new());
    server.sync(&folder, &JSONL).succeeds();
    let deep = deep();
    let done = AtomicBool::new(false);
    let reads = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0;
            while !done.load(Ordering::Relaxed) {
                let mut rows = 0;
                for day in 1..=10 {
                    let date = folder.path(&format!("data/date=2026-04-{day:02}"));
                    let names: Vec<_> = fs::read_dir(&date)
                        .unwrap()
                        .map(|it| it.unwrap().file_name())
                        .collect();
                    let shown = names
                        .iter()
                        .filter(|name| !name.to_str().unwrap().contains('#'));
                    assert_eq!(shown.collect::<Vec<_>>(), ["conversations.jsonl"]);
                    let text = fs::read_to_string(date.join("conversations.jsonl")).unwrap();
                    for line in text.lines() {
                        serde_json::from_str::<Value>(line).unwrap();
                        rows += 1;
                    }
                }
                assert_eq!(rows, 20);
                reads += 1;
            }
            reads
        });
        for round in 0..6 {
            for day in 1..=10 {
                let date = format!("2026-04-{day:02}");
                let mut rows = [
                    record(&format!("a{day}"), &format!("{date}T09:00:00Z")),
                    record(&format!("b{day}"), &format!("{date}T10:00:00Z")),
                ];
                rows[0]["round"] = json!(round);
                server.records(&date, &rows);
            }
            server.sync(&folder, &deep).succeeds();
            assert_eq!(report(&folder)["updated"], 10);
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    assert!(reads > 6, "only {reads} reads");
}

#[test]
fn a_folder_of_an_earlier_version_is_taken_over() {
    let (server, folder) = (ten_days(), Folder::new());
    server.sync(&folder, &JSONL).succeeds();
    let expected = visible(&folder);
    let state = "data/_conversations/state.json";
    let mut earlier: Value = serde_json::from_str(&folder.read(state)).unwrap();
    earlier["version"] = json!(1);
    for (date, day) in earlier["days"].as_object_mut().unwrap() {
        let file = day["data"].as_object_mut().unwrap();
        let hash = file.remove("hash").unwrap();
        let name = format!("date={date}/conversations-{}.jsonl", hash.as_str().unwrap());
        fs::rename(
            folder.path("data").join(file["name"].as_str().unwrap()),
            folder.path("data").join(&name),
        )
        .unwrap();
        file["name"] = json!(name);
    }
    folder.write(state, &earlier.to_string());
    // A failed run of that version left a file where readers look for data, and a note.
    folder.write(
        "data/date=2026-04-02/conversations-0123456789abcdef.jsonl",
        "{\"id\":\"a2\"}\n",
    );
    folder.write(
        "data/_conversations/run.json",
        r#"{"began":"2026-04-10T00:00:00Z","until":"2026-04-05"}"#,
    );
    server.asked();
    server.sync(&folder, &JSONL).succeeds();
    assert_eq!(
        server.asked(),
        Vec::<String>::new(),
        "nothing is fetched for it"
    );
    assert!(visible(&folder) == expected);
    assert!(!folder.path("data/_conversations/run.json").exists());
}

#[test]
fn a_stored_page_that_cannot_be_read_for_now_is_resumed_later() {
    let (server, folder) = (Scripted::start(), Folder::new());
    let page = |id: &str| Some(vec![record(id, "2026-04-03T09:00:00Z").to_string().into()]);
    let day = "2026-04-03";
    let range = ["--format", "jsonl", "--end", "2026-04-04"];
    server.set(day, Reply::Pages(vec![page("a"), page("b"), None]));
    server.sync(&folder, &range).fails(6, day);
    let stored = fs::read_dir(folder.path("data/_conversations/arriving/2026-04-03")).unwrap();
    let mut stored = stored.map(|entry| entry.unwrap().path());
    let chunk = stored.find(|path| path.extension().is_some_and(|it| it == "chunk"));
    let (chunk, aside) = (chunk.unwrap(), folder.path("aside"));
    fs::rename(&chunk, &aside).unwrap();
    // A folder cannot be read as a file, by root either.
    fs::create_dir(&chunk).unwrap();
    let name = chunk.file_name().unwrap().to_str().unwrap();
    server.sync(&folder, &range).fails(7, name);
    fs::remove_dir(&chunk).unwrap();
    fs::rename(aside, chunk).unwrap();
    // The page before the resume point is read again.
    server.set(day, Reply::Pages(vec![None, page("b"), page("c")]));
    server.sync(&folder, &range).succeeds();
    let found = records(&visible(&folder));
    let ids: Vec<_> = found.iter().map(|record| &record["id"]).collect();
    assert_eq!(ids, ["a", "b", "c"]);
}

#[test]
fn notes_of_another_plan_are_not_resumed() {
    let (server, folder) = (ten_days(), Folder::new());
    server.fails("2026-04-09", 401);
    server
        .sync(&folder, &[&JSONL[..], &["--parallel", "1"]].concat())
        .exits(4);
    assert!(folder.path("data/_conversations/staged").exists());
    server.records("2026-04-09", &[]);
    server.asked();
    server
        .sync(&folder, &["--end", "2026-04-11", "--format", "csv"])
        .succeeds();
    assert_eq!(server.asked().len(), 10);
    assert!(
        visible(&folder)
            .keys()
            .all(|name| name.extension().is_some_and(|it| it != "jsonl"))
    );
    assert!(!folder.path("data/_conversations/staged").exists());
    assert!(Path::new(&folder.path("data/date=2026-04-01/conversations.csv")).exists());
}

#[test]
fn what_moves_to_a_day_that_an_interrupted_run_read_is_found() {
    let (server, folder) = (ten_days(), Folder::new());
    server.sync(&folder, &JSONL).succeeds();
    let one_by_one = [&deep()[..], &["--parallel", "1"]].concat();
    server.fails("2026-04-09", 401);
    server.sync(&folder, &one_by_one).exits(4);
    let a = |day: u32| record(&format!("a{day}"), &format!("2026-04-{day:02}T09:00:00Z"));
    server.records("2026-04-09", &[a(9)]);
    let own = record("b2", "2026-04-02T10:00:00Z");
    let moved = record("b9", "2026-04-02T11:00:00Z");
    server.records("2026-04-02", &[a(2), own, moved]);
    server.sync(&folder, &one_by_one).succeeds();
    assert_eq!(partitions(&folder, "b9"), ["date=2026-04-02"]);
    let told = report(&folder);
    assert_eq!((&told["moved"], &told["vanished"]), (&json!(1), &json!(0)));
}

#[test]
fn a_day_that_an_interrupted_run_read_is_read_again_if_its_index_is_lost() {
    let damages: [fn(&Path); 2] = [
        |index| fs::remove_file(index).unwrap(),
        |index| fs::write(index, "[]").unwrap(),
    ];
    for damage in damages {
        let (server, folder) = (ten_days(), Folder::new());
        let one_by_one = [&JSONL[..], &["--parallel", "1"]].concat();
        server.fails("2026-04-09", 401);
        server.sync(&folder, &one_by_one).exits(4);
        let indexes = fs::read_dir(folder.path("data/_conversations/index")).unwrap();
        let indexes: Vec<_> = indexes.map(|entry| entry.unwrap().path()).collect();
        let is_of_day =
            |index: &&std::path::PathBuf| index.to_string_lossy().contains("2026-04-03-");
        damage(indexes.iter().find(is_of_day).unwrap());
        server.records("2026-04-09", &[]);
        server.asked();
        server.sync(&folder, &one_by_one).succeeds();
        let asked = server.asked();
        assert!(asked.iter().any(|date| date == "2026-04-03"), "{asked:?}");
        assert!(!asked.iter().any(|date| date == "2026-04-02"), "{asked:?}");
        assert_eq!(partitions(&folder, "a3"), ["date=2026-04-03"]);
    }
}
