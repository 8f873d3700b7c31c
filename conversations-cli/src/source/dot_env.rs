//! The syntax of `.env` files.

use std::collections::HashMap;

use crate::failure::Failure;

/// The name of the file, in the current folder.
pub(crate) const FILE_NAME: &str = ".env";

/// Parses the variables of a `.env` file. `$NAME` is not expanded: a file that someone else wrote could otherwise send any
/// variable of the environment to a server of its choice. The library always expands, so it does not see the sign.
pub(crate) fn parse(text: &str) -> Result<HashMap<String, String>, Failure> {
    let hidden = text.replace("\\$", DOLLAR).replace('$', DOLLAR);
    let variables = dotenvy::from_read_iter(hidden.as_bytes());
    let variables = variables.map(|variable| {
        let (name, value) = variable?;
        Ok((name, value.replace(DOLLAR, "$")))
    });
    variables.collect::<Result<_, _>>().map_err(|error| {
        let dotenvy::Error::LineParse(entry, _) = error else {
            return Failure::usage(format!("cannot read {FILE_NAME}"));
        };
        // The line may contain the key, so report only its number. For some lines the library returns only the
        // value.
        let first = entry.lines().next().unwrap_or_default().trim();
        let found = text.lines().enumerate().find(|(_, line)| {
            line.replace("\\$", "$")
                .contains(&first.replace(DOLLAR, "$"))
        });
        match found {
            Some((number, line)) => {
                Failure::usage(format!("{FILE_NAME}, line {}: {}", number + 1, fault(line)))
            }
            None => Failure::usage(format!("{FILE_NAME}: {}", fault(first))),
        }
    })
}

/// Stands for `$`: a character for private use, which no value contains.
const DOLLAR: &str = "\u{e000}";

/// Explains why a line is not `NAME=value`.
fn fault(line: &str) -> &'static str {
    let line = line.trim();
    let Some((name, value)) = line.strip_prefix("export ").unwrap_or(line).split_once('=') else {
        return "expected NAME=value, but there is no `=`";
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
    let name = name.trim();
    if name.is_empty()
        || name.starts_with(|start: char| start.is_ascii_digit())
        || !name.bytes().all(is_name)
    {
        return "invalid name: use letters, digits and `_`, and begin with a letter";
    }
    let value = value.trim();
    if let Some(quote) = value
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))
        && value[1..].matches(quote).count() != 1
    {
        return "unclosed quote";
    }
    "a value that contains spaces, quotes or `\\` must be enclosed in single quotes"
}
