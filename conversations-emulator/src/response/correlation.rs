//! The id that names one answer to the vendor's support.

use crate::hash::mix;

/// The header that carries it.
pub(crate) const HEADER: &str = "x-polyai-correlation-id";

/// A text in the form of a UUID: from a seed and the number of the answer, so that a test that is run
/// again sees the same ones.
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
