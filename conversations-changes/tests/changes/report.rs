//! The report in every output format.

use conversations_changes::{
    Inputs, Report, Revision, SourceFile, Surface, Verdict, Waivers, changes,
};
use conversations_codegen::Document;
use serde_json::json;

use crate::documents::{Edited, optional_text, take};
use crate::rust::surfaces;

/// A small source tree with a line of each role.
fn sources() -> Vec<SourceFile> {
    let file = |path: &str, text: &str| SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    vec![
        file(
            "conversations-emulator/src/readings.rs",
            "    /// The v3 document says 1000 for `limit`.\n    v1_limits: Limits::new(5, 5000),\n    v3_limits: Limits::new(1000, 1000),\n",
        ),
        file(
            "conversations-api-ext/src/version.rs",
            "fn limits(self) -> Limits {\n    match self {\n        Self::V1 => Limits { max: 5000 },\n        Self::V2 | Self::V3 => Limits { max: 1_000 },\n",
        ),
        file(
            "conversations-api-ext/src/query.rs",
            "builder.sample(Sample::Random)\n/// `sample=random` picks some.\n",
        ),
        file(
            "conversations-cli/tests/list.rs",
            "let channel = \"WEBCHAT\";\n",
        ),
        file(
            "README.md",
            "Pages hold at most 1,000 records (`limit`).\n`WEBCHAT` is one of the channels.\n",
        ),
    ]
}

fn monday() -> (Edited, Edited) {
    let old = Edited::v3();
    let mut new = old.clone();
    new.parameter("limit")["schema"]["maximum"] = json!(5000);
    new.parameter("limit")["schema"]["default"] = json!(5);
    new.parameters()
        .retain(|parameter| parameter["name"] != "sample");
    new.parameters()
        .push(optional_text("language", "Language spoken."));
    take(
        &mut new.schemas()["ConversationTurn"]["properties"],
        "is_ood",
    );
    let channel = new.property("Conversation", "channel");
    channel["description"] = json!(
        channel["description"]
            .as_str()
            .unwrap()
            .replace("WEBCHAT", "chat.polyai")
    );
    new.property("Conversation", "id")["example"] = json!("CA00");
    (old, new)
}

fn with_report<T>(waivers: &str, look: impl FnOnce(&Report) -> T) -> T {
    let (old, new) = monday();
    let surfaces: Vec<Surface> = surfaces(&old.0, &new.0).unwrap();
    let mut earlier = old.clone();
    earlier.parameter("limit")["schema"]["maximum"] = json!(5000);
    look(&Report::new(&Inputs {
        title: "v3",
        old: &old.0,
        new: &new.0,
        history: &[Revision::new("b1d1fd4", "2026-03-02", earlier.0)],
        surfaces: Ok(&surfaces),
        reworded: &[],
        sources: &sources(),
        waivers: &Waivers::parse("waivers.yaml", waivers).unwrap(),
        version: Some("0.1.0"),
    }))
}

const NO_WAIVERS: &str = "waivers: []";

#[test]
fn the_text_report_fits_100_columns() {
    with_report(NO_WAIVERS, |report| {
        let text = report.text();
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
        insta::assert_snapshot!("text", text);
    });
}

#[test]
fn the_markdown_report_matches_its_snapshot() {
    with_report(NO_WAIVERS, |report| {
        insta::assert_snapshot!("markdown", report.markdown());
    });
}

#[test]
fn annotations_point_at_the_line_of_the_document() {
    let text = std::fs::read_to_string(crate::documents::path("v3")).unwrap();
    let edited = text
        .replace("maximum: 1000", "maximum: 500")
        .replace("default: 1000", "default: 500")
        .replace("example: sandbox", "example: live");
    let old = Document::parse("old.yaml", &text).unwrap();
    let new = Document::parse("new.yaml", &edited).unwrap();
    let report = Report::new(&Inputs {
        title: "v3",
        old: old.tree(),
        new: new.tree(),
        history: &[],
        surfaces: Err("not asked for"),
        reworded: &[],
        sources: &[],
        waivers: &Waivers::default(),
        version: None,
    });
    let out = report.github("openapi/conversations-v3.yaml", &edited);
    let commands: Vec<&str> = out.lines().collect();
    let [maximum, default] = commands[..] else {
        panic!("an annotation each, and none for the example: {out}");
    };
    assert!(
        maximum.starts_with("::error file=openapi/conversations-v3.yaml,line="),
        "{maximum}"
    );
    assert!(default.starts_with("::warning "), "{default}");
    for (command, said) in [(maximum, "maximum: 500"), (default, "default: 500")] {
        let number = command
            .split("line=")
            .nth(1)
            .unwrap()
            .split(',')
            .next()
            .unwrap();
        let line = edited
            .lines()
            .nth(number.parse::<usize>().unwrap() - 1)
            .unwrap();
        assert_eq!(line.trim(), said);
    }
}

#[test]
fn the_json_report_has_every_column() {
    with_report(NO_WAIVERS, |report| {
        let json = report.json();
        assert_eq!(json["verdict"], "breaking");
        assert_eq!(json["next_version"], "0.2.0");
        let changes = json["changes"].as_array().unwrap();
        let removed = changes
            .iter()
            .find(|change| change["check"] == "parameter-removed")
            .unwrap();
        assert_eq!(removed["level"], "breaking");
        assert_eq!(
            removed["surface"][0]["item"],
            "builder::ListConversations::sample()"
        );
        assert_eq!(
            removed["uses"][0]["path"],
            "conversations-api-ext/src/query.rs"
        );
        let raised = changes
            .iter()
            .find(|change| change["facet"] == "maximum")
            .unwrap();
        assert_eq!(raised["seen_before"]["date"], "2026-03-02");
    });
}

#[test]
fn a_waived_change_is_not_breaking_and_an_unused_waiver_is_reported() {
    let (old, new) = monday();
    let breaking: Vec<String> = changes(&old.0, &new.0, &[])
        .iter()
        .filter(|change| change.level() == conversations_changes::Level::Breaking)
        .map(|change| {
            format!(
                "  - {{document: v3, fingerprint: {}, check: {}, location: '{}', reason: agreed}}\n",
                change.fingerprint(),
                change.check.id,
                change.location
            )
        })
        .collect();
    let idle = "  - {document: v3, fingerprint: 0000000000000000, check: server-added, location: servers, reason: r}\n";
    let elsewhere = idle.replace("v3", "v1");
    let location = "GET /v3/{account_id}/{project_id}/conversations query limit";
    let stale = format!(
        "  - {{document: v3, fingerprint: 0000000000000001, check: request-bound-loosened, location: '{location}', reason: r}}\n"
    );
    with_report(NO_WAIVERS, |report| {
        assert_eq!(report.verdict(), Verdict::Breaking);
    });
    with_report(
        &format!("waivers:\n{}{idle}{elsewhere}{stale}", breaking.concat()),
        |report| {
            assert_eq!(report.verdict(), Verdict::Compatible);
            let text = report.text();
            assert!(text.contains("waived: agreed"), "{text}");
            let advice: Vec<String> = report
                .idle_waivers
                .iter()
                .map(conversations_changes::UnusedWaiver::advice)
                .collect();
            // The waiver of another document does not apply.
            assert_eq!(advice.len(), 2, "{advice:?}");
            assert!(
                advice[0].starts_with("unused: 0000000000000000"),
                "{advice:?}"
            );
            assert!(
                advice[1].contains("now: maximum 1000 -> 5000"),
                "{advice:?}"
            );
        },
    );
}

#[test]
fn an_incomplete_waiver_is_rejected() {
    for (waiver, reason) in [
        (
            "{document: v3, fingerprint: a, check: path-removed, location: p, reason: ' '}",
            "has no reason",
        ),
        (
            "{document: v3, fingerprint: a, check: path-gone, location: p, reason: r}",
            "does not exist",
        ),
        (
            "{document: v3, fingerprint: a, check: path-removed, location: p}",
            "missing field `reason`",
        ),
        (
            "{document: v3, fingerprint: a, check: path-removed, location: p, reason: r, until: 2027}",
            "unknown field `until`",
        ),
    ] {
        let refusal = Waivers::parse("waivers.yaml", &format!("waivers: [{waiver}]")).unwrap_err();
        let message = refusal.to_string();
        assert!(
            message.starts_with("waivers.yaml") && message.contains(reason),
            "{message}"
        );
    }
}

#[test]
fn a_fingerprint_depends_only_on_its_change() {
    let (old, new) = monday();
    let print = |old: &Edited, new: &Edited| {
        let all = changes(&old.0, &new.0, &[]);
        all.iter()
            .find(|change| change.facet == "maximum")
            .unwrap()
            .fingerprint()
    };
    let first = print(&old, &new);
    let (mut more_old, mut more_new) = (old.clone(), new.clone());
    for document in [&mut more_old, &mut more_new] {
        document
            .parameters()
            .insert(0, optional_text("first", "In front."));
        document.parameter("limit")["description"] = json!("Other words.");
    }
    assert_eq!(print(&more_old, &more_new), first);
    more_new.parameter("limit")["schema"]["maximum"] = json!(4000);
    assert_ne!(print(&more_old, &more_new), first);
}
