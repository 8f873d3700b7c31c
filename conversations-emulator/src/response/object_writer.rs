//! Writes a JSON object member by member.

/// Writes an object with quoted keys and values that the caller writes.
pub(crate) struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> ObjectWriter<'a> {
    pub(crate) fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    /// Writes a key, quoted as given, and returns the buffer for its value.
    pub(crate) fn key(&mut self, quoted: &[u8]) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.out.extend_from_slice(quoted);
        self.out.push(b':');
        self.out
    }

    pub(crate) fn member(&mut self, quoted: &[u8], value: &[u8]) {
        self.key(quoted).extend_from_slice(value);
    }

    pub(crate) fn close(self) {
        self.out.push(b'}');
    }
}

/// Writes an array; `element` writes one element, or nothing to skip it.
pub(crate) fn write_array<T>(
    elements: impl Iterator<Item = T>,
    out: &mut Vec<u8>,
    mut element: impl FnMut(T, &mut Vec<u8>),
) {
    out.push(b'[');
    for (index, value) in elements.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        element(value, out);
    }
    out.push(b']');
}
