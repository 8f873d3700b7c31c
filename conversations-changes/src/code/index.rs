//! An index of the source lines by their words and numbers, so that a search only reads lines that can
//! match.

use std::collections::{BTreeSet, HashMap};

use super::{Role, SourceFile};

/// A line: the index of its file, and its index in the file, from 0.
pub(super) type Line = (usize, usize);

/// The indexed source files.
pub(crate) struct Index<'a> {
    pub(super) files: Vec<(&'a str, Vec<&'a str>)>,
    /// The first line of a file's own tests; past its end if it has none.
    tests_from: Vec<usize>,
    words: HashMap<&'a str, Vec<Line>>,
    figures: HashMap<String, Vec<Line>>,
}

impl<'a> Index<'a> {
    pub(crate) fn new(sources: &'a [SourceFile]) -> Self {
        let mut index = Self {
            files: Vec::new(),
            tests_from: Vec::new(),
            words: HashMap::new(),
            figures: HashMap::new(),
        };
        for (file, source) in sources.iter().enumerate() {
            let lines: Vec<&str> = source.text.lines().collect();
            for (number, line) in lines.iter().enumerate() {
                for word in words(line) {
                    index.words.entry(word).or_default().push((file, number));
                }
                for figure in figures(line) {
                    index
                        .figures
                        .entry(figure)
                        .or_default()
                        .push((file, number));
                }
            }
            let tests = lines.windows(2).position(|pair| {
                pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{')
            });
            index.tests_from.push(tests.unwrap_or(lines.len()));
            index.files.push((&source.path, lines));
        }
        index
    }

    /// The role of a line.
    pub(super) fn role(&self, (file, number): Line) -> Role {
        let (path, lines) = &self.files[file];
        match Role::of(path, lines[number]) {
            _ if number >= self.tests_from[file] => Role::Tests,
            role => role,
        }
    }

    /// Lines that can contain `term`: those with the longest of its words.
    pub(super) fn with_term(&self, term: &str) -> &[Line] {
        let longest = words(term).max_by_key(|word| word.len());
        longest
            .and_then(|word| self.words.get(word))
            .map_or(&[], Vec::as_slice)
    }

    /// Lines with a number.
    pub(super) fn with_figure(&self, figure: &str) -> &[Line] {
        self.figures.get(figure).map_or(&[], Vec::as_slice)
    }

    /// Lines that can contain any of these, without duplicates, in order.
    pub(super) fn candidates<'t>(
        &self,
        terms: impl Iterator<Item = &'t String>,
        figures: impl Iterator<Item = &'t String>,
    ) -> BTreeSet<Line> {
        let of_terms = terms.flat_map(|term| self.with_term(term));
        let of_figures = figures.flat_map(|figure| self.with_figure(figure));
        of_terms.chain(of_figures).copied().collect()
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
}

/// The numbers of a line, normalized: `5_000` and `5,000` are `5000`.
pub(super) fn figures(line: &str) -> Vec<String> {
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
