//! The key that every request carries, kept out of logs.

use std::fmt;

use reqwest::header::HeaderValue;

/// An API key, sent as the `x-api-key` header.
///
/// v3 keys are issued for one project in one region; v1 and v2 take the older keys (PolyAI docs,
/// Conversations API overview, Authentication). The value can be sent but not read back, and `Debug`
/// does not show it.
///
/// ```
/// let key = conversations_api::ApiKey::new("pk_live_1234")?;
/// assert_eq!(format!("{key:?}"), "ApiKey(<hidden>)");
/// # Ok::<(), conversations_api::InvalidApiKey>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(HeaderValue);

impl ApiKey {
    /// Takes the key as the vendor issued it.
    ///
    /// # Errors
    /// [`InvalidApiKey`] if it is empty, has white space around it (a trailing newline from a file; the
    /// server would answer 401) or a character that no header can carry.
    pub fn new(key: impl AsRef<str>) -> Result<Self, InvalidApiKey> {
        let key = key.as_ref();
        if key.trim().is_empty() {
            return Err(InvalidApiKey("it is empty"));
        }
        if key.trim() != key {
            return Err(InvalidApiKey(
                "it has white space or a line end before or after it; trim it",
            ));
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidApiKey(
                "it has a space, a control character or a non-ASCII character in it",
            ));
        }
        let mut value = HeaderValue::from_str(key)
            .map_err(|_| InvalidApiKey("it has a character that no header can carry"))?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(<hidden>)")
    }
}

/// Why a text cannot be an API key; never the text itself.
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
    fn a_key_that_would_only_get_a_401_is_refused_without_showing_it() {
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
