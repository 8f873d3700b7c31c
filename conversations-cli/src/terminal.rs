//! What standard output is: how wide, whether it takes colour, and what must not reach it.

use std::env;
use std::io::{self, IsTerminal as _};

use console::Style;

/// Where neither a terminal nor `COLUMNS` says how wide it is.
const WIDTH: usize = 80;
/// Below this nothing can be laid out, and above it no eye finds the next line.
const SENSIBLE: std::ops::RangeInclusive<usize> = 40..=200;

/// How to write to the person who reads standard output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    pub(crate) width: usize,
    pub(crate) colour: bool,
    /// Whether it shows more than ASCII.
    pub(crate) unicode: bool,
}

impl Terminal {
    /// `COLUMNS` counts before the terminal's own size, so that a pipe can be given a width as well. Colour
    /// is for terminals, unless `NO_COLOR` is set or `TERM` is `dumb`.
    pub(crate) fn of_stdout() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let own = || {
            let (_, columns) = console::Term::stdout().size_checked()?;
            Some(usize::from(columns))
        };
        let own = if is_terminal { own() } else { None };
        Self::of(is_terminal, own, |name| env::var(name).ok())
    }

    /// `own` is the width that the terminal says it has, `variable` what stands in the environment.
    fn of(
        is_terminal: bool,
        own: Option<usize>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let asked = variable("COLUMNS").and_then(|columns| columns.parse().ok());
        let width: usize = asked.or(own).unwrap_or(WIDTH);
        let wants_none = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            width: width.clamp(*SENSIBLE.start(), *SENSIBLE.end()),
            colour: is_terminal && !wants_none && !dumb(&variable),
            unicode: unicode(&variable),
        }
    }

    /// `text` in bold.
    pub(crate) fn strong(&self, text: &str) -> String {
        self.styled(text, Style::new().bold())
    }

    /// `text` that is of second rank.
    pub(crate) fn faint(&self, text: &str) -> String {
        self.styled(text, Style::new().dim())
    }

    /// `text` that the eye should find first.
    pub(crate) fn marked(&self, text: &str) -> String {
        self.styled(text, Style::new().cyan())
    }

    /// `text` that says something is wrong.
    pub(crate) fn alarming(&self, text: &str) -> String {
        self.styled(text, Style::new().red().bold())
    }

    /// `text` in exactly `width` columns: cut with an ellipsis, or filled up with spaces.
    pub(crate) fn fitted(&self, text: &str, width: usize) -> String {
        let ellipsis = if self.unicode { "…" } else { "~" };
        let cut = console::truncate_str(text, width, ellipsis);
        console::pad_str(&cut, width, console::Alignment::Left, None).into_owned()
    }

    fn styled(&self, text: &str, style: Style) -> String {
        if text.is_empty() || !self.colour {
            return text.to_owned();
        }
        style.force_styling(true).apply_to(text).to_string()
    }
}

/// Text from outside, without what a terminal would take for a command: control characters, and those that
/// change the direction of what follows them.
pub(crate) fn printable(text: &str) -> String {
    let is_command =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|c| if is_command(c) { ' ' } else { c })
        .collect()
}

/// How many columns the terminal has that standard error goes to.
pub(crate) fn width_of_stderr() -> usize {
    let size = console::Term::stderr().size_checked();
    size.map_or(WIDTH, |(_, columns)| usize::from(columns))
}

/// Whether the locale takes more than ASCII.
pub(crate) fn is_unicode() -> bool {
    unicode(&|name: &str| env::var(name).ok())
}

/// Whether the terminal cannot go back to the start of a line.
pub(crate) fn is_dumb() -> bool {
    dumb(&|name: &str| env::var(name).ok())
}

/// By the first of these variables that is set, as in the C library. Where none is, nobody has chosen, and
/// terminals of today take UTF-8.
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

/// How many columns of a terminal `text` takes.
pub(crate) fn width_of(text: &str) -> usize {
    console::measure_text_width(text)
}

#[cfg(test)]
impl Terminal {
    /// One without colour.
    pub(crate) const fn plain(width: usize) -> Self {
        Self {
            width,
            colour: false,
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
    fn columns_count_before_the_terminal_and_colour_is_for_terminals_that_want_it() {
        let of = |is_terminal, own, set: &[(&str, &str)]| {
            let found = |name: &str| set.iter().find(|(one, _)| *one == name);
            let terminal = Terminal::of(is_terminal, own, |name| {
                found(name).map(|(_, value)| (*value).to_owned())
            });
            (terminal.width, terminal.colour)
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
    fn colour_is_left_out_where_it_is_not_wanted() {
        let plain = Terminal::plain(80);
        let colour = Terminal {
            colour: true,
            ..plain
        };
        assert_eq!(plain.strong("a"), "a");
        assert!(colour.strong("a").contains("\u{1b}["));
        assert_eq!(colour.faint(""), "");
    }
}
