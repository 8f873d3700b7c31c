//! Correlation ids, which identify a response to the vendor's support.

use crate::hash::mix;

/// The header that carries the correlation id.
pub(crate) const HEADER: &str = "x-polyai-correlation-id";

/// Generates an id in the format of a UUID from a seed and the number of the response, so that repeated
/// test runs get the same ids.
pub(crate) fn id(seed: u64, number: u64) -> String {
    let high = mix(seed ^ mix(number));
    let low = mix(high ^ number);
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        (low >> 48) & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff,
    )
}
