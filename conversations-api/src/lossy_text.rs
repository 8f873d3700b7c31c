//! [`LossyText`]: a JSON string that is text in any case.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

/// A JSON string, borrowed unless it has escapes. Each byte of half a surrogate pair, which JSON allows and Rust does not,
/// becomes U+FFFD: as an error it would cost what the string belongs to, such as all fields of an object.
#[derive(Debug, Deserialize)]
pub struct LossyText<'a>(#[serde(borrow, deserialize_with = "lossy")] pub Cow<'a, str>);

/// Reads a string as bytes: as text, serde_json rejects half of a surrogate pair.
fn lossy<'de: 'a, 'a, D: Deserializer<'de>>(json: D) -> Result<Cow<'a, str>, D::Error> {
    #[derive(Deserialize)]
    struct Bytes<'a>(#[serde(borrow)] Cow<'a, [u8]>);

    fn text(bytes: &[u8]) -> Cow<'_, str> {
        // Nearly every string is text, and checking that is much faster than replacing what is none.
        str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
    }

    Ok(match Bytes::deserialize(json)?.0 {
        Cow::Borrowed(bytes) => text(bytes),
        Cow::Owned(bytes) => text(&bytes).into_owned().into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_surrogate_pair_is_replaced_and_text_without_escapes_is_borrowed() {
        for (json, expected, is_borrowed) in [
            (r#""plain é""#, "plain é", true),
            (r#""a\u00e9""#, "aé", false),
            (r#""\ud83d\ude00""#, "\u{1f600}", false),
            (r#""\ud83dx""#, "\u{fffd}\u{fffd}\u{fffd}x", false),
        ] {
            let LossyText(text) = serde_json::from_str(json).unwrap();
            assert_eq!(text, expected);
            assert_eq!(matches!(text, Cow::Borrowed(_)), is_borrowed, "{json}");
        }
        assert!(serde_json::from_str::<LossyText<'_>>("1").is_err());
    }
}
