//! [`Retrieval`]: all conversations, a search, or a sample.

use std::{fmt, str::FromStr};

use crate::{BoundedRange, Error, TurnType};

/// How v2 and v3 pick the conversations that pass a query's filters. One mode a
/// query; the modes other than [`All`](Self::All) need a time range with both
/// ends, so they carry one (PolyAI docs, Conversations API overview, "Retrieval
/// modes").
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
    /// Everything that passes the filters.
    #[default]
    All,
    /// Conversations whose transcript contains a text.
    TranscriptSearch {
        /// What to look for.
        text: SearchText,
        /// Whose turns to look at; both when absent.
        turn_type: Option<TurnType>,
        /// When the conversations started.
        range: BoundedRange,
    },
    /// Conversations whose meaning is close to a text, whatever their words.
    SemanticSearch {
        /// What the conversations should be about.
        text: SearchText,
        /// When the conversations started.
        range: BoundedRange,
    },
    /// A random choice of conversations: one page, whose size is the size of the
    /// sample, unless there are fewer. Every request draws a new sample, so the
    /// streams end after the first page.
    RandomSample {
        /// When the conversations started.
        range: BoundedRange,
    },
}

impl Retrieval {
    /// The time range that the mode carries.
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
/// People search for names and numbers of callers, so `Debug` shows the length
/// only; [`as_str`](Self::as_str) gives the text.
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
    /// Keeps a search text.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when there is nothing
    /// but white space in it.
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

    /// The text.
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
