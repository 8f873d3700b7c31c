//! Compiler errors, parsed from cargo's JSON messages.

use std::collections::BTreeSet;

use serde_json::Value;

/// A compiler error.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CompilerError {
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) column: u64,
    pub(crate) message: String,
    /// The names in the message, its label and the code it points at.
    pub(crate) names: BTreeSet<String>,
    /// The names on the lines it points at, and in its secondary spans.
    pub(crate) nearby: BTreeSet<String>,
}

/// Parses the errors in cargo's JSON messages, without duplicates for several targets.
pub(crate) fn compiler_errors(messages: &str) -> BTreeSet<CompilerError> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-message")
        .filter(|message| message["message"]["level"] == "error")
        .filter_map(|message| compiler_error(&message["message"]))
        .collect()
}

fn compiler_error(message: &Value) -> Option<CompilerError> {
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
    Some(CompilerError {
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
    fn a_compiler_error_has_its_names_and_nearby_names_and_is_reported_once() {
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
        let errors = compiler_errors(&[message.clone(), message, "no JSON".to_owned()].join("\n"));
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let expected = CompilerError {
            file: "ext/src/a.rs".into(),
            line: 7,
            column: 38,
            message: "the trait bound `String: From<Timestamp>` is not satisfied".into(),
            names: set(&["From", "Into", "String", "Timestamp", "sent", "start"]),
            nearby: set(&["request", "sent", "start", "start_time"]),
        };
        assert_eq!(errors.into_iter().collect::<Vec<_>>(), [expected]);
    }
}
