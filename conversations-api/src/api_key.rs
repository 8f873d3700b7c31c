//! The API key that every request carries, kept out of logs.

use std::{borrow::Cow, fmt, str::FromStr};

use reqwest::header::HeaderValue;

/// An API key, sent as the `x-api-key` header.
///
/// The vendor issues a v3 key for one project in one region; v1 and v2 take older keys (PolyAI docs,
/// Conversations API overview, Authentication). The value can be sent but not read back, and `Debug`
/// does not print it.
///
/// ```
/// let key = conversations_api::ApiKey::new("pk_live_1234")?;
/// assert_eq!(format!("{key:?}"), "ApiKey(<hidden>)");
/// # Ok::<(), conversations_api::InvalidApiKey>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(HeaderValue);

impl ApiKey {
    /// Creates a key from the vendor's string.
    ///
    /// # Errors
    /// [`InvalidApiKey`] if it is empty, is surrounded by white space (such as a trailing newline from a
    /// file, which the server would reject with 401), or contains a character that no header can carry.
    pub fn new(key: impl AsRef<str>) -> Result<Self, InvalidApiKey> {
        let key = key.as_ref();
        if key.trim().is_empty() {
            return Err(InvalidApiKey("it is empty"));
        }
        if key.trim() != key {
            return Err(InvalidApiKey(
                "it starts or ends with white space or a line break; trim it",
            ));
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidApiKey(
                "it contains a space, a control character or a non-ASCII character",
            ));
        }
        let mut value = HeaderValue::from_str(key)
            .map_err(|_| InvalidApiKey("it contains a character that no header can carry"))?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    /// `text` with `<API key>` in the place of the key, for text that a server may have put the key into.
    ///
    /// ```
    /// let key = conversations_api::ApiKey::new("pk_live_1234")?;
    /// assert_eq!(key.redact("unknown key pk_live_1234"), "unknown key <API key>");
    /// # Ok::<(), conversations_api::InvalidApiKey>(())
    /// ```
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.0.to_str() {
            Ok(key) if text.contains(key) => text.replace(key, "<API key>").into(),
            _ => text.into(),
        }
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl FromStr for ApiKey {
    type Err = InvalidApiKey;

    fn from_str(key: &str) -> Result<Self, InvalidApiKey> {
        Self::new(key)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(<hidden>)")
    }
}

/// Why a string is not a valid API key; never contains the string itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidApiKey(&'static str);

impl fmt::Display for InvalidApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the API key cannot be used: {}", self.0)
    }
}

impl std::error::Error for InvalidApiKey {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_key_is_rejected_without_printing_it() {
        for text in ["", "  ", " k3y", "k3y\n", "k3 y", "k3y\u{e9}", "k3\0y"] {
            let error = ApiKey::new(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("k3"), "{error:?}");
        }
    }

    #[test]
    fn the_header_is_marked_sensitive() {
        assert!(ApiKey::new("key").unwrap().header().is_sensitive());
    }
}
