//! The `Range` of a request for a recording.

use std::ops::Range;

use http::HeaderMap;
use http::header::{IF_RANGE, RANGE};

/// The part of a file that a request is for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Requested {
    Whole,
    Part(Range<u64>),
    /// The range begins past the end.
    Unsatisfiable,
}

/// Reads the range of a request. A malformed range, several ranges, and one whose `If-Range` names another
/// version of the file are ignored, as HTTP allows or demands (RFC 9110, sections 13.1.5 and 14.2).
pub(crate) fn requested(headers: &HeaderMap, etag: &str, len: u64) -> Requested {
    let mut ranges = headers.get_all(RANGE).iter();
    let (Some(range), None) = (ranges.next(), ranges.next()) else {
        return Requested::Whole;
    };
    if headers
        .get(IF_RANGE)
        .is_some_and(|condition| condition.as_bytes() != etag.as_bytes())
    {
        return Requested::Whole;
    }
    let parsed = range.to_str().ok().and_then(|range| parse(range, len));
    match parsed {
        None => Requested::Whole,
        Some(part) if part.is_empty() => Requested::Unsatisfiable,
        Some(part) => Requested::Part(part),
    }
}

/// One range of bytes, cut to the length of the file; empty if it has no byte of it.
fn parse(range: &str, len: u64) -> Option<Range<u64>> {
    let (unit, range) = range.split_once('=')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = range.trim().split_once('-')?;
    match (first, last) {
        ("", last) => Some(len.saturating_sub(number(last)?)..len),
        (first, "") => Some(number(first)?..len),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then(|| first..last.saturating_add(1).min(len))
        }
    }
}

fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // One that is too large is past the end of every file.
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str) -> Requested {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, range.parse().unwrap());
        requested(&headers, "\"tag\"", 100)
    }

    #[test]
    fn a_range_is_cut_to_the_length_of_the_file() {
        for (range, part) in [
            ("bytes=0-0", 0..1),
            ("bytes=10-19", 10..20),
            ("Bytes=90-", 90..100),
            ("bytes=90-1000", 90..100),
            ("bytes=-10", 90..100),
            ("bytes=-1000", 0..100),
            ("bytes=1-99999999999999999999999", 1..100),
        ] {
            assert_eq!(asked(range), Requested::Part(part), "{range}");
        }
        for range in [
            "bytes=100-",
            "bytes=100-101",
            "bytes=-0",
            "bytes=99999999999999999999999-",
        ] {
            assert_eq!(asked(range), Requested::Unsatisfiable, "{range}");
        }
    }

    #[test]
    fn a_malformed_range_and_several_ranges_are_ignored() {
        for range in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=5-4",
            "bytes=a-",
            "bytes=+1-2",
            "lines=1-2",
            "bytes=0-1,5-6",
        ] {
            assert_eq!(asked(range), Requested::Whole, "{range}");
        }
    }
}
