//! `export`: the file is complete or absent, private, and in the requested location.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use conversations_emulator::Dataset;

use crate::support::{self, Folder, Served};

#[cfg(unix)]
#[test]
fn the_file_is_readable_by_its_owner_only_and_replaces_an_older_one() {
    let folder = Folder::new();
    folder.write("out.jsonl", "old");
    let served = Served::new(Dataset::generate(1, 20));
    served
        .run(&folder, &["export", "-o", "out.jsonl"])
        .succeeds();
    assert_ne!(folder.read("out.jsonl"), "old");
    let mode = fs::metadata(folder.path("out.jsonl"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(folder.files(), ["out.jsonl"]);
}

#[test]
fn a_failed_export_explains_why_and_leaves_neither_file_nor_key_behind() {
    let served = Served::new(Dataset::generate(1, 20));
    let folder = Folder::new();
    let export = ["export", "-o", "out.jsonl"];
    let failed = served.run_as(&folder, &export, "a-wrong-key-nobody-may-see");
    failed.fails(4, "key was not accepted");
    assert!(!failed.stderr.contains("a-wrong-key"), "{}", failed.stderr);
    served
        .run(&folder, &["export", "-o", "out.jsonl", "--project", "P"])
        .fails(5, "no such project");
    served
        .run(&folder, &["export", "-o", "no/such/folder/x"])
        .fails(
            7,
            "cannot write no/such/folder/x: the folder no/such/folder does not exist",
        );
    fs::create_dir(folder.path("folder")).unwrap();
    served
        .run(&folder, &["export", "-o", "folder"])
        .fails(7, "it is a folder");
    fs::remove_dir(folder.path("folder")).unwrap();
    served
        .run(&folder, &["export", "-o", "new/"])
        .fails(7, "give the path of a file");
    let gone = served.stop();
    gone.run(
        &folder,
        &["export", "-o", "out.jsonl", "--retry-timeout", "0s"],
    )
    .fails(6, "refused");
    assert_eq!(folder.files(), [""; 0]);
}

#[test]
fn a_reader_that_goes_away_ends_the_export_quietly() {
    let folder = Folder::new();
    let mut child = folder
        .command(&["export", "--demo", "-o", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[cfg(unix)]
#[test]
fn an_interrupted_export_leaves_nothing_behind() {
    for signal in support::ending_signals() {
        let folder = Folder::new();
        let (url, server) = support::serve_nothing();
        let mut child = folder
            .command(&support::export_from(&url))
            .env("POLYAI_API_KEY", "k")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        server.wait_for_a_request();
        assert_eq!(
            folder.files().len(),
            1,
            "the hidden file is there while it is written"
        );
        support::signal(&child, signal);
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
        assert_eq!(folder.files(), [""; 0], "{signal}");
    }
}

#[test]
fn a_server_that_goes_away_half_way_leaves_the_file_of_an_earlier_run_alone() {
    let folder = Folder::new();
    folder.write("out.jsonl", "of yesterday");
    let (url, server) =
        support::serve_page(r#"{"conversations":[{"id":"CA1"}],"cursor":"there is more"}"#);
    let export = support::export_from(&url);
    let failed = folder.run_with(&export, &[("POLYAI_API_KEY", "k")]);
    server.join().unwrap();
    failed.fails(6, "127.0.0.1");
    assert!(
        failed
            .stderr
            .contains("to resume, run the same command again")
    );
    let part = ["out.jsonl", "out.jsonl.part", "out.jsonl.part.json"];
    assert_eq!(folder.files(), part);
    assert_eq!(folder.read("out.jsonl"), "of yesterday");
    assert_eq!(folder.read("out.jsonl.part"), "{\"id\":\"CA1\"}\n");
}

#[test]
fn what_cannot_be_written_to_is_refused_before_anything_is_fetched() {
    let served = Served::new(Dataset::generate(1, 20));
    let folder = Folder::new();
    folder.write("file", "");
    for output in ["new/", ".", "no/such/folder/x", "file/x"] {
        served
            .run(&folder, &["export", "-o", output])
            .fails(7, output);
    }
    assert_eq!(served.emulator.journal().len(), 0);
}

#[cfg(unix)]
#[test]
fn a_link_stays_and_the_file_behind_it_is_replaced() {
    let folder = Folder::new();
    fs::create_dir(folder.path("store")).unwrap();
    folder.write("store/real.jsonl", "old");
    std::os::unix::fs::symlink("store/real.jsonl", folder.path("link.jsonl")).unwrap();
    let served = Served::new(Dataset::generate(1, 20));
    served
        .run(&folder, &["export", "-o", "link.jsonl", "-q"])
        .succeeds();
    assert!(folder.path("link.jsonl").is_symlink());
    assert!(folder.read("store/real.jsonl").starts_with('{'));
    assert_eq!(fs::read_dir(folder.path("store")).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_written_to_and_not_replaced() {
    let folder = Folder::new();
    let pipe = folder.path("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let served = Served::new(Dataset::generate(1, 20));
    let reader = thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).unwrap()
    });
    served.run(&folder, &["export", "-o", "pipe"]).succeeds();
    // Check this before joining the reader: the reader of a pipe that was replaced would block indefinitely.
    assert!(fs::metadata(pipe).unwrap().file_type().is_fifo());
    let direct = served.run(&folder, &["export", "-o", "-"]).succeeds();
    assert_eq!(reader.join().unwrap(), direct.stdout);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_determines_the_exit_code() {
    let folder = Folder::new();
    let (url, server) = support::serve_page(r#"{"conversations":[{"id":"CA1"}],"cursor":null}"#);
    let mut export = support::export_from(&url);
    export[4] = "-";
    let output = folder
        .command(&export)
        .env("POLYAI_API_KEY", "k")
        .stdout(fs::File::options().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    server.join().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(7), "{words}");
    assert!(
        words.starts_with("error: cannot write standard output: No space"),
        "{words}"
    );
}

/// Kills an export once it has stored a resume point, and runs it again.
fn killed_and_run_again(name: &str, more: &[&str]) {
    let served = Served::new(Dataset::generate(5, 2500));
    let (whole, folder) = (Folder::new(), Folder::new());
    let arguments = ["export", "-o", name, "--page-size", "20"];
    let arguments: Vec<_> = arguments.iter().chain(more).copied().collect();
    served.run(&whole, &arguments).succeeds();
    let undisturbed = served.emulator.journal().len();
    let mut child = served.spawn(&folder, &arguments);
    let note = folder.path(&format!("{name}.part.json"));
    while !note.exists() {
        assert!(
            child.try_wait().unwrap().is_none(),
            "{name} was never part of a whole"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!folder.path(name).exists());
    let asked = served.emulator.journal().len();
    let done = served.run(&folder, &arguments).succeeds();
    assert!(
        done.stderr.contains("resuming the previous run"),
        "{}",
        done.stderr
    );
    let again: Vec<String> = served.emulator.journal()[asked..]
        .iter()
        .map(|request| request.path_and_query().to_owned())
        .collect();
    // The number of windows depends on what the run knows, but their starts show whether it resumed. The last page
    // that was read may be the first one, and is read again.
    let from_the_start = if more.contains(&"--start") {
        let first = |asked: &&String| {
            asked.contains("start_time=2026-03-31T23%3A59%3A59.999") && !asked.contains("cursor=")
        };
        again.iter().filter(first).count() > 1
    } else {
        again.len() > undisturbed
    };
    assert!(!from_the_start, "everything was fetched again: {again:?}");
    assert_eq!(folder.files(), [name]);
    let lines = |folder: &Folder| support::lines_of(&folder.path(name));
    assert!(lines(&folder) == lines(&whole), "{name} {more:?}");
    let count = lines(&whole).len().to_string();
    assert!(
        done.stderr
            .replace(',', "")
            .contains(&format!("{count} conversations ("))
    );
}

#[test]
fn a_killed_export_resumes_page_by_page() {
    for name in ["out.jsonl", "out.jsonl.gz", "out.jsonl.zst"] {
        killed_and_run_again(name, &["--client-env", "all"]);
    }
}

#[test]
fn a_killed_export_resumes_window_by_window() {
    for name in ["out.jsonl", "out.jsonl.gz"] {
        killed_and_run_again(name, &["--start", "2026-04-01", "--end", "2026-05-01"]);
    }
}

#[test]
fn another_command_does_not_go_on_with_what_is_not_its_own() {
    let served = Served::new(Dataset::generate(5, 200));
    let folder = Folder::new();
    folder.write("out.jsonl.part", "what another command wrote");
    folder.write(
        "out.jsonl.part.json",
        r#"{"plan":"of another","bytes":5,"reached":null}"#,
    );
    served
        .run(&folder, &["export", "-o", "out.jsonl"])
        .succeeds();
    assert!(folder.read("out.jsonl").starts_with('{'));
    assert_eq!(folder.files(), ["out.jsonl"]);
}

#[test]
fn two_exports_to_one_file_are_one_too_many() {
    let folder = Folder::new();
    let (url, server) = support::serve_nothing();
    let arguments = support::export_from(&url);
    let mut first = folder.command(&arguments);
    let mut first = first
        .env("POLYAI_API_KEY", "k")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    server.wait_for_a_request();
    folder
        .run_with(&arguments, &[("POLYAI_API_KEY", "k")])
        .fails(8, "another run is writing out.jsonl.part");
    first.kill().unwrap();
    first.wait().unwrap();
}
