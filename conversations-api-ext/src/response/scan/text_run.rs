//! [`run_of_text`]: the plain part of a string.

/// Returns the number of string bytes before its end, an escape, or an invalid character.
pub(super) fn run_of_text(text: &[u8]) -> usize {
    let (blocks, rest) = text.as_chunks::<8>();
    for (number, block) in blocks.iter().enumerate() {
        let ends = ends_of_text(u64::from_le_bytes(*block));
        if ends != 0 {
            return number * 8 + ends.trailing_zeros() as usize / 8;
        }
    }
    let end = rest
        .iter()
        .position(|byte| *byte == b'"' || *byte == b'\\' || *byte < b' ');
    blocks.len() * 8 + end.unwrap_or(rest.len())
}

/// Checks eight bytes at once: the lowest set bit is in the first byte that ends a run. Borrows may set further bits
/// above it.
const fn ends_of_text(bytes: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    const fn zeros(bytes: u64) -> u64 {
        bytes.wrapping_sub(ONES) & !bytes
    }
    let quotes = zeros(bytes ^ (ONES * b'"' as u64));
    let escapes = zeros(bytes ^ (ONES * b'\\' as u64));
    let controls = bytes.wrapping_sub(ONES * b' ' as u64) & !bytes;
    (quotes | escapes | controls) & HIGH
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::run_of_text;

    proptest! {
        #[test]
        fn a_run_of_text_ends_where_looking_byte_by_byte_ends_it(text in prop::collection::vec(any::<u8>(), 0..40)) {
            let ends = |byte: &u8| *byte == b'"' || *byte == b'\\' || *byte < b' ';
            let expected = text.iter().position(ends).unwrap_or(text.len());
            prop_assert_eq!(run_of_text(&text), expected);
        }
    }
}
