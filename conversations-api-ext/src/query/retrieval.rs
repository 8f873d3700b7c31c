//! [`Retrieval`]: all conversations, a search, or a sample.

use std::{fmt, str::FromStr};

use crate::{BoundedRange, Error, Query, Searchable, TurnType};

/// The retrieval mode of a query: how v2 and v3 select among the conversations that pass its filters.
///
/// The modes other than [`All`](Self::All) require a time range with both ends, so they include one (PolyAI docs,
/// Conversations API overview, "Retrieval modes").
///
/// ```
/// use conversations_api_ext::{BoundedRange, Query, Retrieval};
///
/// let april = BoundedRange::new("2026-04-01", "2026-05-01")?;
/// let query = Query::v3().retrieval(Retrieval::RandomSample { range: april })?.page_size(10)?;
/// # let _ = query;
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
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

impl<V: Searchable> Query<V> {
    /// Sets how conversations are selected; [`Retrieval::All`] by default. The three methods below are shortcuts.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the query is already another search or sample, or has a
    /// [`time_range`](Self::time_range) besides that of a search or a sample.
    pub fn retrieval(mut self, retrieval: Retrieval) -> Result<Self, Error> {
        if self.spec.retrieval != Retrieval::All && self.spec.retrieval != retrieval {
            return Err(Error::invalid(
                "the query has two retrieval modes",
                "a query is one of a transcript search, a semantic search and a sample: use a query for each",
            ));
        }
        self.spec.retrieval = retrieval;
        self.spec.check()?;
        Ok(self)
    }

    /// Selects only conversations whose transcript contains `text`, in the turns of one side or, with `None`, of both.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an empty text, and as for [`retrieval`](Self::retrieval).
    #[doc(alias = "search")]
    pub fn transcript_search(
        self,
        text: impl Into<String>,
        turn_type: Option<TurnType>,
        range: BoundedRange,
    ) -> Result<Self, Error> {
        let text = SearchText::new(text)?;
        self.retrieval(Retrieval::TranscriptSearch {
            text,
            turn_type,
            range,
        })
    }

    /// Selects only conversations close in meaning to `text`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an empty text, and as for [`retrieval`](Self::retrieval).
    pub fn semantic_search(
        self,
        text: impl Into<String>,
        range: BoundedRange,
    ) -> Result<Self, Error> {
        let text = SearchText::new(text)?;
        self.retrieval(Retrieval::SemanticSearch { text, range })
    }

    /// Selects one page of random conversations, of the [page size](Self::page_size). The streams end after it.
    ///
    /// # Errors
    ///
    /// As for [`retrieval`](Self::retrieval).
    #[doc(alias = "sample")]
    pub fn random_sample(self, range: BoundedRange) -> Result<Self, Error> {
        self.retrieval(Retrieval::RandomSample { range })
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
