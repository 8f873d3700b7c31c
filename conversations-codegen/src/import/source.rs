//! The text of a document that was handed in, and refusals that point into it.

use std::fmt;

/// More than any OpenAPI document of one API needs, and little enough to hold several times over.
pub const SIZE_LIMIT: usize = 32 * 1024 * 1024;

/// Deeper than any real document (the vendored ones reach 14), and shallow enough for recursion.
pub(crate) const DEPTH_LIMIT: usize = 100;

/// A document as text, with the name that messages call it by.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    text: String,
}

impl Source {
    /// The text of `bytes`: UTF-8 within [`SIZE_LIMIT`]; a byte order mark is dropped, CRLF becomes LF.
    ///
    /// # Errors
    /// A [`Refusal`] for more bytes than the limit, for another encoding, for a NUL, and for nothing.
    ///
    /// ```
    /// use conversations_codegen::import::Source;
    ///
    /// let source = Source::from_bytes("api.yaml", b"\xef\xbb\xbfopenapi: 3.0.1\r\n")?;
    /// assert_eq!(source.text(), "openapi: 3.0.1\n");
    /// let refusal = Source::from_bytes("api.yaml", b"title: Caf\xe9").unwrap_err();
    /// assert!(refusal.to_string().starts_with("api.yaml:1:11: this is not UTF-8"));
    /// # Ok::<(), conversations_codegen::import::Refusal>(())
    /// ```
    pub fn from_bytes(name: impl Into<String>, bytes: &[u8]) -> Result<Self, Refusal> {
        let name = name.into();
        if bytes.len() > SIZE_LIMIT {
            return Err(Refusal::of_whole(
                &name,
                format!(
                    "it is larger than {} MiB; a document of this API has some 20 KiB",
                    SIZE_LIMIT / 1024 / 1024
                ),
            ));
        }
        if bytes.starts_with(&[0xFE, 0xFF]) || bytes.starts_with(&[0xFF, 0xFE]) {
            return Err(Refusal::of_whole(
                &name,
                "it is in UTF-16; save it as UTF-8".to_owned(),
            ));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.replace("\r\n", "\n"),
            Err(error) => {
                let readable = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
                let source = Self {
                    name,
                    text: readable.replace("\r\n", "\n"),
                };
                let end = source.text.len();
                return Err(source.refuse(end, "this is not UTF-8; save the document as UTF-8"));
            }
        };
        let source = Self { name, text };
        if source.text.trim().is_empty() {
            return Err(Refusal::of_whole(&source.name, "it is empty".to_owned()));
        }
        match source.text.find('\0') {
            Some(at) => Err(source.refuse(at, "a NUL byte: this is not a text")),
            None => Ok(source),
        }
    }

    /// How messages call this document.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text, without byte order mark and carriage returns before line ends.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte, both from 1, the column in characters.
    pub(crate) fn position(&self, at: usize) -> (usize, usize) {
        let at = self.boundary(at);
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (
            before.matches('\n').count() + 1,
            self.text[line_start..at].chars().count() + 1,
        )
    }

    /// The byte of a line and column, as serde_json counts them: both from 1, the column in bytes.
    pub(crate) fn offset(&self, line: usize, column: usize) -> usize {
        let start = self
            .text
            .split_inclusive('\n')
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum::<usize>();
        self.boundary(start + column.saturating_sub(1))
    }

    /// A refusal that points at the byte `at`.
    pub(crate) fn refuse(&self, at: usize, message: impl Into<String>) -> Refusal {
        let (line, column) = self.position(at);
        Refusal {
            name: self.name.clone(),
            place: Some(Place {
                line,
                column,
                excerpt: self.excerpt(line, column),
            }),
            message: message.into(),
        }
    }

    fn boundary(&self, at: usize) -> usize {
        let at = at.min(self.text.len());
        (0..=at)
            .rev()
            .find(|at| self.text.is_char_boundary(*at))
            .unwrap_or(0)
    }

    /// The line with a caret below the column, the line cut to what a terminal shows.
    fn excerpt(&self, line: usize, column: usize) -> String {
        const BEFORE: usize = 60;
        const WIDTH: usize = 90;
        let text = self.text.split('\n').nth(line - 1).unwrap_or_default();
        let skipped = column.saturating_sub(1).saturating_sub(BEFORE);
        let shown: String = text
            .chars()
            .skip(skipped)
            .take(WIDTH)
            // What would move the caret or the cursor is shown as a space.
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let ahead = " ".repeat(column - 1 - skipped);
        format!("{margin} |\n{number} | {shown}\n{margin} | {ahead}^")
    }
}

/// Why a document was not taken: what is wrong, where, and an excerpt. Nothing has been written when
/// one is returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    name: String,
    place: Option<Place>,
    message: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
    excerpt: String,
}

impl Refusal {
    /// A refusal of the whole document, for which there is no place to point at.
    pub(crate) fn of_whole(name: &str, message: String) -> Self {
        Self {
            name: name.to_owned(),
            place: None,
            message,
        }
    }

    /// Line and column, both from 1, if the refusal is about a place.
    #[must_use]
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        self.place.as_ref().map(|place| (place.line, place.column))
    }

    /// What is wrong and what to do, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(Place {
                line,
                column,
                excerpt,
            }) => write!(
                f,
                "{}:{line}:{column}: {}\n{excerpt}",
                self.name, self.message
            ),
            None => write!(f, "{}: {}", self.name, self.message),
        }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::from_bytes("api.yaml", text.as_bytes()).unwrap()
    }

    #[test]
    fn the_caret_is_below_the_place_in_characters() {
        let refusal = source("a: 1\nü: [x\n").refuse(9, "here");
        assert_eq!(
            refusal.to_string(),
            "api.yaml:2:4: here\n  |\n2 | ü: [x\n  |    ^"
        );
    }

    #[test]
    fn a_long_line_is_shown_around_the_place() {
        let text = format!("{}!{}", "a".repeat(500), "b".repeat(500));
        let refusal = source(&text).refuse(500, "here").to_string();
        assert!(refusal.lines().all(|line| line.len() < 100), "{refusal}");
        let lines: Vec<_> = refusal.lines().collect();
        assert_eq!(lines[2].find('!'), lines[3].find('^'));
    }

    #[test]
    fn a_place_past_the_end_is_the_end() {
        assert_eq!(source("ab").refuse(99, "x").line_and_column(), Some((1, 3)));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for (bytes, reason) in [
            (&b"\xff\xfeo\0"[..], "UTF-16"),
            (b"a\0b", "NUL"),
            (b" \n", "empty"),
            (b"ok: \xc3\x28", "UTF-8"),
        ] {
            let refusal = Source::from_bytes("a", bytes).unwrap_err().to_string();
            assert!(refusal.contains(reason), "{refusal}");
        }
        let huge = vec![b' '; SIZE_LIMIT + 1];
        assert!(
            Source::from_bytes("a", &huge)
                .unwrap_err()
                .to_string()
                .contains("larger than 32 MiB")
        );
    }
}
