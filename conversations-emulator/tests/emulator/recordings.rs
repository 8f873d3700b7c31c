//! The recordings of calls.

use conversations_emulator::fault::{Edge, Fault, FaultPlan, Framing, Rule};
use conversations_emulator::{Dataset, Emulator, Key, ServerBehavior};
use reqwest::Response;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::support::{agents, agents_path, agents_with, lines, sample, start};

/// A call in which the caller tells a booking number and later only says thanks.
const CALL: &str = r#"{"id":"CA1","channel":"VOICE-SIP","total_duration":20,"recording":{"status":"stored"},"turns":[
  {"user_input":"","user_input_datetime":"2026-04-01T09:00:00Z","agent_response":"Your booking number, please?",
   "agent_response_datetime":"2026-04-01T09:00:01Z"},
  {"user_input":"It is BX four four","user_input_datetime":"2026-04-01T09:00:06Z","agent_response":"Found it, thank you.",
   "agent_response_datetime":"2026-04-01T09:00:07Z","entities":[{"booking":"BX four four"}]},
  {"user_input":"Thanks a lot.","user_input_datetime":"2026-04-01T09:00:13Z","agent_response":"",
   "agent_response_datetime":"2026-04-01T09:00:14Z"}]}"#;

async fn audio(emulator: &Emulator, id: &str, query: &str) -> Response {
    agents(
        emulator,
        &agents_path(emulator, id, &format!("/audio{query}")),
    )
    .await
}

async fn bytes(emulator: &Emulator, query: &str) -> Vec<u8> {
    let response = audio(emulator, "CA1", query).await;
    assert_eq!(response.status(), 200, "{query}");
    response.bytes().await.unwrap().into()
}

async fn part(emulator: &Emulator, headers: &[(&'static str, &str)]) -> Response {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, value.parse().unwrap());
    }
    agents_with(
        emulator,
        &agents_path(emulator, "CA1", "/audio"),
        emulator.api_key(),
        map,
    )
    .await
}

/// The samples of a WAV file, whose header is checked.
fn samples(wav: &[u8]) -> Vec<i16> {
    let number = |at: usize| u32::from_le_bytes(wav[at..at + 4].try_into().unwrap());
    assert_eq!(
        (&wav[..4], &wav[8..16], &wav[36..40]),
        (&b"RIFF"[..], &b"WAVEfmt "[..], &b"data"[..])
    );
    assert_eq!(
        (number(4) as usize, number(40) as usize),
        (wav.len() - 8, wav.len() - 44)
    );
    // PCM, one channel, 8 kHz, 16 bit.
    assert_eq!(
        (number(16), number(20), number(24), number(28), number(32)),
        (16, 0x1_0001, 8_000, 16_000, 0x10_0002)
    );
    let samples = wav[44..].as_chunks::<2>().0;
    samples
        .iter()
        .map(|sample| i16::from_le_bytes(*sample))
        .collect()
}

/// The mean absolute value between two times, in tenths of a second.
fn loudness(samples: &[i16], from: usize, to: usize) -> i64 {
    let part = &samples[from * 800..to * 800];
    part.iter()
        .map(|sample| i64::from(*sample).abs())
        .sum::<i64>()
        / part.len() as i64
}

#[tokio::test]
async fn a_recording_is_a_wav_file_as_long_as_its_call() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let mut recorded = 0;
    for record in emulator.data().records().take(40) {
        let record: Value = serde_json::from_slice(record).unwrap();
        let response = audio(&emulator, record["id"].as_str().unwrap(), "").await;
        if response.status() != 200 {
            continue;
        }
        assert_eq!(response.headers()["content-type"], "audio/wav");
        let length = response.content_length();
        let wav = response.bytes().await.unwrap();
        assert_eq!(length, Some(wav.len() as u64));
        let seconds = record["total_duration"].as_u64().unwrap();
        assert_eq!(samples(&wav).len() as u64, seconds * 8_000);
        recorded += 1;
    }
    assert!(recorded > 10, "{recorded}");
}

#[tokio::test]
async fn a_recording_is_the_same_each_time() {
    let (one, other) = (
        start(lines(&[CALL]), ServerBehavior::default()).await,
        start(lines(&[CALL]), ServerBehavior::default()).await,
    );
    assert_eq!(
        bytes(&one, "").await,
        bytes(&other, "?direction=combined&redacted=false").await
    );
}

#[tokio::test]
async fn each_side_is_heard_when_it_speaks() {
    let emulator = start(lines(&[CALL]), ServerBehavior::default()).await;
    let [combined, user, agent] = [
        samples(&bytes(&emulator, "?direction=combined").await),
        samples(&bytes(&emulator, "?direction=user").await),
        samples(&bytes(&emulator, "?direction=agent").await),
    ];
    // The agent speaks from second 1 on, the caller until second 6, and neither from second 15 on.
    for (samples, by_agent, by_user) in [
        (&combined, true, true),
        (&user, false, true),
        (&agent, true, false),
    ] {
        assert_eq!(loudness(samples, 11, 20) > 300, by_agent);
        assert_eq!(loudness(samples, 53, 59) > 300, by_user);
        assert!(loudness(samples, 150, 200) < 20);
    }
}

#[tokio::test]
async fn a_redacted_recording_mutes_what_was_told() {
    let emulator = start(lines(&[CALL]), ServerBehavior::default()).await;
    for direction in ["combined", "user"] {
        let raw = samples(&bytes(&emulator, &format!("?direction={direction}")).await);
        let redacted =
            samples(&bytes(&emulator, &format!("?direction={direction}&redacted=true")).await);
        assert_eq!(raw.len(), redacted.len());
        assert!(loudness(&raw, 53, 59) > 300);
        assert!(
            redacted[53 * 800..59 * 800]
                .iter()
                .all(|sample| *sample == 0)
        );
        // What is not private is heard in both.
        assert_eq!(raw[70 * 800..], redacted[70 * 800..]);
        assert!(loudness(&redacted, 125, 129) > 300);
    }
    let agent = bytes(&emulator, "?direction=agent").await;
    assert_eq!(
        agent,
        bytes(&emulator, "?direction=agent&redacted=true").await
    );
}

#[tokio::test]
async fn a_key_without_pii_access_gets_the_redacted_recording_whatever_it_requests() {
    let emulator = Emulator::builder()
        .data(lines(&[CALL]))
        .key(Key::v3("restricted").without_pii_access())
        .start()
        .await
        .unwrap();
    let (raw, redacted) = (
        bytes(&emulator, "").await,
        bytes(&emulator, "?redacted=true").await,
    );
    assert_ne!(raw, redacted);
    for query in ["", "?redacted=false", "?redacted=true"] {
        let path = agents_path(&emulator, "CA1", &format!("/audio{query}"));
        let response = agents_with(&emulator, &path, "restricted", HeaderMap::new()).await;
        assert_eq!(response.bytes().await.unwrap(), redacted, "{query}");
    }
}

#[tokio::test]
async fn chats_unfinished_calls_and_some_others_have_no_recording() {
    let emulator = start(Dataset::generate(3, 300), ServerBehavior::default()).await;
    let (mut recorded, mut unrecorded) = (0, 0);
    for record in emulator.data().records() {
        let record: Value = serde_json::from_slice(record).unwrap();
        let id = record["id"].as_str().unwrap();
        let path = agents_path(&emulator, id, "/audio");
        let url = format!("{}/{path}", emulator.agents_base_url());
        let request = reqwest::Client::new()
            .head(url)
            .header("x-api-key", emulator.api_key());
        let status = request.send().await.unwrap().status();
        if record["channel"] != "VOICE-SIP" || record["in_progress"] == true {
            assert_eq!(status, 404, "{id}");
        } else if status == 404 {
            unrecorded += 1;
        } else {
            assert_eq!(status, 200, "{id}");
            recorded += 1;
        }
    }
    assert!(recorded > 100 && unrecorded > 5, "{recorded} {unrecorded}");
    let none = CALL.replace("stored", "none");
    let emulator = start(lines(&[&none]), ServerBehavior::default()).await;
    assert_eq!(audio(&emulator, "CA1", "").await.status(), 404);
}

#[tokio::test]
async fn a_bad_parameter_of_a_recording_is_a_400() {
    let emulator = start(lines(&[CALL]), ServerBehavior::default()).await;
    for query in [
        "direction=both",
        "direction=",
        "redacted=1",
        "redacted=",
        "direction=user&direction=user",
    ] {
        let response = audio(&emulator, "CA1", &format!("?{query}")).await;
        assert_eq!(response.status(), 400, "{query}");
    }
}

#[tokio::test]
async fn parts_of_a_recording_join_to_the_whole() {
    let emulator = start(lines(&[CALL]), ServerBehavior::default()).await;
    let whole = bytes(&emulator, "").await;
    let len = whole.len();
    for (range, from, to) in [
        ("bytes=0-9".to_owned(), 0, 10),
        ("bytes=40-99".to_owned(), 40, 100),
        ("bytes=100001-".to_owned(), 100_001, len),
        ("bytes=-7".to_owned(), len - 7, len),
        (format!("bytes=5-{}", len * 2), 5, len),
    ] {
        let response = part(&emulator, &[("range", &range)]).await;
        assert_eq!(response.status(), 206, "{range}");
        let content_range = format!("bytes {from}-{}/{len}", to - 1);
        assert_eq!(response.headers()["content-range"], content_range.as_str());
        assert_eq!(response.content_length(), Some((to - from) as u64));
        assert_eq!(response.bytes().await.unwrap(), whole[from..to], "{range}");
    }
}

#[tokio::test]
async fn a_range_behind_the_end_is_a_416_with_the_length() {
    let emulator = start(lines(&[CALL]), ServerBehavior::default()).await;
    let len = bytes(&emulator, "").await.len();
    let response = part(&emulator, &[("range", &format!("bytes={len}-"))]).await;
    assert_eq!(response.status(), 416);
    assert_eq!(
        response.headers()["content-range"],
        format!("bytes */{len}").as_str()
    );
    assert_eq!(response.headers()["content-type"], "application/json");
}

#[tokio::test]
async fn if_range_gives_a_part_only_of_the_same_recording() {
    let emulator = start(lines(&[CALL]), ServerBehavior::default()).await;
    let etag = async |query: &str| {
        let response = audio(&emulator, "CA1", query).await;
        assert_eq!(response.headers()["accept-ranges"], "bytes");
        response.headers()["etag"].to_str().unwrap().to_owned()
    };
    let own = etag("").await;
    let others = [
        etag("?redacted=true").await,
        etag("?direction=user").await,
        "W/\"x\"".into(),
        "Wed, 01 Apr 2026 09:00:00 GMT".into(),
    ];
    let response = part(&emulator, &[("range", "bytes=9-"), ("if-range", &own)]).await;
    assert_eq!(response.status(), 206);
    for other in others {
        assert_ne!(own, other);
        let response = part(&emulator, &[("range", "bytes=9-"), ("if-range", &other)]).await;
        assert_eq!(response.status(), 200, "{other}");
    }
    // Another record under the same id is another recording.
    emulator
        .edit(|edit| edit.set("CA1", "total_duration", "19"))
        .unwrap();
    let response = part(&emulator, &[("range", "bytes=9-"), ("if-range", &own)]).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_server_without_ranges_sends_the_whole() {
    let emulator = start(lines(&[CALL]), ServerBehavior::default().with_ranges(false)).await;
    let response = part(&emulator, &[("range", "bytes=9-")]).await;
    assert_eq!(response.status(), 200);
    assert!(
        !response.headers().contains_key("accept-ranges")
            && !response.headers().contains_key("etag")
    );
    assert_eq!(response.bytes().await.unwrap().len(), 44 + 20 * 16_000);
}

#[tokio::test]
async fn a_recording_is_never_compressed() {
    let emulator = start(lines(&[CALL]), ServerBehavior::default()).await;
    let response = part(&emulator, &[("accept-encoding", "gzip")]).await;
    assert!(!response.headers().contains_key("content-encoding"));
    assert_eq!(response.content_length(), Some(44 + 20 * 16_000));
}

#[tokio::test]
async fn a_recording_of_hours_is_generated_while_it_is_sent() {
    let long = CALL.replace("\"total_duration\":20", "\"total_duration\":200000");
    let emulator = start(lines(&[&long]), ServerBehavior::default()).await;
    let mut response = audio(&emulator, "CA1", "").await;
    assert_eq!(response.content_length(), Some(44 + 200_000 * 16_000));
    assert!(
        response
            .chunk()
            .await
            .unwrap()
            .unwrap()
            .starts_with(b"RIFF")
    );
    drop(response);
    // Someone talks until the end.
    let from = 44 + 190_000 * 16_000_u64;
    let response = part(
        &emulator,
        &[("range", &format!("bytes={from}-{}", from + 319_999))],
    )
    .await;
    let heard = response.bytes().await.unwrap();
    let heard: Vec<i16> = heard
        .as_chunks::<2>()
        .0
        .iter()
        .map(|sample| i16::from_le_bytes(*sample))
        .collect();
    assert!(loudness(&heard, 0, 200) > 300);
}

#[tokio::test]
async fn a_fault_breaks_a_recording_off_and_a_range_resumes_it() {
    let emulator = start(lines(&[CALL]), ServerBehavior::default()).await;
    let whole = bytes(&emulator, "").await;
    for fault in [
        Fault::reset_after(100_000),
        Fault::truncate(100_000, Framing::ContentLength),
    ] {
        let plan = FaultPlan::new().with_rule(Rule::new(fault).to_version("agents").once());
        emulator.faults().set("default", plan).unwrap();
        let mut response = audio(&emulator, "CA1", "").await;
        // The length of the whole is announced, so a client notices.
        assert_eq!(response.content_length(), Some(whole.len() as u64));
        let mut got = Vec::new();
        let broken = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => got.extend_from_slice(&chunk),
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        assert!(broken && got.len() <= 100_000);
        let rest = part(&emulator, &[("range", &format!("bytes={}-", got.len()))]).await;
        got.extend_from_slice(&rest.bytes().await.unwrap());
        assert!(got == whole);
        emulator.faults().assert_all_triggered("default");
    }
}

#[tokio::test]
async fn a_fault_of_pages_leaves_a_recording_alone() {
    let emulator = start(lines(&[CALL]), ServerBehavior::default()).await;
    let whole = bytes(&emulator, "").await;
    let plan = FaultPlan::new().with_rule(Rule::new(Fault::missing(Edge::End, 1)).named("missing"));
    emulator.faults().set("default", plan).unwrap();
    assert!(bytes(&emulator, "").await == whole);
    let why = emulator.faults().untriggered("default");
    assert!(why[0].contains("not a page"), "{why:?}");
}
