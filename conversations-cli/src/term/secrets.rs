//! The API keys and search texts of this run, which no message may show.
//!
//! Messages consist of fixed text, names and ids in fixed formats. This is the last filter before every output, in
//! case a key or a search text gets into a message anyway.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use url::form_urlencoded;

static SECRETS: RwLock<Vec<Secret>> = RwLock::new(Vec::new());

/// Minimum length of a secret. Replacing shorter texts would make messages unreadable.
const SHORTEST: usize = 4;

/// Shorter texts are replaced as whole words only.
const SHORTEST_INSIDE_WORDS: usize = 8;

struct Secret {
    /// In lowercase ASCII.
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Key,
    SearchText,
}

impl Kind {
    const fn placeholder(self) -> &'static str {
        match self {
            Self::Key => "<API key>",
            Self::SearchText => "<search text>",
        }
    }
}

/// Replaces an API key in everything that is printed from now on.
pub(crate) fn add_key(key: &str) {
    // A file may contain more than a key by mistake, so hide each of its lines.
    add(key.lines(), Kind::Key);
}

/// Replaces a search text in everything printed to standard error from now on. Standard output may show it, because
/// it is what the user searched for.
pub(crate) fn add_search_text(text: &str) {
    add([text], Kind::SearchText);
}

fn add<'a>(texts: impl IntoIterator<Item = &'a str>, kind: Kind) {
    let mut secrets = SECRETS.write().unwrap_or_else(PoisonError::into_inner);
    let texts = texts.into_iter().map(str::trim);
    for text in texts.filter(|text| text.len() >= SHORTEST) {
        let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let forms = [
            text.to_owned(),
            encoded.replace('+', "%20"),
            encoded,
            text.escape_debug().to_string(),
        ];
        secrets.extend(forms.map(|form| Secret {
            text: form.to_ascii_lowercase(),
            kind,
        }));
    }
    // The longest first: one secret may be part of another. A stable sort: what was added first keeps its kind.
    secrets.sort_by(|one, other| {
        let length = other.text.len().cmp(&one.text.len());
        length.then_with(|| one.text.cmp(&other.text))
    });
    secrets.dedup_by(|later, earlier| later.text == earlier.text);
}

/// Returns a text for standard output, without API keys.
pub(crate) fn without_keys(text: &str) -> Cow<'_, str> {
    let secrets = SECRETS.read().unwrap_or_else(PoisonError::into_inner);
    replaced(
        text,
        secrets.iter().filter(|secret| secret.kind == Kind::Key),
    )
}

/// Returns a text for standard error, without API keys and search texts.
pub(crate) fn without_secrets(text: &str) -> Cow<'_, str> {
    let secrets = SECRETS.read().unwrap_or_else(PoisonError::into_inner);
    replaced(text, secrets.iter())
}

fn replaced<'t, 's>(text: &'t str, secrets: impl Iterator<Item = &'s Secret>) -> Cow<'t, str> {
    let mut text = Cow::Borrowed(text);
    for secret in secrets {
        let mut out = String::new();
        let mut end = 0;
        for at in occurrences(&text.to_ascii_lowercase(), &secret.text) {
            out.push_str(&text[end..at.start]);
            out.push_str(secret.kind.placeholder());
            end = at.end;
        }
        if end > 0 {
            out.push_str(&text[end..]);
            text = Cow::Owned(out);
        }
    }
    text
}

/// Returns the ranges of a secret in a text. Only ASCII case is folded, so byte positions stay the same.
fn occurrences(text: &str, secret: &str) -> Vec<Range<usize>> {
    let joins = |letter: Option<char>| {
        secret.len() < SHORTEST_INSIDE_WORDS
            && letter.is_some_and(|letter| letter.is_alphanumeric() || "-_".contains(letter))
    };
    text.match_indices(secret)
        .map(|(start, found)| start..start + found.len())
        .filter(|at| {
            !joins(text[..at.start].chars().next_back()) && !joins(text[at.end..].chars().next())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(secrets: &[(&str, Kind)], text: &str) -> String {
        let secrets: Vec<_> = secrets
            .iter()
            .map(|(text, kind)| Secret {
                text: (*text).to_owned(),
                kind: *kind,
            })
            .collect();
        replaced(text, secrets.iter()).into_owned()
    }

    #[test]
    fn a_key_is_replaced_inside_of_words_and_in_any_case() {
        assert_eq!(
            with(
                &[("pk_live_1234", Kind::Key)],
                "code XPK_LIVE_1234X, é pk_live_1234"
            ),
            "code X<API key>X, é <API key>"
        );
    }

    #[test]
    fn a_short_text_is_replaced_as_a_whole_word() {
        let secrets = [("page", Kind::SearchText)];
        assert_eq!(
            with(&secrets, "page 2 of pages, home-page, \"page\""),
            "<search text> 2 of pages, home-page, \"<search text>\""
        );
    }

    #[test]
    fn other_forms_of_a_search_text_are_replaced_too() {
        add_search_text(" a caller's \"words\" ");
        for form in [
            "a caller's \"words\"",
            "a%20caller%27s%20%22words%22",
            "a+caller%27s+%22words%22",
            "A CALLER\\'S \\\"WORDS\\\"",
        ] {
            assert_eq!(without_secrets(form), "<search text>");
            assert_eq!(without_keys(form), form);
        }
    }
}
