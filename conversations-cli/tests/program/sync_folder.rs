//! `sync`: a folder that cannot be written to, or disappears.

use std::fs;
use std::time::Duration;

use conversations_emulator::Dataset;
use conversations_emulator::fault::{Fault, Rule};

use crate::support::{Folder, Served};
use crate::synced::{APRIL, dataset, finished, report, sync, visible};
#[cfg(unix)]
use crate::ten_days::{JSONL, ten_days};

fn served() -> Served {
    Served::at_a_standstill(dataset(&finished(&Dataset::generate(5, 300))))
}

#[cfg(unix)]
#[test]
fn a_full_disk_loses_nothing_and_the_next_run_goes_on() {
    let (served, whole, folder) = (served(), Folder::new(), Folder::new());
    report(&served, &whole, &[]);
    let expected = visible(&whole);
    let mut sizes: Vec<u64> = expected.values().map(|file| file.len() as u64).collect();
    sizes.sort_unstable();
    // Enough space for the files of most days, but not for the largest.
    let room = sizes[sizes.len() - 2] - 1024;
    let arguments: Vec<_> = APRIL
        .iter()
        .chain(&["--end", "2026-05-01", "--parallel", "1"])
        .copied()
        .collect();
    let failed = served.run_in(&folder, room, &arguments);
    failed.fails(7, "File too large");
    failed.fails(7, "the next run resumes where this one stopped");
    assert!(!folder.path("data/_manifest.json").exists());
    for (name, content) in visible(&folder) {
        assert!(
            expected[&name] == content,
            "{} is half-written",
            name.display()
        );
    }
    report(&served, &folder, &[]);
    assert!(visible(&folder) == expected);
}

#[test]
fn a_folder_that_vanishes_in_the_middle_is_not_passed_off_as_whole() {
    let (served, whole, folder) = (served(), Folder::new(), Folder::new());
    report(&served, &whole, &["--client-env", "live"]);
    let waiting = Fault::stall().for_a_time(Duration::from_secs(60));
    served.goes_wrong(Rule::new(waiting).on_request(12));
    let arguments: Vec<_> = APRIL
        .iter()
        .chain(&["--end", "2026-05-01", "--parallel", "1"])
        .copied()
        .collect();
    let mut child = served.spawn(&folder, &arguments);
    // Each day takes three requests: the fourth day is blocked on its last one.
    while served.emulator.faults().triggered().is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "it never came so far");
        std::thread::sleep(Duration::from_millis(1));
    }
    fs::remove_dir_all(folder.path("data")).unwrap();
    while child.try_wait().unwrap().is_none() {
        served.emulator.clock().advance(Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(child.wait().unwrap().code(), Some(7));
    assert!(!folder.path("data/_manifest.json").exists());
    served.recovers();
    report(&served, &folder, &[]);
    assert!(visible(&folder) == visible(&whole));
}

#[cfg(unix)]
#[test]
fn what_cannot_be_written_to_changes_nothing_that_readers_see() {
    let (served, folder) = (served(), Folder::new());
    report(&served, &folder, &[]);
    let expected = visible(&folder);
    for shut in ["data/_conversations/index", "data/_conversations", "data"] {
        let arguments: Vec<_> = APRIL
            .iter()
            .chain(&["--end", "2026-05-01", "--look-back", "4000d"])
            .copied()
            .collect();
        folder.lock(shut);
        let failed = served.run_unprivileged(&folder, &arguments);
        failed.fails(7, "ermission denied");
        folder.unlock(shut);
        assert!(visible(&folder) == expected, "{shut}");
    }
    report(&served, &folder, &[]);
    assert!(visible(&folder) == expected);
}

#[test]
fn a_file_where_a_folder_is_needed_is_named() {
    let (served, folder) = (served(), Folder::new());
    folder.write("data", "mine");
    sync(&served, &folder, &[]).fails(7, "cannot write data: a file is in place of a folder");
    assert_eq!(folder.read("data"), "mine");
    fs::remove_file(folder.path("data")).unwrap();
    fs::create_dir(folder.path("data")).unwrap();
    folder.write("data/_conversations", "mine");
    sync(&served, &folder, &[]).fails(7, "data/_conversations: a file is in place of a folder");
    assert_eq!(served.emulator.journal().len(), 0);
}

#[cfg(unix)]
#[test]
fn what_others_have_in_the_folder_is_passed_over() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    let (server, folder) = (ten_days(), Folder::new());
    let data = folder.path("data");
    fs::create_dir_all(data.join("of-others")).unwrap();
    fs::write(data.join(OsStr::from_bytes(b"not-\xff-unicode")), "x").unwrap();
    symlink("..", data.join("of-others/loop")).unwrap();
    symlink(".", data.join("loop")).unwrap();
    assert!(make_pipe(&data.join("of-others/pipe")));
    server.sync(&folder, &JSONL).succeeds();
    let done = server.sync(&folder, &JSONL).succeeds();
    assert!(!done.stderr.contains("of-others"), "{}", done.stderr);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_file_is_rejected_at_once() {
    for name in [
        "_manifest.json",
        "_conversations/state.json",
        "_delta_log/00000000000000000000.json",
    ] {
        let (server, folder) = (ten_days(), Folder::new());
        let path = folder.path("data").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(make_pipe(&path));
        server.sync(&folder, &JSONL).fails(
            7,
            &format!("{name} is a pipe, a socket or a device: remove it"),
        );
        assert_eq!(server.asked(), Vec::<String>::new());
    }
}

#[cfg(unix)]
#[test]
fn a_command_does_not_wait_for_a_pipe_in_the_place_of_a_file_of_the_folder() {
    for name in ["_manifest.json", "date=2026-04-03/conversations.jsonl"] {
        let (server, folder) = (ten_days(), Folder::new());
        server.sync(&folder, &JSONL).succeeds();
        let path = folder.path("data").join(name);
        fs::remove_file(&path).unwrap();
        assert!(make_pipe(&path));
        folder
            .run(&["stats", "--from", "data"])
            .fails(2, "it is not a file");
    }
}

/// Creates a pipe.
#[cfg(unix)]
fn make_pipe(path: &std::path::Path) -> bool {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    made.unwrap().success()
}

#[test]
fn a_summary_that_cannot_be_written_fails_the_run_before_anything_is_fetched() {
    let (served, folder) = (served(), Folder::new());
    let failed = sync(&served, &folder, &["--summary", "nowhere/report.json"]);
    failed.fails(7, "the folder nowhere does not exist");
    assert_eq!(served.emulator.journal().len(), 0);
}
