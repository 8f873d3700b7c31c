//! [`Terminal`]: width, color and escaping of standard output.

use std::borrow::Cow;
use std::env;
use std::io::{self, IsTerminal as _};

use console::Style;
use textwrap::core::Word;
use textwrap::{WordSeparator, WordSplitter};

/// The default width if neither the terminal nor `COLUMNS` gives one.
const WIDTH: usize = 80;
/// The range of widths used: below it no layout fits, above it lines are hard to follow.
const SENSIBLE: std::ops::RangeInclusive<usize> = 40..=200;

/// The properties of standard output that determine formatting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    pub(crate) width: usize,
    pub(crate) color: bool,
    /// Whether it supports more than ASCII.
    pub(crate) unicode: bool,
}

impl Terminal {
    /// Detects the properties of standard output. `COLUMNS` overrides the terminal's own width, so that a pipe can
    /// have a width as well. Color is for terminals, unless `NO_COLOR` is set or `TERM` is `dumb`.
    pub(crate) fn of_stdout() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let own = || {
            let (_, columns) = console::Term::stdout().size_checked()?;
            Some(usize::from(columns))
        };
        let own = if is_terminal { own() } else { None };
        Self::of(is_terminal, own, |name| env::var(name).ok())
    }

    /// Computes the properties. `own` is the width reported by the terminal, `variable` reads the environment.
    fn of(
        is_terminal: bool,
        own: Option<usize>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let requested = variable("COLUMNS").and_then(|columns| columns.parse().ok());
        let width: usize = requested.or(own).unwrap_or(WIDTH);
        let wants_none = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            width: width.clamp(*SENSIBLE.start(), *SENSIBLE.end()),
            color: is_terminal && !wants_none && !dumb(&variable),
            unicode: unicode(&variable),
        }
    }

    /// Formats `text` in bold.
    pub(crate) fn strong(&self, text: &str) -> String {
        self.styled(text, Style::new().bold())
    }

    /// Formats secondary `text`.
    pub(crate) fn faint(&self, text: &str) -> String {
        self.styled(text, Style::new().dim())
    }

    /// Highlights `text`.
    pub(crate) fn marked(&self, text: &str) -> String {
        self.styled(text, Style::new().cyan())
    }

    /// Formats `text` that reports a problem.
    pub(crate) fn alarming(&self, text: &str) -> String {
        self.styled(text, Style::new().red().bold())
    }

    /// Fits `text` to exactly `width` columns: truncates it with an ellipsis, or pads it with spaces.
    pub(crate) fn fitted(&self, text: &str, width: usize) -> String {
        let ellipsis = if self.unicode { "…" } else { "~" };
        let cut = console::truncate_str(text, width, ellipsis);
        console::pad_str(&cut, width, console::Alignment::Left, None).into_owned()
    }

    fn styled(&self, text: &str, style: Style) -> String {
        if text.is_empty() || !self.color {
            return text.to_owned();
        }
        style.force_styling(true).apply_to(text).to_string()
    }
}

/// Returns whether a character could control a terminal or mislead a reader: control characters, line and paragraph
/// separators, and marks that change the direction of text, hide it or annotate it.
const fn is_command(letter: char) -> bool {
    matches!(letter,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Returns external text as a single line: control characters and line breaks become spaces.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|letter| if is_command(letter) { ' ' } else { letter })
        .collect()
}

/// The escape sequences that [`Terminal`] writes before and after styled text.
const STYLES: [&str; 5] = [
    "\u{1b}[0m",
    "\u{1b}[1m",
    "\u{1b}[2m",
    "\u{1b}[31m",
    "\u{1b}[36m",
];

/// Removes control characters from an output, except line breaks and tabs, and except the program's own styles if
/// `is_styled`.
pub(crate) fn neutralized(text: &str, is_styled: bool) -> Cow<'_, str> {
    let is_foreign = |letter: char| is_command(letter) && !matches!(letter, '\n' | '\t');
    if !text.contains(is_foreign) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let style = STYLES
            .into_iter()
            .find(|style| is_styled && rest.starts_with(style));
        let taken = style.map_or(letter.len_utf8(), str::len);
        match style {
            Some(style) => out.push_str(style),
            None if is_foreign(letter) => out.push(' '),
            None => out.push(letter),
        }
        rest = &rest[taken..];
    }
    Cow::Owned(out)
}

/// Escapes control characters in JSON strings.
pub(crate) fn escaped_in_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '\n' | '\r' | '\t' => out.push(letter),
            letter if is_command(letter) => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            letter => out.push(letter),
        }
    }
    out
}

/// Wraps text to `width` columns at spaces only: a time or an id broken at a hyphen could not be copied or searched
/// for. A longer word has its own line; text in scripts without spaces may wrap anywhere.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<Cow<'_, str>> {
    let options = textwrap::Options::new(width)
        .word_separator(WordSeparator::Custom(words))
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::wrap(text, options)
}

/// Splits a line into words at spaces. Each wide character is a word of its own, because scripts with wide
/// characters do not use spaces.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let mut ends = Vec::new();
    let mut end = 0;
    for word in WordSeparator::AsciiSpace.find_words(line) {
        for (at, letter) in word.word.char_indices() {
            let width = console::measure_text_width(letter.encode_utf8(&mut [0; 4]));
            if width > 1 {
                ends.extend([end + at, end + at + letter.len_utf8()]);
            }
        }
        end += word.word.len();
        // Spaces belong to the word before them.
        if ends.last() == Some(&end) {
            ends.pop();
        }
        end += word.whitespace.len();
        ends.push(end);
    }
    let mut start = 0;
    Box::new(ends.into_iter().filter_map(move |end| {
        let word = (end > start).then(|| Word::from(&line[start..end]));
        start = end;
        word
    }))
}

/// Returns the width of the terminal on standard error.
pub(crate) fn width_of_stderr() -> usize {
    let size = console::Term::stderr().size_checked();
    size.map_or(WIDTH, |(_, columns)| usize::from(columns))
}

/// Returns whether the locale supports more than ASCII.
pub(crate) fn is_unicode() -> bool {
    unicode(&|name: &str| env::var(name).ok())
}

/// Returns whether the terminal cannot return to the start of a line.
pub(crate) fn is_dumb() -> bool {
    dumb(&|name: &str| env::var(name).ok())
}

/// Determines Unicode support from the first of these variables that is set, like the C library. If none is set,
/// assumes UTF-8, which modern terminals support.
fn unicode(variable: &impl Fn(&str) -> Option<String>) -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| {
        let value = variable(name)?;
        (!value.is_empty()).then_some(value)
    });
    set.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

fn dumb(variable: &impl Fn(&str) -> Option<String>) -> bool {
    variable("TERM").is_some_and(|term| term == "dumb")
}

/// Returns the number of terminal columns that `text` occupies.
pub(crate) fn width_of(text: &str) -> usize {
    console::measure_text_width(text)
}

#[cfg(test)]
impl Terminal {
    /// Returns a terminal without color.
    pub(crate) const fn plain(width: usize) -> Self {
        Self {
            width,
            color: false,
            unicode: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_to_a_terminal_become_spaces() {
        assert_eq!(printable("a\u{1b}[31m\tb\u{9b}"), "a [31m b ");
        assert_eq!(printable("1\u{202e}2\u{2066}3 é"), "1 2 3 é");
        assert_eq!(printable("a\nb\u{2028}c\u{200f}d\u{e0041}e"), "a b c d e");
    }

    #[test]
    fn an_output_keeps_its_own_lines_tabs_and_styles_alone() {
        let text = "\u{1b}[1mid\u{1b}[0m\ta\r\nb\u{1b}[2J\u{9b}1m\u{85}";
        assert_eq!(
            neutralized(text, true),
            "\u{1b}[1mid\u{1b}[0m\ta \nb [2J 1m "
        );
        assert_eq!(neutralized(text, false), " [1mid [0m\ta \nb [2J 1m ");
    }

    #[test]
    fn escaped_json_has_the_same_values() {
        let value = serde_json::json!({"a\u{9b}\u{202e}": ["\u{1b}\u{7f}\u{2028}\u{e0041}é\n"]});
        let escaped = escaped_in_json(&format!("{value:#}"));
        assert!(!escaped.contains(|letter| letter != '\n' && is_command(letter)));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&escaped).unwrap(),
            value
        );
    }

    #[test]
    fn ids_and_times_are_never_broken() {
        let text = "id OUT-4309bb71-e433-9968-e3f8-ae39f8c43360 at 2026-04-01 02:58:18, well-known";
        let lines = wrapped(text, 12);
        assert_eq!(
            lines,
            [
                "id",
                "OUT-4309bb71-e433-9968-e3f8-ae39f8c43360",
                "at",
                "2026-04-01",
                "02:58:18,",
                "well-known"
            ]
        );
        for line in wrapped("東京ホテル予約 – 宿泊とレストランの予約", 10) {
            assert!(width_of(&line) <= 10, "{line}");
        }
    }

    #[test]
    fn text_is_cut_by_the_columns_it_takes() {
        let terminal = Terminal::plain(80);
        assert_eq!(terminal.fitted("Köln", 6), "Köln  ");
        assert_eq!(terminal.fitted("東京ホテル", 7), "東京ホ…");
        assert_eq!(width_of(&terminal.fitted("東京ホテル", 6)), 6);
        let ascii = Terminal {
            unicode: false,
            ..terminal
        };
        assert_eq!(ascii.fitted("VOICE-SIP", 6), "VOICE~");
    }

    #[test]
    fn columns_override_the_width_of_the_terminal_and_color_is_optional() {
        let of = |is_terminal, own, set: &[(&str, &str)]| {
            let found = |name: &str| set.iter().find(|(one, _)| *one == name);
            let terminal = Terminal::of(is_terminal, own, |name| {
                found(name).map(|(_, value)| (*value).to_owned())
            });
            (terminal.width, terminal.color)
        };
        assert_eq!(of(true, Some(120), &[]), (120, true));
        assert_eq!(of(true, Some(120), &[("COLUMNS", "90")]), (90, true));
        assert_eq!(of(false, None, &[("COLUMNS", "wide")]), (80, false));
        assert_eq!(of(true, Some(3), &[("NO_COLOR", "1")]), (40, false));
        assert_eq!(of(true, Some(9999), &[("NO_COLOR", "")]), (200, true));
        assert_eq!(of(true, None, &[("TERM", "dumb")]), (80, false));
    }

    #[test]
    fn what_the_locale_cannot_show_is_not_drawn() {
        let of = |set: &[(&str, &str)]| {
            unicode(&|name: &str| {
                let found = set.iter().find(|(one, _)| *one == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(of(&[]) && of(&[("LANG", "de_DE.UTF-8")]) && of(&[("LANG", "C.utf8")]));
        assert!(!of(&[("LANG", "C")]) && !of(&[("LANG", "de_DE.ISO-8859-1")]));
        assert!(!of(&[("LC_ALL", "POSIX"), ("LANG", "de_DE.UTF-8")]));
        assert!(of(&[
            ("LC_ALL", ""),
            ("LC_CTYPE", "C.UTF-8"),
            ("LANG", "C")
        ]));
    }

    #[test]
    fn color_can_be_disabled() {
        let plain = Terminal::plain(80);
        let color = Terminal {
            color: true,
            ..plain
        };
        assert_eq!(plain.strong("a"), "a");
        assert!(color.strong("a").contains("\u{1b}["));
        assert_eq!(color.faint(""), "");
    }
}
