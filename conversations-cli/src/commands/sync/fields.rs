//! [`each_field`]: splits a JSON object into its fields.

use memchr::memchr2;

/// Calls `each` with the name and the value of each field of an object, as they are written: a name without its
/// quotes, but with its escapes.
///
/// The JSON was validated when it was received and is not validated again, which makes this several times faster than
/// a parser. Of JSON that is not valid, fewer or other fields are found.
pub(crate) fn each_field<'a>(json: &'a [u8], mut each: impl FnMut(&'a [u8], &'a [u8])) {
    let mut scan = Scan { json, at: 0 };
    let mut split = || {
        scan.skip_space();
        scan.skip(b'{')?;
        loop {
            scan.skip_space();
            let name = scan.string()?;
            scan.skip_space();
            scan.skip(b':')?;
            scan.skip_space();
            let value = scan.value()?;
            each(&name[1..name.len() - 1], value);
            scan.skip_space();
            scan.skip(b',')?;
        }
    };
    // `None` at the end of the object, which has no comma.
    let _: Option<()> = split();
}

struct Scan<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    fn skip_space(&mut self) {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        while self.json.get(self.at).is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn skip(&mut self, byte: u8) -> Option<()> {
        if self.json.get(self.at) != Some(&byte) {
            return None;
        }
        self.at += 1;
        Some(())
    }

    /// Returns the string that begins here, with its quotes.
    fn string(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        self.skip(b'"')?;
        self.at = end_of_text(self.json, self.at)?;
        Some(&self.json[start..self.at])
    }

    /// Returns the value that begins here.
    fn value(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        match self.json.get(self.at)? {
            b'"' => return self.string(),
            b'{' | b'[' => self.skip_container()?,
            _ => {
                let is_end = |byte: &u8| b",}] \n\r\t".contains(byte);
                self.at += self.json[self.at..].iter().position(is_end)?;
            }
        }
        Some(&self.json[start..self.at])
    }

    fn skip_container(&mut self) -> Option<()> {
        let (json, mut at, mut depth) = (self.json, self.at, 0_usize);
        loop {
            let byte = *json.get(at)?;
            at += 1;
            match byte {
                b'"' => at = end_of_text(json, at)?,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at = at;
                        return Some(());
                    }
                }
                _ => {}
            }
        }
    }
}

/// Returns the position after the quote that ends the text at `at`.
fn end_of_text(json: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let rest = json.get(at..)?;
        let length = match short_text(rest) {
            Some(length) => length,
            None => memchr2(b'"', b'\\', rest)?,
        };
        at += length + 1;
        if rest[length] == b'"' {
            return Some(at);
        }
        // The escaped character.
        at += 1;
    }
}

/// Returns the position of the first quote or backslash in the next few bytes, if there is one: most texts are shorter
/// than a vector search is worth.
fn short_text(json: &[u8]) -> Option<usize> {
    const WORDS: usize = 4;
    let (words, _) = json.as_chunks::<8>();
    for (index, word) in words.iter().take(WORDS).enumerate() {
        let ends = ends_of_text(u64::from_le_bytes(*word));
        if ends != 0 {
            return Some(index * 8 + ends.trailing_zeros() as usize / 8);
        }
    }
    None
}

/// Checks eight bytes at once: the lowest set bit is in the first quote or backslash. Borrows may set further bits above
/// it.
const fn ends_of_text(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const fn zeros(bytes: u64) -> u64 {
        bytes.wrapping_sub(ONES) & !bytes
    }
    let quotes = zeros(word ^ (ONES * b'"' as u64));
    let escapes = zeros(word ^ (ONES * b'\\' as u64));
    (quotes | escapes) & (ONES << 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Vec<(&str, &str)> {
        let mut fields = Vec::new();
        let text = |bytes| str::from_utf8(bytes).unwrap();
        each_field(json.as_bytes(), |name, value| {
            fields.push((text(name), text(value)));
        });
        fields
    }

    #[test]
    fn fields_are_split_however_they_are_laid_out() {
        let values = [
            r#""""#,
            r#""a\"}],\\""#,
            r#""caf\u00e9 é""#,
            r#""a text of more than four words of eight bytes, \"}]\\ é""#,
            "-1.5e3",
            "true",
            "null",
            "{}",
            "[]",
            r#"{"}":["]",{"x\\":[[]]}],"y":1}"#,
            "[ 1 , {\n} ]",
        ];
        let names = ["id", "", r#"\"}"#, r"\\", "é"];
        let pairs = || values.iter().enumerate();
        let expected: Vec<_> = pairs()
            .map(|(number, value)| (names[number % names.len()], *value))
            .collect();
        for (colon, comma, space) in [(":", ",", ""), (" : ", "\n,\t", "\r\n ")] {
            let fields_of_json = expected
                .iter()
                .map(|(name, value)| format!("\"{name}\"{colon}{value}"));
            let inner = fields_of_json.collect::<Vec<_>>().join(comma);
            let json = format!("{space}{{{space}{inner}{space}}}{space}");
            serde_json::from_str::<serde_json::Value>(&json).unwrap();
            assert_eq!(fields(&json), expected);
        }
    }

    #[test]
    fn json_that_is_not_a_whole_object_ends_the_fields() {
        let json = r#"{"a":1,"b\"":{"c":["d"]},"e":"f"}"#;
        let whole = fields(json);
        assert_eq!(whole.len(), 3);
        for end in 0..json.len() {
            assert!(whole.starts_with(&fields(&json[..end])), "{end}");
        }
        for json in ["", "[1]", "7", "}", "{]", r#"{"a" 1}"#] {
            assert_eq!(fields(json), [], "{json}");
        }
    }
}
