//! A reader that is slower than the server stalls no source, and loses no position.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use conversations_api_ext::{Projects, Query};

use crate::{
    listing::{Listing, every_ten_minutes, in_range},
    scripted::{Scripted, page},
    support::april,
};

/// Long enough for everything that is read ahead to arrive.
const PAUSE: Duration = Duration::from_millis(300);

#[tokio::test]
async fn no_page_is_requested_while_the_read_ahead_is_full() {
    let records = |from: u32, cursor: &str| {
        let records: Vec<_> = (from..from + 64)
            .map(|id| format!(r#"{{"id":"{id}"}}"#))
            .collect();
        page(&format!(
            r#"{{"conversations":[{}],"cursor":{cursor}}}"#,
            records.join(",")
        ))
    };
    let server = Scripted::start([records(0, r#""x""#), records(64, "null")]).await;
    let client = server.builder().read_ahead(32).build().unwrap();
    let mut stream = client.records(Query::v3());
    // The second half of the page fills the read-ahead.
    for _ in 0..33 {
        stream.next_record().await.unwrap().unwrap();
    }
    tokio::time::sleep(PAUSE).await;
    assert_eq!(server.requests().len(), 1);
    let mut rest = 0;
    while stream.next_record().await.unwrap().is_some() {
        rest += 1;
    }
    assert_eq!((rest, server.requests().len()), (95, 2));
}

#[tokio::test]
async fn projects_take_turns() {
    let mut servers = Vec::new();
    for _ in 0..2 {
        servers.push(Listing::start(every_ten_minutes(300), in_range).await);
    }
    let projects = Projects::new(servers.iter().map(Listing::client));
    let mut records = projects.records(Query::v3());
    let mut sources: Vec<String> = Vec::new();
    while let Some(record) = records.next_record().await.unwrap() {
        sources.push(record.client().base_url().as_str().to_owned());
        // Until both have records waiting.
        if sources[0] == sources[sources.len() - 1] {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let turns: Vec<_> = sources.chunk_by(|one, other| one == other).collect();
    let turns: Vec<_> = turns.iter().map(|turn| turn.len()).collect();
    assert!(
        turns.len() > 8 && turns[1..8].iter().all(|turn| *turn <= 32),
        "{turns:?}"
    );
}

#[tokio::test]
async fn windows_take_turns() {
    let server = Listing::start(every_ten_minutes(1500), in_range).await;
    let query = Query::v3().page_size(20).unwrap();
    let mut records = server.client().parallel(query, april());
    let (mut last, mut jumps) = (None, 0);
    while let Some(record) = records.next_record().await.unwrap() {
        let start = record.started_at().unwrap();
        let is_near = |last: DateTime<Utc>| (start - last).abs() <= TimeDelta::minutes(10);
        jumps += u32::from(last.replace(start).is_some_and(|last| !is_near(last)));
        // Windows arrive while the reader waits.
        tokio::time::sleep(Duration::from_micros(100)).await;
    }
    // One window after the other, there would be a jump for each.
    assert!(jumps > 30, "{jumps}");
}

#[tokio::test]
async fn in_order_the_checkpoint_moves_with_every_page_also_of_windows_that_were_read_ahead() {
    let server = Listing::start(every_ten_minutes(3000), in_range).await;
    let stream = || {
        let query = Query::v3().page_size(20).unwrap();
        server.client().parallel(query, april()).in_order()
    };
    let mut records = stream();
    let (mut ids, mut places) = (Vec::new(), vec![(records.checkpoint(), 0)]);
    let mut pages = records.pages_read();
    while let Some(record) = records.next_record().await.unwrap() {
        if records.pages_read() != pages {
            pages = records.pages_read();
            places.push((records.checkpoint(), ids.len()));
        }
        ids.push(record.id().to_owned());
        if ids.len().is_multiple_of(32) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let gaps = places.windows(2).map(|pair| pair[1].1 - pair[0].1);
    // The first page is returned twice, before and after its range is split.
    assert!(gaps.max().unwrap() <= 40, "{places:?}");
    for (checkpoint, given) in places.into_iter().step_by(30) {
        let mut rest = stream().resume(&checkpoint).unwrap();
        for id in &ids[given..] {
            assert_eq!(rest.next_record().await.unwrap().unwrap().id(), id);
        }
        assert!(rest.next_record().await.unwrap().is_none());
    }
}
