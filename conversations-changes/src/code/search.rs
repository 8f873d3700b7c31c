//! Looks through the tree.

use super::terms::{Terms, singular, terms};
use super::{Role, SourceFile, Use};
use crate::change::Change;
use crate::pairing::word_list;

/// How many lines around a figure may name what it is about.
const NEAR: usize = 2;

/// A name that stands in more lines than this is a word of everyday life (`query`, `id`): then only
/// lines that quote it or call it count.
const EVERYDAY: usize = 40;

/// The lines that `change` reaches; those that state the old fact first, then by role and place.
pub(crate) fn uses(change: &Change, sources: &[SourceFile], version: Option<&str>) -> Vec<Use> {
    let terms = terms(change);
    let mut found = Vec::new();
    for source in sources {
        let lines: Vec<&str> = source.text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let states_old_fact = states(&terms, &lines, index);
            if !(states_old_fact || holds(&terms, line)) || is_of_another(version, &lines, index) {
                continue;
            }
            found.push(Use {
                role: Role::of(&source.path, line),
                path: source.path.clone(),
                line: index + 1,
                text: line.trim().to_owned(),
                states_old_fact,
            });
        }
    }
    if found.iter().filter(|found| !found.states_old_fact).count() > EVERYDAY {
        found.retain(|found| found.states_old_fact || is_pointed(&terms, &found.text));
    }
    found.sort_by(|a, b| {
        let key = |found: &Use| (!found.states_old_fact, found.role);
        (key(a), &a.path, a.line).cmp(&(key(b), &b.path, b.line))
    });
    found
}

fn holds(terms: &Terms, line: &str) -> bool {
    terms.identifiers.iter().any(|name| has_word(line, name))
        || terms.literals.iter().any(|value| has_word(line, value))
}

/// Whether a line quotes, calls or sets the name, rather than only containing the word.
fn is_pointed(terms: &Terms, line: &str) -> bool {
    let forms = |name: &String| {
        [
            format!("\"{name}\""),
            format!("`{name}`"),
            format!(".{name}("),
            format!("{name}="),
        ]
    };
    let names = terms.identifiers.iter().chain(&terms.literals);
    names.flat_map(forms).any(|form| line.contains(&form))
}

/// Whether `word` stands in `line` with nothing that would make it another word on either side.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut from = 0;
    while let Some(at) = line[from..].find(word).map(|at| at + from) {
        let end = at + word.len();
        let before = line[..at].chars().next_back();
        let after = line[end..].chars().next();
        let begins = word.starts_with(is_part);
        let ends = word.ends_with(is_part);
        // A hyphen joins as well: `pre-release` is not `release`.
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

/// Whether the line has the old figure and something near it bears the name.
fn states(terms: &Terms, lines: &[&str], index: usize) -> bool {
    if terms.facts.is_empty() || terms.about.is_empty() {
        return false;
    }
    let has_fact = figures(lines[index])
        .iter()
        .any(|figure| terms.facts.contains(figure));
    let near = index.saturating_sub(NEAR)..(index + NEAR + 1).min(lines.len());
    has_fact
        && near
            .into_iter()
            .any(|line| names(lines[line], &terms.about))
}

/// Numbers of a line as a document writes them: `5_000` and `5,000` are `5000`.
fn figures(line: &str) -> Vec<String> {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ',' || c == '.'))
        .flat_map(|word| {
            let joined = word.trim_matches(|c: char| !c.is_alphanumeric());
            let is_figure = |text: &str| {
                text.starts_with(|c: char| c.is_ascii_digit())
                    && text
                        .chars()
                        .all(|c| c.is_ascii_digit() || "_,.".contains(c))
            };
            is_figure(joined).then(|| joined.replace(['_', ','], ""))
        })
        .collect()
}

/// Whether a word of the line bears all words of a name, in any case and number: `v3_limits` bears
/// `limit`.
fn names(line: &str, about: &[String]) -> bool {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
        .map(|word| singular(&word_list(word)))
        .any(|words| about.iter().all(|part| words.contains(part)))
}

/// Whether the line, or the nearest before it that names a version, is about another one.
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
    fn a_word_is_found_whole_alone() {
        assert!(has_word("given.one_of(\"client_env\", &all)", "client_env"));
        assert!(!has_word("my_client_env = 1", "client_env"));
        assert!(!has_word("pre-release", "release"));
        assert!(has_word("`VOICE-SIP` or `WEBCHAT`.", "WEBCHAT"));
        assert!(has_word("https://host/conversations?x", "/conversations"));
    }

    #[test]
    fn a_figure_is_the_same_with_or_without_separators() {
        assert_eq!(
            figures("at most 5,000 (or 1_000), 1.5"),
            ["5000", "1000", "1.5"]
        );
    }

    #[test]
    fn a_name_is_borne_by_longer_names_and_plurals() {
        let about = ["limit".to_owned()];
        assert!(names("v3_limits: Limits::new(1000, 1000),", &about));
        assert!(!names("limitless: 1000", &about));
    }

    #[test]
    fn a_line_about_another_version_is_left_out() {
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
}
