//! External text with terminal control sequences, in every field, key, id, metric name and file name.

use std::fs;

use conversations_emulator::Dataset;
use serde_json::{Value, json};

use crate::support::{Folder, Run, Served};

/// Terminal escape sequences, C0 and C1 control characters, all kinds of line breaks, direction marks, tags.
const HOSTILE: &str = "\u{1b}]0;t\u{7}\u{1b}[2J\u{1b}[31m\u{9b}31m\u{85}\u{8}\u{7f}\u{2028}\u{2029}\u{202e}\u{200f}\
                       \u{2066}\u{61c}\u{e0041}\r\nFORGED";

const DAY: [&str; 6] = [
    "--client-env",
    "all",
    "--start",
    "2026-04-01",
    "--end",
    "2026-04-02",
];

fn hostile(name: &str) -> String {
    format!("{name}{HOSTILE}")
}

/// Returns a conversation with hostile text in every field that can hold text.
fn record(id: &str) -> Value {
    let text = |name: &str| json!(hostile(name));
    let within = json!({hostile("key"): [text("value"), {hostile("k"): text("v")}]});
    json!({
        "id": id, "account_id": "ws-1", "project_id": "P", "started_at": "2026-04-01T09:00:00Z",
        "environment": "live", "in_progress": false, "channel": text("CHAT"),
        "variant_id": text("vid"), "variant_name": text("variant"), "from_number": text("+1"),
        "to_number": text("+2"), "handoff": true, "handoff_reason": text("reason"),
        "handoff_destination": text("desk"), "num_turns": 1, "total_duration": 3,
        "metrics": {hostile("METRIC"): text("metric"), "LIST": [text("a"), text("b")]},
        "state": within, "new_field": within, hostile("field"): text("x"),
        "turns": [{
            "user_input": text("refund"), "agent_response": text("agent"), "intents": [text("intent")],
            "translated_user_input": text("translated"), "english_agent_response": text("english"),
            "user_input_dtmf": text("1"), "entities": [{hostile("entity"): text("e")}],
            "asr_lang_code": text("en"), "user_input_datetime": "2026-04-01T09:00:01Z",
            "latency": {"label": text("good"), "perceived_latency": 0.5}, hostile("turn"): text("y"),
        }],
    })
}

fn served() -> Served {
    let records = ["id-1", "id-2"].map(|id| record(&hostile(id)).to_string());
    Served::new(Dataset::from_jsonl(records.join("\n").as_bytes()).unwrap())
}

/// Returns what is wrong with a text for people, if anything.
fn problem(text: &str) -> Option<String> {
    let is_command = |letter: &char| {
        (letter.is_control() && !"\n\t".contains(*letter))
            || matches!(
                letter,
                '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            )
            || matches!(letter, '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
    };
    let found = text.chars().find(is_command);
    let forged = text.lines().find(|line| line.starts_with("FORGED"));
    found
        .map(|letter| format!("{letter:?} in {text:?}"))
        .or_else(|| forged.map(|_| format!("a forged line in {text:?}")))
}

/// Runs commands and collects the problems of their outputs.
struct Check {
    served: Served,
    folder: Folder,
    wrong: Vec<String>,
    runs: usize,
}

impl Check {
    fn new() -> Self {
        Self {
            served: served(),
            folder: Folder::new(),
            wrong: Vec::new(),
            runs: 0,
        }
    }

    fn run(&mut self, arguments: &[&str]) -> Run {
        let run = self.served.run(&self.folder, arguments);
        self.note(arguments, &run);
        run
    }

    fn note(&mut self, arguments: &[&str], run: &Run) {
        self.runs += 1;
        for (stream, text) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
            if let Some(problem) = problem(text) {
                self.wrong
                    .push(format!("{arguments:?}, {stream}: {problem}"));
            }
        }
    }

    /// Runs a command that must succeed, with filters for one day.
    fn day(&mut self, arguments: &[&str]) -> Run {
        self.run(&[arguments, &DAY].concat()).succeeds()
    }

    #[track_caller]
    fn finish(self) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n\n"));
        assert!(self.runs > 0);
    }
}

#[test]
fn no_field_key_id_or_metric_controls_the_terminal_in_any_command_and_output_format() {
    let mut check = Check::new();
    let (id, metric) = (hostile("id-1"), hostile("METRIC"));
    for more in [&[][..], &["--redact"]] {
        for format in ["table", "json", "jsonl", "csv"] {
            for command in [
                &["list"][..],
                &["search", "refund"],
                &["search", "refund", "--snippets"],
                &["sample", "2", "--snippets"],
            ] {
                let format = ["--format", format];
                let shown = check.day(&[command, &format, more].concat());
                assert!(shown.stdout.contains("id-1"), "{}", shown.stdout);
            }
        }
        for format in ["text", "json"] {
            check.day(&[&["show", &id, "--format", format][..], more].concat());
        }
    }
    for format in ["text", "json", "csv"] {
        check.day(&["stats", "--metric", &metric, "--format", format]);
    }
    for format in ["text", "json"] {
        let arguments = ["doctor", "--format", format, "--start", "2026-04-01"];
        check.run(&arguments);
    }
    check.finish();
}

#[test]
fn json_is_escaped_and_holds_the_same_values() {
    let mut check = Check::new();
    let shown = check.day(&["list", "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(shown[0]["id"], hostile("id-1"));
    assert_eq!(shown[0]["turns"][0]["user_input"], hostile("refund"));
    check.finish();
}

#[test]
fn no_report_of_a_migration_controls_the_terminal() {
    let mut check = Check::new();
    let mut other = record(&hostile("id-1"));
    other["variant_name"] = json!("another");
    other["metrics"] = json!({});
    other["turns"][0]["user_input"] = json!("another");
    let other = Served::new(Dataset::from_jsonl(other.to_string().as_bytes()).unwrap());
    let from = other.emulator.base_url();
    let key = [("POLYAI_LEGACY_API_KEY", other.emulator.legacy_api_key())];
    for command in ["check", "plan"] {
        for format in ["text", "markdown", "json"] {
            for file in [&[][..], &["-o", "report"]] {
                let arguments = [
                    "migrate",
                    command,
                    "--format",
                    format,
                    "--from-base-url",
                    from,
                ];
                let more: &[&str] = match command {
                    "check" => &[
                        "--show-values",
                        "--start",
                        "2026-04-01",
                        "--end",
                        "2026-04-02",
                    ],
                    _ => &[],
                };
                let arguments = [&arguments[..], more, file].concat();
                let mut program = check.served.command(&check.folder, &arguments);
                let run = Run::of(program.envs(key));
                assert!(matches!(run.code(), Some(0 | 9 | 10)), "{run:?}");
                check.note(&arguments, &run);
                if !file.is_empty()
                    && let Some(problem) = problem(&check.folder.read("report"))
                {
                    check.wrong.push(format!("{arguments:?}, file: {problem}"));
                }
            }
        }
    }
    check.finish();
}

#[test]
fn no_name_of_a_file_or_value_of_a_flag_controls_the_terminal() {
    let mut check = Check::new();
    // File names cannot contain tags and separators on every system, but everything else.
    let name = hostile("out");
    fs::create_dir(check.folder.path(&name)).unwrap();
    let inside = format!("{name}/{name}");
    let missing = hostile("missing");
    check.day(&["export", "-o", &format!("{inside}.jsonl")]);
    check.day(&[
        "export",
        "-o",
        &format!("{inside}.csv"),
        "--summary",
        &format!("{inside}.json"),
    ]);
    // Not every store accepts such a folder name.
    check.run(&[&["sync", &name][..], &DAY].concat());
    check.day(&["sync", "data"]);
    check.day(&["sync", "data", "--look-back", "4000d"]);
    let from = format!("{inside}.jsonl");
    check.run(&["stats", "--from", &from]).succeeds();
    check.run(&["show", "--from", &from]).succeeds();
    check.run(&["show", &missing, "--from", &from]).exits(5);
    check.folder.write("no.jsonl", "{\"id\":\"a\"}\nno\n");
    fs::copy(
        check.folder.path("no.jsonl"),
        check.folder.path(&format!("{inside}.no")),
    )
    .unwrap();
    let no = format!("{inside}.no");
    check.run(&["stats", "--from", &no]).exits(3);
    check.run(&["show", "--from", &no]).exits(3);

    for arguments in [
        &["export", "-o", &name][..],
        &["export", "-o", &format!("{missing}/out")],
        &["export", "-o", &format!("s3://{missing}")],
        &["export", "-o", "out", "--summary", &format!("{missing}/x")],
        &[
            "export",
            "-o",
            "out",
            "--columns",
            &missing,
            "--format",
            "csv",
        ],
        &["export", "-o", "out", "--shard", &missing],
        &["export", "-o", "out", "--format", &missing],
        &["sync", &from],
        &["list", "--start", &missing],
        &["list", "--client-env", &missing],
        &["list", "--channel", &missing],
        &["list", "--variant-name", &missing],
        &["list", "--limit", &missing],
        &["list", "--region", &missing],
        &["list", "--base-url", &missing],
        &[
            "list",
            "--base-url",
            &format!("http://127.0.0.1:1/{missing}"),
        ],
        &["list", "--account", &missing],
        &["list", "--project", &missing],
        &["list", "--project", &missing, "--project", "x"],
        &[
            "export",
            "-o",
            "{name}",
            "--project",
            &missing,
            "--project",
            &missing,
        ],
        &["list", "--projects", &missing],
        &["list", "--api-key-file", &missing],
        &["list", "--retry-timeout", &missing],
        &[
            "search",
            &missing,
            "--start",
            "2026-04-01",
            "--end",
            "2026-04-02",
        ],
        &["show", &missing, "--start", "2026-04-01"],
        &["show", "--from", &missing],
        &["show", "--from", &name],
        &["stats", "--from", &missing],
        &["stats", "--from", &name],
        &["stats", "--time-zone", &missing],
        &[
            "migrate",
            "check",
            "--require",
            &missing,
            "--start",
            &missing,
        ],
        &["migrate", "report", &missing],
        &["emulator", "--data", &missing],
        &["emulator", "--fault", &missing],
        &["emulator", "--clock", &missing],
        &["emulator", "proxy", "--upstream", &missing],
        &["man", &missing],
        &["completions", &missing],
        &[missing.as_str()],
        &["list", &format!("--{missing}")],
    ] {
        check.run(arguments);
    }
    check.folder.write(
        &missing,
        &format!("[[project]]\nname = {:?}\naccount = \"a\"\n", "x"),
    );
    check.run(&["doctor", "--projects", &missing]);
    let toml = format!(
        "[[project]]\nname = {}\nbase_url = {:?}\naccount = \"ws-1\"\nproject = \"P\"\nkey_variable = {}\n",
        json!(hostile("project"))
            .to_string()
            .replace('\u{7f}', "\\u007f"),
        check.served.emulator.base_url(),
        json!(hostile("VARIABLE"))
            .to_string()
            .replace('\u{7f}', "\\u007f"),
    );
    check.folder.write("p.toml", &toml);
    for format in ["text", "json"] {
        check.run(&["doctor", "--projects", "p.toml", "--format", format]);
    }
    check.run(&["sync", "data", "--projects", "p.toml"]);
    check.finish();
}
