//! Masks text that may identify a person.

use std::collections::HashSet;
use std::ops::Range;

/// A number with this many digits or more may identify a person: a phone number, a card, a code.
pub(super) const LONG: usize = 4;

/// Numbers with at most this many words between them count as one, as when digits are read back.
const WORDS_BETWEEN: usize = 2;

/// The maximum number of words before a spoken `at` that count as the name in an e-mail address.
const NAME_WORDS: usize = 3;

/// Replaces every letter and digit with `*`. Spaces and punctuation stay, so that words can be counted.
pub(super) fn masked(text: &str) -> String {
    text.chars().map(star).collect()
}

fn star(letter: char) -> char {
    if letter.is_alphanumeric() {
        '*'
    } else {
        letter
    }
}

/// Masks long numbers, e-mail addresses and the words in `said`. Masking the result again changes nothing.
pub(super) fn masked_by_pattern(text: &str, said: &Said) -> String {
    let words = words(text);
    let folded: Vec<String> = words.iter().map(|at| fold(&text[at.clone()])).collect();
    let mut hidden: Vec<bool> = folded.iter().map(|word| said.0.contains(word)).collect();
    hide_numbers(&folded, &mut hidden);
    hide_spoken_addresses(&folded, &mut hidden);
    hide_addresses(text, &words, &mut hidden);

    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for (at, hidden) in words.into_iter().zip(hidden) {
        out.push_str(&text[end..at.start]);
        end = at.end;
        let word = &text[at];
        if hidden {
            out.extend(word.chars().map(star));
        } else {
            out.push_str(word);
        }
    }
    out.push_str(&text[end..]);
    out
}

/// The words that the caller used, and those of the values that are masked as a whole.
#[derive(Debug, Default)]
pub(super) struct Said(HashSet<String>);

impl Said {
    pub(super) fn add(&mut self, text: &str) {
        let words = words(text).into_iter();
        self.0.extend(words.map(|at| fold(&text[at])));
    }
}

fn fold(word: &str) -> String {
    word.to_lowercase()
}

/// Returns the ranges of the words. A masked word is still one: otherwise masking twice would merge distant numbers.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut joins = false;
    for (at, letter) in text.char_indices() {
        let end = at + letter.len_utf8();
        if letter != '*' && !letter.is_alphanumeric() {
            joins = false;
        } else if let Some(word) = words.last_mut().filter(|_| joins && !is_unspaced(letter)) {
            word.end = end;
        } else {
            words.push(at..end);
            joins = !is_unspaced(letter);
        }
    }
    words
}

/// Returns whether the script has no spaces between words. Each letter then counts as a word: otherwise a name would
/// be found only if the same sentence recurs.
fn is_unspaced(letter: char) -> bool {
    matches!(letter,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

fn hide_numbers(words: &[String], hidden: &mut [bool]) {
    let mut group = Vec::new();
    let mut total = 0;
    for (index, word) in words.iter().enumerate() {
        let digits = digits(word);
        if digits == 0 {
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
                hidden[*index] = true;
            }
            // The others are hidden already.
            group.drain(..group.len() - 1);
        }
    }
}

/// Returns the number of digits that a word stands for.
fn digits(word: &str) -> usize {
    match word {
        "zero" | "oh" | "nought" | "one" | "two" | "three" | "four" | "five" | "six" | "seven"
        | "eight" | "nine" | "double" | "triple" | "hundred" | "thousand" => 1,
        "ten" | "eleven" | "twelve" | "thirteen" | "fourteen" | "fifteen" | "sixteen"
        | "seventeen" | "eighteen" | "nineteen" | "twenty" | "thirty" | "forty" | "fifty"
        | "sixty" | "seventy" | "eighty" | "ninety" => 2,
        _ => word.chars().filter(|letter| letter.is_numeric()).count(),
    }
}

/// Hides spoken addresses such as `ann dot lee at example dot com`.
fn hide_spoken_addresses(words: &[String], hidden: &mut [bool]) {
    let is_dot = |index: &usize| words.get(*index).is_some_and(|word| word == "dot");
    for at in (1..words.len()).filter(|index| words[*index] == "at") {
        let Some(mut dot) = (at + 2..at + 5)
            .find(is_dot)
            .filter(|dot| dot + 1 < words.len())
        else {
            continue;
        };
        while is_dot(&(dot + 2)) && dot + 3 < words.len() {
            dot += 2;
        }
        hidden[at.saturating_sub(NAME_WORDS)..=dot + 1].fill(true);
    }
}

/// Hides the text around each `@`, up to the next space.
fn hide_addresses(text: &str, words: &[Range<usize>], hidden: &mut [bool]) {
    for (at, _) in text.match_indices('@') {
        let before = text[..at].trim_end();
        let start = before.rfind(char::is_whitespace).unwrap_or(0);
        let after = text[at + 1..].trim_start();
        let from = text.len() - after.len();
        let end = from + after.find(char::is_whitespace).unwrap_or(after.len());
        for (word, hidden) in words.iter().zip(&mut *hidden) {
            *hidden |= word.start >= start && word.end <= end;
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
            ("we meet at the station", "we meet at the station"),
        ] {
            assert_eq!(by_pattern(text), expected, "{text}");
            assert_eq!(by_pattern(expected), expected, "twice: {text}");
        }
    }

    #[test]
    fn words_of_the_caller_are_masked_whatever_their_case() {
        let mut said = Said::default();
        said.add("It's ANN Lee");
        said.add("山田です");
        assert_eq!(
            masked_by_pattern("Thanks, ann! Is Lee's flat ok?", &said),
            "Thanks, ***! Is ***'* flat ok?"
        );
        assert_eq!(masked_by_pattern("山田様ですね", &said), "**様**ね");
    }
}
