//! What can be learnt from the body of an error answer, whoever wrote it.

use serde_json::Value;

/// The useful parts of an error body.
///
/// Two shapes are published: `{"error_message": ..}`, and a longer one with
/// `error_id`, `error_code` and `error_message`. Gateways in front of the API
/// send `{"message": ..}`, HTML, plain text, or nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    pub(crate) code: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) html: bool,
}

impl ErrorBody {
    pub(crate) fn read(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.starts_with('<') {
            return Self {
                message: title(text),
                html: true,
                ..Self::default()
            };
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => {
                let text_of = |name: &str| match fields.get(name) {
                    Some(Value::String(text)) if !text.trim().is_empty() => Some(text.clone()),
                    _ => None,
                };
                Self {
                    code: text_of("error_code").filter(|code| is_code(code)),
                    id: text_of("error_id").filter(|id| is_id(id)),
                    message: ["error_message", "message", "error", "detail"]
                        .into_iter()
                        .find_map(text_of),
                    html: false,
                }
            }
            Ok(Value::String(message)) => Self {
                message: Some(message),
                ..Self::default()
            },
            _ if text.is_empty() => Self::default(),
            _ => Self {
                message: Some(text.to_owned()),
                ..Self::default()
            },
        }
    }
}

/// Codes and ids are printed, so they must look like it: a gateway that puts a
/// sentence there is not to put it into logs.
fn is_code(text: &str) -> bool {
    text.len() <= 64
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Whether a text can be a correlation id.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
}

/// The title of an HTML page, which is where gateways say what happened.
fn title(html: &str) -> Option<String> {
    // Only ASCII case is folded, so byte positions stay those of `html`.
    let folded = html.to_ascii_lowercase();
    let open = folded.find("<title")?;
    let start = open + folded[open..].find('>')? + 1;
    let end = start + folded[start..].find("</title")?;
    let title = html[start..end].trim();
    (!title.is_empty()).then(|| title.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_published_shapes_are_read() {
        let body = ErrorBody::read(br#"{"error_message":"bad key"}"#);
        assert_eq!(body.message.as_deref(), Some("bad key"));
        assert_eq!((body.code, body.id), (None, None));

        let body = ErrorBody::read(
            br#"{"success":false,"error":"Not Found","error_id":"6f1c-0a","error_code":"PROJECT_NOT_FOUND",
                 "error_message":"no such project","data":null}"#,
        );
        assert_eq!(body.message.as_deref(), Some("no such project"));
        assert_eq!(body.code.as_deref(), Some("PROJECT_NOT_FOUND"));
        assert_eq!(body.id.as_deref(), Some("6f1c-0a"));
    }

    #[test]
    fn gateways_are_understood_as_far_as_they_go() {
        let message = |body: &[u8]| ErrorBody::read(body).message;
        assert_eq!(
            message(br#"{"message":"Forbidden"}"#).as_deref(),
            Some("Forbidden")
        );
        assert_eq!(message(br#"{"error":"nope"}"#).as_deref(), Some("nope"));
        assert_eq!(message(br#"{"error":{"a":1}}"#), None);
        assert_eq!(message(br#""busy""#).as_deref(), Some("busy"));
        assert_eq!(
            message(b"upstream timed out\n").as_deref(),
            Some("upstream timed out")
        );
        assert_eq!(message(b""), None);
        assert_eq!(message(b"\xff\xfe").as_deref(), Some("\u{fffd}\u{fffd}"));

        let html = ErrorBody::read(b" <html><HEAD><Title a=1> 502 Bad Gateway </title></html>");
        assert!(html.html);
        assert_eq!(html.message.as_deref(), Some("502 Bad Gateway"));
        for odd in [
            "<html>",
            "<title",
            "<title>",
            "<title></title>",
            "<\u{130}title>x</title>",
        ] {
            assert!(ErrorBody::read(odd.as_bytes()).html, "{odd}");
        }
    }

    #[test]
    fn a_sentence_is_not_taken_for_a_code_or_an_id() {
        let body =
            ErrorBody::read(br#"{"error_code":"call +44 7700 900123","error_id":"ask for Jo"}"#);
        assert_eq!(body, ErrorBody::default());
    }
}
