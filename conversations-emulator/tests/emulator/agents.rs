//! The agents host: one conversation by its id.

use conversations_emulator::{Dataset, Emulator, Quirk, ServerBehavior};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{agents, agents_path, is_live, lines, page, page_ids, sample, start};

/// A conversation with a value wherever a quirk can change one.
const FULL: &str = r#"{"id":"CA1","channel":"VOICE-SIP","total_duration":30,"variant_id":"","handoff_reason":"",
  "recording":{"status":"stored"},"metrics":{"LANGUAGE":"en-GB","CALL_TURN":["a","b"]},"turns":[
  {"user_input":"hello","user_input_datetime":"2026-04-01T09:00:05Z","agent_response":"hi",
   "agent_response_datetime":"2026-04-01T09:00:06.5Z","latency":0.5,"intents":["greet"],"entities":[],
   "is_ood":false,"is_silence":false}]}"#;

async fn detail(emulator: &Emulator, id: &str) -> Value {
    let response = agents(emulator, &agents_path(emulator, id, "")).await;
    assert_eq!(response.status(), 200, "{id}");
    response.json().await.unwrap()
}

async fn detail_with(record: &str, quirks: impl IntoIterator<Item = Quirk>) -> Value {
    let behavior = ServerBehavior::default().with_quirks(quirks);
    detail(&start(lines(&[record]), behavior).await, "CA1").await
}

fn records(data: &Dataset) -> Vec<Value> {
    let records = data.records();
    records
        .map(|record| serde_json::from_slice(record).unwrap())
        .collect()
}

#[tokio::test]
async fn neither_host_has_the_paths_of_the_other() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let id = page_ids(&emulator, "v3", "limit=1").await.remove(0);
    let path = agents_path(&emulator, &id, "");
    let list = "v3/ws-demo/PROJECT-DEMO/conversations";
    let (base, agents_base) = (emulator.base_url(), emulator.agents_base_url());
    for (url, status) in [
        (format!("{agents_base}/{path}"), 200),
        (format!("{base}/{path}"), 404),
        (format!("{base}/{list}"), 200),
        (format!("{agents_base}/{list}"), 404),
    ] {
        let request = reqwest::Client::new()
            .get(&url)
            .header("x-api-key", emulator.api_key());
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{url}");
        if status == 404 {
            let body: Value = response.json().await.unwrap();
            assert_eq!(body["error_code"], "ROUTE_NOT_FOUND");
        }
    }
}

#[tokio::test]
async fn a_detail_agrees_with_the_listed_record() {
    let emulator = start(sample(), ServerBehavior::default().with_quirks([])).await;
    let listed = page(&emulator, "v3", "limit=1000&include_latency=true").await;
    let listed = listed["conversations"].as_array().unwrap();
    assert!(listed.len() > 50);
    for record in listed {
        let detail = detail(&emulator, record["id"].as_str().unwrap()).await;
        for (name, listed_as) in [
            ("conversationId", "id"),
            ("accountId", "account_id"),
            ("projectId", "project_id"),
            ("startedAt", "started_at"),
            ("channel", "channel"),
            ("fromNumber", "from_number"),
            ("toNumber", "to_number"),
            ("variantId", "variant_id"),
            ("clientEnv", "environment"),
            ("inProgress", "in_progress"),
            ("totalDuration", "total_duration"),
            ("duration", "total_duration"),
            ("polyaiDuration", "polyai_duration"),
            ("handoff", "handoff"),
            ("handoffReason", "handoff_reason"),
            ("handoffDestination", "handoff_destination"),
            ("turns", "turns"),
            ("metrics", "metrics"),
        ] {
            let mut expected = record[listed_as].clone();
            // Turn metadata is in no published detail.
            for turn in expected.as_array_mut().into_iter().flatten() {
                turn.as_object_mut().map(|turn| turn.remove("metadata"));
            }
            assert_eq!(detail[name], expected, "{name}");
        }
    }
}

#[tokio::test]
async fn a_detail_without_quirks_has_the_published_types() {
    let emulator = start(sample(), ServerBehavior::default().with_quirks([])).await;
    let texts = [
        "conversationId",
        "accountId",
        "projectId",
        "createdAt",
        "startedAt",
        "finishedAt",
        "channel",
        "fromNumber",
        "toNumber",
        "language",
        "variantId",
        "clientEnv",
        "handoffDestination",
        "handoffReason",
        "direction",
        "shortSummary",
        "deploymentId",
        "note",
        "audioUrl",
    ];
    let mut present = Vec::new();
    for record in records(emulator.data()) {
        let detail = detail(&emulator, record["id"].as_str().unwrap()).await;
        if let Some(url) = detail["audioUrl"].as_str() {
            let request = reqwest::Client::new()
                .head(url)
                .header("x-api-key", emulator.api_key());
            assert_eq!(request.send().await.unwrap().status(), 200, "{url}");
        }
        for (name, value) in detail.as_object().unwrap() {
            let published = match name.as_str() {
                name if texts.contains(&name) => value.is_string(),
                "totalDuration" | "polyaiDuration" | "duration" => value.is_u64(),
                "inProgress" | "handoff" => value.is_boolean(),
                "polyScore" => value
                    .as_f64()
                    .is_some_and(|score| (1.0..=5.0).contains(&score)),
                "tags" => value
                    .as_array()
                    .is_some_and(|tags| tags.iter().all(Value::is_string)),
                "turns" => value.is_array(),
                "metrics" | "functionEvents" => value.is_object(),
                _ => false,
            };
            assert!(published, "{name} is {value}");
            present.push(name.clone());
        }
    }
    for name in texts
        .into_iter()
        .chain(["polyScore", "tags", "functionEvents"])
    {
        assert!(
            present.iter().any(|known| known == name),
            "no detail has {name}"
        );
    }
}

#[tokio::test]
async fn a_detail_is_the_same_each_time() {
    let one = start(sample(), ServerBehavior::default()).await;
    let other = start(sample(), ServerBehavior::default()).await;
    for id in page_ids(&one, "v3", "limit=20").await {
        let body = async |emulator: &Emulator| {
            let response = agents(emulator, &agents_path(emulator, &id, "")).await;
            // The URL of the recording has the address.
            let body = response.text().await.unwrap();
            body.replace(emulator.agents_base_url(), "")
        };
        assert_eq!(body(&one).await, body(&other).await, "{id}");
    }
}

#[tokio::test]
async fn each_quirk_of_a_detail_occurs_wherever_possible() {
    let shows = async |quirk, pointer: &str, expected: Value| {
        let detail = detail_with(FULL, [quirk]).await;
        assert_eq!(
            detail.pointer(pointer),
            Some(&expected),
            "{quirk:?} {pointer}"
        );
    };
    shows(
        Quirk::SummaryObject,
        "/shortSummary/heading",
        json!("Contact about: greet"),
    )
    .await;
    shows(Quirk::SummaryNull, "/shortSummary", Value::Null).await;
    for name in ["variantId", "handoffReason", "handoffDestination"] {
        shows(Quirk::NullDetails, &format!("/{name}"), Value::Null).await;
    }
    shows(
        Quirk::TurnMetadata,
        "/turns/0/metadata/asr_corrected_user_input",
        json!("hello"),
    )
    .await;
    shows(
        Quirk::TurnMetadata,
        "/turns/0/metadata/top_transcripts/0/transcript",
        json!("hello"),
    )
    .await;
    shows(
        Quirk::RelativeAudioUrls,
        "/audioUrl",
        json!("conversations/CA1/audio"),
    )
    .await;
    let url = json!("conversations/CA1/turns/0/audio");
    shows(
        Quirk::RelativeAudioUrls,
        "/turns/0/user_input_audio_url",
        url,
    )
    .await;
    shows(Quirk::NullAudioUrls, "/audioUrl", Value::Null).await;
    shows(
        Quirk::NullAudioUrls,
        "/turns/0/user_input_audio_url",
        Value::Null,
    )
    .await;
    let logged = json!({"timestamp": "2026-04-01T09:00:06.500000", "value": "a"});
    shows(Quirk::MetricObjects, "/metrics/CALL_TURN/0", logged).await;
    let value = json!("en-GB");
    shows(Quirk::MetricObjects, "/metrics/LANGUAGE/0/value", value).await;
    let zoned = json!("2026-04-01T09:00:00.000000+00:00");
    shows(Quirk::OffsetTimes, "/startedAt", zoned).await;
    shows(
        Quirk::LatencyObject,
        "/turns/0/latency/perceived_latency",
        json!(0.5),
    )
    .await;
    shows(Quirk::NullLists, "/turns/0/entities", Value::Null).await;
    shows(Quirk::NullFlags, "/turns/0/is_ood", Value::Null).await;
}

#[tokio::test]
async fn a_score_is_on_the_scale_of_its_time() {
    let scores = async |quirks: &[Quirk]| -> Vec<f64> {
        let behavior = ServerBehavior::default().with_quirks(quirks.iter().copied());
        let emulator = start(sample(), behavior).await;
        let mut scores = Vec::new();
        for record in records(emulator.data()) {
            let detail = detail(&emulator, record["id"].as_str().unwrap()).await;
            scores.extend(detail["polyScore"].as_f64());
        }
        scores
    };
    let (new, old) = (scores(&[]).await, scores(&[Quirk::TenPointScore]).await);
    assert!(new.len() > 50 && new.len() == old.len());
    for (new, old) in new.into_iter().zip(old) {
        assert!(
            (1.0..=5.0).contains(&new) && ((new - 1.0) * 2.5 - old).abs() < 1e-9,
            "{new} {old}"
        );
    }
    let scores_of = async |day: &str| -> Vec<f64> {
        let records: Vec<String> = (0..40)
            .map(|n| format!(r#"{{"id":"CA{n}","started_at":"{day}T09:00:00Z"}}"#))
            .collect();
        let records: Vec<&str> = records.iter().map(String::as_str).collect();
        let emulator = start(lines(&records), ServerBehavior::default()).await;
        let mut scores = Vec::new();
        for n in 0..40 {
            let detail = detail(&emulator, &format!("CA{n}")).await;
            scores.extend(detail["polyScore"].as_f64());
        }
        scores
    };
    let (old, new) = (scores_of("2026-06-30").await, scores_of("2026-07-01").await);
    assert!(old.iter().any(|score| *score > 5.0), "{old:?}");
    assert!(
        !new.is_empty() && new.iter().all(|score| (1.0..=5.0).contains(score)),
        "{new:?}"
    );
}

#[tokio::test]
async fn by_default_details_have_every_odd_form() {
    let emulator = start(Dataset::generate(5, 400), ServerBehavior::default()).await;
    let mut details = Vec::new();
    for record in records(emulator.data()) {
        details.push(detail(&emulator, record["id"].as_str().unwrap()).await);
    }
    let some = |what: &str, is: &dyn Fn(&Value) -> bool| {
        let count = details.iter().filter(|detail| is(detail)).count();
        assert!(
            (1..details.len()).contains(&count),
            "{what}: {count} of {}",
            details.len()
        );
    };
    let turn = |is: fn(&Value) -> bool| {
        move |detail: &Value| detail["turns"].as_array().unwrap().iter().any(is)
    };
    some("summary text", &|detail| detail["shortSummary"].is_string());
    some("summary object", &|detail| {
        detail["shortSummary"]["content"].is_string()
    });
    some("summary null", &|detail| {
        detail.get("shortSummary").is_some_and(Value::is_null)
    });
    for name in [
        "language",
        "handoffReason",
        "note",
        "deploymentId",
        "polyScore",
        "audioUrl",
    ] {
        some(name, &|detail| detail.get(name).is_some_and(Value::is_null));
    }
    some("score above 5", &|detail| {
        detail["polyScore"].as_f64() > Some(5.0)
    });
    some("logged metrics", &|detail| {
        detail["metrics"]["CALL_DURATION"][0]["value"].is_string()
    });
    some(
        "turn metadata",
        &turn(|turn| turn["metadata"]["safety"].is_object()),
    );
    some("latency object", &turn(|turn| turn["latency"].is_object()));
    some("relative URL", &|detail| {
        detail["audioUrl"]
            .as_str()
            .is_some_and(|url| url.starts_with("conversations/"))
    });
    some("function events", &|detail| {
        detail["functionEvents"] != json!({})
    });
    some("failed function", &|detail| {
        let by_turn = detail["functionEvents"].as_object().unwrap().values();
        by_turn
            .flat_map(|events| events.as_array().unwrap())
            .any(|event| event.get("error").is_some())
    });
}

#[tokio::test]
async fn function_events_name_the_index_of_their_turn() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let mut events = 0;
    for record in records(emulator.data()) {
        let detail = detail(&emulator, record["id"].as_str().unwrap()).await;
        let turns = detail["turns"].as_array().unwrap();
        for (turn, ran) in detail["functionEvents"].as_object().unwrap() {
            assert!(
                turn.parse::<usize>().unwrap() < turns.len(),
                "turn {turn} of {}",
                turns.len()
            );
            for event in ran.as_array().unwrap() {
                assert!(event["name"].is_string() && event["function_id"].is_string());
                assert!(event["duration"].is_u64() && event["arguments"].is_object());
                assert!(event["state_changes"].is_object());
                let start = event["start_time"].as_str().unwrap();
                chrono::DateTime::parse_from_rfc2822(start).unwrap();
                events += 1;
            }
        }
    }
    assert!(events > 50, "{events}");
}

#[tokio::test]
async fn a_record_with_detail_fields_of_its_own_is_served_with_them() {
    let record = r#"{"id":"CA1","tags":["own"],"note":null,"short_summary":{"heading":"a","content":"b"},
      "poly_score":7,"language":"fr-FR","deployment_id":"D","direction":"outbound","function_events":{"1":[]}}"#;
    let detail = detail_with(record, []).await;
    assert_eq!(detail["tags"], json!(["own"]));
    assert_eq!(
        detail["shortSummary"],
        json!({"heading": "a", "content": "b"})
    );
    assert_eq!(
        (&detail["polyScore"], &detail["language"]),
        (&json!(7), &json!("fr-FR"))
    );
    assert_eq!(
        (&detail["deploymentId"], &detail["direction"]),
        (&json!("D"), &json!("outbound"))
    );
    assert_eq!(detail["functionEvents"], json!({"1": []}));
    assert!(detail.get("note").is_none());
}

#[tokio::test]
async fn without_transcripts_the_turns_of_a_detail_are_empty() {
    let behavior = ServerBehavior::default().with_transcripts(false);
    let emulator = start(lines(&[FULL]), behavior).await;
    assert_eq!(detail(&emulator, "CA1").await["turns"], json!([]));
}

#[tokio::test]
async fn unknown_agents_and_conversations_are_not_found() {
    let emulator = start(lines(&[FULL]), ServerBehavior::default()).await;
    for (path, code) in [
        (
            "v1/agents/desk/conversations/CA2",
            "CONVERSATIONS_NOT_FOUND",
        ),
        ("v1/agents/other/conversations/CA1", "PROJECT_NOT_FOUND"),
        ("v1/agents/acme/conversations/CA1", "PROJECT_NOT_FOUND"),
        (
            "v1/agents/desk/conversations/CA2/audio",
            "CONVERSATIONS_RECORDING_NOT_FOUND",
        ),
        ("v1/agents/desk/conversations", "ROUTE_NOT_FOUND"),
    ] {
        let response = agents(&emulator, path).await;
        assert_eq!(response.status(), 404, "{path}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error_code"], code, "{path}");
    }
}

#[tokio::test]
async fn a_detail_follows_edits() {
    let emulator = start(lines(&[FULL]), ServerBehavior::default()).await;
    assert_eq!(detail(&emulator, "CA1").await["totalDuration"], 30);
    let record = r#"{"id":"CA0","account_id":"acme","project_id":"desk","started_at":"2026-03-01T00:00:00Z"}"#;
    emulator.edit(|edit| edit.add(record)).unwrap();
    assert_eq!(detail(&emulator, "CA0").await["conversationId"], "CA0");
    assert_eq!(detail(&emulator, "CA1").await["totalDuration"], 30);
}

#[tokio::test]
async fn conversations_of_every_environment_have_details() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let others: Vec<Value> = records(emulator.data())
        .into_iter()
        .filter(|record| !is_live(record))
        .collect();
    assert!(!others.is_empty());
    for record in others {
        let detail = detail(&emulator, record["id"].as_str().unwrap()).await;
        assert_eq!(detail["clientEnv"], record["environment"]);
    }
}

#[tokio::test]
async fn a_debug_chat_never_begins() {
    let emulator = start(lines(&[FULL]), ServerBehavior::default()).await;
    for (path, status, code) in [
        ("debug-chat", 400, "CHAT_DRAFT_NOT_EXIST"),
        ("debug-chat/CA1", 404, "CONVERSATIONS_NOT_FOUND"),
    ] {
        let url = format!("{}/v1/agents/desk/{path}", emulator.agents_base_url());
        let send = async |method: Method, key: &str| {
            let request = reqwest::Client::new()
                .request(method, &url)
                .header("x-api-key", key);
            request.body("{}").send().await.unwrap()
        };
        let response = send(Method::POST, emulator.agents_api_key()).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.json::<Value>().await.unwrap()["error_code"], code);
        assert_eq!(send(Method::POST, "another-key").await.status(), 401);
        let response = send(Method::GET, emulator.agents_api_key()).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["allow"], "OPTIONS, POST");
    }
}

#[tokio::test]
async fn the_agents_host_is_read_by_get() {
    let emulator = start(lines(&[FULL]), ServerBehavior::default()).await;
    let url = format!(
        "{}/{}",
        emulator.agents_base_url(),
        agents_path(&emulator, "CA1", "/audio")
    );
    for (method, status) in [
        (Method::POST, 405),
        (Method::DELETE, 405),
        (Method::OPTIONS, 204),
        (Method::HEAD, 200),
    ] {
        let request = reqwest::Client::new().request(method.clone(), &url);
        let request = request.header("x-api-key", emulator.api_key());
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{method}");
        if status != 200 {
            assert_eq!(
                response.headers()["allow"],
                "GET, HEAD, OPTIONS",
                "{method}"
            );
        }
    }
}
