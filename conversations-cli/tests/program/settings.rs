//! Sources of settings, and what is rejected before any request is sent.

use std::process::Stdio;

use conversations_emulator::{Dataset, Emulator};
use tokio::runtime::Runtime;

use crate::support::{Folder, Run, Served};

#[test]
fn settings_come_from_flags_then_the_environment_then_dot_env() {
    let served = Served::new(Dataset::generate(1, 20));
    let folder = Folder::new();
    let emulator = &served.emulator;
    let data = emulator.data();
    folder.write(
        ".env",
        &format!(
            "POLYAI_API_KEY={}\nPOLYAI_BASE_URL={}\nPOLYAI_ACCOUNT_ID='{}'\nPOLYAI_PROJECT_ID=nonsense\n",
            emulator.api_key(),
            emulator.base_url(),
            data.account_id()
        ),
    );
    let export = ["export", "-o", "-"];
    folder.run(&export).fails(5, "no such project");
    let variables = [("POLYAI_PROJECT_ID", data.project_id())];
    folder.run_with(&export, &variables).succeeds();
    folder
        .run_with(&["export", "-o", "-", "--account", "nobody"], &variables)
        .fails(5, "no such account");

    folder.write("key", &format!("{}\n", emulator.api_key()));
    let wrong = [
        ("POLYAI_PROJECT_ID", data.project_id()),
        ("POLYAI_API_KEY", "wrong"),
        ("POLYAI_BASE_URL", emulator.base_url()),
    ];
    folder
        .run_with(&export, &wrong)
        .fails(4, "key was not accepted");
    folder
        .run_with(&["export", "-o", "-", "--api-key-file", "key"], &wrong)
        .succeeds();
}

#[test]
fn every_missing_setting_is_named_with_its_flag_and_its_variable() {
    let folder = Folder::new();
    let export = ["export", "-o", "out.jsonl"];
    folder.run(&export).fails(
        2,
        "missing settings: --region (or POLYAI_REGION), --account (or POLYAI_ACCOUNT_ID), \
         --project (or POLYAI_PROJECT_ID), --api-key-file (or POLYAI_API_KEY)\n",
    );
    let some = [("POLYAI_REGION", "us"), ("POLYAI_API_KEY", " ")];
    folder
        .run_with(&["export", "-o", "x", "--account", "a"], &some)
        .fails(
            2,
            "missing settings: --project (or POLYAI_PROJECT_ID), --api-key-file (or POLYAI_API_KEY)\n",
        );
    assert_eq!(folder.files(), [""; 0]);
}

#[test]
fn invalid_input_is_rejected_with_its_rule_before_anything_is_sent_or_written() {
    let served = Served::new(Dataset::generate(1, 20));
    let folder = Folder::new();
    for (arguments, part) in [
        (&["--region", "mars"][..], "us-1, uk-1"),
        (
            &["--base-url", "https://api.us.poly.ai"],
            "api.us-1.platform.polyai.app",
        ),
        (
            &["--base-url", "http://user:secret@127.0.0.1:1"],
            "user name",
        ),
        (&["--base-url", "http://127.0.0.1:1/v3/x"], "path"),
        (&["--base-url", "http://example.com"], "http"),
        (&["--account", ""], "account"),
        (&["--project", ".."], ".."),
        (&["--page-size", "0"], "1 to 1000"),
        (&["--page-size", "1001"], "1 to 1000"),
        (&["--api-version", "v1", "--page-size", "5001"], "1 to 5000"),
        (
            &["--api-version", "v1", "--channel", "SMS"],
            "--channel is not supported by v1",
        ),
        (&["--include-context-state"], "is supported only by v1"),
        (
            &["--variant-id", "a", "--variant-name", "b"],
            "--variant-name",
        ),
        (
            &["--start", "2026-04-02", "--end", "2026-04-01"],
            "2026-04-01",
        ),
        (&["--start", "yesteryear"], "yesteryear"),
        (&["--client-env", "production"], "live"),
        (&["--in-progress", "maybe"], "maybe"),
        (
            &["--api-key-file", "no-such-file"],
            "cannot use the key file",
        ),
        (&["--demo", "--region", "us"], "--demo"),
    ] {
        let mut all = vec!["export", "-o", "out.jsonl"];
        all.extend(arguments);
        served.run(&folder, &all).fails(2, part);
    }
    assert_eq!(served.emulator.journal().len(), 0);
    assert_eq!(folder.files(), [""; 0]);
}

#[test]
fn a_line_of_dot_env_that_cannot_be_read_is_not_repeated() {
    let folder = Folder::new();
    folder.write(".env", "POLYAI_API_KEY='secret-key-with-an-open-quote\n");
    let failed = folder.run(&["export", "-o", "x"]);
    failed.fails(2, ".env");
    assert!(!failed.stderr.contains("secret"), "{}", failed.stderr);
}

#[test]
fn a_blank_variable_leaves_the_word_to_dot_env() {
    let served = Served::new(Dataset::generate(1, 20));
    let folder = Folder::new();
    folder.write(
        ".env",
        &format!(
            "POLYAI_API_KEY={}\nPOLYAI_BASE_URL={}\n",
            served.emulator.api_key(),
            served.emulator.base_url()
        ),
    );
    let data = served.emulator.data();
    let variables = [
        ("POLYAI_API_KEY", " "),
        ("POLYAI_BASE_URL", ""),
        ("POLYAI_ACCOUNT_ID", data.account_id()),
        ("POLYAI_PROJECT_ID", data.project_id()),
    ];
    folder
        .run_with(&["export", "-o", "-"], &variables)
        .succeeds();
}

#[test]
fn a_key_file_that_holds_more_than_a_key_is_refused_without_showing_it() {
    let served = Served::new(Dataset::generate(1, 20));
    let folder = Folder::new();
    folder.write("key", "first-secret\nsecond-secret\n");
    let failed = served.run(&folder, &["export", "-o", "-", "--api-key-file", "key"]);
    failed.fails(2, "cannot use the key file: the API key cannot be used");
    assert!(!failed.stderr.contains("secret"), "{}", failed.stderr);
    assert_eq!(served.emulator.journal().len(), 0);
}

#[test]
fn a_value_from_a_variable_is_refused_naming_the_variable() {
    let folder = Folder::new();
    let rest = [
        ("POLYAI_API_KEY", "k"),
        ("POLYAI_ACCOUNT_ID", "A"),
        ("POLYAI_PROJECT_ID", "P"),
    ];
    for (name, value, part) in [
        ("POLYAI_REGION", "mars", "us-1, uk-1"),
        ("POLYAI_BASE_URL", "http://127.0.0.1:1/v3", "path"),
        ("POLYAI_BASE_URL", "https://api.uk.poly.ai", "uk-1"),
    ] {
        let mut variables = rest.to_vec();
        variables.push((name, value));
        let failed = folder.run_with(&["export", "-o", "-"], &variables);
        failed.fails(2, &format!("{name}: "));
        failed.fails(2, part);
    }
}

#[test]
fn nobody_reading_the_messages_changes_no_exit_code() {
    let folder = Folder::new();
    let mut child = folder
        .command(&["export", "-o", "x"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

/// Returns the settings for the server as a `.env` file that uses every supported syntax of a line.
fn dot_env(served: &Served) -> String {
    let data = served.emulator.data();
    format!(
        "# settings\r\n\r\nexport POLYAI_API_KEY={}\r\nPOLYAI_BASE_URL=\"{}\"\r\nPOLYAI_ACCOUNT_ID='{}'\r\n\
         POLYAI_PROJECT_ID={} # the agent\r\n",
        served.emulator.api_key(),
        served.emulator.base_url(),
        data.account_id(),
        data.project_id()
    )
}

fn utf_16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

#[test]
fn files_of_settings_are_read_however_they_were_saved() {
    let (served, folder) = (Served::new(Dataset::generate(1, 20)), Folder::new());
    let text = dot_env(&served);
    let marked = format!("\u{feff}{text}");
    for bytes in [
        text.clone().into_bytes(),
        marked.clone().into_bytes(),
        utf_16(&marked, u16::to_le_bytes),
        utf_16(&marked, u16::to_be_bytes),
        utf_16(&text, u16::to_le_bytes),
    ] {
        std::fs::write(folder.path(".env"), bytes).unwrap();
        folder.run(&["list", "-n", "1"]).succeeds();
    }
    folder.write(".env", &text.replace("POLYAI_API_KEY", "OTHER"));
    let key = format!("\u{feff}{}\r\n", served.emulator.api_key());
    // The server comes from a flag: a key of another origin is not sent to a server named in `.env`.
    let url = served.emulator.base_url().to_owned();
    let list = [
        "list",
        "-n",
        "1",
        "--base-url",
        &url,
        "--api-key-file",
        "key",
    ];
    for bytes in [key.clone().into_bytes(), utf_16(&key, u16::to_le_bytes)] {
        std::fs::write(folder.path("key"), bytes).unwrap();
        folder.run(&list).succeeds();
    }
    std::fs::write(folder.path("key"), [b'a', 0xe9]).unwrap();
    let refused = folder.run(&list);
    refused.fails(
        2,
        "cannot use the key file: not a text file in UTF-8 or UTF-16",
    );
}

#[test]
fn a_key_can_come_on_standard_input() {
    use std::io::Write as _;
    let (served, folder) = (Served::new(Dataset::generate(1, 20)), Folder::new());
    folder.write(".env", &dot_env(&served).replace("POLYAI_API_KEY", "OTHER"));
    let url = served.emulator.base_url().to_owned();
    let mut child = folder
        .command(&["list", "-n", "1", "--base-url", &url, "--api-key-file", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{}", served.emulator.api_key()).unwrap();
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_line_of_dot_env_that_cannot_be_read_is_named_with_what_is_wrong() {
    let folder = Folder::new();
    for (line, why) in [
        ("POLYAI_API_KEY secret", "there is no `=`"),
        ("POLYAI-API-KEY=secret", "use letters, digits and `_`"),
        ("POLYAI_API_KEY='secret", "unclosed quote"),
        (
            "POLYAI_API_KEY=secret with spaces",
            "must be enclosed in single quotes",
        ),
    ] {
        folder.write(".env", &format!("# one\nPOLYAI_REGION=us-1\n{line}\n"));
        let failed = folder.run(&["export", "-o", "x"]);
        failed.fails(2, ".env, line 3: ");
        failed.fails(2, why);
        assert!(!failed.stderr.contains("secret"), "{}", failed.stderr);
    }
}

#[test]
fn variables_in_dot_env_are_not_expanded() {
    let (served, folder) = (Served::new(Dataset::generate(1, 20)), Folder::new());
    let account = served.emulator.data().account_id();
    for reference in ["$WORKSPACE", "\"${WORKSPACE}\"", "'$WORKSPACE'"] {
        let text = dot_env(&served).replace(&format!("'{account}'"), reference);
        folder.write(".env", &text);
        let run = Run::of(folder.command(&["list"]).env("WORKSPACE", account));
        run.exits_with(5);
        assert!(!run.stderr.contains(account), "{}", run.stderr);
    }
    folder.write(".env", &format!("{}\nPRICE=5\\$\n", dot_env(&served)));
    folder.run(&["list"]).succeeds();
}

#[test]
fn runs_that_follow_each_other_without_a_pause_are_refused() {
    let folder = Folder::new();
    for every in ["0", "0s", "999ms"] {
        let sync = ["sync", "data", "--demo", "--every", every];
        let refused = folder.run(&sync);
        refused.exits(2);
        assert!(refused.stderr.contains("--every"), "{}", refused.stderr);
    }
    assert_eq!(folder.files(), [""; 0]);
}

type Variable<'a> = (&'a str, &'a str);

/// Returns the variables that everything but the agents host needs, and those of the agents host.
fn agents_variables(emulator: &Emulator) -> ([Variable<'_>; 4], [Variable<'_>; 2]) {
    let data = emulator.data();
    (
        [
            ("POLYAI_API_KEY", emulator.api_key()),
            ("POLYAI_BASE_URL", emulator.base_url()),
            ("POLYAI_ACCOUNT_ID", data.account_id()),
            ("POLYAI_PROJECT_ID", data.project_id()),
        ],
        [
            ("POLYAI_AGENTS_BASE_URL", emulator.agents_base_url()),
            ("POLYAI_AGENTS_API_KEY", emulator.agents_api_key()),
        ],
    )
}

#[test]
fn the_agents_host_may_have_a_key_of_its_own() {
    let runtime = Runtime::new().unwrap();
    let data = Dataset::generate(1, 20);
    let builder = Emulator::builder().data(data).agents_api_key("other-key");
    let emulator = runtime.block_on(builder.start()).unwrap();
    let folder = Folder::new();
    let (list, agents) = agents_variables(&emulator);
    let doctor = ["doctor", "--start", "2026-04-01", "--client-env", "live"];
    let both = folder.run_with(&doctor, &[&list[..], &agents].concat());
    assert!(
        both.stdout.contains("returns single conversations"),
        "{}",
        both.stdout
    );
    // The key of the list is the default.
    let one = folder.run_with(&doctor, &[&list[..], &agents[..1]].concat());
    let text = one.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("set it as POLYAI_AGENTS_API_KEY"), "{text}");
    let export = ["export", "--detail", "--client-env", "all", "-o", "-"];
    folder
        .run_with(&export, &[&list[..], &agents[..1]].concat())
        .exits(4);
    folder
        .run_with(&export, &[&list[..], &agents].concat())
        .succeeds();
    folder.write(
        "conversations.toml",
        &format!(
            "[[project]]\nname = \"a\"\nbase_url = {:?}\naccount = {:?}\nproject = {:?}\nkey_variable = \"LIST\"\n\
             agents_base_url = {:?}\nagents_key_variable = \"AGENTS\"\n",
            emulator.base_url(),
            emulator.data().account_id(),
            emulator.data().project_id(),
            emulator.agents_base_url(),
        ),
    );
    let export = [
        "export",
        "--detail",
        "--projects",
        "conversations.toml",
        "-o",
        "{name}.jsonl",
    ];
    let keys = [("LIST", emulator.api_key()), ("AGENTS", "other-key")];
    folder.run_with(&export, &keys).succeeds();
}

#[test]
fn a_key_is_not_sent_to_an_agents_base_url_of_another_source() {
    let served = Served::new(Dataset::generate(1, 20));
    let (folder, emulator) = (Folder::new(), &served.emulator);
    let (list, agents) = agents_variables(emulator);
    let env_file = |name: &str, value: &str| folder.write(".env", &format!("{name}={value}\n"));
    env_file(agents[0].0, agents[0].1);
    let show = ["show", "CA0"];
    folder.run_with(&show, &list).fails(
        2,
        "cannot send POLYAI_API_KEY from the environment to the base URL of POLYAI_AGENTS_BASE_URL from the file .env",
    );
    folder
        .run_with(&show, &[&list[..], &agents[1..]].concat())
        .fails(2, "cannot send POLYAI_AGENTS_API_KEY from the environment");
    // A flag is never silent.
    let flag = [
        "show",
        "CA0",
        "--agents-base-url",
        emulator.agents_base_url(),
    ];
    folder.run_with(&flag, &list).exits(5);
    env_file(agents[1].0, agents[1].1);
    folder
        .run_with(&show, &[&list[..], &agents[..1]].concat())
        .fails(2, "cannot send POLYAI_AGENTS_API_KEY from the file .env");
    assert!(
        emulator
            .journal()
            .iter()
            .all(|entry| entry.path() == "/v1/agents/PROJECT-DEMO/conversations/CA0")
    );
}
