//! `schema`, `completions` and `man`: reference output for other programs, without any settings.

use conversations_emulator::Dataset;
use serde_json::Value;

use crate::support::{COMMANDS, Folder};

#[test]
fn the_schema_knows_every_field_of_a_record_and_of_its_turns() {
    let folder = Folder::new();
    let schema = folder.run(&["schema"]).succeeds().stdout;
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["required"], serde_json::json!(["id"]));
    let turn = &schema["$defs"]["ConversationTurn"];
    for schema in [&schema, turn] {
        assert_ne!(
            schema["additionalProperties"], false,
            "new fields are valid"
        );
    }
    let records = Dataset::generate(4, 50);
    let records: Vec<Value> = records
        .records()
        .map(|record| serde_json::from_slice(record).unwrap())
        .collect();
    let unknown = |fields: &Value, schema: &Value| -> Vec<String> {
        let fields = fields.as_object().unwrap().keys();
        fields
            .filter(|field| !schema["properties"][*field].is_object())
            .cloned()
            .collect()
    };
    // Most records match the documentation; servers add some fields before they are documented.
    let plain = |fields: &[Vec<String>]| fields.iter().filter(|unknown| unknown.is_empty()).count();
    let of_records: Vec<_> = records
        .iter()
        .map(|record| unknown(record, &schema))
        .collect();
    assert!(plain(&of_records) > records.len() / 2, "{of_records:?}");
    let turns = records
        .iter()
        .flat_map(|record| record["turns"].as_array().unwrap());
    let of_turns: Vec<_> = turns.map(|fields| unknown(fields, turn)).collect();
    assert!(plain(&of_turns) > of_turns.len() / 2, "{of_turns:?}");
}

#[test]
fn each_version_has_a_schema_of_its_own_and_one_of_its_pages() {
    let folder = Folder::new();
    let schema = |arguments: &[&str]| {
        let printed = folder.run(&[&["schema"], arguments].concat()).succeeds();
        serde_json::from_str::<Value>(&printed.stdout).unwrap()
    };
    let v1 = schema(&["--api-version", "v1"]);
    assert!(v1["properties"]["context_state"].is_object());
    assert!(schema(&[])["properties"]["context_state"].is_null());
    let page = schema(&["--page"]);
    assert!(
        page["properties"]["conversations"].is_object() && page["properties"]["cursor"].is_object()
    );
    assert_eq!(schema(&["--api-version", "v2"])["title"], "Conversation");
}

#[test]
fn shells_learn_every_command() {
    let folder = Folder::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = folder.run(&["completions", shell]).succeeds().stdout;
        for command in COMMANDS {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    folder
        .run(&["completions", "tcsh"])
        .fails(2, "invalid value");
}

#[test]
fn there_is_a_manual_page_for_each_command() {
    let folder = Folder::new();
    assert!(
        folder
            .run(&["man"])
            .succeeds()
            .stdout
            .contains(".TH conversations 1")
    );
    let page = folder.run(&["man", "export"]).succeeds().stdout;
    assert!(page.contains(".TH conversations-export 1") && page.contains("Examples:"));
    let (_, after) = page.split_once("\nExamples:\n").unwrap();
    assert!(after.starts_with(".nf\n  conversations export "), "{after}");
    let nested = folder.run(&["man", "migrate", "plan"]).succeeds().stdout;
    assert!(nested.contains(".TH conversations-migrate-plan 1"));
    assert!(nested.contains("\n  10   not ready\n"));
    assert_eq!(
        nested.matches("\n.nf\n").count(),
        nested.matches("\n.fi\n").count()
    );
    for unknown in [&["man", "nothing"][..], &["man", "migrate", "nothing"]] {
        folder.run(unknown).fails(2, "unknown command \"nothing\"");
    }
    folder
        .run(&["man", "--dir", "pages"])
        .succeeds()
        .says_nothing();
    for command in COMMANDS {
        let page = folder.read(&format!("pages/conversations-{command}.1"));
        assert!(page.contains(".SH SYNOPSIS"), "{command}");
    }
    let pages = std::fs::read_dir(folder.path("pages")).unwrap();
    for page in pages.map(|page| page.unwrap().file_name().into_string().unwrap()) {
        assert!(!page.contains("help"), "{page} repeats another page");
    }
    folder.write("file", "");
    folder
        .run(&["man", "--dir", "file"])
        .fails(7, "cannot write file");
}
