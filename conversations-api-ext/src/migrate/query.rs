//! [`query_to_v3`]: converts a v1 query to v3, with notes.

use std::fmt;

use crate::{Query, V1, V3, Variant, Version as _};

/// A v1 query converted to v3, from [`query_to_v3`].
///
/// Both fields are public: use the query, and show the notes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a query does nothing until it is passed to a client"]
#[non_exhaustive]
pub struct TranslatedQuery {
    /// The equivalent v3 query.
    pub query: Query<V3>,
    /// The notes to show, the most serious first.
    pub notes: Vec<QueryNote>,
}

/// A difference between a query on v1 and on v3. `Display` describes it and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryNote {
    /// `include_context_state` has no counterpart.
    ContextState,
    /// The page size was above the maximum of v3, and was reduced to it.
    PageSize {
        /// The original page size.
        asked: u32,
    },
    /// The query has parameters of the program's own, which v3 may not know.
    ExtraParams {
        /// Their names.
        names: Vec<String>,
    },
    /// The query filters by variant name, which may be missing from v3's records.
    VariantFilter,
    /// A request without `limit` returns another number of conversations.
    DefaultLimit,
    /// v1 documents ascending order, v3 documents none.
    Order,
    /// `state` and `variant_name` may be absent from v3's records.
    OptionalFields,
}

/// The severity of a [`QueryNote`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NoteKind {
    /// v3 has no counterpart: it was dropped.
    NoCounterpart,
    /// v3 has it with another meaning.
    ChangesMeaning,
    /// The effect depends on the project's data or the program's code: check it.
    Check,
}

impl QueryNote {
    /// Returns the severity of the note.
    #[must_use]
    pub const fn kind(&self) -> NoteKind {
        match self {
            Self::ContextState => NoteKind::NoCounterpart,
            Self::PageSize { .. } | Self::DefaultLimit | Self::Order => NoteKind::ChangesMeaning,
            Self::ExtraParams { .. } | Self::VariantFilter | Self::OptionalFields => {
                NoteKind::Check
            }
        }
    }
}

impl fmt::Display for QueryNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContextState => f.write_str(
                "`include_context_state` was withdrawn and v3 has nothing like it: read `state`, which is the nearest",
            ),
            Self::PageSize { asked } => write!(
                f,
                "the page size {asked} is above v3's greatest and became {}: the streams fetch as many pages as \
                 it takes, code that reads a single page gets fewer conversations",
                V3::MAX_PAGE_SIZE
            ),
            Self::ExtraParams { names } => write!(
                f,
                "v3 is sent the parameters that the program adds itself ({}): check that it has them, a server may \
                 ignore one that it does not know",
                names.join(", ")
            ),
            Self::VariantFilter => f.write_str(
                "the query filters by variant name, which v3's records may lack: check that as many \
                 conversations come, or filter by variant id",
            ),
            Self::DefaultLimit => f.write_str(
                "a request without `limit` gets 5 conversations on v1, and on v3 1000 or 5 by the vendor's \
                 pages: send it always, as this crate does",
            ),
            Self::Order => f.write_str(
                "v1 lists conversations in ascending order, v3 documents none: sort where it matters, and take \
                 no watermark from the last record",
            ),
            Self::OptionalFields => f.write_str(
                "`state` and `variant_name` may be absent from v3's records: check code that reads them, and \
                 compare with --require state,variant_name",
            ),
        }
    }
}

/// Converts a v1 query to v3: environment, time range, variant, progress, page size and extra parameters carry over.
///
/// `latency` is requested, because v1 includes it in turns and v3 sends it on request only.
///
/// ```
/// use conversations_api_ext::{Query, migrate};
///
/// let translated = migrate::query_to_v3(Query::v1().page_size(5000)?.include_context_state(true));
/// for note in &translated.notes {
///     println!("{note}");
/// }
/// assert_eq!(translated.notes[0], migrate::QueryNote::ContextState);
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
pub fn query_to_v3(query: Query<V1>) -> TranslatedQuery {
    let spec = query.into_spec();
    let mut notes = Vec::new();
    let mut translated = Query::v3()
        .environment(spec.environment)
        .include_latency(true);
    if let Some(range) = spec.time_range {
        translated = translated.time_range(range);
    }
    if let Some(in_progress) = spec.in_progress {
        translated = translated.in_progress(in_progress);
    }
    if let Some(variant) = spec.variant {
        if matches!(variant, Variant::Name(_)) {
            notes.push(QueryNote::VariantFilter);
        }
        translated = translated
            .variant(variant)
            .expect("it was accepted on v1, and nothing has set another");
    }
    let size = spec.page_size.min(V3::MAX_PAGE_SIZE);
    if size < spec.page_size {
        let asked = spec.page_size;
        notes.push(QueryNote::PageSize { asked });
    }
    for (name, value) in spec.extra_params.iter() {
        translated = translated
            .extra_param(name, value)
            .expect("it was accepted on v1, and the client sets the same parameters on v3");
    }
    if !spec.extra_params.is_empty() {
        let names = spec.extra_params.iter().map(|(name, _)| name.to_owned());
        let names = names.collect();
        notes.push(QueryNote::ExtraParams { names });
    }
    if spec.include_context_state {
        notes.push(QueryNote::ContextState);
    }
    notes.extend([
        QueryNote::DefaultLimit,
        QueryNote::Order,
        QueryNote::OptionalFields,
    ]);
    notes.sort_by_key(QueryNote::kind);
    TranslatedQuery {
        query: translated.page_size(size).expect(
            "it was accepted on v1, so it is at least 1, and is no more than v3's greatest now",
        ),
        notes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Environment, TimeRange};

    #[test]
    fn what_both_versions_have_carries_over() {
        let range = TimeRange::since("2026-04-01").unwrap();
        let asked = Query::v1()
            .environment(Environment::Sandbox)
            .time_range(range)
            .in_progress(false)
            .variant(Variant::Id("V1".into()))
            .unwrap()
            .page_size(200)
            .unwrap()
            .extra_param("min_duration", "60")
            .unwrap();
        let expected = Query::v3()
            .environment(Environment::Sandbox)
            .time_range(range)
            .in_progress(false)
            .variant(Variant::Id("V1".into()))
            .unwrap()
            .include_latency(true)
            .page_size(200)
            .unwrap()
            .extra_param("min_duration", "60")
            .unwrap();
        let translated = query_to_v3(asked);
        assert_eq!(translated.query, expected);
        let kinds: Vec<_> = translated.notes.iter().map(QueryNote::kind).collect();
        assert_eq!(
            kinds,
            [
                NoteKind::ChangesMeaning,
                NoteKind::ChangesMeaning,
                NoteKind::Check,
                NoteKind::Check
            ]
        );
        let message = translated.notes[2].to_string();
        assert!(message.contains("min_duration") && !message.contains("60"));
    }

    #[test]
    fn what_does_not_is_noted_the_most_serious_first() {
        let asked = Query::v1()
            .variant(Variant::Name("Downtown".into()))
            .unwrap()
            .page_size(5000)
            .unwrap()
            .include_context_state(true);
        let TranslatedQuery { query, notes } = query_to_v3(asked);
        assert_eq!(query.into_spec().page_size, 1000);
        assert_eq!(
            notes[..2],
            [QueryNote::ContextState, QueryNote::PageSize { asked: 5000 }]
        );
        assert!(notes.contains(&QueryNote::VariantFilter));
        assert!(notes[1].to_string().contains("5000") && notes[1].to_string().contains("1000"));
    }
}
