//! Reads how long a response asks to wait.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// Reads `Retry-After`, given as seconds or as a date.
///
/// A date is compared with the `Date` of the same response, so that a wrong local clock does no harm; `now` is the
/// fallback. A past date means no wait.
pub(crate) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = date(text)?;
    let sent = headers
        .get(DATE)
        .and_then(|sent| date(sent.to_str().ok()?))
        .unwrap_or(now);
    Some((until - sent).to_std().unwrap_or_default())
}

/// Parses an HTTP date in any of the three forms that a client must accept (RFC 9110, section 5.6.7).
fn date(text: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(text).ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use reqwest::header::HeaderValue;

    use super::*;

    fn wait(retry_after_is: &'static str, date_is: Option<&'static str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static(retry_after_is));
        if let Some(date) = date_is {
            headers.insert(DATE, HeaderValue::from_static(date));
        }
        retry_after(&headers, Utc.with_ymd_and_hms(2026, 4, 1, 9, 0, 0).unwrap())
    }

    #[test]
    fn seconds_are_read() {
        assert_eq!(wait("65", None), Some(Duration::from_secs(65)));
        assert_eq!(wait(" 0 ", None), Some(Duration::ZERO));
    }

    #[test]
    fn a_date_is_held_against_the_clock_of_the_server() {
        let until = "Wed, 01 Apr 2026 09:01:00 GMT";
        assert_eq!(wait(until, None), Some(Duration::from_secs(60)));
        assert_eq!(
            wait(until, Some("Wed, 01 Apr 2026 09:00:50 GMT")),
            Some(Duration::from_secs(10))
        );
        assert_eq!(
            wait(until, Some("Wed, 01 Apr 2026 09:02:00 GMT")),
            Some(Duration::ZERO)
        );
        assert_eq!(wait(until, Some("sometime")), Some(Duration::from_secs(60)));
        for obsolete in [
            "Wednesday, 01-Apr-26 09:01:00 GMT",
            "Wed Apr  1 09:01:00 2026",
        ] {
            assert_eq!(wait(obsolete, None), Some(Duration::from_secs(60)));
        }
    }

    #[test]
    fn anything_else_is_no_wish() {
        for text in ["", "soon", "-5", "1.5"] {
            assert_eq!(wait(text, None), None, "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), Utc::now()), None);
    }
}
