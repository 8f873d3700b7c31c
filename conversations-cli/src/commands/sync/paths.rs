//! [`Paths`]: the names of objects in a synchronized folder.
//!
//! Readers see `date=2026-04-01/conversations.parquet`, one file per day whose name never changes, and
//! `_manifest.json`. Everything else is under `_conversations/`, which query engines skip because of the underscore,
//! so a glob never finds unpublished or superseded files.

use chrono::NaiveDate;
use object_store::path::Path;
use twox_hash::XxHash3_64;

use super::partition::Partition;

/// The names within a folder, as paths of its store.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    root: Path,
}

impl Paths {
    pub(crate) const fn new(root: Path) -> Self {
        Self { root }
    }

    /// Returns the folder itself.
    pub(crate) const fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the path of a name that is relative to the folder.
    pub(crate) fn at(&self, name: &str) -> Path {
        name.split('/').fold(self.root.clone(), Path::join)
    }

    pub(crate) fn manifest(&self) -> Path {
        self.at("_manifest.json")
    }

    pub(crate) fn state(&self) -> Path {
        self.at("_conversations/state.json")
    }

    /// Returns the name, relative to the folder, of the state that belongs to a version of a Delta table.
    pub(crate) fn numbered_state(number: i64) -> String {
        format!("_conversations/state-{number}.json")
    }

    /// Returns the path of the state of a folder, or of a table whose current version belongs to the state `number`.
    pub(crate) fn state_of(&self, number: Option<i64>) -> Path {
        number.map_or_else(
            || self.state(),
            |number| self.at(&Self::numbered_state(number)),
        )
    }

    /// Returns whether a relative name is that of a state before the one with this number. A later one may belong to a
    /// run that is about to commit.
    pub(crate) fn is_earlier_state(name: &str, current: i64) -> bool {
        let file = name.strip_prefix("_conversations/state");
        let number = file.and_then(|file| file.strip_suffix(".json"));
        number.is_some_and(|number| {
            let number = number.strip_prefix('-').map(str::parse::<i64>);
            number.map_or(file == Some(".json"), |number| {
                number.is_ok_and(|number| number < current)
            })
        })
    }

    /// Returns whether a relative name is in a place where only this program and its tables have files.
    pub(crate) fn is_own(name: &str) -> bool {
        let first = name.split('/').next().unwrap_or(name);
        match first.strip_prefix("date=") {
            Some(date) => date == "unknown" || date.parse::<NaiveDate>().is_ok(),
            None => ["_conversations", "_delta_log", "_manifest.json"].contains(&first),
        }
    }

    /// Returns whether a relative name is that of a file of a Delta table's log.
    pub(crate) fn is_log(name: &str) -> bool {
        name.starts_with("_delta_log/")
    }

    /// Returns whether a relative name is that of a version in a Delta table's log.
    pub(crate) fn is_version(name: &str) -> bool {
        let number = name
            .strip_prefix("_delta_log/")
            .and_then(|file| file.strip_suffix(".json"));
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    }

    pub(crate) fn lock(&self) -> Path {
        self.at("_conversations/lock.json")
    }

    /// Returns the path of the note on the run in progress and its plan.
    pub(crate) fn run(&self) -> Path {
        self.at("_conversations/run.json")
    }

    /// Returns the path of the note on a day staged by the current run.
    pub(crate) fn staged_note(&self, date: NaiveDate) -> Path {
        self.at(&format!("_conversations/staged/{date}.json"))
    }

    /// Returns the path of the undated records that arrived with a day.
    pub(crate) fn staged_undated(&self, date: NaiveDate) -> Path {
        self.at(&format!("_conversations/staged/{date}-undated.jsonl.zst"))
    }

    /// Returns the prefix of a day's pages while they arrive.
    pub(crate) fn arriving(&self, date: NaiveDate) -> Path {
        self.at(&format!("_conversations/arriving/{date}"))
    }

    /// Returns the path of a chunk of a day's pages. The name contains the run, so that a paused run that has lost
    /// its lock does not overwrite the chunks of its successor.
    pub(crate) fn chunk(&self, date: NaiveDate, name: &str) -> Path {
        self.arriving(date).join(name)
    }

    /// Returns the path of the note with the resume point of an arriving day.
    pub(crate) fn download_note(&self, date: NaiveDate) -> Path {
        self.arriving(date).join("note.json")
    }

    /// Returns the name, relative to the folder, of a day's quarantine file.
    pub(crate) fn malformed(date: NaiveDate) -> String {
        format!("_conversations/malformed/{date}.jsonl")
    }

    /// Returns the path of an object that is written to read the store's clock.
    pub(crate) fn clock(&self, run: &str) -> Path {
        self.at(&format!("_conversations/clock/{run}.json"))
    }

    /// Returns the name, relative to the folder, of a partition's published file.
    pub(crate) fn data(partition: impl Into<Partition>, extension: &str) -> String {
        format!("date={}/conversations.{extension}", partition.into())
    }

    /// Returns the name, relative to the folder, of a partition's file before it is published.
    pub(crate) fn staged(partition: Partition, hash: &str, extension: &str) -> String {
        format!("_conversations/staged/{partition}-{hash}.{extension}")
    }

    /// Returns the name, relative to the folder, of a partition's file in a Delta table. It contains the checksum of
    /// the file, because a version of the table stays readable after the file of its day is superseded.
    pub(crate) fn versioned(partition: Partition, checksum: &str, extension: &str) -> String {
        let checksum = checksum.rsplit(':').next().unwrap_or(checksum);
        format!("date={partition}/conversations-{checksum}.{extension}")
    }

    /// Returns whether a relative name is that of a file of a Delta table.
    pub(crate) fn is_versioned(name: &str) -> bool {
        Self::parse(name).is_some_and(|(_, hash)| hash.len() == CHECKSUM_DIGITS)
    }

    /// Returns the name that earlier versions of this program used for a day's file.
    pub(crate) fn earlier_data(partition: Partition, hash: &str, extension: &str) -> String {
        format!("date={partition}/conversations-{hash}.{extension}")
    }

    /// Returns the name, relative to the folder, of a partition's index.
    pub(crate) fn index(partition: impl Into<Partition>, hash: &str) -> String {
        format!("_conversations/index/{}-{hash}.jsonl.zst", partition.into())
    }

    /// Returns whether the content of an index is the one it is named by.
    pub(crate) fn is_named_by_hash(index: &str, content: &[u8]) -> bool {
        let (_, rest) = index.rsplit_once('-').unwrap_or_default();
        let hash = format!("{:016x}", XxHash3_64::oneshot(content));
        rest.split_once('.').is_some_and(|(named, _)| named == hash)
    }

    /// Returns the name of `path` relative to the folder.
    pub(crate) fn relative(&self, path: &Path) -> Option<String> {
        let parts = path.prefix_match(&self.root)?;
        Some(
            parts
                .map(|part| part.as_ref().to_owned())
                .collect::<Vec<_>>()
                .join("/"),
        )
    }

    /// Returns the partition of a relative name that a published file has in this or an earlier version of the
    /// program; `None` for any other name.
    pub(crate) fn partition(name: &str) -> Option<Partition> {
        Self::parse(name).map(|(partition, _)| partition)
    }

    /// Returns the partition of the name of a published file, and the hash in the name.
    fn parse(name: &str) -> Option<(Partition, &str)> {
        let (folder, file) = name.split_once('/')?;
        let partition = match folder.strip_prefix("date=")? {
            "unknown" => Partition::Unknown,
            date => Partition::Day(date.parse().ok()?),
        };
        let (stem, extension) = file.split_once('.')?;
        let hash = match stem.strip_prefix("conversations")? {
            "" => "",
            rest => rest
                .strip_prefix('-')
                .filter(|hash| is_hash(hash, HASH_DIGITS) || is_hash(hash, CHECKSUM_DIGITS))?,
        };
        EXTENSIONS.contains(&extension).then_some((partition, hash))
    }

    /// Returns whether only an earlier version of the program writes files of this name, which contains a hash.
    pub(crate) fn is_earlier_data(name: &str) -> bool {
        Self::parse(name).is_some_and(|(_, hash)| hash.len() == HASH_DIGITS)
    }

    /// Returns whether a relative name is that of an index.
    pub(crate) fn is_index(name: &str) -> bool {
        let hash = name
            .strip_prefix("_conversations/index/")
            .and_then(|file| file.split_once('.'))
            .and_then(|(stem, _)| stem.rsplit_once('-'));
        hash.is_some_and(|(_, hash)| is_hash(hash, HASH_DIGITS))
    }
}

/// The file extensions of the table.
const EXTENSIONS: [&str; 7] = [
    "parquet",
    "csv",
    "csv.gz",
    "csv.zst",
    "jsonl",
    "jsonl.gz",
    "jsonl.zst",
];

/// The number of hexadecimal digits of the hash of records, and of the checksum of a file.
const HASH_DIGITS: usize = 16;
const CHECKSUM_DIGITS: usize = 32;

fn is_hash(text: &str, digits: usize) -> bool {
    text.len() == digits
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_this_program_are_recognized_by_their_names() {
        let date: NaiveDate = "2026-04-01".parse().unwrap();
        let hash = "0123456789abcdef";
        for name in [
            Paths::data(date, "csv.gz"),
            Paths::data(Partition::Unknown, "parquet"),
            Paths::earlier_data(date.into(), hash, "jsonl"),
            Paths::index(date, hash),
            Paths::index(Partition::Unknown, hash),
            Paths::versioned(date.into(), &format!("xxh128:{hash}{hash}"), "parquet"),
        ] {
            assert!(
                Paths::partition(&name).is_some() || Paths::is_index(&name),
                "{name}"
            );
        }
        for name in [
            "date=2026-04-01/notes.txt",
            "date=2026-04-01/conversations-mine.parquet",
            "date=2026-04-01/conversations.txt",
            "date=2026-04-01/conversations-0123456789abcdef.parquet.bak",
            "date=soon/conversations-0123456789abcdef.parquet",
            "date=soon/conversations.parquet",
            "conversations.parquet",
            "_conversations/state.json",
        ] {
            assert!(
                Paths::partition(name).is_none() && !Paths::is_index(name),
                "{name}"
            );
        }
    }

    #[test]
    fn files_of_a_table_and_of_earlier_versions_are_told_apart() {
        let date: NaiveDate = "2026-04-01".parse().unwrap();
        let hash = "0123456789abcdef";
        let versioned = Paths::versioned(date.into(), &format!("xxh128:{hash}{hash}"), "parquet");
        assert!(Paths::is_versioned(&versioned) && !Paths::is_earlier_data(&versioned));
        let earlier = Paths::earlier_data(date.into(), hash, "parquet");
        assert!(!Paths::is_versioned(&earlier) && Paths::is_earlier_data(&earlier));
        assert!(!Paths::is_versioned(&Paths::data(date, "parquet")));
        assert!(Paths::is_version("_delta_log/00000000000000000007.json"));
        assert!(!Paths::is_version(
            "_delta_log/00000000000000000007.checkpoint.parquet"
        ));
        for name in ["_conversations/state.json", &Paths::numbered_state(7)] {
            assert!(Paths::is_earlier_state(name, 8), "{name}");
        }
        for name in [
            "_conversations/state-x.json",
            "_conversations/stateless.json",
            "_conversations/run.json",
            &Paths::numbered_state(8),
            &Paths::numbered_state(9),
        ] {
            assert!(!Paths::is_earlier_state(name, 8), "{name}");
        }
    }

    #[test]
    fn a_path_is_named_relative_to_its_folder() {
        let paths = Paths::new(Path::from("a b/ü"));
        let path = paths.at("date=2026-04-01/x");
        assert_eq!(paths.relative(&path).unwrap(), "date=2026-04-01/x");
        assert_eq!(paths.relative(&Path::from("elsewhere/x")), None);
    }
}
