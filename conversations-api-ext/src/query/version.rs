//! [`Version`]: the versions of the API, as types, and the limits of each.

use std::fmt::Debug;

/// A version of the Conversations API, as a type: [`V1`], [`V2`] or [`V3`].
///
/// A [`Query`](crate::Query) carries its version, so that a parameter which a
/// version does not have cannot be set on it. No other types implement this.
///
/// ```
/// use conversations_api_ext::{V1, V3, Version};
///
/// assert_eq!((V1::NAME, V1::MAX_PAGE_SIZE), ("v1", 5000));
/// assert_eq!((V3::NAME, V3::MAX_PAGE_SIZE), ("v3", 1000));
/// ```
pub trait Version: sealed::Sealed + Copy + Debug + Eq + Send + Sync + 'static {
    /// The version as it stands in the path of a request, such as `v3`.
    const NAME: &'static str = Self::TAG.name();

    /// The most conversations a page can hold. The smallest size is 1 on every
    /// version.
    ///
    /// For v2 and v3 the vendor's pages name both 1000 and 5000; this crate
    /// keeps to 1000, which the published document says.
    const MAX_PAGE_SIZE: u32 = Self::TAG.limits().max_page_size;
}

/// A version that can search and sample, filter by channel and add latency and
/// turn metadata: [`V2`] and [`V3`].
pub trait Searchable: Version {}

/// Version 1, the earlier pipeline with offset paging.
///
/// On best-effort support since 2 March 2026 and unsupported, though reachable,
/// from 31 August 2026 (PolyAI docs, Conversations API overview, "v1 – legacy").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum V1 {}

/// Version 2: the data and parameters of v3 behind the keys of v1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum V2 {}

/// Version 3, the one to use. Its keys are issued per project and region.
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

    /// A version as a value, once its type has done its work.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Tag {
        V1,
        V2,
        V3,
    }

    /// What a version accepts.
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

        /// The one table of limits. The servers' own defaults differ from
        /// version to version and from page to page of the documentation, so
        /// the size is sent with every request.
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
