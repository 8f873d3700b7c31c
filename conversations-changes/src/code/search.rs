//! Searches the source lines.

use super::index::{Index, figures};
use super::terms::{Terms, singular, terms};
use super::{Role, Use};
use crate::change::Change;
use crate::pairing::word_list;

/// The distance, in lines, between a number and the name that it belongs to: a table of limits has the
/// name at its head, a sentence has both.
const NEAR: usize = 2;
const NEAR_IN_WORDS: usize = 1;

/// A name that occurs in more lines than this is a common word (`query`, `id`): then only lines that
/// quote or call it count.
const EVERYDAY: usize = 40;

/// The lines that `change` affects; those that state the old fact first, then by role and position.
pub(crate) fn uses(change: &Change, index: &Index<'_>, version: Option<&str>) -> Vec<Use> {
    let terms = terms(change);
    let names = terms.identifiers.iter().chain(&terms.literals);
    let mut found = Vec::new();
    for (file, number) in index.candidates(names, terms.facts.iter()) {
        let (path, lines) = &index.files[file];
        let line = lines[number];
        let role = index.role((file, number));
        let near = match role {
            Role::Emulator | Role::Client => NEAR,
            Role::Docs | Role::Tests => NEAR_IN_WORDS,
            _ => 0,
        };
        let distance = distance(&terms, lines, number, near);
        if (distance.is_none() && !holds(&terms, line)) || is_of_another(version, lines, number) {
            continue;
        }
        let found_here = Use {
            role,
            path: (*path).to_owned(),
            line: number + 1,
            text: line.trim().to_owned(),
            states_old_fact: distance.is_some(),
        };
        found.push((distance.unwrap_or(usize::MAX), found_here));
    }
    // Something new cannot be in use yet, except by code that is deliberately ahead of the document.
    let is_new = change.subject.old.is_none() && change.subject.new.is_some();
    let uses = found.iter().filter(|(_, found)| !found.states_old_fact);
    if is_new || uses.count() > EVERYDAY {
        found.retain(|(_, found)| found.states_old_fact || is_pointed(&terms, &found.text));
    }
    // Rules before prose before tests, each by the confidence of the match.
    let group = |role: Role| match role {
        Role::Docs => 1,
        Role::Tests | Role::Other => 2,
        _ => 0,
    };
    found.sort_by(|(near, a), (far, b)| {
        let key = |distance, found: &Use| {
            (
                !found.states_old_fact,
                group(found.role),
                distance,
                found.role,
            )
        };
        (key(*near, a), &a.path, a.line).cmp(&(key(*far, b), &b.path, b.line))
    });
    found.into_iter().map(|(_, found)| found).collect()
}

fn holds(terms: &Terms, line: &str) -> bool {
    terms.identifiers.iter().any(|name| has_word(line, name))
        || terms.literals.iter().any(|value| has_word(line, value))
}

/// Whether a line quotes, calls or sets the name instead of only containing the word.
fn is_pointed(terms: &Terms, line: &str) -> bool {
    let forms = |name: &String| {
        [
            format!("\"{name}\""),
            format!("`{name}`"),
            format!(".{name}("),
            format!("{name}="),
        ]
    };
    // A term of several words is specific enough by itself.
    let is_whole = |literal: &&String| literal.starts_with(['}', '.']) || literal.ends_with(')');
    let names = terms.identifiers.iter().chain(&terms.literals);
    names.flat_map(forms).any(|form| line.contains(&form))
        || terms
            .literals
            .iter()
            .filter(is_whole)
            .any(|literal| line.contains(literal.as_str()))
}

/// Whether `line` contains `word` as a whole word.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut from = 0;
    while let Some(at) = line[from..].find(word).map(|at| at + from) {
        let end = at + word.len();
        let before = line[..at].chars().next_back();
        let after = line[end..].chars().next();
        let begins = word.starts_with(is_part);
        let ends = word.ends_with(is_part);
        // A hyphen joins words too: `pre-release` is not `release`.
        let is_free = |edge: Option<char>, matters: bool| {
            !matters || edge.is_none_or(|c| !is_part(c) && c != '-')
        };
        if is_free(before, begins) && is_free(after, ends) {
            return true;
        }
        from = end;
    }
    false
}

/// The distance between a line with the old number and the name; `None` if the line does not have the
/// number or no line within `near` has the name.
fn distance(terms: &Terms, lines: &[&str], index: usize, near: usize) -> Option<usize> {
    if terms.facts.is_empty() || terms.about.is_empty() {
        return None;
    }
    let has_fact = figures(lines[index])
        .iter()
        .any(|figure| terms.facts.contains(figure));
    if !has_fact {
        return None;
    }
    let around = index.saturating_sub(near)..(index + near + 1).min(lines.len());
    around
        .filter(|line| names(lines[*line], &terms.about))
        .map(|line| line.abs_diff(index))
        .min()
}

/// Whether a word of the line contains all words of a name, in any case and number: `v3_limits` contains
/// `limit`.
fn names(line: &str, about: &[String]) -> bool {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
        .map(|word| singular(&word_list(word)))
        .any(|words| about.iter().all(|part| words.contains(part)))
}

/// Whether the line, or the closest preceding line that names a version, is about another version.
fn is_of_another(version: Option<&str>, lines: &[&str], index: usize) -> bool {
    let Some(version) = version else {
        return false;
    };
    // v2 is derived from v3's document.
    let own: &[&str] = match version {
        "v3" => &["v3", "v2"],
        "v1" => &["v1"],
        _ => return false,
    };
    for line in lines[index.saturating_sub(NEAR)..=index].iter().rev() {
        let words: Vec<String> = line
            .split(|c: char| !c.is_alphanumeric())
            .map(str::to_lowercase)
            .collect();
        let named: Vec<&str> = ["v1", "v2", "v3"]
            .into_iter()
            .filter(|name| words.iter().any(|word| word == name))
            .collect();
        if !named.is_empty() {
            return !named.iter().any(|name| own.contains(name));
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_words_match() {
        assert!(has_word("given.one_of(\"client_env\", &all)", "client_env"));
        assert!(!has_word("my_client_env = 1", "client_env"));
        assert!(!has_word("pre-release", "release"));
        assert!(has_word("`VOICE-SIP` or `WEBCHAT`.", "WEBCHAT"));
        assert!(has_word("https://host/conversations?x", "/conversations"));
    }

    #[test]
    fn numbers_are_equal_with_and_without_separators() {
        assert_eq!(
            figures("at most 5,000 (or 1_000), 1.5"),
            ["5000", "1000", "1.5"]
        );
    }

    #[test]
    fn a_name_matches_longer_names_and_plurals() {
        let about = ["limit".to_owned()];
        assert!(names("v3_limits: Limits::new(1000, 1000),", &about));
        assert!(!names("limitless: 1000", &about));
    }

    #[test]
    fn a_line_about_another_version_is_skipped() {
        let lines = [
            "Self::V1 => Limits {",
            "max: 5000,",
            "},",
            "Self::V2 | Self::V3 => Limits {",
            "max: 1000,",
        ];
        assert!(is_of_another(Some("v3"), &lines, 1));
        assert!(!is_of_another(Some("v3"), &lines, 4));
        assert!(!is_of_another(Some("v1"), &lines, 1));
    }

    #[test]
    fn a_new_server_belongs_where_its_siblings_are_listed() {
        let old = serde_json::json!({"servers": [{"url": "https://api.us-1.calls.example.com"}]});
        let mut new = old.clone();
        let added = serde_json::json!({"url": "https://api.eu-1.calls.example.com"});
        new["servers"].as_array_mut().unwrap().push(added);
        let file = super::super::SourceFile {
            path: "conversations-api-ext/src/region.rs".into(),
            text: "Self::Us1 => \"https://api.us-1.calls.example.com\",\nlet servers = 1;".into(),
        };
        let change = crate::changes(&old, &new, &[]).remove(0);
        let found = uses(&change, &Index::new(&[file]), None);
        assert_eq!(
            found.iter().map(|found| found.line).collect::<Vec<_>>(),
            [1]
        );
    }

    #[test]
    fn a_moved_path_is_found_in_code_and_documentation() {
        let tree = |last: &str| {
            serde_json::json!({"paths": {format!("/v3/{{id}}/{last}"): {"get": {
                "operationId": "list", "responses": {"200": {"description": ""}}}}}})
        };
        let many = "json!({\"calls\": []});\n".repeat(60);
        let file = super::super::SourceFile {
            path: "conversations-emulator/src/route.rs".into(),
            text: format!("/// `/v3/{{id}}/calls`\nsegments.next() == Some(\"calls\")\n{many}"),
        };
        let change = crate::changes(&tree("calls"), &tree("records"), &[]).remove(0);
        let found = uses(&change, &Index::new(&[file]), Some("v3"));
        assert_eq!(
            found.iter().map(|found| found.line).collect::<Vec<_>>(),
            [2, 1]
        );
    }
}
