//! `export`: the same records as JSONL, CSV and Parquet, compressed and uncompressed.

use std::fs;
use std::io::Read as _;

use conversations_emulator::Dataset;

use crate::support::{Folder, Served};

fn served() -> Served {
    Served::new(Dataset::generate(3, 200))
}

/// Exports all environments to `output`.
fn export(served: &Served, folder: &Folder, output: &str, more: &[&str]) {
    let mut arguments = vec!["export", "--client-env", "all", "-q", "-o", output];
    arguments.extend(more);
    served.run(folder, &arguments).succeeds().says_nothing();
}

#[test]
fn a_compressed_export_is_the_plain_one_packed() {
    let (served, folder) = (served(), Folder::new());
    export(&served, &folder, "plain.jsonl", &[]);
    export(&served, &folder, "packed.jsonl.gz", &[]);
    export(&served, &folder, "packed.jsonl.zst", &[]);
    export(&served, &folder, "no-ending", &["--gzip"]);
    let plain = folder.read("plain.jsonl");
    assert_eq!(plain.lines().count(), 200);
    let gunzip = |name: &str| {
        let file = fs::File::open(folder.path(name)).unwrap();
        let mut text = String::new();
        flate2::read::MultiGzDecoder::new(file)
            .read_to_string(&mut text)
            .unwrap();
        text
    };
    assert_eq!(gunzip("packed.jsonl.gz"), plain);
    assert_eq!(gunzip("no-ending"), plain);
    let file = fs::File::open(folder.path("packed.jsonl.zst")).unwrap();
    assert_eq!(zstd::decode_all(file).unwrap(), plain.as_bytes());
}

#[test]
fn csv_has_a_row_a_conversation_or_a_row_a_turn() {
    let (served, folder) = (served(), Folder::new());
    export(&served, &folder, "all.jsonl", &[]);
    export(
        &served,
        &folder,
        "all.csv",
        &["--time-zone", "America/New_York"],
    );
    export(&served, &folder, "turns.csv", &["--turns"]);
    export(&served, &folder, "few.csv", &["--columns", "id, channel"]);
    let rows = |name: &str| {
        let mut reader = csv::Reader::from_path(folder.path(name)).unwrap();
        let header = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        (header, rows)
    };
    let (header, all) = rows("all.csv");
    assert_eq!(all.len(), 200);
    assert!(header.iter().any(|name| name == "local_hour"));
    assert!(header.iter().any(|name| name.starts_with("metric_")));
    let turns: usize = folder
        .read("all.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|record| record["turns"].as_array().unwrap().len())
        .sum();
    assert_eq!(rows("turns.csv").1.len(), turns);
    let (header, few) = rows("few.csv");
    assert_eq!(header.iter().collect::<Vec<_>>(), ["id", "channel"]);
    assert_eq!(few.len(), 200);
}

#[test]
fn parquet_holds_every_record() {
    let (served, folder) = (served(), Folder::new());
    export(&served, &folder, "all.parquet", &[]);
    let file = fs::File::open(folder.path("all.parquet")).unwrap();
    let reader = parquet::file::serialized_reader::SerializedFileReader::new(file).unwrap();
    let rows = parquet::file::reader::FileReader::metadata(&reader)
        .file_metadata()
        .num_rows();
    assert_eq!(rows, 200);
}

#[test]
fn a_file_url_is_the_file() {
    let (served, folder) = (served(), Folder::new());
    let url = format!("file://{}", folder.path("there.jsonl").display());
    export(&served, &folder, &url, &[]);
    assert_eq!(folder.read("there.jsonl").lines().count(), 200);
}

#[test]
fn flags_that_do_not_go_together_are_refused_before_anything_is_fetched() {
    let folder = Folder::new();
    let gone = served().stop();
    for (arguments, part) in [
        (
            &["-o", "x.jsonl", "--columns", "id"][..],
            "--columns is only for CSV",
        ),
        (&["-o", "x.parquet", "--turns"], "--turns is only for CSV"),
        (&["-o", "x.parquet", "--gzip"], "compressed internally"),
        (
            &["-o", "x.parquet", "--columns", "id,metric_A"],
            "take the map `metrics`",
        ),
        (
            &["-o", "x.csv", "--columns", "id,idd"],
            "there is no column \"idd\"",
        ),
        (
            &["-o", "x.csv", "--time-zone", "Mars/Base"],
            "unknown time zone",
        ),
        (&["-o", "x.csv", "--gzip", "--zstd"], "cannot be used with"),
        (&["-o", "s3://bucket/"], "give the URL of an object"),
    ] {
        let arguments: Vec<_> = ["export"].iter().chain(arguments).copied().collect();
        let code = if arguments[2].starts_with("s3") { 7 } else { 2 };
        gone.run(&folder, &arguments).fails(code, part);
    }
    assert_eq!(folder.files(), [""; 0]);
}

#[test]
fn redacted_outputs_have_no_word_of_a_caller() {
    let (served, folder) = (served(), Folder::new());
    export(&served, &folder, "plain.jsonl", &[]);
    export(&served, &folder, "masked.jsonl", &["--redact"]);
    export(&served, &folder, "masked.csv", &["--redact", "--turns"]);
    let masked = folder.read("masked.jsonl");
    assert_eq!(
        masked.lines().count(),
        folder.read("plain.jsonl").lines().count()
    );
    let mut said: Vec<String> = masked
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .flat_map(|record| record["turns"].as_array().unwrap().clone())
        .map(|turn| turn["user_input"].as_str().unwrap().to_owned())
        .collect();
    let mut turns = csv::Reader::from_path(folder.path("masked.csv")).unwrap();
    let place = turns
        .headers()
        .unwrap()
        .iter()
        .position(|name| name == "user_input")
        .unwrap();
    said.extend(turns.records().map(|row| row.unwrap()[place].to_owned()));
    assert!(said.iter().any(|text| text.contains('*')));
    assert!(
        said.iter()
            .all(|text| !text.contains(char::is_alphanumeric))
    );
}
