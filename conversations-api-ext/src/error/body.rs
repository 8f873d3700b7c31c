//! Reads the body of an error response, from the API or a gateway.

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
                    code: text_of("error_code").and_then(|code| known_code(&code)),
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

/// The error codes of the API and of the emulator. Codes are printed, so unknown ones are dropped: a gateway may
/// repeat any part of the request in this field, including the key and the search text.
const CODES: [&str; 13] = [
    "ACCOUNT_NOT_FOUND",
    "AUTH_USER_INVALID_TOKEN",
    "CONVERSATIONS_NOT_FOUND",
    "CONVERSATIONS_VALIDATION_FAILED",
    "EMULATOR_PLAN_UNKNOWN",
    "GET_CONVERSATIONS_FILTER_PARSE_ERROR",
    "HOST_NOT_LOOPBACK",
    "METHOD_NOT_ALLOWED",
    "PROJECT_NOT_FOUND",
    "PROXY_UPSTREAM_FAILED",
    "ROUTE_NOT_FOUND",
    "SCRIPTED_FAULT",
    "USER_ACCESS_FORBIDDEN",
];

/// Returns an error code, if it is a known one.
pub(crate) fn known_code(code: &str) -> Option<String> {
    CODES.contains(&code).then(|| code.to_owned())
}

/// Returns whether a text is a correlation id: a UUID, as the vendor documents it. Ids are printed; a looser check
/// would let a server's response print a name or a phone number.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Returns the title of an HTML page, where gateways describe the failure.
fn title(html: &str) -> Option<String> {
    // Fold ASCII case only, so that byte positions still match `html`.
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
            br#"{"success":false,"error":"Not Found","error_id":"c0ffee00-0000-4000-8000-000000000000","error_code":"PROJECT_NOT_FOUND",
                 "error_message":"no such project","data":null}"#,
        );
        assert_eq!(body.message.as_deref(), Some("no such project"));
        assert_eq!(body.code.as_deref(), Some("PROJECT_NOT_FOUND"));
        assert_eq!(
            body.id.as_deref(),
            Some("c0ffee00-0000-4000-8000-000000000000")
        );
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
    fn only_known_codes_and_ids_of_the_documented_form_are_read() {
        for (code, id) in [
            ("call +44 7700 900123", "ask for Jo"),
            ("PK_LIVE_1234", "pk_live_1234"),
            ("ANN_ROBINSON", "Ann.Robinson"),
            ("12025550137", "12025550137"),
            ("project_not_found", "c0ffee00-0000-4000-8000-00000000000g"),
            ("", "c0ffee0000004000800000000000000000-0"),
        ] {
            let json = format!(r#"{{"error_code":"{code}","error_id":"{id}"}}"#);
            assert_eq!(
                ErrorBody::read(json.as_bytes()),
                ErrorBody::default(),
                "{json}"
            );
        }
    }
}
