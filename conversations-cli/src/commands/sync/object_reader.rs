//! [`ObjectReader`]: reads an object of the folder from its start.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use bytes::Bytes;

/// The size of the pieces in which a file is read.
const PIECE: usize = 128 * 1024;

/// Reads an object. A local file is read in pieces and is open only while one is read: a day may have more chunks than a
/// process may have open files.
pub(crate) struct ObjectReader {
    /// What was read and not taken.
    read: Bytes,
    file: Option<Rest>,
}

/// The part of a file that was not read.
struct Rest {
    path: PathBuf,
    at: u64,
    length: u64,
}

impl ObjectReader {
    pub(crate) fn file(path: PathBuf) -> io::Result<Self> {
        let length = std::fs::metadata(&path)?.len();
        let rest = Rest {
            path,
            at: 0,
            length,
        };
        Ok(Self {
            read: Bytes::new(),
            file: Some(rest),
        })
    }

    /// Takes the next bytes. Fails if fewer are left.
    pub(crate) fn take(&mut self, length: usize) -> io::Result<Bytes> {
        if length as u64 > self.left() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(file) = &mut self.file
            && length > self.read.len()
        {
            let mut read = Vec::with_capacity(PIECE.max(length));
            read.extend_from_slice(&self.read);
            file.read_into(&mut read).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", file.path.display()))
            })?;
            self.read = read.into();
        }
        // A file that was cut off meanwhile has fewer bytes than it had.
        if length > self.read.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(self.read.split_to(length))
    }

    /// Returns the number of bytes that are left.
    pub(crate) fn left(&self) -> u64 {
        self.read.len() as u64 + self.file.as_ref().map_or(0, |file| file.length)
    }
}

impl From<Bytes> for ObjectReader {
    fn from(read: Bytes) -> Self {
        Self { read, file: None }
    }
}

impl Rest {
    /// Reads until the buffer is full or the file ends.
    fn read_into(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.at))?;
        let room = (buffer.capacity() - buffer.len()) as u64;
        let count = file.take(room.min(self.length)).read_to_end(buffer)? as u64;
        self.at += count;
        self.length -= count;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_a_file_are_those_of_a_buffer_in_takes_of_any_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("object");
        let content: Vec<u8> = (0..5 * PIECE).map(|n| (n % 251) as u8).collect();
        std::fs::write(&path, &content).unwrap();
        let readers = [
            ObjectReader::file(path).unwrap(),
            Bytes::from(content.clone()).into(),
        ];
        for mut reader in readers {
            let mut taken = Vec::new();
            for length in [0, 24, PIECE - 24, 1, 2 * PIECE, 7] {
                taken.extend(reader.take(length).unwrap());
            }
            let left = content.len() - taken.len();
            let error = reader.take(left + 1).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
            assert_eq!(reader.left(), left as u64);
            taken.extend(reader.take(left).unwrap());
            assert_eq!(reader.left(), 0);
            assert!(taken == content);
        }
    }

    #[test]
    fn a_file_that_is_cut_off_or_removed_while_it_is_read_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("object");
        std::fs::write(&path, vec![7; 3 * PIECE]).unwrap();
        let mut reader = ObjectReader::file(path.clone()).unwrap();
        reader.take(1).unwrap();
        std::fs::write(&path, vec![7; PIECE + 10]).unwrap();
        let error = reader.take(2 * PIECE).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        let mut reader = ObjectReader::file(path.clone()).unwrap();
        std::fs::remove_file(path).unwrap();
        let error = reader.take(1).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
