//! [`TextStore`]: texts that may be too many for memory.

use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use tempfile::SpooledTempFile;

/// The maximum size of the texts in memory. Above it they are in a file without a name, which nobody else can open
/// and which disappears with the process.
const IN_MEMORY: usize = 8 * 1024 * 1024;

/// Texts that may be removed again: the file is at most about twice the size of those that are left, or 4 MiB.
pub(crate) struct TextStore {
    file: SpooledTempFile,
    /// The offset and length of each text.
    extents: Vec<(u64, usize)>,
    /// The indexes of removed texts.
    free: Vec<usize>,
    /// The length of the file, and of the texts in it that were not removed.
    end: u64,
    used: u64,
}

/// Identifies a text.
pub(crate) struct TextId(usize);

impl Default for TextStore {
    fn default() -> Self {
        Self {
            file: SpooledTempFile::new(IN_MEMORY),
            extents: Vec::new(),
            free: Vec::new(),
            end: 0,
            used: 0,
        }
    }
}

impl TextStore {
    pub(crate) fn add(&mut self, text: &str) -> io::Result<TextId> {
        if self.end >= (IN_MEMORY as u64 / 2).max(2 * self.used) {
            self.compact()?;
        }
        let extent = self.append(text.as_bytes())?;
        self.used += extent.1 as u64;
        let index = self.free.pop().unwrap_or_else(|| {
            self.extents.push((0, 0));
            self.extents.len() - 1
        });
        self.extents[index] = extent;
        Ok(TextId(index))
    }

    pub(crate) fn remove(&mut self, TextId(index): TextId) {
        let (_, length) = std::mem::take(&mut self.extents[index]);
        self.used -= length as u64;
        self.free.push(index);
    }

    pub(crate) fn get(&mut self, TextId(index): &TextId) -> io::Result<String> {
        let text = self.read(self.extents[*index])?;
        String::from_utf8(text).map_err(|_| io::ErrorKind::InvalidData.into())
    }

    fn append(&mut self, text: &[u8]) -> io::Result<(u64, usize)> {
        let extent = (self.end, text.len());
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(text)?;
        self.end += text.len() as u64;
        Ok(extent)
    }

    fn read(&mut self, (offset, length): (u64, usize)) -> io::Result<Vec<u8>> {
        let mut text = vec![0; length];
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.read_exact(&mut text)?;
        Ok(text)
    }

    /// Copies the texts that were not removed to another file.
    fn compact(&mut self) -> io::Result<()> {
        let mut other = Self::default();
        // The extents change together with the file: if the disk is full, they still belong to this one.
        let mut extents = self.extents.clone();
        for extent in &mut extents {
            // A removed text has no length.
            if extent.1 > 0 {
                let text = self.read(*extent)?;
                *extent = other.append(&text)?;
            }
        }
        (self.file, self.end, self.extents) = (other.file, other.end, extents);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_left_are_as_they_were_and_the_others_take_no_room() {
        let mut store = TextStore::default();
        let text = |number: usize| format!("{number}").repeat(2000);
        let mut kept = std::collections::VecDeque::new();
        for number in 0..6000 {
            kept.push_back((number, store.add(&text(number)).unwrap()));
            if number % 4 != 0 || kept.len() > 1500 {
                store.remove(kept.pop_front().unwrap().1);
            }
            assert!(store.end <= (IN_MEMORY as u64).max(2 * store.used) + 20_000);
        }
        assert!(kept.len() > 1400 && store.file.is_rolled());
        assert!(store.extents.len() < 1600, "removed extents are used again");
        for (number, id) in &kept {
            assert_eq!(store.get(id).unwrap(), text(*number));
        }
    }
}
