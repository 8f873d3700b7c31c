//! `sync`: the settings of a folder, how to change them, and who may read its files.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{PermissionsExt as _, symlink};

use conversations_emulator::Dataset;
use conversations_emulator::fault::{Fault, Rule};
use serde_json::Value;

use crate::support::{Folder, Served};
use crate::synced::{dataset, finished, report, visible};

const RANGE: [&str; 6] = [
    "sync",
    "data",
    "--start",
    "2026-04-01",
    "--end",
    "2026-05-01",
];

fn served() -> Served {
    Served::new(dataset(&finished(&Dataset::generate(5, 120))))
}

fn sync(served: &Served, folder: &Folder, more: &[&str]) -> crate::support::Run {
    let arguments = [&RANGE, more, &["-q"]].concat();
    served.run(folder, &arguments)
}

fn plan(folder: &Folder) -> Value {
    let manifest: Value = serde_json::from_str(&folder.read("data/_manifest.json")).unwrap();
    manifest["plan"].clone()
}

#[test]
fn a_run_without_flags_keeps_the_settings_of_the_folder() {
    for flags in [
        &["--format", "jsonl", "--zstd", "--client-env", "all"][..],
        &[
            "--include-latency",
            "--include-turn-metadata",
            "--channel",
            "VOICE-SIP",
        ],
        &["--redact", "--api-version", "v1", "--include-context-state"],
        &[
            "--format",
            "csv",
            "--gzip",
            "--columns",
            "id,started_at,metrics",
        ],
        &[
            "--format",
            "csv",
            "--time-zone",
            "Europe/London",
            "--client-env",
            "sandbox",
        ],
        &[
            "--format",
            "csv",
            "--turns",
            "--variant-name",
            "none of them",
        ],
        &[
            "--columns",
            "id,local_date",
            "--time-zone",
            "Asia/Tokyo",
            "--variant-id",
            "none",
        ],
    ] {
        let (served, folder) = (served(), Folder::new());
        sync(&served, &folder, flags).succeeds();
        let (files, settings) = (visible(&folder), plan(&folder));
        let later = [
            "sync",
            "data",
            "--look-back",
            "4000d",
            "--end",
            "2026-05-01",
            "-q",
        ];
        served.run(&folder, &later).succeeds().says_nothing();
        assert_eq!(plan(&folder), settings, "{flags:?}");
        assert!(visible(&folder) == files, "{flags:?}");
    }
}

#[test]
fn a_flag_that_differs_is_refused_with_what_the_folder_has_and_what_to_do() {
    let (served, folder) = (served(), Folder::new());
    sync(&served, &folder, &["--format", "jsonl"]).succeeds();
    let (files, asked) = (visible(&folder), served.emulator.journal().len());
    let refused = sync(
        &served,
        &folder,
        &["--format", "csv", "--channel", "CHAT", "--redact"],
    );
    for part in [
        "error: data was synchronized with other settings: --channel was not given, and is CHAT now; --format",
        "--format, --gzip or --zstd was jsonl, and is csv now",
        "--redact was not given, and is given now",
        "\nhint: leave these flags out to keep the settings of the folder, add --rebuild",
    ] {
        refused.fails(2, part);
    }
    assert!(!refused.stderr.contains('['), "{}", refused.stderr);
    let other = [&RANGE[..], &["--project", "P", "--rebuild"]].concat();
    served.run(&folder, &other).fails(2, "name another folder");
    assert!(visible(&folder) == files);
    assert_eq!(served.emulator.journal().len(), asked);
}

#[test]
fn a_rebuild_fetches_each_day_once_also_when_it_is_interrupted() {
    let (served, folder, fresh) = (served(), Folder::new(), Folder::new());
    sync(&served, &folder, &["--format", "jsonl"]).succeeds();
    let before = visible(&folder);
    let flags = ["--format", "csv", "--redact", "--columns", "id,started_at"];
    let asked = served.emulator.journal().len();
    sync(&served, &fresh, &flags).succeeds();
    let once = served.emulator.journal().len() - asked;

    let rebuild = [
        &flags[..],
        &["--rebuild", "--parallel", "1", "--retry-timeout", "0s"],
    ]
    .concat();
    let asked = served.emulator.journal().len();
    served.goes_wrong(Rule::new(Fault::status(500)).on_request(10));
    sync(&served, &folder, &rebuild).exits(6);
    served.recovers();
    for (name, content) in &before {
        assert!(fs::read(folder.path("data").join(name)).unwrap() == *content);
    }
    sync(&served, &folder, &rebuild).succeeds();
    // The failed request is sent again.
    assert_eq!(served.emulator.journal().len() - asked, once + 1);
    assert!(visible(&folder) == visible(&fresh));

    let asked = served.emulator.journal().len();
    sync(&served, &folder, &rebuild).succeeds();
    sync(&served, &folder, &[]).succeeds();
    assert_eq!(
        served.emulator.journal().len(),
        asked,
        "nothing is left to rebuild"
    );
}

#[test]
fn the_days_of_an_interrupted_run_with_other_settings_are_not_taken_over() {
    let (served, folder, fresh) = (served(), Folder::new(), Folder::new());
    served.goes_wrong(Rule::new(Fault::status(401)).on_request(10));
    let first = [
        "--format",
        "jsonl",
        "--parallel",
        "1",
        "--retry-timeout",
        "0s",
    ];
    sync(&served, &folder, &first).exits(4);
    served.recovers();
    let flags = ["--format", "jsonl", "--redact"];
    sync(&served, &folder, &flags).succeeds();
    sync(&served, &fresh, &flags).succeeds();
    assert!(visible(&folder) == visible(&fresh));
}

#[cfg(unix)]
fn modes(folder: &Folder) -> Vec<(String, u32)> {
    let mut modes = Vec::new();
    let mut open = vec![folder.path("data")];
    while let Some(path) = open.pop() {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let name = path.strip_prefix(folder.path("")).unwrap();
        modes.push((name.display().to_string(), mode));
        if path.is_dir() {
            open.extend(
                fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
    }
    modes
}

#[cfg(unix)]
#[test]
fn a_folder_is_for_its_owner_unless_the_group_may_read_it() {
    let (served, folder) = (served(), Folder::new());
    sync(&served, &folder, &[]).succeeds();
    for (name, mode) in modes(&folder) {
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
    // Files of earlier runs and new ones, and the folders that contain them.
    for flags in [
        &["--group-readable"][..],
        &["--group-readable", "--rebuild", "--redact"],
    ] {
        sync(&served, &folder, flags).succeeds();
        for (name, mode) in modes(&folder) {
            let private = name.contains("_conversations");
            let expected = match fs::metadata(folder.path(&name)).unwrap().is_dir() {
                true if name.ends_with("_conversations") => 0o700,
                true => 0o750,
                false => 0o640,
            };
            assert!(private || mode == expected, "{name}: {mode:o}");
            assert!(!name.ends_with("_conversations") || mode == expected);
        }
    }
    served
        .run(&folder, &["sync", "s3://bucket/x", "--group-readable"])
        .fails(2, "--group-readable is for a folder on this machine");
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_the_lock_is_not_written_through() {
    for hard in [false, true] {
        let (served, folder) = (served(), Folder::new());
        folder.write("victim", "mine");
        fs::create_dir_all(folder.path("data/_conversations")).unwrap();
        let lock = folder.path("data/_conversations/lock.json");
        if hard {
            fs::hard_link(folder.path("victim"), &lock).unwrap();
        } else {
            symlink(folder.path("victim"), &lock).unwrap();
        }
        folder.write("report.json", "of somebody");
        fs::set_permissions(
            folder.path("report.json"),
            fs::Permissions::from_mode(0o666),
        )
        .unwrap();
        report(&served, &folder, &[]);
        assert_eq!(folder.read("victim"), "mine");
        for path in [lock, folder.path("report.json")] {
            let there = fs::symlink_metadata(&path).unwrap();
            assert!(there.is_file());
            assert_eq!(there.permissions().mode() & 0o777, 0o600);
        }
    }
}
