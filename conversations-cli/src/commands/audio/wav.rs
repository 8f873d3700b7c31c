//! Whether a recording is complete and how long it is, from the header of its WAV file.

/// Maximum number of bytes of a header. Some writers put text before the samples.
pub(super) const LONGEST_HEAD: usize = 64 * 1024;
/// Numbers of bytes to read until the header is complete. The first suffices for nearly every file.
pub(super) const HEADS: [usize; 2] = [512, LONGEST_HEAD];
/// Writers that do not know the number of bytes in advance write 0, the largest number, or the largest number of
/// whole blocks below 2 GiB.
const UNKNOWN: u32 = 0x7fff_0000;

/// A header, as far as it says how long the recording is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Header {
    bytes_per_second: u32,
    /// The offset of the first sample.
    data_start: u64,
    /// The number of bytes of samples; `None` if the writer did not know it.
    data_bytes: Option<u32>,
}

impl Header {
    /// Reads the header at the start of a file; `None` if it is not a WAV file.
    pub(super) fn read(head: &[u8]) -> Option<Self> {
        let rest = head
            .strip_prefix(b"RIFF")?
            .get(4..)?
            .strip_prefix(b"WAVE")?;
        let mut at = head.len() - rest.len();
        let mut bytes_per_second = None;
        loop {
            let name = head.get(at..at + 4)?;
            let size = number(head, at + 4)?;
            let content = at + 8;
            match name {
                b"fmt " => bytes_per_second = Some(number(head, content + 8)?),
                b"data" => {
                    return Some(Self {
                        bytes_per_second: bytes_per_second.filter(|rate| *rate > 0)?,
                        data_start: content as u64,
                        data_bytes: Some(size).filter(|size| (1..UNKNOWN).contains(size)),
                    });
                }
                _ => {}
            }
            // Chunks begin at even offsets.
            at = content
                .checked_add(size as usize)?
                .checked_next_multiple_of(2)?;
        }
    }

    /// Returns the length of the recording in seconds, in a file of `bytes` bytes.
    pub(super) fn seconds(&self, bytes: u64) -> f64 {
        let there = bytes.saturating_sub(self.data_start);
        let data = match self.data_bytes {
            None => there,
            Some(announced) => there.min(announced.into()),
        };
        #[expect(
            clippy::cast_precision_loss,
            reason = "a file of petabytes is no recording"
        )]
        let seconds = data as f64 / f64::from(self.bytes_per_second);
        (seconds * 1000.0).round() / 1000.0
    }

    /// Returns whether a file of `bytes` bytes has all the samples that the header announces.
    fn is_complete(&self, bytes: u64) -> bool {
        self.data_bytes
            .is_none_or(|announced| bytes >= self.data_start + u64::from(announced))
    }
}

/// Checks a file of `bytes` bytes that begins with `head`, which is all of it up to [`LONGEST_HEAD`]. Returns its header,
/// or `None` if that is longer.
///
/// # Errors
///
/// What is wrong with it: a player would refuse the file, or play a part of the recording.
pub(super) fn check(head: &[u8], bytes: u64) -> Result<Option<Header>, &'static str> {
    if bytes == 0 {
        return Err("it is empty");
    }
    let is_wav = head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WAVE");
    if !is_wav {
        return Err("it is not a WAV file");
    }
    match Header::read(head) {
        Some(header) if !header.is_complete(bytes) => {
            Err("it is shorter than its WAV header announces")
        }
        None if bytes <= head.len() as u64 => Err("its WAV header is incomplete"),
        header => Ok(header),
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let number = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(number.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(name: &[u8; 4], size: u32, content: &[u8]) -> Vec<u8> {
        [name, &size.to_le_bytes()[..], content].concat()
    }

    fn file(extra: &[u8], data_bytes: u32) -> Vec<u8> {
        let mut format = Vec::new();
        for field in [1_u16, 1] {
            format.extend(field.to_le_bytes());
        }
        for field in [8_000_u32, 16_000, 0x10_0002] {
            format.extend(field.to_le_bytes());
        }
        let chunks = [
            chunk(b"fmt ", 16, &format),
            extra.to_vec(),
            chunk(b"data", data_bytes, &[]),
        ]
        .concat();
        [chunk(b"RIFF", 0, b"WAVE"), chunks].concat()
    }

    #[test]
    fn the_length_is_that_of_the_samples_whatever_is_before_them() {
        // A chunk of odd size is padded.
        for extra in [vec![], chunk(b"LIST", 3, b"abc\0")] {
            let head = file(&extra, 40_000);
            let bytes = head.len() as u64 + 40_000;
            let header = Header::read(&head).unwrap();
            assert_eq!(header.seconds(bytes), 2.5);
            assert!(header.is_complete(bytes) && !header.is_complete(bytes - 1));
        }
    }

    #[test]
    fn a_size_that_the_writer_did_not_know_is_that_of_the_file() {
        for unknown in [0, UNKNOWN, u32::MAX] {
            let head = file(&[], unknown);
            let header = Header::read(&head).unwrap();
            assert_eq!(header.seconds(head.len() as u64 + 8_000), 0.5);
            assert!(header.is_complete(head.len() as u64));
        }
    }

    #[test]
    fn only_a_complete_wav_file_is_a_recording() {
        let head = file(&[], 1000);
        let bytes = head.len() as u64 + 1000;
        assert!(check(&head, bytes).unwrap().is_some());
        assert!(check(&head, bytes - 1).is_err());
        assert!(check(&head[..40], 40).is_err());
        let open = file(&[], u32::MAX);
        assert!(check(&open, open.len() as u64).unwrap().is_some());
        let long = [&head[..12], &chunk(b"LIST", 1_000_000, b"")[..]].concat();
        assert_eq!(check(&long, 2_000_000), Ok(None));
        for other in [&b""[..], b"{\"success\":false}", b"RIFF"] {
            assert!(check(other, other.len() as u64).is_err());
        }
    }

    #[test]
    fn what_is_no_wav_file_has_no_header() {
        let whole = file(&[], 4);
        for length in 0..whole.len() {
            assert_eq!(Header::read(&whole[..length]), None, "{length}");
        }
        let endless = [&whole[..12], &chunk(b"LIST", u32::MAX, b"")[..]].concat();
        assert_eq!(Header::read(&endless), None);
        assert_eq!(Header::read(b"<html></html>"), None);
    }
}
