//! Tokenization for both search modes.

use std::borrow::Cow;

use crate::data::entry::Entry;
use crate::data::spans;

/// The words of a text: runs of letters and digits in any script. "Don't" is two words.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|token| !token.is_empty())
}

/// Whether a text contains these lower-case words in sequence, ignoring case and anything between words.
pub(super) fn in_a_row(lowered: &[String], text: &str) -> bool {
    let [first, others @ ..] = lowered else {
        return false;
    };
    // Most texts can be rejected by searching for one letter, which is very fast.
    let initial = first.as_bytes()[0];
    if text.is_ascii() {
        let upper = initial.to_ascii_uppercase();
        return memchr::memchr2_iter(initial, upper, text.as_bytes()).any(|at| {
            let starts_a_word = at == 0 || !text.as_bytes()[at - 1].is_ascii_alphanumeric();
            starts_a_word && follow(first, others, &text[at..])
        });
    }
    let mut starts = text
        .char_indices()
        .scan(false, |within, (at, character)| {
            let starts_a_word = character.is_alphanumeric() && !*within;
            *within = character.is_alphanumeric();
            Some(starts_a_word.then_some(at))
        })
        .flatten();
    starts.any(|at| follow(first, others, &text[at..]))
}

/// Whether a text begins with these words.
fn follow(first: &str, others: &[String], text: &str) -> bool {
    let mut words = tokens(text);
    words.next().is_some_and(|word| is(word, first))
        && others
            .iter()
            .all(|lowered| words.next().is_some_and(|word| is(word, lowered)))
}

/// Whether `token` in lower case equals `lowered`, without allocating.
fn is(token: &str, lowered: &str) -> bool {
    if token.is_ascii() {
        return token.eq_ignore_ascii_case(lowered);
    }
    token
        .chars()
        .flat_map(char::to_lowercase)
        .eq(lowered.chars())
}

/// The texts of every turn whose key is among `fields`.
pub(super) fn said<'a>(
    entry: &'a Entry,
    fields: &'a [&[u8]],
) -> impl Iterator<Item = Cow<'a, str>> {
    let raw = entry.raw.as_ref();
    let members =
        spans::elements(raw, &entry.turns).flat_map(move |turn| spans::members(raw, &turn));
    members
        .filter(move |member| fields.contains(&member.name(raw)))
        .filter_map(move |member| spans::text(raw, &member.value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn word_sequences_are_found_anywhere_in_a_text(
            before in "[a-cA-Cäß ,.]{0,12}",
            words in prop::collection::vec("[a-cäéß1]{1,3}", 1..4),
            between in "[ ,.!]{1,3}",
            after in "([ .][a-cA-Cä ]{0,9})?",
            shouted in any::<bool>(),
        ) {
            let phrase = words.join(&between);
            // "ß" in upper case is a different word.
            let phrase = if shouted && !phrase.contains('ß') { phrase.to_uppercase() } else { phrase };
            let text = format!("{before} {phrase}{after}");
            prop_assert!(in_a_row(&words, &text), "{:?} in {:?}", words, text);
        }

        #[test]
        fn the_fast_search_finds_what_a_plain_search_finds(
            words in prop::collection::vec("[abäK]{1,2}", 1..3),
            text in "[abABäÄkK\u{212a} ]{0,20}",
        ) {
            let lowered: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
            let spoken: Vec<String> = tokens(&text).map(str::to_lowercase).collect();
            let plainly = spoken.windows(lowered.len()).any(|window| window == lowered);
            prop_assert_eq!(in_a_row(&lowered, &text), plainly, "{:?} in {:?}", lowered, text);
        }
    }
}
