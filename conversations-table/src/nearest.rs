//! Finds the name nearest to a mistyped one.

/// Returns the most similar of the `known` names; `None` if none is similar.
///
/// ```
/// use conversations_table::nearest;
///
/// assert_eq!(nearest("INTNT", ["LANGUAGE", "INTENT"]), Some("INTENT"));
/// assert_eq!(nearest("PRICE", ["LANGUAGE", "INTENT"]), None);
/// ```
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = name.to_lowercase();
    // One typo in three characters: more makes it another word.
    let most = (folded.chars().count() / 3).max(1);
    let distance = |known: &str| strsim::osa_distance(&folded, &known.to_lowercase());
    let known = known.into_iter().map(|known| (distance(known), known));
    let similar = known.filter(|(distance, _)| *distance <= most);
    similar
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}
