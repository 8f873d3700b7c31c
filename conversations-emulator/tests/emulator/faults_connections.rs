//! Faults of connections and body transfers, checked byte by byte.

use std::time::Duration;

use conversations_emulator::fault::{Fault, Framing, Rule};

use crate::faults_answers::{triggered, with_rule};
use crate::raw::{End, dechunked, exchange};

#[tokio::test]
async fn a_reset_before_the_head_sends_no_bytes() {
    let emulator = with_rule(Rule::new(Fault::reset())).await;
    let seen = exchange(&emulator, "p", "limit=1").await;
    assert_eq!((seen.head.as_str(), seen.end), ("", End::Reset));
    assert_eq!(
        triggered(&emulator),
        [(1, "reset the connection before the head".into())]
    );
    assert_eq!(emulator.journal()[0].status(), 0);
}

#[tokio::test]
async fn a_reset_inside_the_body_comes_after_exactly_n_bytes() {
    let emulator = with_rule(Rule::new(Fault::reset_after(10_000))).await;
    let seen = exchange(&emulator, "p", "limit=100").await;
    assert_eq!((seen.status(), seen.end), (200, End::Reset));
    let (data, whole) = dechunked(&seen.body);
    assert_eq!((data.len(), whole), (10_000, false));
    assert_eq!(
        triggered(&emulator),
        [(1, "reset after 10000 bytes".into())]
    );
}

#[tokio::test]
async fn a_truncated_chunked_body_has_no_final_chunk() {
    for after in [0, 7, 70_000] {
        let rule = Rule::new(Fault::truncate(after, Framing::Chunked));
        let emulator = with_rule(rule).await;
        let seen = exchange(&emulator, "p", "limit=100").await;
        assert_eq!((seen.status(), seen.end), (200, End::Closed));
        assert_eq!(seen.header("transfer-encoding"), Some("chunked"));
        let (data, whole) = dechunked(&seen.body);
        assert_eq!((data.len() as u64, whole), (after, false));
        assert_eq!(
            triggered(&emulator),
            [(1, format!("ended after {after} bytes"))]
        );
    }
}

#[tokio::test]
async fn a_truncated_body_keeps_its_content_length() {
    let rule = Rule::new(Fault::truncate(1_000, Framing::ContentLength));
    let emulator = with_rule(rule).await;
    let seen = exchange(&emulator, "p", "limit=100").await;
    assert_eq!((seen.body.len(), seen.end), (1_000, End::Closed));
    let reported: usize = seen.header("content-length").unwrap().parse().unwrap();
    assert!(reported > 100_000, "{reported}");
    emulator.faults().assert_all_triggered("p");
}

#[tokio::test]
async fn a_stall_is_silence_on_an_open_connection() {
    let emulator = with_rule(Rule::new(Fault::stall())).await;
    let seen = exchange(&emulator, "p", "limit=1").await;
    assert_eq!((seen.head.as_str(), seen.end), ("", End::Silent));

    let emulator = with_rule(Rule::new(Fault::stall_after(500))).await;
    let seen = exchange(&emulator, "p", "limit=50").await;
    assert_eq!(seen.end, End::Silent);
    assert_eq!(dechunked(&seen.body), (dechunked(&seen.body).0, false));
    assert_eq!(dechunked(&seen.body).0.len(), 500);
    assert_eq!(
        triggered(&emulator),
        [(1, "stalled after 500 bytes indefinitely".into())]
    );
    emulator.shutdown().await;
}

#[tokio::test]
async fn a_stall_with_a_duration_ends_when_the_clock_advances() {
    let minute = Duration::from_secs(60);
    let emulator = with_rule(Rule::new(Fault::stall_after(500).for_a_time(minute))).await;
    let mut asked = std::pin::pin!(exchange(&emulator, "p", "limit=20"));
    let stalled = async {
        while triggered(&emulator).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        seen = &mut asked => panic!("it must stall, not end with {:?}", seen.end),
        () = stalled => {}
    }
    emulator.clock().advance(minute);
    let seen = asked.await;
    assert_eq!(seen.end, End::Closed);
    assert!(dechunked(&seen.body).1);
}

#[tokio::test]
async fn a_trickle_sends_pieces_with_pauses_between_them() {
    let pause = Duration::from_millis(5);
    let emulator = with_rule(Rule::new(Fault::trickle(4_000, pause))).await;
    let began = std::time::Instant::now();
    let seen = exchange(&emulator, "p", "limit=5").await;
    let (data, whole) = dechunked(&seen.body);
    let pauses = data.len().div_ceil(4_000) as u32 - 1;
    assert!(whole && pauses > 2);
    assert!(began.elapsed() >= pause * pauses);
    emulator.faults().assert_all_triggered("p");
}

#[tokio::test]
async fn a_content_length_is_wrong_by_the_given_number_of_bytes() {
    let emulator = with_rule(Rule::new(Fault::content_length(25))).await;
    let seen = exchange(&emulator, "p", "limit=1").await;
    let reported: usize = seen.header("content-length").unwrap().parse().unwrap();
    assert_eq!((reported - 25, seen.end), (seen.body.len(), End::Closed));

    let emulator = with_rule(Rule::new(Fault::content_length(-25))).await;
    let seen = exchange(&emulator, "p", "limit=1").await;
    let reported: usize = seen.header("content-length").unwrap().parse().unwrap();
    assert_eq!(reported, seen.body.len());
    assert!(serde_json::from_slice::<serde_json::Value>(&seen.body).is_err());
    emulator.faults().assert_all_triggered("p");
}

#[tokio::test]
async fn a_content_type_is_replaced_or_removed() {
    for (is, expected) in [
        ("text/html; charset=x", Some("text/html; charset=x")),
        ("", None),
    ] {
        let emulator = with_rule(Rule::new(Fault::content_type(is))).await;
        let seen = exchange(&emulator, "p", "limit=1").await;
        assert_eq!(seen.header("content-type"), expected);
        assert!(serde_json::from_slice::<serde_json::Value>(&seen.body).is_ok());
        emulator.faults().assert_all_triggered("p");
    }
}
