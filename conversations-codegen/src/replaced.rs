//! The schemas that types of ours replace.

/// Schemas that overlays reference and that the client crate implements by hand, because the servers are
/// more lenient than any schema can express.
pub(crate) const REPLACED: [(&str, &str); 4] = [
    ("FunctionEvents", "crate::FunctionEvents"),
    ("Latency", "crate::Latency"),
    ("OneOrMany", "crate::OneOrMany"),
    ("ShortSummary", "crate::ShortSummary"),
];

/// Whether a type of ours takes the place of the schema `name`.
pub(crate) fn is_replaced(name: &str) -> bool {
    REPLACED.iter().any(|(schema, _)| *schema == name)
}
