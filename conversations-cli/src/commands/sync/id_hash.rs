//! The hash of a conversation id.

use twox_hash::XxHash3_64;

/// Returns the 64-bit hash that represents an id.
pub(crate) fn hash(id: &str) -> u64 {
    XxHash3_64::oneshot(id.as_bytes())
}
