//! [`Retrieval`]: all conversations, a search, or a sample.

use std::{fmt, str::FromStr};

use crate::{BoundedRange, Error, TurnType};

/// The retrieval mode of a query: how v2 and v3 select among the conversations that pass its filters.
///
/// The modes other than [`All`](Self::All) require a time range with both ends, so they include one (PolyAI docs,
/// Conversations API overview, "Retrieval modes").
///
/// ```
/// use conversations_api_ext::{BoundedRange, Query, Retrieval};
///
/// let april = BoundedRange::new("2026-04-01", "2026-05-01")?;
/// let query = Query::v3().retrieval(Retrieval::RandomSample { range: april }).page_size(10)?;
/// # let _ = query;
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Retrieval {
    /// All conversations that pass the filters.
    #[default]
    All,
    /// Conversations whose transcript contains a text.
    TranscriptSearch {
        /// The text to search for.
        text: SearchText,
        /// The side whose turns are searched; both if `None`.
        turn_type: Option<TurnType>,
        /// The range of start times.
        range: BoundedRange,
    },
    /// Conversations whose meaning is close to a text, even in different words.
    SemanticSearch {
        /// The text to compare with.
        text: SearchText,
        /// The range of start times.
        range: BoundedRange,
    },
    /// A random sample of one page; the page size is the sample size, unless there are fewer conversations. Every
    /// request draws a new sample, so the streams end after the first page.
    RandomSample {
        /// The range of start times.
        range: BoundedRange,
    },
}

impl Retrieval {
    /// Returns the time range of the mode.
    pub(crate) fn range(&self) -> Option<BoundedRange> {
        match self {
            Self::All => None,
            Self::TranscriptSearch { range, .. }
            | Self::SemanticSearch { range, .. }
            | Self::RandomSample { range } => Some(*range),
        }
    }
}

/// The text of a search: not empty, and never printed.
///
/// Search texts often contain callers' names and numbers, so `Debug` shows the length only; [`as_str`](Self::as_str)
/// returns the text.
///
/// ```
/// use conversations_api_ext::SearchText;
///
/// let text = SearchText::new("cancel reservation")?;
/// assert_eq!(format!("{text:?}"), "SearchText(18 bytes, hidden)");
/// assert!(SearchText::new(" ").is_err());
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SearchText(String);

impl SearchText {
    /// Validates a search text.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is empty or contains only white space.
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        if text.trim().is_empty() {
            return Err(Error::invalid(
                "the search text is empty",
                "say what to search for, or leave the search out to get all conversations",
            ));
        }
        Ok(Self(text))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SearchText {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(text)
    }
}

impl fmt::Debug for SearchText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SearchText({} bytes, hidden)", self.0.len())
    }
}
