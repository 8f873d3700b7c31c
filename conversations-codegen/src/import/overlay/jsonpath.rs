//! Splits the text of a JSONPath into steps, so that one name can be replaced and the rest stays
//! unchanged.

use std::ops::Range;

use serde_json::Value;
use serde_json_path::JsonPath;

/// One step of a path: `.name`, `['name']`, or anything that is not a single name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The name, if the step is a single name.
    pub(crate) name: Option<String>,
    /// The range of the step in the path's text.
    pub(crate) range: Range<usize>,
}

/// Splits `path` into steps; `None` if its syntax is not supported.
pub(crate) fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut at = path.starts_with('$').then_some(1)?;
    while at < path.len() {
        let rest = &path[at..];
        let (length, name) = if rest.starts_with('[') {
            let length = bracket(rest)?;
            let inside = rest[1..length - 1].trim();
            (length, quoted(inside))
        } else {
            let dots = rest.len() - rest.trim_start_matches('.').len();
            let word = rest[dots..]
                .find(['.', '['])
                .map_or(rest.len(), |end| dots + end);
            let name = &rest[dots..word];
            let is_name = dots == 1 && !name.is_empty() && name != "*";
            if dots == 0 {
                return None;
            }
            (word, is_name.then(|| name.to_owned()))
        };
        steps.push(Step {
            name,
            range: at..at + length,
        });
        at += length;
    }
    Some(steps)
}

/// The length of a bracketed step, including its brackets.
fn bracket(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

fn quoted(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|c| "'\"".contains(*c))?;
    let inside = text[1..].strip_suffix(quote)?;
    (!inside.contains(quote) && !inside.contains('\\')).then(|| inside.to_owned())
}

/// Formats `name` as a step.
pub(crate) fn step(name: &str) -> String {
    let mut chars = name.chars();
    let is_word = chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_word {
        format!(".{name}")
    } else {
        format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))
    }
}

/// Formats a step that selects both names.
pub(crate) fn either(one: &str, other: &str) -> String {
    let quoted = |name: &str| format!("'{}'", name.replace('\\', "\\\\").replace('\'', "\\'"));
    format!("[{},{}]", quoted(one), quoted(other))
}

/// The JSON pointers of the matches of `path`; none if it is not a JSONPath.
pub(crate) fn select(path: &str, tree: &Value) -> Vec<String> {
    JsonPath::parse(path).map_or_else(
        |_| Vec::new(),
        |path| {
            path.query_located(tree)
                .locations()
                .map(serde_json_path::NormalizedPath::to_json_pointer)
                .collect()
        },
    )
}

/// Converts a JSON pointer to a JSONPath.
pub(crate) fn of_pointer(pointer: &str) -> String {
    pointer
        .split('/')
        .skip(1)
        .map(crate::json_pointer::unescaped)
        .fold("$".to_owned(), |path, name| path + &step(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_is_split_into_steps_and_joined() {
        let path =
            "$.paths['/v1/{a}'].get.responses[\"200\"].*.required[?@ != 'id' && @[0] == ')'][0]..x";
        let steps = steps(path).unwrap();
        let names: Vec<_> = steps.iter().map(|step| step.name.as_deref()).collect();
        assert_eq!(
            names,
            [
                Some("paths"),
                Some("/v1/{a}"),
                Some("get"),
                Some("responses"),
                Some("200"),
                None,
                Some("required"),
                None,
                None,
                None
            ]
        );
        let together: String = steps.iter().map(|step| &path[step.range.clone()]).collect();
        assert_eq!(format!("${together}"), path);
    }

    #[test]
    fn a_formatted_name_matches_its_key() {
        for name in ["plain", "/v1/{a}", "it's", "200", "a\\b", "with-dash"] {
            let tree = json!({ name: 1 });
            let path = format!("${}", step(name));
            assert_eq!(select(&path, &tree).len(), 1, "{path}");
            assert_eq!(of_pointer(&select(&path, &tree)[0]), path);
        }
    }
}
