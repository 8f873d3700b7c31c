//! Reads text files edited by people, including UTF-16 and a byte order mark, as saved by Windows.

use std::io::{self, Read};
use std::path::Path;

use crate::failure::Failure;
use crate::term::escape::printable;

/// Reads a text file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let bytes = bytes(path).map_err(|error| Failure::unreadable(path, &error))?;
    text(bytes, path)
}

/// The maximum size in bytes. A device such as `/dev/zero` never ends.
const LIMIT: u64 = 16 * 1024 * 1024;

/// Reads all bytes of a file.
pub(crate) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    all(std::fs::File::open(path)?)
}

/// Reads all bytes of a file; `-` is standard input.
pub(crate) fn bytes_or_stdin(path: &Path) -> io::Result<Vec<u8>> {
    if path == Path::new("-") {
        return all(io::stdin().lock());
    }
    bytes(path)
}

fn all(file: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if file.take(LIMIT + 1).read_to_end(&mut bytes)? as u64 > LIMIT {
        return Err(io::Error::other("it is larger than 16 MiB"));
    }
    Ok(bytes)
}

/// The reason why bytes are not text.
pub(crate) const NO_TEXT: &str = "not a text file in UTF-8 or UTF-16";

/// Decodes bytes read from `path`.
pub(crate) fn text(bytes: Vec<u8>, path: &Path) -> Result<String, Failure> {
    decode(bytes).ok_or_else(|| {
        let path = printable(&path.to_string_lossy());
        Failure::usage(format!("cannot read {path}: {NO_TEXT}"))
    })
}

/// Decodes text; returns `None` for bytes that are not text.
pub(crate) fn decode(bytes: Vec<u8>) -> Option<String> {
    const LITTLE: fn([u8; 2]) -> u16 = u16::from_le_bytes;
    const BIG: fn([u8; 2]) -> u16 = u16::from_be_bytes;
    let units = match &bytes[..] {
        [0xff, 0xfe, rest @ ..] => Some((rest, LITTLE)),
        [0xfe, 0xff, rest @ ..] => Some((rest, BIG)),
        // Without a byte order mark: names and keys are ASCII, so in UTF-16 every other byte is zero.
        [_, 0, ..] => Some((&bytes[..], LITTLE)),
        [0, _, ..] => Some((&bytes[..], BIG)),
        _ => None,
    };
    let Some((units, order)) = units else {
        let text = String::from_utf8(bytes).ok()?;
        return Some(match text.strip_prefix('\u{feff}') {
            Some(text) => text.to_owned(),
            None => text,
        });
    };
    let (pairs, rest) = units.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let units = pairs.iter().map(|pair| order(*pair));
    char::decode_utf16(units).collect::<Result<_, _>>().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_same_however_it_was_saved() {
        let text = "KEY=é\r\n";
        let utf_16 = |order: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
            let units = format!("{mark}{text}");
            units.encode_utf16().flat_map(order).collect()
        };
        for bytes in [
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
            utf_16(u16::to_le_bytes, "\u{feff}"),
            utf_16(u16::to_be_bytes, "\u{feff}"),
            utf_16(u16::to_le_bytes, ""),
            utf_16(u16::to_be_bytes, ""),
        ] {
            assert_eq!(decode(bytes.clone()).as_deref(), Some(text), "{bytes:?}");
        }
        assert_eq!(decode(Vec::new()).as_deref(), Some(""));
        assert_eq!(decode(vec![0xff, 0xfe, b'a']), None);
        assert_eq!(decode(vec![b'a', 0xe9]), None);
    }
}
