//! [`Region`]: the three regions that serve the Conversations API.

use std::{fmt, str::FromStr};

use crate::{Error, serde_text::serde_text};

/// A region of the Conversations API.
///
/// Conversations stay in the region of their project, and a v3 key is valid in one region only (PolyAI docs,
/// Conversations API overview, "Regional base URLs" and "v3 keys").
///
/// Parses with or without the number and in any case: `us`, `US`, `us-1`, `US-1`.
///
/// ```
/// use conversations_api_ext::Region;
///
/// assert_eq!("uk".parse::<Region>()?, Region::Uk1);
/// assert_eq!(Region::Uk1.to_string(), "uk-1");
/// assert_eq!(Region::Uk1.base_url(), "https://api.uk-1.platform.polyai.app");
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Region {
    /// United States, `us-1`.
    Us1,
    /// United Kingdom, `uk-1`.
    Uk1,
    /// Western Europe, `euw-1`.
    Euw1,
}

impl Region {
    /// All regions, in the vendor's order.
    pub const ALL: &'static [Self] = &[Self::Us1, Self::Uk1, Self::Euw1];

    /// Returns the name as used in the host, such as `us-1`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Us1 => "us-1",
            Self::Uk1 => "uk-1",
            Self::Euw1 => "euw-1",
        }
    }

    /// Returns the base URL, without a trailing slash.
    #[must_use]
    pub const fn base_url(self) -> &'static str {
        match self {
            Self::Us1 => "https://api.us-1.platform.polyai.app",
            Self::Uk1 => "https://api.uk-1.platform.polyai.app",
            Self::Euw1 => "https://api.euw-1.platform.polyai.app",
        }
    }

    /// Returns the base URL of the region's agents host, which serves single conversations and recordings.
    #[must_use]
    pub const fn agents_base_url(self) -> &'static str {
        match self {
            Self::Us1 => "https://api.us.poly.ai",
            Self::Uk1 => "https://api.uk.poly.ai",
            Self::Euw1 => "https://api.eu.poly.ai",
        }
    }

    /// Returns the region with this base URL, of either host.
    pub(crate) fn of_base_url(url: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|region| region.base_url() == url || region.agents_base_url() == url)
    }

    /// Returns the names of all other regions, joined for a sentence.
    pub(crate) fn others(self) -> String {
        let others: Vec<_> = Self::ALL
            .iter()
            .filter(|region| **region != self)
            .map(|region| region.name())
            .collect();
        others.join(" or ")
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Region {
    type Err = Error;

    /// Parses the name of a region.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for any other text; the message lists the valid names.
    fn from_str(text: &str) -> Result<Self, Error> {
        let wanted = text.trim().to_ascii_lowercase();
        Self::ALL
            .iter()
            .copied()
            .find(|region| {
                let name = region.name();
                wanted == name || name.strip_suffix("-1") == Some(wanted.as_str())
            })
            .ok_or_else(|| {
                Error::invalid(
                    format!("{text:?} is not a region"),
                    "choose us-1, uk-1 or euw-1 (us, uk and euw work as well)",
                )
            })
    }
}

serde_text!(Region);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_people_use_is_understood() {
        for (text, region) in [
            ("us", Region::Us1),
            ("US", Region::Us1),
            ("us-1", Region::Us1),
            ("US-1", Region::Us1),
            (" uk ", Region::Uk1),
            ("Uk-1", Region::Uk1),
            ("euw", Region::Euw1),
            ("EUW-1", Region::Euw1),
        ] {
            assert_eq!(text.parse::<Region>().unwrap(), region, "{text}");
        }
    }

    #[test]
    fn an_unknown_region_is_refused_with_the_choices() {
        for text in ["", "eu", "us-2", "us1", "-1", "us-1-1"] {
            let message = text.parse::<Region>().unwrap_err().to_string();
            for region in Region::ALL {
                assert!(message.contains(region.name()), "{message}");
            }
            assert!(message.contains(&format!("{text:?}")), "{message}");
        }
    }

    #[test]
    fn names_and_base_urls_round_trip() {
        for &region in Region::ALL {
            assert_eq!(region.to_string().parse::<Region>().unwrap(), region);
            assert_eq!(Region::of_base_url(region.base_url()), Some(region));
            assert!(region.base_url().contains(region.name()));
            assert!(!region.others().contains(region.name()));
        }
    }
}
