//! Stale actions, their candidates, and their correction in place.

use super::*;

const OVERLAY: &str = "\
# Why.
overlay: 1.0.0
info: {title: fix, version: '1'}
actions:
  # The reason.
  - target: $.components.schemas.Turn.properties   # kept
    description: a turn has more
    update: {barge_in: {type: boolean}}
  - target: '$.components.schemas.Turn.required[?@ != ''id'']'
    description: less is certain
    remove: true
  - target: $.components.schemas.Turn.properties.barge_in
    description: behind the first
    update: {nullable: true}
";

fn document(name: &str) -> Document {
    Document::parse(
        "api.yaml",
        &format!(
            "{{openapi: 3.0.1, components: {{schemas: {{{name}: {{type: object, required: [id, text], \
             properties: {{id: {{type: string}}, text: {{type: string}}}}}}}}}}}}"
        ),
    )
    .unwrap()
}

fn overlay(text: &str) -> OverlayText {
    OverlayText {
        name: "fix.overlay.yaml".into(),
        text: text.into(),
    }
}

#[test]
fn a_rename_is_found_at_every_action_and_corrected_in_place() {
    let overlay = overlay(OVERLAY);
    let stale = examine(
        std::slice::from_ref(&overlay),
        &document("Turn"),
        &document("Exchange"),
    )
    .unwrap();
    let numbers: Vec<_> = stale
        .iter()
        .map(|action| (action.number, action.line))
        .collect();
    assert_eq!(numbers, [(1, 6), (2, 9), (3, 12)]);
    let corrected = corrected(&overlay, &stale).unwrap();
    assert_eq!(
        corrected.text,
        OVERLAY.replace("schemas.Turn", "schemas.Exchange")
    );
    let again = examine(&[corrected], &document("Turn"), &document("Exchange")).unwrap();
    assert_eq!(again, []);
}

#[test]
fn a_shared_overlay_still_matches_the_old_name() {
    let overlay = overlay(OVERLAY);
    let (old, new) = (document("Turn"), document("Exchange"));
    let stale = examine(std::slice::from_ref(&overlay), &old, &new).unwrap();
    let widened = widened(&overlay, &stale).unwrap();
    assert!(
        widened
            .text
            .contains("target: $.components.schemas['Turn','Exchange'].properties   # kept"),
        "{}",
        widened.text
    );
    for document in [old, new] {
        let stale = examine(std::slice::from_ref(&widened), &document, &document).unwrap();
        assert_eq!(stale, []);
    }
}

#[test]
fn a_change_of_an_inlined_schema_that_became_a_reference_moves_to_its_target() {
    let document = |text: &str| Document::parse("api.yaml", text).unwrap();
    let old = document("{openapi: 3.0.1, x: {schema: {type: object}}}");
    let new = document(
        "{openapi: 3.0.1, x: {schema: {$ref: '#/components/schemas/Page'}}, components: {schemas: {Page: {type: object}}}}",
    );
    let overlay = overlay(
        "overlay: 1.0.0\ninfo: {title: fix, version: '1'}\nactions:\n  - target: $.x.schema\n    \
         description: more is kept\n    update: {additionalProperties: true}\n",
    );
    let stale = examine(std::slice::from_ref(&overlay), &old, &new).unwrap();
    assert_eq!(stale[0].sure.as_deref(), Some("$.components.schemas.Page"));
    let corrected = corrected(&overlay, &stale).unwrap();
    assert_eq!(examine(&[corrected], &old, &new).unwrap(), []);
}

#[test]
fn an_ambiguous_stale_action_is_reported_and_not_changed() {
    let overlay = overlay(&OVERLAY.replace("properties   #", "gone   #"));
    let stale = examine(
        std::slice::from_ref(&overlay),
        &document("Turn"),
        &document("Turn"),
    )
    .unwrap();
    assert_eq!(stale.len(), 2, "{stale:?}");
    assert_eq!(stale[0].sure, None);
    assert_eq!(corrected(&overlay, &stale), None);
    let message = stale[0].to_string();
    assert!(message.starts_with("fix.overlay.yaml:6: action 1 (a turn has more): target $.components.schemas.Turn.gone matches nothing"), "{message}");
}

#[test]
fn a_dangling_reference_of_an_overlay_is_rejected() {
    let overlay =
        overlay(&OVERLAY.replace("{type: boolean}", "{$ref: '#/components/schemas/Gone'}"));
    let error = examine(&[overlay], &document("Turn"), &document("Turn")).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`#/components/schemas/Gone` leads nowhere"),
        "{error}"
    );
}

#[test]
fn an_action_that_adds_what_the_new_document_has_itself_is_reported() {
    let document = |properties: &str, parameters: &str| {
        let text = format!(
            "{{openapi: 3.0.1, parameters: [{parameters}], components: {{schemas: {{Turn: {{type: object, \
             required: [id, text], properties: {{id: {{type: string}}, text: {{type: string}}{properties}}}}}}}}}}}"
        );
        Document::parse("api.yaml", &text).unwrap()
    };
    let overlay = overlay(&format!(
        "{OVERLAY}  - target: $.parameters\n    description: a parameter that is kept\n    \
         update: {{name: a, in: query, description: Ours.}}\n"
    ));
    let overlay = std::slice::from_ref(&overlay);
    let old = document("", "{name: b, in: query}, {name: a, in: header}");
    let new = document(
        ", barge_in: {type: string}",
        "{name: a, in: header}, {name: a, in: query}",
    );
    let stale = examine(overlay, &old, &new).unwrap();
    let reported: Vec<_> = stale
        .iter()
        .map(|action| (action.number, &action.published[..]))
        .collect();
    assert_eq!(
        reported,
        [
            (1, &["barge_in".to_owned()][..]),
            (4, &["a".to_owned()][..])
        ]
    );
    let message = stale[0].to_string();
    assert!(
        message.contains("adds barge_in, which the document has itself now"),
        "{message}"
    );
    assert!(message.contains("delete the action"), "{message}");
    assert_eq!(corrected(&overlay[0], &stale), None);
    assert_eq!(examine(overlay, &new, &new).unwrap(), [], "reported once");
}
