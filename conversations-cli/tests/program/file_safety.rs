//! `export`: predictable file names, files left by a killed run, and signals that end a run.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::process::Stdio;
use std::time::Duration;

use conversations_emulator::Dataset;
use conversations_emulator::fault::{Fault, Rule};

use crate::support::{self, Folder, Served};

const PAGE: &str = r#"{"conversations":[{"id":"CA1"},{"said":"MARKER"}],"cursor":null}"#;

fn mode(folder: &Folder, name: &str) -> u32 {
    fs::metadata(folder.path(name))
        .unwrap()
        .permissions()
        .mode()
        & 0o777
}

/// Exports one well-formed and one malformed record, with a summary.
fn export_with_every_file(folder: &Folder) {
    let (url, server) = support::serve_page(PAGE);
    let mut arguments = support::export_from(&url).to_vec();
    arguments.extend(["--summary", "summary.json"]);
    let done = folder.run_with(&arguments, &[("POLYAI_API_KEY", "k")]);
    server.join().unwrap();
    done.fails(3, "1 malformed");
    for name in ["out.jsonl", "out.jsonl.malformed.jsonl", "summary.json"] {
        assert!(!folder.path(name).is_symlink(), "{name} is still a link");
        assert_eq!(mode(folder, name), 0o600, "{name}");
        assert_eq!(fs::metadata(folder.path(name)).unwrap().nlink(), 1);
    }
    assert_eq!(folder.read("out.jsonl"), "{\"id\":\"CA1\"}\n");
    assert!(
        folder
            .read("out.jsonl.malformed.jsonl")
            .starts_with("{\"id\":null")
    );
    assert!(folder.read("summary.json").starts_with('{'));
}

const PREDICTABLE: [&str; 4] = [
    "out.jsonl.part",
    "out.jsonl.part.json",
    "out.jsonl.malformed.jsonl",
    "summary.json",
];

#[test]
fn a_link_in_the_place_of_a_file_of_ours_is_not_written_through() {
    for name in PREDICTABLE {
        for hard in [false, true] {
            let folder = Folder::new();
            folder.write("victim", "mine");
            let (victim, place) = (folder.path("victim"), folder.path(name));
            if hard {
                fs::hard_link(victim, place).unwrap();
            } else {
                symlink(victim, place).unwrap();
            }
            export_with_every_file(&folder);
            assert_eq!(folder.read("victim"), "mine", "{name}, hard link: {hard}");
            let stays = folder.files();
            assert!(
                !stays.iter().any(|file| file.contains(".part")),
                "{stays:?}"
            );
        }
    }
}

#[test]
fn a_file_that_others_own_or_can_write_is_replaced_by_a_private_one() {
    for name in PREDICTABLE {
        let folder = Folder::new();
        folder.write(name, "of somebody");
        fs::set_permissions(folder.path(name), fs::Permissions::from_mode(0o666)).unwrap();
        export_with_every_file(&folder);
        let folder = Folder::new();
        folder.write(name, "of somebody");
        // Only an administrator can change the owner of a file.
        if std::os::unix::fs::chown(folder.path(name), Some(1), Some(1)).is_ok() {
            export_with_every_file(&folder);
            for file in folder.files() {
                let owner = fs::metadata(folder.path(&file)).unwrap().uid();
                assert_eq!(owner, 0, "{file} in the place of {name}");
            }
        }
    }
}

#[test]
fn a_pipe_in_the_place_of_a_file_of_ours_is_replaced() {
    for name in &PREDICTABLE[..3] {
        let folder = Folder::new();
        let made = std::process::Command::new("mkfifo")
            .arg(folder.path(name))
            .status();
        assert!(made.unwrap().success());
        export_with_every_file(&folder);
    }
}

#[test]
fn the_quarantine_that_goes_with_a_good_export_is_the_link_and_not_the_file_behind_it() {
    let (served, folder) = (Served::new(Dataset::generate(1, 20)), Folder::new());
    folder.write("victim", "mine");
    symlink(
        folder.path("victim"),
        folder.path("out.jsonl.malformed.jsonl"),
    )
    .unwrap();
    served
        .run(&folder, &["export", "-o", "out.jsonl"])
        .succeeds();
    assert_eq!(folder.read("victim"), "mine");
    assert_eq!(folder.files(), ["out.jsonl", "victim"]);
}

#[test]
fn output_summary_and_quarantine_are_different_files() {
    let (served, folder) = (Served::new(Dataset::generate(1, 20)), Folder::new());
    fs::create_dir(folder.path("sub")).unwrap();
    symlink(folder.path("real.jsonl"), folder.path("link.jsonl")).unwrap();
    folder.write("real.jsonl", "old");
    for files in [
        &["-o", "out.jsonl", "--summary", "out.jsonl"][..],
        &["-o", "out.jsonl", "--summary", "./sub/../out.jsonl"],
        &["-o", "out.jsonl", "--quarantine", "out.jsonl"],
        &["-o", "out.jsonl", "--quarantine", "x", "--summary", "x"],
        &["-o", "out.jsonl", "--summary", "out.jsonl.malformed.jsonl"],
        &["-o", "out.jsonl", "--quarantine", "out.jsonl.part"],
        &["-o", "out.jsonl", "--summary", "out.jsonl.part.json"],
        &["-o", "link.jsonl", "--summary", "real.jsonl"],
        &["-o", "real.jsonl", "--summary", "link.jsonl"],
        &["-o", "-", "--summary", "-"],
    ] {
        let arguments = [&["export"], files].concat();
        served
            .run(&folder, &arguments)
            .fails(2, "must be different files");
    }
    assert_eq!(served.emulator.journal().len(), 0);
    assert_eq!(folder.files(), ["link.jsonl", "real.jsonl", "sub"]);
    assert_eq!(folder.read("real.jsonl"), "old");
    let devices = ["-o", "/dev/null", "--summary", "/dev/null", "-q"];
    served
        .run(&folder, &[&["export"], &devices[..]].concat())
        .succeeds();
}

#[test]
fn no_command_writes_a_file_twice_or_over_one_that_it_reads() {
    let (served, folder) = (Served::new(Dataset::generate(1, 20)), Folder::new());
    fs::create_dir(folder.path("there")).unwrap();
    symlink(folder.path("there"), folder.path("link")).unwrap();
    folder.write("there/index.csv", "kept");
    folder.write("ids", "CA1\n");
    folder.write("key", "secret");
    for arguments in [
        &["audio", "CA1", "-o", "a.wav", "--summary", "a.wav"][..],
        &["audio", "-o", "calls", "--summary", "calls/index.csv"],
        &[
            "audio",
            "-o",
            "link",
            "--index",
            "jsonl",
            "--summary",
            "there/index.csv",
        ],
        &["audio", "-o", "calls", "--log-file", "calls/index.csv"],
        &["audio", "-o", "calls", "--ids", "ids", "--summary", "ids"],
        &["audio", "CA1", "-o", "-", "--summary", "-"],
        &["migrate", "check", "--resume", "p.json", "-o", "p.json"],
        &[
            "migrate",
            "plan",
            "--legacy-api-key-file",
            "key",
            "-o",
            "key",
        ],
        &["export", "-o", "key", "--api-key-file", "key"],
        &["sync", "data", "--summary", "data/_manifest.json"],
    ] {
        served
            .run(&folder, arguments)
            .fails(2, "must be different files");
    }
    assert_eq!(folder.files(), ["ids", "key", "link", "there"]);
    assert_eq!(folder.read("there/index.csv"), "kept");
    assert!(served.emulator.journal().is_empty());
    let stream = ["export", "-o", "-", "--api-key-file", "-"];
    let failed = served.run(&folder, &stream);
    assert!(
        !failed.stderr.contains("different files"),
        "{}",
        failed.stderr
    );
}

#[test]
fn a_log_is_no_other_file_of_the_command() {
    let (served, folder) = (Served::new(Dataset::generate(1, 20)), Folder::new());
    symlink(folder.path("real.jsonl"), folder.path("link.jsonl")).unwrap();
    folder.write("real.jsonl", "{\"id\":\"a\"}\n");
    for (command, log) in [
        (&["export", "-o", "out.jsonl"][..], "out.jsonl"),
        (&["export", "-o", "out.jsonl"], "./out.jsonl"),
        (&["export", "-o", "out.jsonl"], "out.jsonl.part"),
        (&["export", "-o", "out.jsonl"], "out.jsonl.malformed.jsonl"),
        (&["export", "-o", "a", "--quarantine", "b"], "b"),
        (&["export", "-o", "a", "--summary", "b"], "b"),
        (&["export", "-o", "link.jsonl"], "real.jsonl"),
        (&["sync", "data", "--summary", "b"], "b"),
        (&["report", "-o", "a.html"], "a.html"),
        (&["stats", "--from", "real.jsonl"], "link.jsonl"),
        (&["migrate", "check", "--demo", "--resume", "b"], "b"),
    ] {
        let arguments = [command, &["--log-file", log]].concat();
        served
            .run(&folder, &arguments)
            .fails(2, "and --log-file must be different files");
    }
    assert_eq!(folder.files(), ["link.jsonl", "real.jsonl"]);
    assert_eq!(folder.read("real.jsonl"), "{\"id\":\"a\"}\n");
    let fine = ["export", "-o", "out.jsonl", "--log-file", "out.log"];
    served.run(&folder, &fine).succeeds();
}

/// Starts an export and waits until it is blocked on its second page.
fn stalled(served: &Served, folder: &Folder, name: &str) -> std::process::Child {
    let waiting = Fault::stall().for_a_time(Duration::from_secs(60));
    served.goes_wrong(Rule::new(waiting).on_request(2));
    let arguments = ["export", "-o", name, "--page-size", "50"];
    let mut child = served.spawn(folder, &arguments);
    while served.emulator.faults().triggered().is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "it never came so far");
        std::thread::sleep(Duration::from_millis(1));
    }
    child
}

#[test]
fn an_export_removes_what_a_killed_one_has_left_and_nothing_of_one_that_runs() {
    for name in ["out.csv", "out.csv.gz", "out.parquet"] {
        let served = Served::at_a_standstill(Dataset::generate(1, 200));
        let folder = Folder::new();
        let mut killed = stalled(&served, &folder, name);
        killed.kill().unwrap();
        killed.wait().unwrap();
        served.recovers();
        let mut running = stalled(&served, &folder, name);
        served.recovers();
        let other = ["export", "-o", "other.jsonl", "-q"];
        served.run(&folder, &other).succeeds();
        let hidden = |folder: &Folder| {
            let files = folder.files().into_iter();
            files.filter(|file| file.starts_with('.')).count()
        };
        assert_eq!(
            hidden(&folder),
            1,
            "{name}: that of the export that still runs"
        );
        served.emulator.clock().advance(Duration::from_secs(60));
        assert!(running.wait().unwrap().success(), "{name}");
        let mut files = [name, "other.jsonl"];
        files.sort_unstable();
        assert_eq!(folder.files(), files);
    }
}

#[test]
fn a_hangup_that_is_ignored_does_not_end_an_export() {
    let served = Served::at_a_standstill(Dataset::generate(1, 200));
    let folder = Folder::new();
    let waiting = Fault::stall().for_a_time(Duration::from_secs(60));
    served.goes_wrong(Rule::new(waiting).on_request(2));
    let arguments = ["export", "-o", "out.csv", "--page-size", "50", "-q"];
    let mut command = served.command_after(&folder, "trap '' HUP", &arguments);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    while served.emulator.faults().triggered().is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "it never came so far");
        std::thread::sleep(Duration::from_millis(1));
    }
    support::signal(&child, "HUP");
    served.emulator.clock().advance(Duration::from_secs(60));
    assert!(child.wait().unwrap().success());
    assert_eq!(folder.files(), ["out.csv"]);
}

#[test]
fn a_limit_on_the_size_of_files_is_reported_like_a_full_disk() {
    let (served, folder) = (Served::new(Dataset::generate(1, 200)), Folder::new());
    for name in ["out.jsonl", "out.csv", "out.parquet"] {
        let arguments = ["export", "-o", name, "-q"];
        let failed = served.run_after(&folder, "ulimit -f 4", &arguments);
        failed.fails(7, "File too large");
        assert_eq!(folder.files(), [""; 0], "{name}");
    }
    let setup = "ulimit -f 4; exec >out.jsonl";
    let failed = served.run_after(&folder, setup, &["export", "-o", "-", "-q"]);
    failed.fails(7, "cannot write standard output: File too large");
}
