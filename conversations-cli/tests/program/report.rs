//! `report`: the numbers of `stats`, masked transcripts, a file for its owner, and text that cannot leave its place.
//! `.ci/browser` opens the page in a browser.

use std::os::unix::fs::PermissionsExt as _;

use conversations_emulator::Dataset;
use conversations_emulator::fault::{Fault, Malformation, Rule};
use serde_json::{Value, json};

use crate::projects;
use crate::support::{Folder, Served};

const RECORDS: usize = 300;

/// One day of the sample data: masking transcripts is slow in a debug build.
const DAY: [&str; 5] = ["--demo", "--start", "2026-04-01", "--end", "2026-04-02"];

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Returns a folder with one conversation in a file.
fn one(record: &Value) -> Folder {
    let folder = Folder::new();
    folder.write("one.jsonl", &record.to_string());
    folder
}

/// Returns the page of a report.
fn page(folder: &Folder, arguments: &[&str]) -> String {
    let arguments = [&["report", "-q", "-o", "page.html"][..], arguments].concat();
    folder.run(&arguments).succeeds();
    folder.read("page.html")
}

/// Returns the content of the elements with data for the script.
fn data(page: &str) -> Vec<Value> {
    let parts = page.split("<script type=\"application/json\"").skip(1);
    let parts = parts.map(|part| part.split_once('>').unwrap().1);
    parts
        .map(|part| json(part.split_once("</script>").unwrap().0))
        .collect()
}

fn call() -> Value {
    json!({
        "id": "CA1", "started_at": "2026-04-01T09:00:00Z", "channel": "VOICE-SIP", "environment": "live",
        "from_number": "+441234567890", "to_number": "+449876543210", "handoff": true,
        "handoff_reason": "REASON", "num_turns": 1, "total_duration": 61, "metrics": {"NAME": "Zebediah"},
        "turns": [{"user_input": "I am Zebediah", "agent_response": "Good morning Zebediah"}],
    })
}

#[test]
fn the_numbers_are_those_of_stats() {
    let folder = Folder::new();
    let options = [
        "--demo",
        "--metric",
        "LANGUAGE",
        "--time-zone",
        "Europe/London",
    ];
    let stats = [&["stats", "--format", "json"][..], &options].concat();
    let stats = json(&folder.run(&stats).succeeds().stdout);
    let report = [&["report", "--format", "json"][..], &options].concat();
    assert_eq!(json(&folder.run(&report).succeeds().stdout), stats);
    let page = page(&folder, &[&options[..], &["--no-transcripts"]].concat());
    for day in stats["days"].as_array().unwrap() {
        let count = &day["conversations"];
        let noun = if count == 1 {
            "conversation"
        } else {
            "conversations"
        };
        let label = format!("{count} {noun}, {} handed off", day["handoffs"]);
        let value = format!(
            "data-value=\"{}\" aria-label=\"",
            day["date"].as_str().unwrap()
        );
        let bar = page.split(&value).nth(1).expect(&value);
        assert!(bar.split('"').next().unwrap().ends_with(&label), "{label}");
    }
    let rows = data(&page)[0]["rows"].as_array().unwrap().len();
    assert_eq!(stats["conversations"], rows);
    let shares = stats["silence_by_turn"].as_array().unwrap();
    assert!(shares.iter().any(|at| at["silent"].as_u64() > Some(0)));
}

#[test]
fn a_file_gives_the_page_that_the_api_gives() {
    let (served, folder) = (Served::new(Dataset::generate(21, RECORDS)), Folder::new());
    let all = ["--client-env", "all"];
    for file in ["all.jsonl", "all.parquet"] {
        let export = ["export", "-q", "--include-latency", "-o", file];
        served
            .run(&folder, &[&export[..], &all].concat())
            .succeeds();
    }
    let report = ["report", "-q", "-o", "api.html", "--metric", "INTENT"];
    served
        .run(&folder, &[&report[..], &all].concat())
        .succeeds();
    let from_api = folder.read("api.html");
    for file in ["all.jsonl", "all.parquet"] {
        let from_file = page(&folder, &["--from", file, "--metric", "INTENT"]);
        assert!(from_file == from_api, "{file}");
    }
}

#[test]
fn the_file_is_for_its_owner_and_its_policy_forbids_every_request() {
    let folder = Folder::new();
    let done = folder.run(&[&["report"][..], &DAY].concat()).succeeds();
    assert!(
        done.stderr.contains("conversations in report.html"),
        "{}",
        done.stderr
    );
    assert_eq!(done.stdout, "");
    let mode = folder
        .path("report.html")
        .metadata()
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let page = folder.read("report.html");
    let policy = page
        .split("Content-Security-Policy\" content=\"")
        .nth(1)
        .unwrap();
    let policy = policy.split('"').next().unwrap().replace("&#39;", "'");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'sha256-"),
        "{policy}"
    );
    assert!(
        !policy.contains("unsafe") && !policy.contains('*'),
        "{policy}"
    );
    for part in ["http://", "https://", " src=", "@import", "url("] {
        assert!(!page.contains(part), "{part}");
    }
}

#[test]
fn transcripts_are_masked_unless_requested_and_phone_numbers_are_never_there() {
    let folder = one(&call());
    let from = ["--from", "one.jsonl"];
    let with = |more: &[&str]| page(&folder, &[&from[..], more].concat());
    for (more, name, agent) in [
        (&[][..], false, true),
        (&["--no-transcripts"][..], false, false),
        (&["--with-transcripts"][..], true, true),
    ] {
        let page = with(more);
        assert_eq!(page.contains("Zebediah"), name, "{more:?}");
        assert_eq!(page.contains("Good morning"), agent, "{more:?}");
        assert!(
            !page.contains("441234567890") && !page.contains("449876543210"),
            "{more:?}"
        );
        assert!(page.contains("REASON"), "{more:?}");
    }
    let metric = ["--metric", "NAME"];
    assert!(
        with(&metric).contains("Zebediah"),
        "a requested metric is counted by its values"
    );
    let masked = with(&[&metric[..], &["--redact"]].concat());
    assert!(!masked.contains("Zebediah") && !masked.contains("REASON"));
    let kept = with(&[&metric[..], &["--redact", "--keep", "NAME"]].concat());
    assert!(kept.contains("Zebediah") && !kept.contains("REASON"));
    folder
        .run(&[
            "report",
            "--from",
            "one.jsonl",
            "--redact",
            "--with-transcripts",
        ])
        .fails(2, "cannot be used with");
}

#[test]
fn text_from_elsewhere_cannot_leave_its_place() {
    let attack = "</script><script>alert(1)</script><!-- \" ' onclick=x <img src=y>\u{202e}";
    let mut record = call();
    for field in [
        "id",
        "channel",
        "variant_name",
        "environment",
        "handoff_reason",
    ] {
        record[field] = attack.into();
    }
    record["metrics"] = json!({"NAME": [attack, "b"], attack: attack});
    record["turns"] =
        json!([{"user_input": attack, "agent_response": attack, "intents": [attack]}]);
    let folder = one(&record);
    let arguments = [
        "--from",
        "one.jsonl",
        "--with-transcripts",
        "--title",
        attack,
    ];
    let page = page(
        &folder,
        &[&arguments[..], &["--metric", "NAME", "--metric", attack]].concat(),
    );
    let scripts = page.matches("<script").count();
    assert_eq!((scripts, page.matches("</script").count()), (3, 3));
    assert!(!page.contains("<img") && !page.contains("<!--"));
    let data = data(&page);
    assert_eq!(data[1][0][0]["user"], attack);
    let label = data[0]["labels"][0].as_str().unwrap();
    assert_eq!(
        label,
        attack.replace('\u{202e}', " "),
        "labels are those of the charts"
    );
}

#[test]
fn a_table_of_some_conversations_is_named_a_sample() {
    let folder = Folder::new();
    let sized = |size: &str| page(&folder, &[&DAY[..], &["--table-size", size]].concat());
    let whole = page(&folder, &DAY);
    assert!(!whole.contains("random sample"));
    let all = data(&whole)[0]["rows"].as_array().unwrap().len();
    let sample = sized("10");
    let notice = format!("a random sample: 10 of {all} conversations");
    assert!(sample.contains(&notice), "{notice}");
    assert_eq!(data(&sample)[0]["rows"].as_array().unwrap().len(), 10);
    assert_eq!(sample, sized("10"));
    let none = sized("0");
    assert!(!none.contains("id=\"table\"") && none.contains("class=\"heat\""));
    for inert in [
        "<button type=\"button\" class=",
        "<button type=\"button\" tabindex=",
        "data-filter=\"",
        "role=\"button\"",
        "Arrow keys",
    ] {
        assert!(whole.contains(inert) && !none.contains(inert), "{inert}");
    }
}

#[test]
fn a_comparison_counts_the_period_before() {
    let folder = Folder::new();
    let report = [
        "report",
        "--demo",
        "--start",
        "2026-04-15",
        "--end",
        "2026-04-17",
        "--compare",
        "--format",
        "json",
    ];
    let report = json(&folder.run(&report).succeeds().stdout);
    let stats = |start: &str, end: &str| {
        let arguments = [
            "stats", "--demo", "--start", start, "--end", end, "--format", "json",
        ];
        json(&folder.run(&arguments).succeeds().stdout)
    };
    let (now, before) = (
        stats("2026-04-15", "2026-04-17"),
        stats("2026-04-13", "2026-04-15"),
    );
    for key in ["conversations", "rates", "percentiles", "counts", "days"] {
        assert_eq!(report[key], now[key], "{key}");
        assert_eq!(report["previous"][key], before[key], "{key}");
    }
    assert_eq!(report["malformed"], 0);
    assert_eq!(report["previous"].get("malformed"), None);
    let page = page(
        &folder,
        &[
            "--demo",
            "--start",
            "2026-04-15",
            "--end",
            "2026-04-17",
            "--compare",
        ],
    );
    assert!(page.contains(&format!("{} before, ", before["conversations"])));
    assert!(page.contains("compared with Apr 13, 2026 00:00 to Apr 15, 2026 00:00"));
    folder
        .run(&["report", "--demo", "--compare"])
        .fails(2, "--start");
    folder.write("one.jsonl", &call().to_string());
    let from = [
        "report",
        "--from",
        "one.jsonl",
        "--compare",
        "--start",
        "2026-04-01",
    ];
    folder
        .run(&from)
        .fails(2, "--compare with --from requires --end");
}

#[test]
fn recordings_next_to_the_page_are_linked() {
    let mut record = call();
    record["id"] = "a b".into();
    let folder = one(&record);
    std::fs::create_dir(folder.path("calls")).unwrap();
    folder.write("calls/a%20b.wav", "");
    let arguments = ["--from", "one.jsonl", "--recordings", "calls"];
    let page = page(&folder, &arguments);
    let row = &data(&page)[0]["rows"][0];
    assert_eq!(row[14], "calls/a%2520b.wav");
    let url = format!("file://{}", folder.path("url.html").display());
    let to_url = [&["report", "-q", "-o", &url][..], &arguments].concat();
    folder.run(&to_url).succeeds();
    assert_eq!(&data(&folder.read("url.html"))[0]["rows"][0][14], &row[14]);
    for output in ["s3://bucket/page.html", "-"] {
        let report = [&["report", "-o", output][..], &arguments].concat();
        folder
            .run(&report)
            .fails(2, "--recordings requires a file as --output");
    }
    folder
        .run(&["report", "--demo", "--recordings", "none"])
        .fails(2, "cannot read none");
}

#[test]
fn nothing_to_report_is_a_page_without_charts() {
    let folder = Folder::new();
    folder.write("empty.jsonl", "");
    let page = page(&folder, &["--from", "empty.jsonl"]);
    assert!(page.contains("no start times") && !page.contains("class=\"heat\""));
}

#[test]
fn a_report_replaces_nothing_that_it_reads_and_no_export() {
    let folder = one(&call());
    let record = folder.read("one.jsonl");
    std::fs::create_dir(folder.path("sub")).unwrap();
    std::os::unix::fs::symlink(folder.path("one.jsonl"), folder.path("link")).unwrap();
    folder.write("records", &record);
    for (from, output) in [
        ("one.jsonl", "one.jsonl"),
        ("one.jsonl", "./sub/../one.jsonl"),
        ("link", "one.jsonl"),
        ("one.jsonl", "link"),
        ("records", "records"),
    ] {
        for format in ["html", "json"] {
            let report = ["report", "--from", from, "--format", format, "-o", output];
            folder.run(&report).fails(2, "would replace what --from");
        }
    }
    let sync = ["sync", "calls", "-q"];
    folder.run(&[&sync[..], &DAY].concat()).succeeds();
    let day = "calls/date=2026-04-01/conversations.parquet";
    for output in [day, "calls/_manifest.json", "calls/report.html"] {
        let report = ["report", "--from", "calls", "-o", output];
        folder
            .run(&report)
            .fails(2, "is in the folder that --from calls reads");
    }
    let report = ["report", "--from", "one.jsonl", "-o"];
    for export in ["other.jsonl.gz", "other.csv", "other.parquet"] {
        let report = [&report[..], &[export]].concat();
        folder
            .run(&report)
            .fails(2, "the file extension of an export");
    }
    assert_eq!(folder.read("one.jsonl"), record);
    assert_eq!(folder.read("records"), record);
    folder.run(&["stats", "--from", "calls"]).succeeds();
}

#[test]
fn a_transcript_that_cannot_be_decoded_is_not_the_same_as_none() {
    let mut odd = call();
    odd["state"] = 5.into();
    let mut silent = call();
    silent["id"] = "CA2".into();
    silent["turns"] = json!([]);
    let folder = one(&odd);
    folder.write("one.jsonl", &format!("{odd}\n{silent}\n"));
    for more in [&[][..], &["--with-transcripts"]] {
        let page = page(&folder, &[&["--from", "one.jsonl"], more].concat());
        assert_eq!(data(&page)[1], json!([null, []]), "{more:?}");
    }
}

#[test]
fn what_is_missing_is_in_every_output() {
    let (good, bad) = (
        Served::new(Dataset::generate(1, 30)),
        Served::new(Dataset::generate(2, 30)),
    );
    let folder = Folder::new();
    let key = "key_variable = \"THE_KEY\"";
    let file = projects::file(&[("bad <b>", &bad, key), ("good", &good, key)]);
    folder.write("p.toml", &file);
    let variables = [("THE_KEY", good.emulator.api_key())];
    let run = |command: &[&str]| {
        good.goes_wrong(Rule::new(Fault::malformed(0, Malformation::NoId)).once());
        bad.goes_wrong(Rule::new(Fault::status(403)).from_request(2));
        let projects = [
            "--projects",
            "p.toml",
            "--client-env",
            "all",
            "--page-size",
            "10",
        ];
        let run = folder.run_with(&[command, &projects].concat(), &variables);
        assert_eq!(run.code(), Some(4), "{}", run.stderr);
        run.stdout
    };
    let stats = json(&run(&["stats", "--format", "json"]));
    assert_eq!(stats["conversations"], 29 + 10);
    assert_eq!(stats["failed_projects"], json!(["bad <b>"]));
    assert_eq!(stats["malformed"], 1);
    assert_eq!(json(&run(&["report", "--format", "json"])), stats);
    let missing =
        "failed projects, which are not counted in full: bad <b>; 1 malformed record skipped";
    let text = run(&["stats"]).replace('\n', " ");
    assert!(text.contains(&format!("incomplete: {missing}")), "{text}");
    let csv = run(&["stats", "--format", "csv"]);
    assert!(csv.contains("total,malformed,1\ntotal,failed_projects,1\n"));
    run(&["report", "-o", "page.html"]);
    let notice = missing.replace('<', "&#60;").replace('>', "&#62;");
    assert!(folder.read("page.html").contains(&notice));
}
