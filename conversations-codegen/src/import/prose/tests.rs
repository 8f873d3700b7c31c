//! Our words, through a vendor's changes.

use super::*;
use crate::import::layout::lay_out;
use crate::import::source::Source;
use crate::import::tree::yaml;

fn node(text: &str) -> Node {
    yaml::read(&Source::from_bytes("a.yaml", text.as_bytes()).unwrap()).unwrap()
}

const OURS: &str = "
components:
  schemas:
    Turn:
      description: Our turn.
      properties:
        description: {type: string, description: Our field.}
      example: {description: data}
";

fn run(new: &str, ledger: &mut Ledger) -> (String, Vec<ProseChange>) {
    let mut new = node(new);
    let changes = keep_our_words(&mut new, &node(OURS), ledger, |at| at);
    (lay_out(&new), changes)
}

#[test]
fn our_words_stay_and_data_is_not_prose() {
    let vendor = OURS
        .replace("Our", "Their")
        .replace(": data", ": other data");
    let mut ledger = Ledger::default();
    let (text, changes) = run(&vendor, &mut ledger);
    assert_eq!(changes, []);
    assert_eq!(
        text,
        lay_out(&node(&OURS.replace(": data", ": other data")))
    );
    assert!(!text.contains("Their"));

    let (_, changes) = run(&vendor, &mut ledger);
    assert_eq!(changes, [], "the same words again are no change");
}

#[test]
fn a_value_that_changes_in_prose_only_is_seen_by_name() {
    let mut ledger = Ledger::default();
    run(
        &OURS.replace("Our turn", "Either `CHAT` or VOICE-SIP, 3 at most"),
        &mut ledger,
    );
    let (text, changes) = run(
        &OURS.replace("Our turn", "Either `WEBCHAT` or VOICE-SIP, 4 at most"),
        &mut ledger,
    );
    let [
        ProseChange::Reworded {
            place,
            gone,
            gained,
            ..
        },
    ] = &changes[..]
    else {
        panic!("{changes:?}");
    };
    assert_eq!(place, "/components/schemas/Turn/description");
    assert_eq!(
        (gone, gained),
        (
            &vec!["3".to_owned(), "CHAT".into()],
            &vec!["4".into(), "WEBCHAT".into()]
        )
    );
    assert_eq!(
        to_be_worded(&node(&text), &ledger),
        ["/components/schemas/Turn/description"]
    );
    let reworded = text.replace("Our turn", "Our better turn");
    assert_eq!(to_be_worded(&node(&reworded), &ledger), [] as [String; 0]);
}

#[test]
fn a_new_place_gets_words_made_from_its_name() {
    let new = OURS.replace(
        "        description: {",
        "        tone: {type: string, description: Vendor text.}\n        description: {",
    );
    let (text, changes) = run(&new, &mut Ledger::default());
    assert!(
        matches!(&changes[..], [ProseChange::New { .. }]),
        "{changes:?}"
    );
    assert!(
        text.contains("description: The field `tone`; to be described."),
        "{text}"
    );
    assert!(!text.contains("Vendor text"));
    assert_eq!(to_be_worded(&node(&text), &Ledger::default()).len(), 1);
}

#[test]
fn words_follow_their_text_to_another_place_and_go_when_it_goes() {
    let vendor = OURS.replace("Our", "Their");
    let mut ledger = Ledger::default();
    run(&vendor, &mut ledger);
    let (text, changes) = run(&vendor.replace("    Turn:", "    Exchange:"), &mut ledger);
    assert_eq!(
        text,
        lay_out(&node(&OURS.replace("    Turn:", "    Exchange:")))
    );
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert!(
        changes
            .iter()
            .all(|c| matches!(c, ProseChange::Moved { .. }))
    );

    let (_, changes) = run("components: {}", &mut ledger);
    assert!(
        changes
            .iter()
            .all(|c| matches!(c, ProseChange::Gone { .. }))
    );
    assert_eq!(ledger, Ledger::default());
}

#[test]
fn what_is_said_about_an_example_is_prose_and_the_example_is_not() {
    let new = "{content: {application/json: {examples: {one: {summary: Vendor text., value: {summary: data}}}}}}";
    let (text, changes) = run(new, &mut Ledger::default());
    assert!(
        matches!(&changes[0], ProseChange::New { .. }),
        "{changes:?}"
    );
    assert!(
        text.contains("summary: The example `one`; to be described."),
        "{text}"
    );
    assert!(text.contains("summary: data"), "{text}");
    assert!(!text.contains("Vendor text"), "{text}");
}
