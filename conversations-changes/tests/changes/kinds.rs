//! A table of edits, each of a kind that the vendor has made or may make, and their reports.

use std::fmt::Write as _;

use conversations_changes::{Revision, changes};
use serde_json::{Value, json};

use crate::documents::{Edited, optional_text, take};

type Edit = fn(&mut Edited);

/// The edits of the v3 document.
pub(crate) const V3: [(&str, Edit); 42] = [
    ("greatest limit lowered", |d| {
        let schema = &mut d.parameter("limit")["schema"];
        schema["maximum"] = json!(500);
        schema["default"] = json!(500);
    }),
    ("greatest limit raised", |d| {
        d.parameter("limit")["schema"]["maximum"] = json!(5000);
    }),
    ("limit without a maximum", |d| {
        drop(take(&mut d.parameter("limit")["schema"], "maximum"));
    }),
    ("default limit 1000 -> 5", |d| {
        d.parameter("limit")["schema"]["default"] = json!(5);
    }),
    ("optional parameter added", |d| {
        d.parameters()
            .push(optional_text("language", "Language spoken."));
    }),
    ("required parameter added", |d| {
        let mut tenant = optional_text("tenant", "Tenant.");
        tenant["required"] = json!(true);
        d.parameters().push(tenant);
    }),
    ("parameter removed", |d| {
        d.parameters().retain(|p| p["name"] != "sample");
    }),
    ("parameter renamed", |d| {
        d.parameter("client_env")["name"] = json!("environment");
    }),
    ("parameter made required", |d| {
        d.parameter("start_time")["required"] = json!(true);
    }),
    ("parameter moved to a header", |d| {
        d.parameter("cursor")["in"] = json!("header");
    }),
    ("parameter joined by commas", |d| {
        d.parameter("channel")["explode"] = json!(false);
    }),
    ("value added to a request", |d| {
        push(&mut d.parameter("query_type")["schema"]["enum"], "hybrid");
    }),
    ("value removed from a request", |d| {
        d.parameter("client_env")["schema"]["enum"] = json!(["sandbox", "live"]);
    }),
    ("value of a request renamed", |d| {
        d.parameter("client_env")["schema"]["enum"] = json!(["sandbox", "staging", "live"]);
    }),
    ("type of a parameter", |d| {
        d.parameter("cursor")["schema"]["type"] = json!("integer");
    }),
    ("format of a parameter lifted", |d| {
        drop(take(&mut d.parameter("start_time")["schema"], "format"));
    }),
    ("parameter deprecated", |d| {
        d.parameter("offset")["deprecated"] = json!(true);
    }),
    ("field added", |d| {
        d.schemas()["ConversationTurn"]["properties"]["barge_in"] = json!({"type": "boolean"});
    }),
    ("field removed", |d| {
        drop(take(
            &mut d.schemas()["ConversationTurn"]["properties"],
            "is_ood",
        ));
    }),
    ("field renamed", |d| {
        Edited::moved(
            &mut d.schemas()["Conversation"]["properties"],
            "from_number",
            "caller_number",
        );
    }),
    ("field no longer required", |d| {
        d.schemas()["Conversation"]["required"]
            .as_array_mut()
            .unwrap()
            .retain(|name| name != "channel");
    }),
    ("field may be null", |d| {
        d.property("Conversation", "started_at")["nullable"] = json!(true);
    }),
    ("type of a field", |d| {
        d.property("Conversation", "total_duration")["type"] = json!("string");
    }),
    ("whole seconds become fractions", |d| {
        d.property("Conversation", "total_duration")["type"] = json!("number");
    }),
    ("format of a field", |d| {
        d.property("Conversation", "started_at")["format"] = json!("date");
    }),
    ("list of values for a field", |d| {
        d.property("Conversation", "channel")["enum"] = json!(["VOICE-SIP", "WEBCHAT", "CHAT"]);
    }),
    ("another form of a metric", |d| {
        let forms = &mut d.property("Conversation", "metrics")["additionalProperties"]["oneOf"];
        forms
            .as_array_mut()
            .unwrap()
            .push(json!({"type": "number"}));
    }),
    ("schema renamed", |d| {
        Edited::moved(d.schemas(), "ConversationTurn", "Turn");
        d.redirect("ConversationTurn", "Turn");
    }),
    ("schema written inline", |d| {
        let turn = d.schemas()["ConversationTurn"].clone();
        d.property("Conversation", "turns")["items"] = turn;
        take(d.schemas(), "ConversationTurn");
    }),
    ("value in prose renamed", |d| {
        let channel = d.property("Conversation", "channel");
        let said = channel["description"]
            .as_str()
            .unwrap()
            .replace("WEBCHAT", "chat.polyai");
        channel["description"] = json!(said);
    }),
    ("figure in prose", |d| {
        let info = d.property("Conversation", "num_ood");
        let said = info["description"].as_str().unwrap().to_owned();
        info["description"] = json!(format!("{said} 200 at most."));
    }),
    ("field of the page removed", |d| {
        drop(take(&mut d.page()["properties"], "next_offset"));
    }),
    ("reworded", |d| {
        d.property("Conversation", "handoff_reason")["description"] =
            json!("Why it was passed on.");
    }),
    ("example changed", |d| {
        d.property("Conversation", "id")["example"] = json!("CA00");
    }),
    ("status 429 listed", |d| {
        d.responses()["429"] = json!({"$ref": "#/components/responses/BadRequest"});
    }),
    ("status 201 instead of 200", |d| {
        Edited::moved(d.responses(), "200", "201");
    }),
    ("answered as CSV as well", |d| {
        d.responses()["200"]["content"]["text/csv"] = json!({"schema": {"type": "string"}});
    }),
    ("answered as a stream of lines only", |d| {
        Edited::moved(
            &mut d.responses()["200"]["content"],
            "application/json",
            "application/x-ndjson",
        );
    }),
    ("region added", |d| {
        d.0["servers"]
            .as_array_mut()
            .unwrap()
            .push(json!({"url": "https://api.ap-1.platform.polyai.app"}));
    }),
    ("header of the key", |d| {
        d.0["components"]["securitySchemes"]["ApiKeyAuth"]["name"] = json!("authorization");
    }),
    ("key no longer needed", |d| d.0["security"] = json!([])),
    ("operation named", |d| {
        d.get()["operationId"] = json!("listConversations");
    }),
];

/// Edits of paths.
pub(crate) const PATHS: [(&str, Edit); 5] = [
    ("path removed", |d| {
        let path = d.path();
        take(&mut d.0["paths"], &path);
    }),
    ("path added", |d| {
        let item = json!({"get": {"responses": {"200": {"description": "One."}}}});
        d.0["paths"]["/v3/{account_id}/{project_id}/conversations/{conversation_id}"] = item;
    }),
    ("path added, with a schema of its own", |d| {
        d.0["components"]["schemas"]["Summary"] =
            json!({"type": "object", "properties": {"text": {"type": "string"}}});
        let answer = json!({"schema": {"$ref": "#/components/schemas/Summary"}});
        let parameters = ["account_id", "project_id"].map(
            |name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}),
        );
        let item = json!({"get": {"operationId": "get_summary", "parameters": parameters, "responses": {
            "200": {"description": "One.", "content": {"application/json": answer}}}}});
        d.0["paths"]["/v3/{account_id}/{project_id}/conversations/summary"] = item;
    }),
    ("path moved", |d| {
        let path = d.path();
        Edited::moved(
            &mut d.0["paths"],
            &path,
            "/v3/{account_id}/{project_id}/calls",
        );
    }),
    ("path parameter renamed", |d| {
        let path = d.path();
        d.parameter("account_id")["name"] = json!("workspace_id");
        Edited::moved(
            &mut d.0["paths"],
            &path,
            "/v3/{workspace_id}/{project_id}/conversations",
        );
    }),
];

fn push(list: &mut Value, value: &str) {
    list.as_array_mut().unwrap().push(json!(value));
}

/// The report, one line per change.
pub(crate) fn reported(old: &Value, new: &Value, history: &[Revision]) -> String {
    let mut text = String::new();
    for change in changes(old, new, history) {
        let history = change
            .history()
            .map_or_else(String::new, |history| format!("  ({history})"));
        writeln!(
            text,
            "  {:9} {:8} {}: {}  [{}]{history}",
            change.level().name(),
            change.side,
            change.location.short(),
            change.message(),
            change.check.id,
        )
        .unwrap();
    }
    text
}

#[test]
fn each_kind_of_change_is_reported_in_one_line() {
    let mut table = String::new();
    for (kind, edit) in V3.iter().chain(&PATHS) {
        let old = Edited::v3();
        let mut new = old.clone();
        edit(&mut new);
        writeln!(
            table,
            "{kind}\n{}",
            reported(&old.0, &new.0, &[]).trim_end()
        )
        .unwrap();
    }
    insta::assert_snapshot!("kinds", table);
}

#[test]
fn the_vendors_history_is_reported_with_reverts() {
    let first = Edited::v1();
    let mut states = vec![("2026-01-12", first)];
    let mut next = |date, edit: &dyn Fn(&mut Edited)| {
        let mut state = states.last().unwrap().1.clone();
        edit(&mut state);
        states.push((date, state));
    };
    let context = || optional_text("include_context_state", "Adds the state.");
    next("2026-02-03", &|d| {
        d.parameter("limit")["schema"]["maximum"] = json!(1000);
    });
    next("2026-03-02", &|d| {
        d.parameter("limit")["schema"]["maximum"] = json!(5000);
    });
    next("2026-03-20", &|d| {
        d.parameter("limit")["schema"]["default"] = json!(1000);
    });
    next("2026-04-08", &|d| d.parameters().push(context()));
    next("2026-04-20", &|d| {
        d.parameters()
            .retain(|p| p["name"] != "include_context_state");
    });
    next("2026-05-04", &|d| d.parameters().push(context()));
    let item = states[0].1.clone().item().clone();
    let path = states[0].1.path();
    let mut next = |date, edit: &dyn Fn(&mut Edited)| {
        let mut state = states.last().unwrap().1.clone();
        edit(&mut state);
        states.push((date, state));
    };
    next("2026-05-11", &|d| drop(take(&mut d.0["paths"], &path)));
    next("2026-06-01", &|d| d.0["paths"][&path] = item.clone());
    let mut table = String::new();
    for index in 1..states.len() {
        let history: Vec<Revision> = states[..index]
            .iter()
            .enumerate()
            .rev()
            .map(|(number, (date, state))| {
                Revision::new(format!("r{number}"), *date, state.0.clone())
            })
            .collect();
        let (date, state) = &states[index];
        writeln!(
            table,
            "{date}\n{}",
            reported(&states[index - 1].1.0, &state.0, &history).trim_end()
        )
        .unwrap();
    }
    insta::assert_snapshot!("history", table);
}
