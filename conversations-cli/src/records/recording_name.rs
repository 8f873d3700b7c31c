//! The file name of a recording.

use std::fmt::Write as _;

use twox_hash::XxHash3_64;

/// Maximum length of the part of a name that comes from an id. File systems allow 255 bytes in all.
const LONGEST: usize = 180;

/// Returns the file name of a recording. It names whatever makes one recording of a conversation differ from
/// another, so that a file is never mistaken for another one: `ID.wav`, `ID.user.wav`, `ID.raw.wav`.
pub(crate) fn of(id: &str, direction: &str, is_raw: bool) -> String {
    let direction = match direction {
        "combined" => String::new(),
        side => format!(".{side}"),
    };
    let raw = if is_raw { ".raw" } else { "" };
    format!("{}{direction}{raw}.wav", stem(id))
}

/// Writes an id so that it names a file in the folder itself on every system, and distinct ids differ.
fn stem(id: &str) -> String {
    let mut stem = String::new();
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => stem.push(byte.into()),
            _ => {
                let _ = write!(stem, "%{byte:02X}");
            }
        }
    }
    if stem.len() <= LONGEST {
        return stem;
    }
    let hash = XxHash3_64::oneshot(id.as_bytes());
    stem.truncate(LONGEST - 17);
    format!("{stem}-{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_which_recording_it_is() {
        assert_eq!(of("CA1", "combined", false), "CA1.wav");
        assert_eq!(of("OUT-1-2", "user", false), "OUT-1-2.user.wav");
        assert_eq!(of("CA1", "agent", true), "CA1.agent.raw.wav");
    }

    #[test]
    fn no_id_leaves_the_folder_or_names_the_file_of_another() {
        for (id, name) in [
            ("..", "%2E%2E.wav"),
            ("a/b", "a%2Fb.wav"),
            ("a\\b:c", "a%5Cb%3Ac.wav"),
            ("a.raw", "a%2Eraw.wav"),
            ("a%2Fb", "a%252Fb.wav"),
            ("é", "%C3%A9.wav"),
        ] {
            assert_eq!(of(id, "combined", false), name);
        }
        let (one, other) = ("x".repeat(300), format!("{}y", "x".repeat(299)));
        assert_ne!(of(&one, "combined", false), of(&other, "combined", false));
        assert!(of(&one, "user", true).len() < 255);
    }
}
