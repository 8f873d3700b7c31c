//! Masks text that may identify a person.

use std::collections::HashSet;
use std::ops::Range;

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};

/// A number with this many digits or more may identify a person: a phone number, a card, a code.
pub(super) const LONG: usize = 4;

/// Numbers with at most this many words between them count as one, as when digits are read back.
const WORDS_BETWEEN: usize = 2;

/// The maximum number of words before a spoken `at` that count as the name in an e-mail address.
const NAME_WORDS: usize = 3;

/// The maximum number of words from a spoken `at` to the first dot of the domain.
const DOMAIN_WORDS: usize = 3;

/// Replaces every letter and digit with `*`. Spaces and punctuation stay, so that words can be counted.
pub(super) fn masked(text: &str) -> String {
    with_stars(text, words(text))
}

/// Masks long numbers, e-mail addresses and the words in `said`. Masking the result again changes nothing.
pub(super) fn masked_by_pattern(text: &str, said: &Said) -> String {
    let mut words: Vec<_> = words(text).map(|at| Word::new(text, at, said)).collect();
    hide_spoken_addresses(text, &mut words);
    hide_addresses(text, &mut words);
    // Last, because it depends on what is hidden.
    hide_numbers(&mut words);
    let hidden = words.into_iter().filter(|word| word.is_hidden);
    with_stars(text, hidden.map(|word| word.at))
}

/// Replaces every character in these ranges.
fn with_stars(text: &str, hidden: impl Iterator<Item = Range<usize>>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for at in hidden {
        out.push_str(&text[end..at.start]);
        end = at.end;
        out.extend(text[at].chars().map(|_| '*'));
    }
    out.push_str(&text[end..]);
    out
}

/// The words that the caller used, and those of the values that are masked as a whole.
#[derive(Debug, Default)]
pub(super) struct Said(HashSet<String>);

impl Said {
    pub(super) fn add(&mut self, text: &str) {
        self.0.extend(words(text).map(|at| folded(&text[at])));
    }
}

/// Returns the form in which words are compared: in lower case, with decomposed accents and without full width.
fn folded(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd();
    // By way of the upper case, in which `ß` is `SS` and both forms of a sigma are one.
    let folded = decomposed.normalize(word).to_lowercase();
    let folded = folded.to_uppercase().to_lowercase();
    decomposed.normalize(&folded).into_owned()
}

/// Returns the ranges of the words. A masked letter is a word of its own: as none, masking twice would merge distant
/// numbers, and as part of a word it would hide the letters next to it from the comparison.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut letters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let is_letter = |letter: char| letter == '*' || letter.is_alphanumeric();
        let (start, first) = letters.find(|(_, letter)| is_letter(*letter))?;
        let mut end = start + first.len_utf8();
        let joins = !is_unspaced(first);
        let is_next =
            |letter| is_mark(letter) || (joins && is_letter(letter) && !is_unspaced(letter));
        while let Some((at, letter)) = letters.next_if(|(_, letter)| is_next(*letter)) {
            end = at + letter.len_utf8();
        }
        Some(start..end)
    })
}

/// Returns whether a character belongs to the letter before it, such as a decomposed accent or the vowel of a decomposed
/// Korean syllable.
fn is_mark(letter: char) -> bool {
    if matches!(letter, '\u{1160}'..='\u{11ff}') {
        return true;
    }
    let category = || CodePointMapData::<GeneralCategory>::new().get(letter);
    !letter.is_ascii() && GeneralCategoryGroup::Mark.contains(category())
}

/// Returns whether the script has no spaces between words, or, as in Korean, between names and what is attached to them.
/// Each letter then counts as a word: otherwise a name would be found only if the same sentence recurs.
fn is_unspaced(letter: char) -> bool {
    matches!(letter,
        '*' | '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{115f}'
        | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

struct Word {
    at: Range<usize>,
    kind: Kind,
    /// The number of digits that it stands for.
    digits: usize,
    is_hidden: bool,
}

/// What a word may be part of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    At,
    Dot,
    O,
    Clock,
    Other,
}

impl Word {
    fn new(text: &str, at: Range<usize>, said: &Said) -> Self {
        let folded = folded(&text[at.clone()]);
        Self {
            at,
            kind: match folded.as_str() {
                "at" => Kind::At,
                "dot" => Kind::Dot,
                "o" => Kind::O,
                "clock" => Kind::Clock,
                _ => Kind::Other,
            },
            digits: digits(&folded),
            is_hidden: said.0.contains(&folded),
        }
    }
}

fn hide_numbers(words: &mut [Word]) {
    let mut group = Vec::new();
    let mut total = 0;
    for index in 0..words.len() {
        let is_o_clock = words[index].kind == Kind::O
            && words
                .get(index + 1)
                .is_some_and(|next| next.kind == Kind::Clock && !next.is_hidden);
        let digits = words[index].digits;
        if digits == 0 || is_o_clock {
            continue;
        }
        if group
            .last()
            .is_some_and(|last| index - last > WORDS_BETWEEN + 1)
        {
            group.clear();
            total = 0;
        }
        group.push(index);
        total += digits;
        if total >= LONG {
            for index in &group {
                words[*index].is_hidden = true;
            }
            // The others are hidden already.
            group.drain(..group.len() - 1);
        }
    }
}

/// Returns the number of digits that a word stands for.
fn digits(word: &str) -> usize {
    match word {
        "zero" | "oh" | "o" | "nought" | "one" | "two" | "three" | "four" | "five" | "six"
        | "seven" | "eight" | "nine" | "double" | "triple" | "hundred" | "thousand" => 1,
        "ten" | "eleven" | "twelve" | "thirteen" | "fourteen" | "fifteen" | "sixteen"
        | "seventeen" | "eighteen" | "nineteen" | "twenty" | "thirty" | "forty" | "fifty"
        | "sixty" | "seventy" | "eighty" | "ninety" => 2,
        _ => word.chars().filter(|letter| letter.is_numeric()).count(),
    }
}

/// Hides spoken addresses such as `ann dot lee at example dot com`, or `ann at example.com`.
fn hide_spoken_addresses(text: &str, words: &mut [Word]) {
    let ends = domain_ends(text, words);
    let mut hidden = 0;
    for at in 1..words.len() {
        if words[at].kind != Kind::At {
            continue;
        }
        let mut labels = at + 1..words.len().min(at + 1 + DOMAIN_WORDS);
        let Some(label) = labels.find(|label| ends[*label] > *label) else {
            continue;
        };
        let end = ends[label] + 1;
        // From where the addresses before end: one domain may follow many an `at`.
        let start = at.saturating_sub(NAME_WORDS).max(hidden);
        for word in words.get_mut(start..end).into_iter().flatten() {
            word.is_hidden = true;
        }
        hidden = hidden.max(end);
    }
}

/// Returns for each word the last one of the domain that begins with it; itself if no dot follows.
fn domain_ends(text: &str, words: &[Word]) -> Vec<usize> {
    let mut ends: Vec<usize> = (0..words.len()).collect();
    for (index, pair) in words.windows(2).enumerate().rev() {
        let [word, next] = pair else { continue };
        let label = &text[next.at.clone()];
        let next = if next.kind == Kind::Dot {
            index + 2
        } else if &text[word.at.end..next.at.start] == "."
            // Neither `3.50` nor `p.m`.
            && label.starts_with(char::is_alphabetic)
            && label.chars().nth(1).is_some()
        {
            index + 1
        } else {
            continue;
        };
        if let Some(end) = ends.get(next) {
            ends[index] = *end;
        }
    }
    ends
}

/// Hides the text around each `@`, up to the next space.
fn hide_addresses(text: &str, words: &mut [Word]) {
    let is_space = char::is_whitespace;
    let mut end = 0;
    for (at, _) in text.match_indices('@') {
        // Once for all `@` without a space between them.
        if at < end {
            continue;
        }
        let start = text[..at].rfind(is_space).unwrap_or(0);
        end = at + text[at..].find(is_space).unwrap_or(text.len() - at);
        let part = text[start..end].trim_start();
        let before = text[..start].trim_end();
        let after = text[end..].trim_start();
        let from = match part.starts_with('@') {
            true => before.rfind(is_space).unwrap_or(0),
            false => start,
        };
        let to = match part.ends_with('@') {
            true => text.len() - after.len() + after.find(is_space).unwrap_or(after.len()),
            false => end,
        };
        let first = words.partition_point(|word| word.at.start < from);
        for word in words[first..]
            .iter_mut()
            .take_while(|word| word.at.end <= to)
        {
            word.is_hidden = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_pattern(text: &str) -> String {
        masked_by_pattern(text, &Said::default())
    }

    #[test]
    fn masked_text_keeps_the_lengths_of_words_and_nothing_else() {
        assert_eq!(masked("I'm Zoë, 42!"), "*'* ***, **!");
        assert_eq!(masked("住所は？"), "***？");
        assert_eq!(masked("Zoe\u{308} ที่นี่ ❤\u{fe0f}"), "**** ****** ❤\u{fe0f}");
        assert_eq!(masked(""), "");
    }

    #[test]
    fn long_numbers_are_masked_however_they_are_written_or_read_out() {
        for (text, expected) in [
            ("call +1 (202) 555-0137 now", "call +* (***) ***-**** now"),
            ("room 12 at 7 pm", "room 12 at 7 pm"),
            ("code 1234.", "code ****."),
            ("1-2-3-4", "*-*-*-*"),
            ("4, 1, 5, 1", "*, *, *, *"),
            (
                "that is 4 then 1 and then 5, 1?",
                "that is * then * and then *, *?",
            ),
            ("four, one ... five one", "****, *** ... **** ***"),
            ("booking AB12CD34 it is", "booking ******** it is"),
            ("2 nights, 1 room, 3 guests", "2 nights, 1 room, 3 guests"),
            ("٤١٥١", "****"),
            ("電話は4151です", "電話は****です"),
            ("five o one two", "**** * *** ***"),
            ("o two o seven", "* *** * *****"),
            ("at ten o'clock for two", "at ten o'clock for two"),
        ] {
            assert_eq!(by_pattern(text), expected, "{text}");
            assert_eq!(by_pattern(expected), expected, "twice: {text}");
        }
    }

    #[test]
    fn addresses_are_masked_written_and_spoken() {
        for (text, expected) in [
            (
                "to ann.lee+x@mail.example.com, right?",
                "to ***.***+*@****.*******.***, right?",
            ),
            ("to ann @ example.com", "to *** @ *******.***"),
            (
                "so that's ann dot lee at mail dot example dot com, yes",
                "so that's *** *** *** ** **** *** ******* *** ***, yes",
            ),
            (
                "it is ann at gmail.com, ann (at) mail.gmail.com.",
                "** ** *** ** *****.***, *** (**) ****.*****.***.",
            ),
            ("ann@ gmail.com @", "***@ *****.*** @"),
            ("we meet at the station", "we meet at the station"),
            ("we meet at home. See you", "we meet at home. See you"),
            ("it is at 3.50 or p.m. there", "it is at 3.50 or p.m. there"),
            ("open at 5 p.m. today", "open at 5 p.m. today"),
        ] {
            assert_eq!(by_pattern(text), expected, "{text}");
            assert_eq!(by_pattern(expected), expected, "twice: {text}");
        }
    }

    #[test]
    fn words_of_the_caller_are_masked_whatever_their_case_and_unicode_form() {
        let mut said = Said::default();
        for text in [
            "It's ANN Lee",
            "山田です",
            "Zoë Strauß",
            "Ｊｏｅ f***ing ガ",
            "저는 김철수입니다",
        ] {
            said.add(text);
        }
        for (text, expected) in [
            (
                "Thanks, ann! Is Lee's flat ok?",
                "Thanks, ***! Is ***'* flat ok?",
            ),
            ("山田様ですね", "**様**ね"),
            ("Zoe\u{308}, ZOE\u{308} and zoë", "****, **** and ***"),
            ("STRAUSS, JOE", "*******, ***"),
            ("ing カ\u{3099} カ", "*** ** カ"),
            ("김철수님 안녕", "***님 안녕"),
            ("\u{1100}\u{1175}\u{11b7}철수님", "*****님"),
        ] {
            let masked = masked_by_pattern(text, &said);
            assert_eq!(masked, expected);
            assert_eq!(masked_by_pattern(&masked, &said), expected, "twice");
        }
    }
}
