//! [`Download`]: the records of a day received so far.
//!
//! After each page, the records and then a note with the resume point are written to the folder, while the next page
//! arrives. The next run resumes a killed run there.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use conversations_api_ext::{Checkpoint, Error, Record};
use object_store::path::Path;
use serde::{Deserialize, Serialize};

use super::chunk_writer::ChunkWriter;
use super::entries::Entries;
use super::external_sort::{MemoryChunk, SortBuffer};
use super::id_hash::hash;
use super::packed_records::PackedRecords;
use super::report::Counts;
use super::run_context::RunContext;
use super::sort_key::Key;
use crate::failure::Failure;
use crate::output::quarantine::{MAX_BYTES, MAX_RECORDS, Malformed};
use crate::output::wait_for;

/// The records of a day received so far.
pub(crate) struct Download {
    context: Arc<RunContext>,
    pub(crate) date: NaiveDate,
    ids: HashSet<u64>,
    /// The ids that were received more than once.
    repeated: HashSet<u64>,
    buffer: SortBuffer,
    writer: ChunkWriter,
    /// Names the chunks that are written or being written.
    note: Note,
    resumed: bool,
}

/// The progress of a day, for the next run to resume.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Note {
    /// When the run began that sent the first request for the day.
    began: DateTime<Utc>,
    /// The index of the environment being read.
    environment: usize,
    /// The resume point in it; `None` to start at its beginning.
    checkpoint: Option<Checkpoint>,
    chunks: Vec<StoredChunk>,
    counts: Counts,
    malformed: String,
}

/// A chunk in the folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredChunk {
    pub(crate) first: Option<Key>,
    pub(crate) name: String,
}

/// The location of a chunk. The last one stays in memory, which for most days is the only one.
#[derive(Debug)]
pub(crate) enum ChunkLocation {
    InMemory(MemoryChunk),
    InStore(StoredChunk),
}

/// The complete data of a day.
pub(crate) struct CompleteDay {
    /// When the run began that sent the first request for the day.
    pub(crate) began: DateTime<Utc>,
    pub(crate) chunks: Vec<ChunkLocation>,
    /// The ids that were received more than once, as 64-bit hashes.
    pub(crate) repeated: HashSet<u64>,
    pub(crate) counts: Counts,
    /// The malformed records, one line of JSON each.
    pub(crate) malformed: String,
}

impl Download {
    /// Resumes what an earlier run has left of the day, or starts empty.
    pub(crate) async fn open(context: &Arc<RunContext>, date: NaiveDate) -> Result<Self, Failure> {
        let mut this = Self {
            context: Arc::clone(context),
            date,
            ids: HashSet::new(),
            repeated: HashSet::new(),
            buffer: SortBuffer::default(),
            writer: ChunkWriter::new(&context.folder),
            note: Note::new(context),
            resumed: false,
        };
        if !this.load().await? {
            this.start_over().await?;
        }
        Ok(this)
    }

    /// Returns whether an earlier run is resumed.
    pub(crate) fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// Discards everything received.
    pub(crate) async fn start_over(&mut self) -> Result<(), Failure> {
        // A chunk that is written afterwards could replace one with the same name.
        self.finish_writing().await?;
        let folder = &self.context.folder;
        folder.remove_all(&folder.paths.arriving(self.date)).await?;
        self.ids = HashSet::new();
        self.repeated = HashSet::new();
        self.buffer = SortBuffer::default();
        self.note = Note::new(&self.context);
        self.resumed = false;
        Ok(())
    }

    /// Returns the resume point of an environment; `None` if the environment is complete.
    pub(crate) fn resume_point(&self, environment: usize) -> Option<Option<Checkpoint>> {
        match environment.cmp(&self.note.environment) {
            std::cmp::Ordering::Less => None,
            std::cmp::Ordering::Equal => Some(self.note.checkpoint.clone()),
            std::cmp::Ordering::Greater => Some(None),
        }
    }

    pub(crate) fn add(&mut self, record: Record) {
        // Pages that shift while they are read return a record twice. All versions are stored until the day is
        // complete, when one of them is chosen.
        let id = hash(record.id());
        if !self.ids.insert(id) {
            self.note.counts.duplicates += 1;
            self.repeated.insert(id);
        }
        // Mask before anything is stored: received records also wait in the folder.
        let record = match &self.context.layout.redaction {
            Some(redaction) => redaction.record(&record),
            None => record,
        };
        self.buffer.add(record);
    }

    /// Writes the buffered records to the folder if they use too much memory.
    pub(crate) async fn flush_if_full(&mut self) -> Result<(), Failure> {
        if self.buffer.is_full() {
            let chunk = self.next_chunk();
            self.writer.start(chunk, None).await?;
        }
        Ok(())
    }

    /// Sets the number of records outside the day that the client dropped.
    pub(crate) fn set_outside_range(&mut self, count: u64) {
        self.note.counts.outside_range = count;
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.note.counts
    }

    pub(crate) fn malformed(&mut self, error: &Error) {
        self.note.counts.malformed += 1;
        if self.note.counts.malformed <= MAX_RECORDS
            && (self.note.malformed.len() as u64) < MAX_BYTES
        {
            let line = Malformed::new(error, self.context.layout.redaction.is_none()).line();
            self.note
                .malformed
                .push_str(&String::from_utf8_lossy(&line));
        } else {
            self.note.counts.malformed_not_kept += 1;
        }
    }

    /// Records that a page is complete. The next page of the environment begins at `checkpoint`.
    pub(crate) async fn page_ended(
        &mut self,
        environment: usize,
        checkpoint: Checkpoint,
    ) -> Result<(), Failure> {
        self.save_progress(environment, Some(checkpoint)).await
    }

    /// Records that the last page of an environment is complete.
    pub(crate) async fn environment_ended(&mut self, environment: usize) -> Result<(), Failure> {
        if environment + 1 < self.context.filters.environments().len() {
            return self.save_progress(environment + 1, None).await;
        }
        // The day is written to its file now, so another note would only cost time.
        self.note.counts.pages += 1;
        Ok(())
    }

    async fn save_progress(
        &mut self,
        environment: usize,
        checkpoint: Option<Checkpoint>,
    ) -> Result<(), Failure> {
        self.note.counts.pages += 1;
        self.note.environment = environment;
        self.note.checkpoint = checkpoint;
        let chunk = self.next_chunk();
        let note = serde_json::to_vec(&self.note).expect("a note is plain data");
        let path = self.context.folder.paths.download_note(self.date);
        self.writer.start(chunk, Some((path, note))).await
    }

    /// Takes the buffered records for the next chunk, which the note names from now on. Returns `None` if there are
    /// none.
    fn next_chunk(&mut self) -> Option<(Path, SortBuffer)> {
        let buffer = std::mem::take(&mut self.buffer);
        let first = buffer.first()?.clone();
        let number = self.note.chunks.len();
        let name = format!("{number:06}-{}.jsonl.chunk", self.context.run);
        let path = self.context.folder.paths.chunk(self.date, &name);
        let first = Some(first);
        self.note.chunks.push(StoredChunk { first, name });
        Some((path, buffer))
    }

    /// Waits until the folder has everything that was to be written, from which a next run resumes.
    pub(crate) async fn finish_writing(&mut self) -> Result<(), Failure> {
        self.writer.finish().await
    }

    pub(crate) async fn finish(mut self) -> Result<CompleteDay, Failure> {
        let last = if self.buffer.first().is_none() {
            None
        } else {
            let buffer = std::mem::take(&mut self.buffer);
            let chunk = wait_for(move || buffer.finish()).await?;
            Some(ChunkLocation::InMemory(chunk))
        };
        let stored = self.note.chunks.into_iter().map(ChunkLocation::InStore);
        Ok(CompleteDay {
            began: self.note.began,
            chunks: stored.chain(last).collect(),
            repeated: self.repeated,
            counts: self.note.counts,
            malformed: self.note.malformed,
        })
    }

    /// Loads an earlier run's note and the ids of its records. Returns `false` if there is no note, or if its
    /// records are missing.
    async fn load(&mut self) -> Result<bool, Failure> {
        let folder = &self.context.folder;
        let note = folder.get(&folder.paths.download_note(self.date)).await?;
        let Some(note) = note.and_then(|json| serde_json::from_slice::<Note>(&json).ok()) else {
            return Ok(false);
        };
        if !self.context.is_resumable(note.began) {
            return Ok(false);
        }
        for chunk in &note.chunks {
            let path = folder.paths.chunk(self.date, &chunk.name);
            let Some(mut packed) = folder.open_object(&path).await? else {
                return Ok(false);
            };
            let ids = tokio::task::spawn_blocking(move || {
                Entries::open(&mut packed)?;
                let mut records = PackedRecords::new(packed)?;
                let mut ids = Vec::new();
                // Reads the records, too: each block has its own checksum.
                while let Some((key, _)) = records.next()? {
                    ids.push(hash(&key.id));
                }
                Ok::<_, io::Error>(ids)
            });
            match ids.await {
                Ok(Ok(ids)) => {
                    for id in ids {
                        if !self.ids.insert(id) {
                            self.repeated.insert(id);
                        }
                    }
                }
                Ok(Err(error)) if !is_damage(&error) => {
                    let why = format!("{path}: {error}");
                    return Err(Failure::unwritable(&folder.name, why));
                }
                _ => return Ok(false),
            }
        }
        self.note = note;
        self.resumed = true;
        Ok(true)
    }
}

/// Returns whether a chunk is damaged or missing. Any other error may pass, and what was stored is to be resumed then.
fn is_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, NotFound, Other, UnexpectedEof};
    matches!(error.kind(), InvalidData | NotFound | Other | UnexpectedEof)
}

impl Note {
    fn new(context: &RunContext) -> Self {
        Self {
            began: context.now,
            ..Self::default()
        }
    }
}
