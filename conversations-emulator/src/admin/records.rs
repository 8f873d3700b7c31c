//! Admin endpoints that read and change conversations.

use http::Method;
use serde_json::{Map, Value, json};

use super::body;
use super::response::Refused;
use crate::data::edit::EditError;
use crate::state::State;

pub(super) fn handle(
    state: &State,
    method: &Method,
    path: &[&str],
    body: &str,
) -> Result<Value, Refused> {
    match (method, path) {
        (&Method::PUT, []) => {
            let lines = body.lines().filter(|line| !line.trim().is_empty());
            let put = edited(state, |edit| {
                let mut put = 0;
                for line in lines {
                    edit.put(line)?;
                    put += 1;
                }
                Ok(put)
            })?;
            Ok(json!({ "put": put }))
        }
        (&Method::GET, [id]) => record(state, id),
        (&Method::PATCH, [id]) => {
            let members: Map<String, Value> = body::read(body)?;
            edited(state, |edit| {
                for (name, value) in &members {
                    edit.set(id, name, &value.to_string())?;
                }
                Ok(())
            })?;
            record(state, id)
        }
        (&Method::DELETE, [id]) => {
            edited(state, |edit| edit.remove(id))?;
            Ok(json!({"removed": id}))
        }
        (&Method::POST, [id, "finish"]) => {
            edited(state, |edit| edit.finish(id))?;
            record(state, id)
        }
        (&Method::POST, [id, "redact"]) => {
            edited(state, |edit| edit.redact(id))?;
            record(state, id)
        }
        (_, [] | [_] | [_, "finish" | "redact"]) => Err(Refused::method()),
        _ => Err(Refused::path()),
    }
}

fn edited<T>(
    state: &State,
    change: impl FnOnce(&mut crate::data::edit::Edit<'_>) -> Result<T, EditError>,
) -> Result<T, Refused> {
    state.live.edit(change).map_err(|error| match error {
        EditError::Unknown(_) => Refused::missing(error.to_string()),
        _ => Refused::bad(error.to_string()),
    })
}

fn record(state: &State, id: &str) -> Result<Value, Refused> {
    let data = state.live.snapshot(state.clock.now());
    let entry = data.entries().find(|entry| *entry.id == *id);
    let entry = entry.ok_or_else(|| {
        let unknown = EditError::Unknown(id.into());
        Refused::missing(unknown.to_string())
    })?;
    serde_json::from_slice(&entry.raw).map_err(|_| Refused::failed())
}
