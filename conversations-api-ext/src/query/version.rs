//! [`Version`]: the API versions as types, with their limits.

use std::fmt::Debug;

/// A version of the Conversations API, as a type: [`V1`], [`V2`] or [`V3`].
///
/// A [`Query`](crate::Query) has its version as a type parameter, so that setting a parameter that the version does
/// not support does not compile. This trait is sealed.
///
/// ```
/// use conversations_api_ext::{V1, V3, Version};
///
/// assert_eq!((V1::NAME, V1::MAX_PAGE_SIZE), ("v1", 5000));
/// assert_eq!((V3::NAME, V3::MAX_PAGE_SIZE), ("v3", 1000));
/// ```
pub trait Version: sealed::Sealed + Copy + Debug + Eq + Send + Sync + 'static {
    /// The version as used in the request path, such as `v3`.
    const NAME: &'static str = Self::TAG.name();

    /// The maximum page size. The minimum is 1 on every version.
    ///
    /// For v2 and v3 the vendor's documentation names both 1000 and 5000; this crate uses 1000, as the published
    /// OpenAPI document does.
    const MAX_PAGE_SIZE: u32 = Self::TAG.limits().max_page_size;
}

/// A version that supports search, samples, channel filters, latency and turn metadata: [`V2`] and [`V3`].
#[diagnostic::on_unimplemented(
    message = "version {Self} of the API has no searches, samples, channels, latency or turn metadata",
    note = "use `Query::v3()`, or `Query::v2()` with an older key"
)]
pub trait Searchable: Version {}

/// Version 1, the earlier pipeline with offset paging.
///
/// Best-effort support since 2 March 2026; unsupported, though reachable, from 31 August 2026 (PolyAI docs,
/// Conversations API overview, "v1 – legacy").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum V1 {}

/// Version 2: the data and parameters of v3 with the keys of v1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum V2 {}

/// Version 3, the recommended one. Its keys are issued per project and region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum V3 {}

impl Version for V1 {}
impl Version for V2 {}
impl Version for V3 {}
impl Searchable for V2 {}
impl Searchable for V3 {}

pub(crate) use sealed::Tag;

mod sealed {
    use super::{V1, V2, V3};

    pub trait Sealed {
        const TAG: Tag;
    }

    impl Sealed for V1 {
        const TAG: Tag = Tag::V1;
    }
    impl Sealed for V2 {
        const TAG: Tag = Tag::V2;
    }
    impl Sealed for V3 {
        const TAG: Tag = Tag::V3;
    }

    /// A version as a value.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Tag {
        V1,
        V2,
        V3,
    }

    /// The parameters that a version accepts.
    #[derive(Clone, Copy, Debug)]
    pub struct Limits {
        pub max_page_size: u32,
        pub default_page_size: u32,
    }

    impl Tag {
        pub const fn name(self) -> &'static str {
            match self {
                Self::V1 => "v1",
                Self::V2 => "v2",
                Self::V3 => "v3",
            }
        }

        /// Returns the path of the operation with the names of its parameters, as the API document has it.
        pub const fn url_template(self) -> &'static str {
            match self {
                Self::V1 => "/v1/{account_id}/{project_id}/conversations",
                Self::V2 => "/v2/{account_id}/{project_id}/conversations",
                Self::V3 => "/v3/{account_id}/{project_id}/conversations",
            }
        }

        /// Returns the limits of a version. The servers' defaults differ between versions and within the
        /// documentation, so the page size is sent with every request.
        pub const fn limits(self) -> Limits {
            match self {
                Self::V1 => Limits {
                    max_page_size: 5000,
                    default_page_size: 1000,
                },
                Self::V2 | Self::V3 => Limits {
                    max_page_size: 1000,
                    default_page_size: 1000,
                },
            }
        }
    }
}
