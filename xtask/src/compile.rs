//! Does the workspace still compile with a new document, and if not, what in the document is it that our
//! code misses?

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use crate::error::Error;
use crate::stage::Stage;
use crate::surface::Moved;

/// Checks every target of the copy; `moved` are the items that the document has changed.
pub(crate) fn check(stage: &Stage, moved: &[Moved]) -> Result<(), Error> {
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
    Err(Error::Compile(explain(&faults, moved)))
}

/// One error of the compiler.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Fault {
    file: String,
    line: u64,
    column: u64,
    message: String,
    /// The names in the message, its labels and the code it points at.
    names: BTreeSet<String>,
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
    for line in span["text"].as_array().into_iter().flatten() {
        let number = |key: &str| line[key].as_u64().and_then(|n| usize::try_from(n).ok());
        let pointed_at: String = line["text"]
            .as_str()
            .unwrap_or_default()
            .chars()
            .skip(number("highlight_start").unwrap_or(1).saturating_sub(1))
            .take(number("highlight_end")?.saturating_sub(number("highlight_start")?))
            .collect();
        names.extend(words(&pointed_at));
    }
    Some(Fault {
        file: span["file_name"].as_str()?.to_owned(),
        line: span["line_start"].as_u64()?,
        column: span["column_start"].as_u64()?,
        message: text.lines().next().unwrap_or_default().to_owned(),
        names,
    })
}

fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).flat_map(words).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The errors, grouped by the change that causes them.
fn explain(faults: &BTreeSet<Fault>, moved: &[Moved]) -> String {
    let mut by_cause: BTreeMap<String, Vec<&Fault>> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for fault in faults {
        let causes = causes(fault, moved);
        if causes.is_empty() {
            unexplained.push(fault);
        } else {
            by_cause.entry(causes).or_default().push(fault);
        }
    }
    let mut text = String::new();
    let mut group = |cause: &str, faults: &[&Fault]| {
        writeln!(text, "{cause}").expect("a String takes any text");
        for fault in faults {
            writeln!(
                text,
                "    {}:{}:{}: {}",
                fault.file, fault.line, fault.column, fault.message
            )
            .expect("a String takes any text");
        }
    };
    for (cause, faults) in &by_cause {
        group(cause, faults);
    }
    if !unexplained.is_empty() {
        group("no change of the clients explains:", &unexplained);
    }
    text
}

/// What has become of the items that a fault names, those of a type it names as well first.
fn causes(fault: &Fault, moved: &[Moved]) -> String {
    let named: Vec<&Moved> = moved
        .iter()
        .filter(|moved| fault.names.contains(&moved.before.name))
        .collect();
    let owners = |moved: &Moved| -> Vec<String> {
        moved.before.owner.split("::").map(str::to_owned).collect()
    };
    let of_its_type = narrowed(named, |moved| {
        owners(moved)
            .last()
            .is_some_and(|owner| fault.names.contains(owner))
    });
    let of_its_version = narrowed(of_its_type, |moved| {
        owners(moved)
            .first()
            .is_some_and(|version| fault.names.contains(version))
    });
    of_its_version
        .iter()
        .map(|moved| moved.describe())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Those that pass, if any do.
fn narrowed(items: Vec<&Moved>, passes: impl Fn(&Moved) -> bool) -> Vec<&Moved> {
    let some: Vec<&Moved> = items.iter().copied().filter(|item| passes(item)).collect();
    if some.is_empty() { items } else { some }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surface::Item;

    fn gone(owner: &str, name: &str, line: &str) -> Moved {
        Moved {
            before: Item {
                owner: owner.into(),
                name: name.into(),
                line: line.into(),
            },
            now: None,
        }
    }

    fn message(text: &str, label: &str, code: &str, line: u64) -> String {
        serde_json::json!({"reason": "compiler-message", "message": {
            "level": "error", "message": text,
            "spans": [{"is_primary": true, "file_name": "ext/src/a.rs", "line_start": line, "column_start": 5,
                "label": label, "text": [{"text": code, "highlight_start": 1, "highlight_end": code.len() + 1}]}],
        }})
        .to_string()
    }

    #[test]
    fn errors_are_grouped_by_the_change_that_causes_them() {
        let twice = message(
            "no field `num_ood` on type `&v3::types::Conversation`",
            "unknown field",
            "num_ood",
            7,
        );
        let output = [
            twice.clone(),
            twice,
            message("struct `types::Conversation` has no field named `num_ood`", "", "num_ood", 9),
            message("no method named `cursor` found for struct `ListConversations` in the current scope", "", "cursor", 3),
            message("mismatched types", "expected `u8`, found `&str`", "1", 4),
            r#"{"reason":"build-finished","success":false}"#.to_owned(),
        ]
        .join("\n");
        let moved = [
            gone(
                "v3::types::Conversation",
                "num_ood",
                "num_ood: Field<Integer>",
            ),
            gone("v3::types::Other", "num_ood", "num_ood: bool"),
            gone(
                "v3::builder::ListConversations",
                "cursor",
                "fn cursor(self) -> Self",
            ),
        ];
        assert_eq!(
            explain(&faults(&output), &moved),
            "v3::builder::ListConversations: `fn cursor(self) -> Self` is gone\n    \
             ext/src/a.rs:3:5: no method named `cursor` found for struct `ListConversations` in the current scope\n\
             v3::types::Conversation: `num_ood: Field<Integer>` is gone\n    \
             ext/src/a.rs:7:5: no field `num_ood` on type `&v3::types::Conversation`\n    \
             ext/src/a.rs:9:5: struct `types::Conversation` has no field named `num_ood`\n\
             no change of the clients explains:\n    \
             ext/src/a.rs:4:5: mismatched types\n"
        );
    }
}
