//! The text of an imported document, and errors that point into it.

use std::fmt;

/// Larger than any OpenAPI document of one API, and small enough to hold in memory several times.
pub const SIZE_LIMIT: usize = 32 * 1024 * 1024;

/// Deeper than any real document (the vendored ones reach 14), and shallow enough for recursion.
pub(crate) const DEPTH_LIMIT: usize = 100;

/// The text of a document, with its name in error messages.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    text: String,
}

impl Source {
    /// Decodes `bytes` as UTF-8 within [`SIZE_LIMIT`]; removes a byte order mark and converts CRLF to
    /// LF.
    ///
    /// # Errors
    /// A [`ImportError`] if the input is too large, has another encoding, contains a NUL, or is empty.
    ///
    /// ```
    /// use conversations_codegen::import::Source;
    ///
    /// let source = Source::from_bytes("api.yaml", b"\xef\xbb\xbfopenapi: 3.0.1\r\n")?;
    /// assert_eq!(source.text(), "openapi: 3.0.1\n");
    /// let refusal = Source::from_bytes("api.yaml", b"title: Caf\xe9").unwrap_err();
    /// assert!(refusal.to_string().starts_with("api.yaml:1:11: this is not UTF-8"));
    /// # Ok::<(), conversations_codegen::import::ImportError>(())
    /// ```
    pub fn from_bytes(name: impl Into<String>, bytes: &[u8]) -> Result<Self, ImportError> {
        let name = name.into();
        if bytes.len() > SIZE_LIMIT {
            return Err(ImportError::of_whole(
                &name,
                format!(
                    "it is larger than {} MiB; a document of this API has about 20 KiB",
                    SIZE_LIMIT / 1024 / 1024
                ),
            ));
        }
        if bytes.starts_with(&[0xFE, 0xFF]) || bytes.starts_with(&[0xFF, 0xFE]) {
            return Err(ImportError::of_whole(
                &name,
                "it is UTF-16; save it as UTF-8".to_owned(),
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
            return Err(ImportError::of_whole(
                &source.name,
                "it is empty".to_owned(),
            ));
        }
        match source.text.find('\0') {
            Some(at) => Err(source.refuse(at, "a NUL byte: this is not a text file")),
            None => Ok(source),
        }
    }

    /// The document's name in error messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text, without a byte order mark and with LF line ends.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset, both from 1; the column counts characters.
    pub(crate) fn position(&self, at: usize) -> (usize, usize) {
        let at = self.boundary(at);
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (
            before.matches('\n').count() + 1,
            self.text[line_start..at].chars().count() + 1,
        )
    }

    /// The byte offset of a line and column as serde_json counts them: both from 1, the column in bytes.
    pub(crate) fn offset(&self, line: usize, column: usize) -> usize {
        let start = self
            .text
            .split_inclusive('\n')
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum::<usize>();
        self.boundary(start + column.saturating_sub(1))
    }

    /// Creates an error that points at the byte offset `at`.
    pub(crate) fn refuse(&self, at: usize, message: impl Into<String>) -> ImportError {
        let (line, column) = self.position(at);
        ImportError {
            name: self.name.clone(),
            position: Some(Position {
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

    /// The line with a caret below the column, cut to the width of a terminal.
    fn excerpt(&self, line: usize, column: usize) -> String {
        const BEFORE: usize = 60;
        const WIDTH: usize = 90;
        let text = self.text.split('\n').nth(line - 1).unwrap_or_default();
        let skipped = column.saturating_sub(1).saturating_sub(BEFORE);
        let shown: String = text
            .chars()
            .skip(skipped)
            .take(WIDTH)
            // Control characters would misplace the caret, so they are shown as spaces.
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let ahead = " ".repeat(column - 1 - skipped);
        format!("{margin} |\n{number} | {shown}\n{margin} | {ahead}^")
    }
}

/// Why a document was rejected: message, location and excerpt. Nothing has been written when one is
/// returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportError {
    name: String,
    position: Option<Position>,
    message: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Position {
    line: usize,
    column: usize,
    excerpt: String,
}

impl ImportError {
    /// Creates an error about the whole document, without a location.
    pub(crate) fn of_whole(name: &str, message: String) -> Self {
        Self {
            name: name.to_owned(),
            position: None,
            message,
        }
    }

    /// Line and column, both from 1, if the error has a location.
    #[must_use]
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        self.position
            .as_ref()
            .map(|position| (position.line, position.column))
    }

    /// The message without the location.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.position {
            Some(Position {
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

impl std::error::Error for ImportError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::from_bytes("api.yaml", text.as_bytes()).unwrap()
    }

    #[test]
    fn the_caret_column_counts_characters() {
        let refusal = source("a: 1\nü: [x\n").refuse(9, "here");
        assert_eq!(
            refusal.to_string(),
            "api.yaml:2:4: here\n  |\n2 | ü: [x\n  |    ^"
        );
    }

    #[test]
    fn an_excerpt_of_a_long_line_is_cut_around_the_location() {
        let text = format!("{}!{}", "a".repeat(500), "b".repeat(500));
        let refusal = source(&text).refuse(500, "here").to_string();
        assert!(refusal.lines().all(|line| line.len() < 100), "{refusal}");
        let lines: Vec<_> = refusal.lines().collect();
        assert_eq!(lines[2].find('!'), lines[3].find('^'));
    }

    #[test]
    fn an_offset_past_the_end_is_the_end() {
        assert_eq!(source("ab").refuse(99, "x").line_and_column(), Some((1, 3)));
    }

    #[test]
    fn input_that_is_not_text_is_rejected() {
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
