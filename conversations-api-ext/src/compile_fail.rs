//! Proofs that misuse does not compile, run by rustdoc.
//!
//! Doctests rather than `trybuild`: that compares the whole text of the compiler, which changes with its version, and
//! needs another build of all dependencies. Stable compilers do not check the code of the error, so each proof follows
//! the same program without the mistake: it fails to compile for no other reason.

/// v1 has no filter by channel.
///
/// ```
/// let _ = conversations_api_ext::Query::v3().channels(["CHAT"]);
/// ```
/// ```compile_fail,E0599
/// let _ = conversations_api_ext::Query::v1().channels(["CHAT"]);
/// ```
///
/// v1 has no searches.
///
/// ```
/// # use conversations_api_ext::{BoundedRange, Query};
/// # let april = BoundedRange::new("2026-04-01", "2026-05-01")?;
/// let _ = Query::v2().semantic_search("refund", april)?;
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
/// ```compile_fail,E0599
/// # use conversations_api_ext::{BoundedRange, Query};
/// # let april = BoundedRange::new("2026-04-01", "2026-05-01")?;
/// let _ = Query::v1().semantic_search("refund", april)?;
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
///
/// Only v1 had the dialogue state.
///
/// ```
/// let _ = conversations_api_ext::Query::v1().include_context_state(true);
/// ```
/// ```compile_fail,E0599
/// let _ = conversations_api_ext::Query::v3().include_context_state(true);
/// ```
///
/// A sample, a search and a parallel fetch need both ends of the range.
///
/// ```
/// # use conversations_api_ext::{BoundedRange, Query};
/// let range = BoundedRange::new("2026-04-01", "2026-05-01")?;
/// let _ = Query::v3().random_sample(range)?;
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
/// ```compile_fail,E0308
/// # use conversations_api_ext::{TimeRange, Query};
/// let range = TimeRange::since("2026-04-01")?;
/// let _ = Query::v3().random_sample(range)?;
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
///
/// The key is not sent to a host of another API.
///
/// ```
/// # use conversations_api_ext::{ApiKey, Client, Project, Region};
/// fn build(host: Region, project: Project, key: ApiKey) {
///     let _ = Client::builder(host, project, key);
/// }
/// ```
/// ```compile_fail,E0277
/// # use conversations_api_ext::{ApiKey, Client, Project, AgentsBaseUrl};
/// fn build(host: AgentsBaseUrl, project: Project, key: ApiKey) {
///     let _ = Client::builder(host, project, key);
/// }
/// ```
///
/// Pages with a checkpoint after each are no stream: combinators would take the end of a page for that of the results.
///
/// ```
/// # use futures_util::StreamExt;
/// fn first(records: conversations_api_ext::Records) {
///     let _ = records.take(1);
/// }
/// ```
/// ```compile_fail,E0599
/// # use futures_util::StreamExt;
/// fn first(records: conversations_api_ext::Records) {
///     let _ = records.page_by_page().take(1);
/// }
/// ```
///
/// A version is one of the three.
///
/// ```
/// # use conversations_api_ext::{Query, V3};
/// let _ = Query::<V3>::default();
/// ```
/// ```compile_fail,E0277
/// # use conversations_api_ext::Query;
/// let _ = Query::<u8>::default();
/// ```
///
/// A contradiction cannot be overlooked: the method returns it, and a query that may be one is none yet.
///
/// ```
/// # use conversations_api_ext::{Client, Query, Variant};
/// # fn of(client: &Client) -> conversations_api_ext::Result<()> {
/// let query = Query::v3().channels(["CHAT"])?.variant(Variant::Id("V1".into()))?;
/// let _ = client.records(query);
/// # Ok(()) }
/// ```
/// ```compile_fail,E0308
/// # use conversations_api_ext::{Client, Query, Variant};
/// # fn of(client: &Client) -> conversations_api_ext::Result<()> {
/// let query = Query::v3().channels(["CHAT"])?.variant(Variant::Id("V1".into()));
/// let _ = client.records(query);
/// # Ok(()) }
/// ```
///
/// A variant is given by its id or by its name.
///
/// ```
/// # use conversations_api_ext::Variant;
/// let _ = Variant::Name("Downtown branch".into());
/// ```
/// ```compile_fail,E0559
/// # use conversations_api_ext::Variant;
/// let _ = Variant { id: "V1".into(), name: "Downtown branch".into() };
/// ```
struct Queries;

/// A field that the vendor adds to a conversation must not break a program, so that there are no literals of one, and no
/// patterns with all of its fields.
///
/// ```
/// # use conversations_api_ext::Conversation;
/// # fn of(conversation: Conversation) {
/// let Conversation { id, .. } = conversation;
/// # let _ = id; }
/// let _: Conversation = Conversation::builder().id("CA1").try_into()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// ```compile_fail,E0639
/// # use conversations_api_ext::{Conversation, api::v3::types::Error};
/// let _ = Error {
///     data: Default::default(),
///     error: Default::default(),
///     error_code: Default::default(),
///     error_id: Default::default(),
///     error_message: Default::default(),
///     success: Default::default(),
///     extra: Default::default(),
/// };
/// ```
///
/// The same for a value that it adds.
///
/// ```
/// # use conversations_api_ext::api::v3::types::ClientEnv;
/// fn is_live(environment: ClientEnv) -> bool {
///     match environment {
///         ClientEnv::Live => true,
///         ClientEnv::Sandbox | ClientEnv::PreRelease => false,
///         _ => false,
///     }
/// }
/// ```
/// ```compile_fail,E0004
/// # use conversations_api_ext::api::v3::types::ClientEnv;
/// fn is_live(environment: ClientEnv) -> bool {
///     match environment {
///         ClientEnv::Live => true,
///         ClientEnv::Sandbox | ClientEnv::PreRelease => false,
///     }
/// }
/// ```
struct GeneratedTypes;

/// What a caller implements or passes as a closure.
///
/// ```
/// # use conversations_api_ext::{ClientBuilder, Error, RetryDecision};
/// # use std::time::Duration;
/// fn build(builder: ClientBuilder) {
///     let _ = builder.retry_strategy(|_: &Error, _: u32, _: Duration| RetryDecision::Stop);
/// }
/// ```
/// ```compile_fail,E0277
/// # use conversations_api_ext::{ClientBuilder, Error, RetryDecision, RetryPolicy};
/// # use std::time::Duration;
/// fn build(builder: ClientBuilder) {
///     let _ = builder.retry_strategy(RetryPolicy::none());
/// }
/// ```
///
/// A number is no time: it may be seconds or milliseconds.
///
/// ```
/// let _ = conversations_api_ext::TimeRange::since("2026-04-01");
/// ```
/// ```compile_fail,E0277
/// let _ = conversations_api_ext::TimeRange::since(1_775_001_600_u64);
/// ```
struct Arguments;
