//! Faults in the content of pages.

use conversations_emulator::Emulator;
use conversations_emulator::fault::{Edge, Fault, FaultPlan, Malformation, Page, Rule};
use serde_json::Value;

use crate::faults_answers::{ask, triggered, with_plan, with_rule};
use crate::raw::exchange;
use crate::support::{expected, ids, is_live, sample};

/// The ids of each v3 page by cursor, up to a number of pages.
async fn walk(emulator: &Emulator, limit: usize, most: usize) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut query = format!("limit={limit}");
    while pages.len() < most {
        let page: Value = ask(emulator, &query).await.json().await.unwrap();
        pages.push(ids(&page));
        match page["cursor"].as_str() {
            Some(cursor) => query = format!("limit={limit}&cursor={cursor}"),
            None => break,
        }
    }
    pages
}

fn everything() -> Vec<String> {
    expected(&sample(), is_live)
}

#[tokio::test]
async fn one_record_of_one_page_is_malformed_as_configured() {
    for (how, inside) in [
        (Malformation::Unclosed, ",{\"id\""),
        (Malformation::TrailingComma, ",},{"),
        (Malformation::NotAnObject, ",42,"),
        (Malformation::BadEscape, "{\"spoiled\":\"\\q\","),
        (Malformation::DuplicateKey, "{\"id\":\"another-id\",\"id\":"),
    ] {
        let emulator = with_rule(Rule::new(Fault::malformed(1, how))).await;
        let seen = exchange(&emulator, "p", "limit=5").await;
        let text = String::from_utf8(seen.body).unwrap();
        assert!(text.contains(inside), "{how:?}");
        let reported = triggered(&emulator);
        assert!(reported[0].1.starts_with("sent record 1 "), "{reported:?}");
    }
}

#[tokio::test]
async fn a_repeated_cursor_equals_the_requests_cursor() {
    let emulator = with_rule(Rule::new(Fault::repeated_cursor()).on_page(Page::Number(3))).await;
    let pages = walk(&emulator, 10, 5).await;
    assert_eq!(pages[2], pages[3]);
    assert_eq!(pages[3], pages[4]);
    assert_ne!(pages[1], pages[2]);
    emulator.faults().assert_all_triggered("p");
}

#[tokio::test]
async fn a_repeated_offset_equals_the_requests_offset() {
    let emulator = with_rule(Rule::new(Fault::repeated_cursor())).await;
    let page: Value = ask(&emulator, "limit=5&offset=15")
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(page["next_offset"], 15);
    let page: Value = ask(&emulator, "limit=5").await.json().await.unwrap();
    assert_eq!(page["next_offset"], 5);
}

#[tokio::test]
async fn endless_cursors_return_empty_pages_with_new_cursors() {
    let emulator = with_rule(Rule::new(Fault::endless_cursors()).times(4)).await;
    let all = everything();
    let pages = walk(&emulator, 50, 100).await;
    let full = all.len().div_ceil(50);
    assert_eq!(pages[..full].concat(), all);
    assert_eq!(pages.len(), full + 4);
    assert!(pages[full..].iter().all(Vec::is_empty));
    assert_eq!(triggered(&emulator).len(), 4);
}

#[tokio::test]
async fn duplicates_occur_at_page_boundaries() {
    let all = everything();
    for (edge, second) in [(Edge::Start, 8..10), (Edge::End, 18..20)] {
        let rule = Rule::new(Fault::duplicate(edge, 2)).on_page(Page::Number(2));
        let emulator = with_rule(rule).await;
        let pages = walk(&emulator, 10, 2).await;
        let mut expected = all[10..20].to_vec();
        let again = all[second].to_vec();
        match edge {
            Edge::Start => drop(expected.splice(..0, again)),
            Edge::End => expected.extend(again),
        }
        assert_eq!((&pages[0], &pages[1]), (&all[..10].to_vec(), &expected));
        emulator.faults().assert_all_triggered("p");
    }
}

#[tokio::test]
async fn records_are_missing_at_page_boundaries() {
    let all = everything();
    let plan = FaultPlan::new()
        .with_rule(Rule::new(Fault::missing(Edge::Start, 1)).on_page(Page::Number(2)))
        .with_rule(Rule::new(Fault::missing(Edge::End, 2)).on_page(Page::Number(2)));
    let emulator = with_plan(plan).await;
    let pages = walk(&emulator, 10, 3).await;
    assert_eq!(pages[1], all[11..18]);
    assert_eq!(pages[2], all[20..30]);
    emulator.faults().assert_all_triggered("p");
}

#[tokio::test]
async fn page_faults_apply_to_clients_that_accept_gzip() {
    let emulator = with_rule(Rule::new(Fault::malformed(0, Malformation::Null))).await;
    let client = reqwest::Client::new();
    let request = client
        .get(crate::support::url(&emulator, "v3", "limit=30"))
        .header("x-api-key", emulator.api_key())
        .header("x-emulator-plan", "p");
    let page: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(page["conversations"][0], Value::Null);
}
