//! [`Query`]: the version, filters, retrieval mode and page size of a request.

pub(crate) mod extra_params;
pub(crate) mod filter;
pub(crate) mod fingerprint;
pub(crate) mod retrieval;
mod spec;
pub(crate) mod time;
pub(crate) mod time_range;
pub(crate) mod version;

use std::marker::PhantomData;

pub(crate) use spec::Spec;

use crate::{Environment, Error, Searchable, TimeRange, V1, V2, V3, Variant, Version};

/// The filters, retrieval mode and page size of a request, for one version of the API.
///
/// A new query selects all live conversations, 1000 a page; each method narrows it or adds data. A method whose setting
/// could contradict another returns the error at once. A query has no methods for parameters that its version does not
/// support:
///
/// ```compile_fail,E0599
/// # use conversations_api_ext::Query;
/// let query = Query::v1().channels(["VOICE-SIP"]); // v1 cannot filter by channel
/// ```
///
/// ```compile_fail,E0599
/// # use conversations_api_ext::Query;
/// let query = Query::v3().include_context_state(true); // only v1 had this
/// ```
///
/// # Example
///
/// ```
/// use conversations_api_ext::{BoundedRange, Environment, Query};
///
/// let query = Query::v3()
///     .environment(Environment::Live)
///     .time_range(BoundedRange::new("2026-04-01", "2026-04-02")?)
///     .channels(["VOICE-SIP", "WEBCHAT"])?
///     .in_progress(false)
///     .include_latency(true)
///     .page_size(500)?;
/// # let _ = query;
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
///
/// `Debug` shows everything except the text of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a query does nothing until it is passed to a client"]
pub struct Query<V: Version = V3> {
    spec: Spec,
    version: PhantomData<fn() -> V>,
}

impl Query<V1> {
    /// Creates a query for the legacy version 1.
    pub fn v1() -> Self {
        Self::default()
    }

    /// Sets whether to add `context_state`, the agent's whole dialogue state at the end of the conversation; off by
    /// default.
    ///
    /// It is large, and mainly useful to the agent's developers. The vendor has since withdrawn it (PolyAI docs, "List
    /// all conversations" of v1, an earlier edition), so a server may ignore it.
    pub fn include_context_state(mut self, include: bool) -> Self {
        self.spec.include_context_state = include;
        self
    }
}

impl Query<V2> {
    /// Creates a query for version 2.
    pub fn v2() -> Self {
        Self::default()
    }
}

impl Query<V3> {
    /// Creates a query for version 3, the supported one.
    pub fn v3() -> Self {
        Self::default()
    }
}

impl<V: Version> Default for Query<V> {
    fn default() -> Self {
        Self {
            spec: Spec::new(V::TAG),
            version: PhantomData,
        }
    }
}

impl<V: Version> Query<V> {
    /// Sets the environment; [`Live`](Environment::Live) by default. It is always sent.
    #[doc(alias = "client_env")]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.spec.environment = environment;
        self
    }

    /// Sets the half-open range of start times; unbounded by default.
    ///
    /// The vendor recommends always giving both ends (PolyAI docs, Conversations API overview, "Time range
    /// parameters"). A search or a sample has its own range, and a query with both is an error: of the search if that
    /// comes later, else of [`check`](Self::check).
    #[doc(alias = "since")]
    #[doc(alias = "between")]
    #[doc(alias = "after")]
    #[doc(alias = "before")]
    #[doc(alias = "start_time")]
    #[doc(alias = "end_time")]
    pub fn time_range(mut self, range: impl Into<TimeRange>) -> Self {
        self.spec.time_range = Some(range.into());
        self
    }

    /// Selects only the conversations of one variant of the agent; all by default.
    ///
    /// ```
    /// use conversations_api_ext::{Query, Variant};
    ///
    /// let query = Query::v3().variant(Variant::Id("VARIANT-c3f7a2d9".into()))?;
    /// assert!(query.variant(Variant::Name("Downtown branch".into())).is_err());
    /// # Ok::<(), conversations_api_ext::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an empty id or name, which the server would take for all
    /// variants, or if the query already has another variant.
    #[doc(alias = "variant_id")]
    #[doc(alias = "variant_name")]
    pub fn variant(mut self, variant: Variant) -> Result<Self, Error> {
        variant.check()?;
        if let Some(other) = &self.spec.variant
            && *other != variant
        {
            return Err(Error::invalid(
                "the query filters by two variants",
                "give the variant by its id or by its name, once: use a query for each variant",
            ));
        }
        self.spec.variant = Some(variant);
        Ok(self)
    }

    /// Selects conversations in progress (`true`) or finished ones (`false`); both by default.
    ///
    /// A conversation in progress still changes: fetch it again later.
    pub fn in_progress(mut self, in_progress: bool) -> Self {
        self.spec.in_progress = Some(in_progress);
        self
    }

    /// Sets the maximum number of conversations per page: 1 to 5000 on v1, 1 to 1000 on v2 and v3; 1000 by default.
    ///
    /// It is always sent, because the servers' default differs between versions. It does not limit the number of
    /// conversations in a stream, except for a [random sample](Self::random_sample).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) outside these limits.
    #[doc(alias = "per_page")]
    #[doc(alias = "max_results")]
    #[doc(alias = "limit")]
    pub fn page_size(mut self, size: u32) -> Result<Self, Error> {
        let max = V::MAX_PAGE_SIZE;
        if !(1..=max).contains(&size) {
            return Err(Error::invalid(
                format!("the page size {size} is out of range for {}", V::NAME),
                format!("choose from 1 to {max}; the streams fetch as many pages as it takes"),
            ));
        }
        self.spec.page_size = size;
        Ok(self)
    }

    /// Adds a query parameter that this crate has no method for, such as a filter that the vendor has just added; none
    /// by default.
    ///
    /// It is sent with every request, as it is given. A name may be given several times. A server may ignore a parameter
    /// that it does not know, so check that the result is what you expect. `Debug` does not show the value, and
    /// [`Checkpoint`](crate::Checkpoint) distinguishes queries by it.
    ///
    /// ```
    /// use conversations_api_ext::Query;
    ///
    /// let query = Query::v3().extra_param("min_duration", "60")?;
    /// assert!(query.extra_param("cursor", "abc").is_err());
    /// # Ok::<(), conversations_api_ext::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an empty name, and for a parameter that this crate sets
    /// itself: sent twice, it would have two meanings.
    #[doc(alias = "query_param")]
    pub fn extra_param(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Self, Error> {
        self.spec.extra_params.add(name.into(), value.into())?;
        Ok(self)
    }

    /// Rejects a [`time_range`](Self::time_range) that was set after a search or a sample, the one contradiction that no
    /// other method returns. The streams do this before their first request; call it to validate earlier.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a query with two time ranges.
    pub fn check(&self) -> Result<(), Error> {
        self.spec.check()
    }

    pub(crate) fn spec(&self) -> &Spec {
        &self.spec
    }

    pub(crate) fn into_spec(self) -> Spec {
        self.spec
    }
}

impl<V: Searchable> Query<V> {
    /// Selects only conversations over these channels, such as `VOICE-SIP`, `WEBCHAT` or `CHAT` (the set is open).
    ///
    /// By default it selects all.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an empty list or an empty name, which the server would take
    /// for all channels.
    #[doc(alias = "channel")]
    pub fn channels(
        mut self,
        channels: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, Error> {
        let channels: Vec<String> = channels.into_iter().map(Into::into).collect();
        let empty = channels.iter().find(|channel| channel.trim().is_empty());
        let what = match empty {
            Some(channel) => format!("the channel {channel:?} is empty"),
            None if channels.is_empty() => "the list of channels is empty".to_owned(),
            None => {
                self.spec.channels = channels;
                return Ok(self);
            }
        };
        let fix = "leave it out to get the conversations of all channels";
        Err(Error::invalid(what, fix))
    }

    /// Sets whether to add latency to each turn; off by default.
    ///
    /// It has no effect if the project hides transcripts, because there are no turns then.
    pub fn include_latency(mut self, include: bool) -> Self {
        self.spec.include_latency = include;
        self
    }

    /// Sets whether to add generative-AI metadata to each turn; off by default.
    ///
    /// It does not affect whether there are turns.
    pub fn include_turn_metadata(mut self, include: bool) -> Self {
        self.spec.include_turn_metadata = include;
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{BoundedRange, Retrieval};

    fn april() -> BoundedRange {
        BoundedRange::new("2026-04-01", "2026-05-01").unwrap()
    }

    fn accepts<V: Version>(size: u32) -> bool {
        match Query::<V>::default().page_size(size) {
            Ok(query) => query.into_spec().page_size == size,
            Err(error) => {
                let message = error.to_string();
                assert!(message.contains(&size.to_string()), "{message}");
                assert!(
                    message.contains(&format!("1 to {}", V::MAX_PAGE_SIZE)),
                    "{message}"
                );
                assert!(message.contains(V::NAME), "{message}");
                false
            }
        }
    }

    proptest! {
        #[test]
        fn a_page_size_is_accepted_exactly_within_the_limits_of_its_version(
            size in prop_oneof![0..7000_u32, any::<u32>()]
        ) {
            prop_assert_eq!(accepts::<V1>(size), (1..=5000).contains(&size));
            prop_assert_eq!(accepts::<V2>(size), (1..=1000).contains(&size));
            prop_assert_eq!(accepts::<V3>(size), (1..=1000).contains(&size));
        }
    }

    #[test]
    fn the_limits_themselves_are_accepted_and_their_neighbours_are_not() {
        assert!(
            accepts::<V1>(1) && accepts::<V1>(5000) && !accepts::<V1>(5001) && !accepts::<V1>(0)
        );
        assert!(
            accepts::<V3>(1) && accepts::<V3>(1000) && !accepts::<V3>(1001) && !accepts::<V3>(0)
        );
    }

    #[test]
    fn debug_does_not_show_the_search_text() {
        let query = Query::v3()
            .transcript_search("MARKER", None, april())
            .unwrap();
        assert!(!format!("{query:?} {query:#?}").contains("MARKER"));
        let query = Query::v2().semantic_search("MARKER", april()).unwrap();
        assert!(!format!("{query:?} {query:#?}").contains("MARKER"));
    }

    #[test]
    fn an_empty_search_text_is_refused() {
        for text in ["", " ", "\n\t"] {
            assert!(Query::v3().transcript_search(text, None, april()).is_err());
            assert!(Query::v3().semantic_search(text, april()).is_err());
        }
    }

    #[test]
    fn a_search_beside_a_time_range_is_refused_naming_both() {
        let range = TimeRange::since("2026-03-01").unwrap();
        let sample = || Query::v3().random_sample(april()).unwrap();
        for refused in [
            Query::v3().time_range(range).random_sample(april()),
            sample().time_range(range).page_size(9).and_then(|query| {
                query.check()?;
                Ok(query)
            }),
        ] {
            let message = refused.unwrap_err().to_string();
            for part in [
                "2026-03-01",
                "2026-04-01",
                "2026-05-01",
                "leave `time_range` out",
            ] {
                assert!(message.contains(part), "{message}");
            }
        }
    }

    #[test]
    fn empty_filters_are_refused_rather_than_read_as_none() {
        assert!(Query::v3().channels(["CHAT", ""]).is_err());
        assert!(Query::v3().channels(Vec::<String>::new()).is_err());
        let id = Variant::Id(String::new());
        assert!(Query::v1().variant(id).is_err());
    }

    #[test]
    fn a_setting_that_contradicts_another_is_refused_by_its_method_and_not_overwritten() {
        let search = || Query::v3().transcript_search("a", None, april()).unwrap();
        let refusal = |query: Result<Query, Error>| query.unwrap_err().to_string();
        for other in [
            search().semantic_search("b", april()),
            search().transcript_search("b", None, april()),
            search().random_sample(april()),
            search().retrieval(Retrieval::All),
        ] {
            assert!(refusal(other).contains("two retrieval modes"));
        }
        assert!(search().transcript_search("a", None, april()).is_ok());
        let variant = || Query::v3().variant(Variant::Id("a".into())).unwrap();
        assert!(variant().variant(Variant::Id("a".into())).is_ok());
        let both = variant().variant(Variant::Name("a".into()));
        assert!(refusal(both).contains("two variants"));
        assert!(refusal(Query::v3().channels([""; 0])).contains("list of channels is empty"));
    }

    #[test]
    fn the_range_of_a_search_is_the_range_of_the_query() {
        let query = Query::v3().random_sample(april()).unwrap().into_spec();
        assert_eq!(query.range(), april().into());
        let query = Query::v3().time_range(april()).into_spec();
        assert_eq!(query.range(), april().into());
        assert_eq!(Query::v3().into_spec().range(), TimeRange::unbounded());
    }
}
