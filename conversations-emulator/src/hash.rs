//! Hashes with fixed values, independent of toolchain, platform and crate versions.
//!
//! The default hasher of the standard library guarantees none of that, and cursors, samples and
//! correlation ids must be the same wherever a test runs.

use std::hash::Hasher;

use fnv::FnvHasher;

/// The 64-bit FNV-1a hash. Integers are hashed as little-endian 64-bit values on every platform.
#[derive(Default)]
pub(crate) struct Fnv(FnvHasher);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0.finish()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    fn write_u64(&mut self, value: u64) {
        self.write(&value.to_le_bytes());
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u64(value as u64);
    }
}

/// Distributes every bit of `value` over the whole result (the finalizer of SplitMix64).
pub(crate) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
