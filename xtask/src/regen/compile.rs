//! Does the workspace still compile with a new document, and if not, what in the document is it that our
//! code misses?

use std::collections::BTreeSet;

use conversations_changes::Entry;
use serde_json::Value;

use crate::error::Error;
use crate::regen::causes::explain;
use crate::regen::surface::Moved;
use crate::regen::workspace_copy::Stage;

/// Checks every target of the copy; `moved` are the items that the document has changed, `changes` what the
/// report says of the document.
pub(crate) fn check(stage: &Stage, moved: &[Moved], changes: &[Entry]) -> Result<(), Error> {
    let output = stage.cargo(&[
        "check",
        "--workspace",
        "--all-targets",
        "--keep-going",
        "--message-format=json",
        "--quiet",
    ])?;
    if output.status.success() {
        return Ok(());
    }
    let faults = faults(&String::from_utf8_lossy(&output.stdout));
    if faults.is_empty() {
        return Err(Error::Cargo(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ));
    }
    Err(Error::Compile(explain(&faults, moved, changes)))
}

/// One error of the compiler.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) column: u64,
    pub(crate) message: String,
    /// The names in the message, its label and the code it points at.
    pub(crate) names: BTreeSet<String>,
    /// The names on the whole lines it points at, and in what it points at besides.
    pub(crate) nearby: BTreeSet<String>,
}

/// The errors in cargo's JSON messages; each once, whatever number of targets it is in.
fn faults(messages: &str) -> BTreeSet<Fault> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-message")
        .filter(|message| message["message"]["level"] == "error")
        .filter_map(|message| fault(&message["message"]))
        .collect()
}

fn fault(message: &Value) -> Option<Fault> {
    let text = message["message"].as_str()?;
    let span = message["spans"]
        .as_array()?
        .iter()
        .find(|span| span["is_primary"] == true)?;
    let mut names = quoted(text);
    names.extend(quoted(span["label"].as_str().unwrap_or_default()));
    names.extend(pointed_at(span));
    let mut nearby = BTreeSet::new();
    for other in message["spans"].as_array()? {
        nearby.extend(pointed_at(other));
    }
    for line in span["text"].as_array().into_iter().flatten() {
        nearby.extend(words(line["text"].as_str().unwrap_or_default()));
    }
    Some(Fault {
        file: span["file_name"].as_str()?.to_owned(),
        line: span["line_start"].as_u64()?,
        column: span["column_start"].as_u64()?,
        message: text.lines().next().unwrap_or_default().to_owned(),
        names,
        nearby,
    })
}

/// The names in the code that a span marks.
fn pointed_at(span: &Value) -> Vec<String> {
    let lines = span["text"].as_array().into_iter().flatten();
    lines
        .flat_map(|line| {
            let number = |key: &str| line[key].as_u64().and_then(|n| usize::try_from(n).ok());
            let start = number("highlight_start").unwrap_or(1);
            let end = number("highlight_end").unwrap_or(start);
            let code = line["text"].as_str().unwrap_or_default().chars();
            let marked: String = code
                .skip(start.saturating_sub(1))
                .take(end.saturating_sub(start))
                .collect();
            words(&marked)
        })
        .collect()
}

fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).flat_map(words).collect()
}

/// The identifiers in a text.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_has_its_names_and_those_nearby_and_is_told_once() {
        let line = "        request = request.start_time(sent(start));";
        let message = serde_json::json!({"reason": "compiler-message", "message": {
            "level": "error",
            "message": "the trait bound `String: From<Timestamp>` is not satisfied\nmore",
            "spans": [
                {"is_primary": true, "file_name": "ext/src/a.rs", "line_start": 7, "column_start": 38,
                    "label": "unsatisfied `Into`", "text": [{"text": line, "highlight_start": 38, "highlight_end": 49}]},
                {"is_primary": false, "file_name": "ext/src/a.rs", "line_start": 7, "column_start": 27,
                    "text": [{"text": line, "highlight_start": 27, "highlight_end": 37}]},
            ],
        }})
        .to_string();
        let faults = faults(&[message.clone(), message, "no JSON".to_owned()].join("\n"));
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let expected = Fault {
            file: "ext/src/a.rs".into(),
            line: 7,
            column: 38,
            message: "the trait bound `String: From<Timestamp>` is not satisfied".into(),
            names: set(&["From", "Into", "String", "Timestamp", "sent", "start"]),
            nearby: set(&["request", "sent", "start", "start_time"]),
        };
        assert_eq!(faults.into_iter().collect::<Vec<_>>(), [expected]);
    }
}
