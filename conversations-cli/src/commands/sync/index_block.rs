//! [`Block`]: the fingerprints of some records of a day.

/// Some of the records. An allocation for each record would take half as much memory again; after a buffer of megabytes
/// was freed, the allocator keeps as much free memory for each thread.
#[derive(Debug, Default)]
pub(super) struct Block {
    records: Vec<Fingerprint>,
    /// The ids of the records, one after the other.
    ids: String,
    /// The hashes of their fields, likewise.
    hashes: Vec<u32>,
}

/// The fingerprint of a record.
#[derive(Debug, Clone, Copy)]
struct Fingerprint {
    /// The hash of the whole text.
    text: [u8; 16],
    /// The end of its id in the block.
    id: u32,
    /// The end of its field hashes in the block.
    hashes: u32,
    /// Whether the record may still change.
    unsettled: bool,
}

/// The lengths with which a block is full.
const RECORDS: usize = 1024;
const BYTES: usize = 64 * 1024;

/// A record of an index.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) id: &'a str,
    /// The hash of the whole text.
    pub(super) text: [u8; 16],
    /// A hash per field of the index; 0 if the record does not have the field.
    pub(super) hashes: &'a [u32],
    /// Whether the record may still change.
    pub(super) unsettled: bool,
}

impl Block {
    pub(super) fn is_full(&self) -> bool {
        self.records.len() >= RECORDS
            || self.ids.len() >= BYTES
            || self.hashes.len() >= BYTES / size_of::<u32>()
    }

    /// Adds a record with these field hashes, each with the position of its field. Returns its position.
    pub(super) fn push(
        &mut self,
        id: &str,
        text: [u8; 16],
        unsettled: bool,
        hashes: impl Iterator<Item = (usize, u32)>,
    ) -> u32 {
        self.ids.push_str(id);
        let start = self.hashes.len();
        // A name may occur twice, with and without escapes. Only up to the last field that the record has: there may be
        // any number of others.
        for (position, hash) in hashes.filter(|(_, hash)| *hash != 0) {
            let end = self.hashes.len().max(start + position + 1);
            self.hashes.resize(end, 0);
            self.hashes[start + position] = hash;
        }
        self.records.push(Fingerprint {
            text,
            id: narrow(self.ids.len()),
            hashes: narrow(self.hashes.len()),
            unsettled,
        });
        narrow(self.records.len() - 1)
    }

    pub(super) fn id(&self, at: u32) -> &str {
        let at = at as usize;
        let start = at.checked_sub(1).map_or(0, |at| self.records[at].id);
        &self.ids[start as usize..self.records[at].id as usize]
    }

    pub(super) fn get(&self, at: u32) -> Known<'_> {
        let id = self.id(at);
        let at = at as usize;
        let record = &self.records[at];
        let start = at.checked_sub(1).map_or(0, |at| self.records[at].hashes);
        Known {
            id,
            text: record.text,
            hashes: &self.hashes[start as usize..record.hashes as usize],
            unsettled: record.unsettled,
        }
    }

    /// Marks as unsettled the records for which `is_unsettled` returns `true`.
    pub(super) fn invalidate(&mut self, is_unsettled: impl Fn(Known<'_>) -> bool) {
        for at in 0..self.records.len() {
            if is_unsettled(self.get(narrow(at))) {
                self.records[at].unsettled = true;
            }
        }
    }
}

/// Returns a position in a block, or the number of one.
pub(super) fn narrow(position: usize) -> u32 {
    u32::try_from(position).expect("the records of a day in memory, of less than 4 GiB each")
}
