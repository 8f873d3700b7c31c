//! The version, account and project in a request path.

use percent_encoding::percent_decode_str;

use crate::auth::api_key::KeyFamily;

/// A version of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Version {
    V1,
    V2,
    V3,
}

impl Version {
    pub(crate) fn key_family(self) -> KeyFamily {
        match self {
            Self::V1 | Self::V2 => KeyFamily::Legacy,
            Self::V3 => KeyFamily::V3,
        }
    }
}

/// A path of the form `/{version}/{account_id}/{project_id}/conversations`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Route {
    pub(crate) version: Version,
    pub(crate) account_id: String,
    pub(crate) project_id: String,
}

impl Route {
    /// Parses a path as sent; `None` if the API has no such path.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let mut segments = path.strip_prefix('/')?.split('/');
        let version = match segments.next()? {
            "v1" => Version::V1,
            "v2" => Version::V2,
            "v3" => Version::V3,
            _ => return None,
        };
        let account_id = id(segments.next()?)?;
        let project_id = id(segments.next()?)?;
        let complete = segments.next() == Some("conversations") && segments.next().is_none();
        complete.then_some(Self {
            version,
            account_id,
            project_id,
        })
    }
}

/// Decodes one path segment; `None` if it is empty or not UTF-8.
pub(crate) fn id(segment: &str) -> Option<String> {
    let id = percent_decode_str(segment).decode_utf8().ok()?;
    (!id.is_empty()).then(|| id.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_version_account_and_project() {
        let route = Route::parse("/v2/acme-us/acme%20desk/conversations").unwrap();
        assert_eq!(route.version, Version::V2);
        assert_eq!(
            (route.account_id.as_str(), route.project_id.as_str()),
            ("acme-us", "acme desk")
        );
    }

    #[test]
    fn every_other_path_is_not_an_api_path() {
        for path in [
            "/",
            "/v3",
            "/v4/a/p/conversations",
            "/v3/a/p",
            "/v3/a/p/conversation",
            "/v3/a/p/conversations/",
            "//v3/a/p/conversations",
            "/v3//p/conversations",
            "/v3/a/%ff/conversations",
        ] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }
}
