//! Words, as both searches understand them.

use std::borrow::Cow;

use crate::entry::Entry;
use crate::spans;

/// The words of a text: unbroken runs of letters and digits, in any script. "Don't" is two words.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|token| !token.is_empty())
}

/// Whether `token` in lower case is `lowered`, without allocating.
pub(super) fn is(token: &str, lowered: &str) -> bool {
    token
        .chars()
        .flat_map(char::to_lowercase)
        .eq(lowered.chars())
}

/// What was said in a conversation: each text of each turn whose key is among `fields`.
pub(super) fn said<'a>(
    entry: &'a Entry,
    fields: &'a [&[u8]],
) -> impl Iterator<Item = Cow<'a, str>> {
    let raw = entry.raw.as_ref();
    let members =
        spans::elements(raw, &entry.turns).flat_map(move |turn| spans::members(raw, &turn));
    members
        .filter(move |member| fields.contains(&member.name(raw)))
        .filter_map(move |member| spans::text(raw, &member.value))
}
