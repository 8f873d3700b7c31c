//! Edits of conversations while clients page.

use std::time::{Duration, SystemTime};

use conversations_emulator::{
    Clock, Dataset, EditError, Emulator, Order, ServerBehavior, Transition,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{ids, lines, page, page_ids, start};

fn record(id: &str, minute: usize) -> String {
    json!({
        "id": id, "account_id": "acme", "project_id": "desk", "in_progress": true,
        "started_at": format!("2026-04-01T{:02}:{:02}:00Z", 9 + minute / 60, minute % 60),
    })
    .to_string()
}

fn ten() -> Dataset {
    let records: Vec<String> = (0..10).map(|n| record(&format!("CA{n}"), 2 * n)).collect();
    lines(&records.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The ids of all pages by cursor; `between` runs after each page.
async fn walk(emulator: &Emulator, limit: usize, mut between: impl FnMut(usize)) -> Vec<String> {
    let mut all = Vec::new();
    let mut query = format!("limit={limit}");
    for number in 1.. {
        let page = page(emulator, "v3", &query).await;
        all.extend(ids(&page));
        between(number);
        match page["cursor"].as_str() {
            Some(cursor) => query = format!("limit={limit}&cursor={cursor}"),
            None => break,
        }
    }
    all
}

#[tokio::test]
async fn edits_are_visible_in_the_next_response() {
    let emulator = start(ten(), ServerBehavior::default()).await;
    emulator
        .edit(|edit| {
            edit.add(record("CA-new", 3))?;
            edit.set("CA4", "total_duration", "77")?;
            edit.set("CA5", "from_number", "\"+15550100\"")?;
            edit.finish("CA6")?;
            edit.redact("CA5")?;
            edit.set_metric("CA7", "CSAT", "[\"4\",\"5\"]")?;
            edit.remove("CA0")
        })
        .unwrap();
    let page = page(&emulator, "v3", "").await;
    assert_eq!(ids(&page)[..3], ["CA1", "CA-new", "CA2"]);
    let of = |id: &str| {
        let records = page["conversations"].as_array().unwrap();
        records.iter().find(|record| record["id"] == id).cloned()
    };
    assert_eq!(of("CA0"), None);
    assert_eq!(of("CA4").unwrap()["total_duration"], 77);
    assert_eq!(of("CA5").unwrap()["from_number"], "[redacted]");
    assert_eq!(of("CA6").unwrap()["in_progress"], false);
    assert_eq!(of("CA7").unwrap()["metrics"], json!({"CSAT": ["4", "5"]}));
    assert_eq!(
        page_ids(&emulator, "v3", "in_progress=false").await,
        ["CA6"]
    );
    assert_eq!(emulator.data().len(), 10);
    assert_eq!(emulator.current_data().records().count(), 10);
    emulator.reset();
    assert!(
        emulator
            .current_data()
            .records()
            .eq(emulator.data().records())
    );
}

#[tokio::test]
async fn a_failed_edit_changes_nothing_and_reports_why() {
    let emulator = start(ten(), ServerBehavior::default()).await;
    for (wrong, error) in [
        (
            Box::new(|edit: &mut conversations_emulator::Edit<'_>| edit.add(record("CA1", 0)))
                as Box<dyn FnOnce(&mut conversations_emulator::Edit<'_>) -> Result<(), EditError>>,
            "a conversation with the id \"CA1\" exists; use `put` to replace it",
        ),
        (
            Box::new(|edit| edit.finish("CA99")),
            "no conversation has the id \"CA99\"",
        ),
        (
            Box::new(|edit| edit.set("CA1", "channel", "SMS")),
            "the value of \"channel\" is not JSON; a string must be quoted",
        ),
        (
            Box::new(|edit| edit.set("CA1", "id", "\"CA2\"")),
            "a conversation with the id \"CA2\" exists; use `put` to replace it",
        ),
        (
            Box::new(|edit| edit.set("CA1", "started_at", "\"soon\"")),
            "the record has no valid `started_at`; use RFC 3339, such as 2026-04-01T09:30:00Z",
        ),
        (
            Box::new(|edit| edit.add("[]")),
            "the record is not a JSON object; write one conversation per line",
        ),
    ] {
        let failed = emulator.edit(|edit| {
            edit.remove("CA0")?;
            wrong(edit)
        });
        assert_eq!(failed.unwrap_err().to_string(), error);
        assert!(
            emulator
                .current_data()
                .records()
                .eq(emulator.data().records())
        );
    }
}

#[tokio::test]
async fn offsets_drift_and_cursors_do_not() {
    let all: Vec<String> = (0..10).map(|n| format!("CA{n}")).collect();
    let emulator = start(ten(), ServerBehavior::default()).await;
    let first = page(&emulator, "v3", "limit=4").await;
    let cursor = first["cursor"].as_str().unwrap();
    emulator
        .edit(|edit| {
            edit.add(record("CA-early", 1))?;
            edit.remove("CA3")
        })
        .unwrap();
    let by_cursor = page_ids(&emulator, "v3", &format!("limit=100&cursor={cursor}")).await;
    assert_eq!(by_cursor, all[4..]);

    emulator.edit(|edit| edit.add(record("CA3", 6))).unwrap();
    let by_offset = page_ids(&emulator, "v3", "limit=100&offset=4").await;
    assert_eq!(by_offset, all[3..], "CA3 is returned a second time");
    emulator.reset();
    emulator
        .edit(|edit| {
            edit.remove("CA0")?;
            edit.remove("CA1")
        })
        .unwrap();
    let by_offset = page_ids(&emulator, "v3", "limit=100&offset=4").await;
    assert_eq!(by_offset, all[6..], "CA4 and CA5 are never returned");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn paging_by_cursor_returns_each_unremoved_conversation_exactly_once(
        edits in prop::collection::vec((any::<bool>(), 0_usize..10, 0_usize..40), 0..8),
        limit in 1_usize..5,
        descending in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let order = if descending { Order::Descending } else { Order::Ascending };
            let emulator = start(ten(), ServerBehavior::default().with_order(order)).await;
            let mut removed = Vec::new();
            let walked = walk(&emulator, limit, |number| {
                let Some((removes, which, minute)) = edits.get(number - 1).copied() else { return };
                if removes && !removed.contains(&which) {
                    emulator.edit(|edit| edit.remove(&format!("CA{which}"))).unwrap();
                    removed.push(which);
                } else {
                    let added = record(&format!("CA-{number}"), minute);
                    emulator.edit(|edit| edit.add(added)).unwrap();
                }
            })
            .await;
            for n in (0..10).filter(|n| !removed.contains(n)) {
                let id = format!("CA{n}");
                assert_eq!(walked.iter().filter(|seen| **seen == id).count(), 1, "{id}");
            }
            let mut distinct = walked.clone();
            distinct.sort();
            distinct.dedup();
            assert_eq!(distinct.len(), walked.len());
        });
    }
}

fn in_progress(page: &Value, id: &str) -> bool {
    let records = page["conversations"].as_array().unwrap();
    let record = records.iter().find(|record| record["id"] == id).unwrap();
    record["in_progress"] == true
}

#[tokio::test]
async fn a_call_ends_after_n_reads_and_other_calls_do_not() {
    let builder = Emulator::builder()
        .data(ten())
        .transition(Transition::finish("CA2").after_reads(2))
        .transition(Transition::set("CA2", "num_turns", "9").after_reads(3));
    let emulator = builder.start().await.unwrap();
    page(&emulator, "v3", "limit=2").await;
    for expected in [true, true, false] {
        let page = page(&emulator, "v3", "").await;
        assert_eq!(in_progress(&page, "CA2"), expected);
        assert!(in_progress(&page, "CA3"));
        assert_eq!(page["conversations"][2].get("num_turns"), None);
    }
    let page = page(&emulator, "v3", "").await;
    assert_eq!(page["conversations"][2]["num_turns"], 9);
}

#[tokio::test]
async fn scheduled_changes_happen_when_the_clock_reaches_them() {
    let minute = Duration::from_secs(60);
    let builder = Emulator::builder()
        .data(ten())
        .clock(Clock::at(SystemTime::UNIX_EPOCH))
        .transition(Transition::finish("CA1").after(minute))
        .transition(Transition::remove("CA1").after(3 * minute))
        .transition(Transition::redact("CA-gone").after(minute));
    let emulator = builder.start().await.unwrap();
    emulator.schedule(Transition::add("CA1", record("CA-late", 50)).after(2 * minute));
    let mut counts = Vec::new();
    for _ in 0..4 {
        let page = page(&emulator, "v3", "in_progress=true").await;
        counts.push(ids(&page).len());
        emulator.clock().advance(minute);
    }
    assert_eq!(counts, [10, 9, 10, 10]);
    assert_eq!(
        page_ids(&emulator, "v3", "in_progress=false").await.len(),
        0
    );
}

#[tokio::test]
async fn by_seed_every_call_in_progress_ends_and_its_metric_arrives_later() {
    let data = Dataset::generate(5, 400);
    let running = data
        .records()
        .filter(|record| {
            let record: Value = serde_json::from_slice(record).unwrap();
            record["in_progress"] == true && record["environment"] == "live"
        })
        .count();
    assert!(running > 1);
    let builder = Emulator::builder()
        .transitions(Transition::seeded(&data, 3))
        .data(data);
    let emulator = builder.start().await.unwrap();
    let mut left = Vec::new();
    let mut arrived = Vec::new();
    for _ in 0..6 {
        let page = page(&emulator, "v3", "limit=1000").await;
        let records = page["conversations"].as_array().unwrap();
        let count =
            |is: &dyn Fn(&Value) -> bool| records.iter().filter(|record| is(record)).count();
        left.push(count(&|record| record["in_progress"] == true));
        arrived.push(count(&|record| {
            record["in_progress"] == false && record["metrics"]["CALL_COMPLETED"] == "true"
        }));
    }
    assert_eq!((left[0], left[5]), (running, 0));
    assert!(left.is_sorted_by(|one, next| one >= next), "{left:?}");
    assert!(
        arrived.is_sorted() && arrived[5] - arrived[0] == running,
        "{arrived:?}"
    );
}
