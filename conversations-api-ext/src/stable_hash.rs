//! [`stable_hash`]: a hash that is stored.

/// Hashes bytes by FNV-1a with 64 bits: a hash that differed between versions of this crate would invalidate what was
/// saved.
pub(crate) fn stable_hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_published_test_vectors() {
        assert_eq!(stable_hash(b""), 0xCBF2_9CE4_8422_2325);
        assert_eq!(stable_hash(b"a"), 0xAF63_DC4C_8601_EC8C);
        assert_eq!(stable_hash(b"foobar"), 0x8594_4171_F739_67E8);
    }
}
