//! Several projects in one run: each has its own files, and a failure of one does not stop the others.

use conversations_emulator::Dataset;

use crate::support::{Folder, Served};

/// Returns a configuration file of projects, each with the line that gives the source of its key.
pub(crate) fn file(entries: &[(&str, &Served, &str)]) -> String {
    let entry = |(name, served, key): &(&str, &Served, &str)| {
        let data = served.emulator.data();
        format!(
            "[[project]]\nname = {name:?}\nbase_url = {:?}\naccount = {:?}\nproject = {:?}\n{key}\n",
            served.emulator.base_url(),
            data.account_id(),
            data.project_id(),
        )
    };
    entries.iter().map(entry).collect()
}

#[test]
fn each_project_is_exported_to_its_own_file_and_the_one_that_fails_is_named() {
    let (sales, help) = (
        Served::new(Dataset::generate(1, 60)),
        Served::new(Dataset::generate(2, 90)),
    );
    let folder = Folder::new();
    folder.write("help.key", help.emulator.api_key());
    let projects = file(&[
        ("sales", &sales, "key_variable = \"SALES_KEY\""),
        ("gone / büro", &sales, "key_variable = \"WRONG_KEY\""),
        ("help", &help, "key_file = \"help.key\""),
    ]);
    folder.write("conversations.toml", &projects);
    let arguments = [
        "export",
        "--projects",
        "conversations.toml",
        "-o",
        "out-{name}.jsonl",
    ];
    let variables = [
        ("SALES_KEY", sales.emulator.api_key()),
        ("WRONG_KEY", "wrong"),
    ];
    let done = folder.run_with(&arguments, &variables);
    done.fails(4, "error: gone / büro: the API key was not accepted");
    assert!(
        done.stderr.contains("2 of 3 projects completed"),
        "{}",
        done.stderr
    );
    let files = [
        "conversations.toml",
        "help.key",
        "out-help.jsonl",
        "out-sales.jsonl",
    ];
    assert_eq!(folder.files(), files);
    for (served, name) in [(&sales, "out-sales.jsonl"), (&help, "out-help.jsonl")] {
        let alone = Folder::new();
        served
            .run(&alone, &["export", "-o", "out.jsonl"])
            .succeeds();
        assert_eq!(folder.read(name), alone.read("out.jsonl"));
    }
}

#[test]
fn each_project_is_synchronised_to_its_own_folder() {
    let (sales, help) = (
        Served::new(Dataset::generate(1, 60)),
        Served::new(Dataset::generate(2, 90)),
    );
    let folder = Folder::new();
    let key = "key_variable = \"THE_KEY\"";
    folder.write(
        "p.toml",
        &file(&[("sales", &sales, key), ("help", &help, key)]),
    );
    let arguments = [
        "sync",
        "data",
        "--projects",
        "p.toml",
        "--start",
        "2026-04-01",
        "--end",
        "2026-05-01",
    ];
    let variables = [("THE_KEY", sales.emulator.api_key())];
    folder.run_with(&arguments, &variables).succeeds();
    for name in ["sales", "help"] {
        let manifest = folder.read(&format!("data/project={name}/_manifest.json"));
        assert!(manifest.contains(".parquet"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        let mode = |name: &str| {
            let there = std::fs::metadata(folder.path(name)).unwrap();
            there.permissions().mode() & 0o777
        };
        assert_eq!(mode("data"), 0o700);
        let arguments = [&arguments[..], &["--group-readable"]].concat();
        folder.run_with(&arguments, &variables).succeeds();
        for name in ["data", "data/project=sales"] {
            assert_eq!(mode(name), 0o750, "{name}");
        }
    }
}

#[test]
fn a_file_of_projects_that_is_wrong_is_refused_with_its_line_and_without_its_text() {
    let folder = Folder::new();
    for (text, part) in [
        ("", "p.toml, line 1: missing field `project`"),
        ("project = []", "lists no projects"),
        (
            "[[project]]\nname = \"a\"\nkey = \"MARKER\"\n",
            "p.toml, line 3: unknown field `key`",
        ),
        ("[[project]]\naccount = MARKER\n", "p.toml, line 2: "),
        (
            "[[project]]\naccount=\"a\"\nproject=\"p\"\nregion=\"us\"\n[[project]]\naccount=\"a\"\nproject=\"p\"\nregion=\"uk\"",
            "two projects have the name \"p\"",
        ),
    ] {
        folder.write("p.toml", text);
        let arguments = ["export", "--projects", "p.toml", "-o", "{name}.jsonl"];
        let done = folder.run(&arguments);
        done.fails(2, part);
        assert!(!done.stderr.contains("MARKER"), "{}", done.stderr);
    }
    folder.write(
        "p.toml",
        "[[project]]\naccount=\"a\"\nproject=\"p\"\nregion=\"us\"\nkey_variable=\"NOT_SET\"",
    );
    folder
        .run(&["export", "--projects", "p.toml", "-o", "{name}.jsonl"])
        .fails(2, "error: p: the environment variable NOT_SET is not set");
    folder
        .run(&["export", "--projects", "p.toml", "-o", "one.jsonl"])
        .fails(2, "--output must contain {name}");
}

#[test]
fn projects_that_share_a_key_are_named_by_repetition() {
    let served = Served::new(Dataset::generate(1, 60));
    let folder = Folder::new();
    let project = served.emulator.data().project_id().to_owned();
    let arguments = [
        "export",
        "-o",
        "{name}.jsonl",
        "--project",
        &project,
        "--project",
        "GONE",
    ];
    let done = served.run(&folder, &arguments);
    done.fails(5, "error: GONE: there is no such project here");
    assert_eq!(folder.files(), [format!("{project}.jsonl")]);
}

#[test]
fn a_command_that_reads_one_project_refuses_several() {
    let folder = Folder::new();
    folder.write("p.toml", "");
    for several in [
        &["--projects", "p.toml"][..],
        &["--project", "a", "--project", "b"],
    ] {
        let search = [
            "search",
            "x",
            "--start",
            "2026-04-01",
            "--end",
            "2026-04-02",
        ];
        let sample = [&["sample", "5"][..], &search[2..]].concat();
        for command in [
            &search[..],
            &sample[..],
            &["show", "CA0"],
            &["audio", "CA0", "-o", "calls"],
            &["migrate", "check"],
        ] {
            let arguments = [command, several].concat();
            folder.run(&arguments).fails(2, "reads one project");
            let command = if command[0] == "migrate" {
                command
            } else {
                &command[..1]
            };
            let help = folder.run(&[command, &["--help"]].concat()).stdout;
            assert!(!help.contains("--projects") && !help.contains("Studio; repeatable"));
        }
    }
    folder
        .run(&["list", "--demo", "--projects", "p.toml"])
        .fails(2, "cannot be used with");
}
