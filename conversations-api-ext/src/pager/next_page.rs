//! Parses the reference to the next page from the fields next to a page's list.

use serde_json::Value;

use crate::response::scan::{NotAPage, PageFields};

/// The next cursor as sent on a page. Absent and null differ: a server without cursors does not send the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cursor {
    Absent,
    Null,
    Next(String),
}

/// A page's reference to the next page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NextPage {
    pub(crate) cursor: Cursor,
    pub(crate) next_offset: Option<u64>,
}

/// Parses the fields next to the list. `length` is the length of the body, for the error message.
pub(crate) fn next_page(end: &PageFields, length: usize) -> Result<NextPage, NotAPage> {
    let odd = NotAPage::Json { at: length };
    let cursor = match &end.cursor {
        None => Cursor::Absent,
        Some(json) => match serde_json::from_slice::<Option<String>>(json) {
            // Where v1 had null, v3 sends an empty string for text fields.
            Ok(None) => Cursor::Null,
            Ok(Some(cursor)) if cursor.is_empty() => Cursor::Null,
            Ok(Some(cursor)) => Cursor::Next(cursor),
            Err(_) => return Err(odd),
        },
    };
    let next_offset = match &end.next_offset {
        None => None,
        Some(json) => match serde_json::from_slice(json) {
            Ok(Value::Null) => None,
            Ok(Value::String(text)) if text.is_empty() => None,
            Ok(Value::String(text)) => Some(text.trim().parse().map_err(|_| odd)?),
            Ok(Value::Number(number)) => Some(offset(&number).ok_or(odd)?),
            _ => return Err(odd),
        },
    };
    Ok(NextPage {
        cursor,
        next_offset,
    })
}

/// Parses a count, which may be written as `12.0`.
fn offset(number: &serde_json::Number) -> Option<u64> {
    if let Some(whole) = number.as_u64() {
        return Some(whole);
    }
    let real = number.as_f64()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked"
    )]
    (real.fract() == 0.0 && (0.0..9e15).contains(&real)).then_some(real as u64)
}
