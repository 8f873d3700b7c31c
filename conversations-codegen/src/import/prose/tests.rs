//! Our descriptions when the vendor's prose changes.

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

fn run(new: &str, fingerprints: &mut Fingerprints) -> (String, Vec<ProseChange>) {
    let mut new = node(new);
    let changes = keep_our_prose(&mut new, &node(OURS), fingerprints, |at| at);
    (lay_out(&new), changes)
}

#[test]
fn our_descriptions_are_kept_and_data_is_not_prose() {
    let vendor = OURS
        .replace("Our", "Their")
        .replace(": data", ": other data");
    let mut fingerprints = Fingerprints::default();
    let (text, changes) = run(&vendor, &mut fingerprints);
    assert_eq!(changes, []);
    assert_eq!(
        text,
        lay_out(&node(&OURS.replace(": data", ": other data")))
    );
    assert!(!text.contains("Their"));

    let (_, changes) = run(&vendor, &mut fingerprints);
    assert_eq!(changes, [], "the same words again are no change");
}

#[test]
fn a_value_that_changes_only_in_prose_is_reported() {
    let mut fingerprints = Fingerprints::default();
    run(
        &OURS.replace("Our turn", "Either `CHAT` or VOICE-SIP, 3 at most"),
        &mut fingerprints,
    );
    let (text, changes) = run(
        &OURS.replace("Our turn", "Either `WEBCHAT` or VOICE-SIP, 4 at most"),
        &mut fingerprints,
    );
    let [
        ProseChange::Reworded {
            pointer,
            removed,
            added,
            ..
        },
    ] = &changes[..]
    else {
        panic!("{changes:?}");
    };
    assert_eq!(pointer, "/components/schemas/Turn/description");
    assert_eq!(
        (removed, added),
        (
            &vec!["3".to_owned(), "CHAT".into()],
            &vec!["4".into(), "WEBCHAT".into()]
        )
    );
    assert_eq!(
        missing_descriptions(&node(&text), &fingerprints),
        ["/components/schemas/Turn/description"]
    );
    let reworded = text.replace("Our turn", "Our better turn");
    assert_eq!(
        missing_descriptions(&node(&reworded), &fingerprints),
        [] as [String; 0]
    );
}

#[test]
fn a_new_location_gets_a_placeholder_made_from_its_name() {
    let new = OURS.replace(
        "        description: {",
        "        tone: {type: string, description: Vendor text.}\n        description: {",
    );
    let (text, changes) = run(&new, &mut Fingerprints::default());
    assert!(
        matches!(&changes[..], [ProseChange::New { .. }]),
        "{changes:?}"
    );
    assert!(
        text.contains("description: The field `tone`; to be described."),
        "{text}"
    );
    assert!(!text.contains("Vendor text"));
    assert_eq!(
        missing_descriptions(&node(&text), &Fingerprints::default()).len(),
        1
    );
}

#[test]
fn descriptions_move_with_their_text_and_are_removed_with_it() {
    let vendor = OURS.replace("Our", "Their");
    let mut fingerprints = Fingerprints::default();
    run(&vendor, &mut fingerprints);
    let (text, changes) = run(
        &vendor.replace("    Turn:", "    Exchange:"),
        &mut fingerprints,
    );
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

    let (_, changes) = run("components: {}", &mut fingerprints);
    assert!(
        changes
            .iter()
            .all(|c| matches!(c, ProseChange::Gone { .. }))
    );
    assert_eq!(fingerprints, Fingerprints::default());
}

#[test]
fn descriptions_of_examples_are_prose_but_examples_are_not() {
    let new = "{content: {application/json: {examples: {one: {summary: Vendor text., value: {summary: data}}}}}}";
    let (text, changes) = run(new, &mut Fingerprints::default());
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
