//! Where things are in a folder of synchronised data.
//!
//! What readers see: `date=2026-04-01/conversations-….parquet`, one file a day, and `_manifest.json`. What
//! runs remember is under `_conversations/`, which engines that read whole folders skip for its underscore.

use chrono::NaiveDate;
use object_store::path::Path;

/// Names within a folder, as paths of its store.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    root: Path,
}

impl Names {
    pub(crate) const fn new(root: Path) -> Self {
        Self { root }
    }

    /// The folder itself.
    pub(crate) const fn root(&self) -> &Path {
        &self.root
    }

    /// The path of a name that is relative to the folder.
    pub(crate) fn at(&self, name: &str) -> Path {
        name.split('/').fold(self.root.clone(), Path::join)
    }

    pub(crate) fn manifest(&self) -> Path {
        self.at("_manifest.json")
    }

    pub(crate) fn state(&self) -> Path {
        self.at("_conversations/state.json")
    }

    pub(crate) fn lock(&self) -> Path {
        self.at("_conversations/lock.json")
    }

    /// Says which run is under way.
    pub(crate) fn run(&self) -> Path {
        self.at("_conversations/run.json")
    }

    /// What the run under way has found out about a day.
    pub(crate) fn done(&self, date: NaiveDate) -> Path {
        self.at(&format!("_conversations/done/{date}.json"))
    }

    /// A day's pages while they arrive.
    pub(crate) fn arriving(&self, date: NaiveDate) -> Path {
        self.at(&format!("_conversations/arriving/{date}"))
    }

    pub(crate) fn chunk(&self, date: NaiveDate, number: u32) -> Path {
        self.arriving(date).join(format!("{number:06}.jsonl.zst"))
    }

    /// Where the next page of an arriving day begins.
    pub(crate) fn arriving_note(&self, date: NaiveDate) -> Path {
        self.arriving(date).join("note.json")
    }

    /// The malformed records of a day.
    pub(crate) fn malformed(&self, date: NaiveDate) -> Path {
        self.at(&format!("_conversations/malformed/{date}.jsonl"))
    }

    /// The name, relative to the folder, of the records of a day by their content.
    pub(crate) fn data(date: NaiveDate, hash: &str, ending: &str) -> String {
        format!("date={date}/conversations-{hash}.{ending}")
    }

    /// The name, relative to the folder, of what is known of each record of a day.
    pub(crate) fn index(date: NaiveDate, hash: &str) -> String {
        format!("_conversations/index/{date}-{hash}.jsonl.zst")
    }

    /// The name of `path` relative to the folder.
    pub(crate) fn relative(&self, path: &Path) -> Option<String> {
        let parts = path.prefix_match(&self.root)?;
        Some(
            parts
                .map(|part| part.as_ref().to_owned())
                .collect::<Vec<_>>()
                .join("/"),
        )
    }

    /// Whether a relative name is one that runs give: only such files are ever removed.
    pub(crate) fn is_ours(name: &str) -> bool {
        let data = |name: &str| {
            let (folder, file) = name.split_once('/')?;
            folder.strip_prefix("date=")?.parse::<NaiveDate>().ok()?;
            let (hash, _) = file.strip_prefix("conversations-")?.split_once('.')?;
            is_hash(hash).then_some(())
        };
        let index = |name: &str| {
            let file = name.strip_prefix("_conversations/index/")?;
            let (stem, _) = file.split_once('.')?;
            is_hash(stem.rsplit_once('-')?.1).then_some(())
        };
        data(name).or_else(|| index(name)).is_some()
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == 16
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_runs_give_are_theirs_to_remove() {
        let date = "2026-04-01".parse().unwrap();
        let hash = "0123456789abcdef";
        for name in [Names::data(date, hash, "csv.gz"), Names::index(date, hash)] {
            assert!(Names::is_ours(&name), "{name}");
        }
        for name in [
            "date=2026-04-01/notes.txt",
            "date=2026-04-01/conversations-mine.parquet",
            "date=soon/conversations-0123456789abcdef.parquet",
            "conversations-0123456789abcdef.parquet",
            "_conversations/state.json",
        ] {
            assert!(!Names::is_ours(name), "{name}");
        }
    }

    #[test]
    fn a_path_is_named_relative_to_its_folder() {
        let names = Names::new(Path::from("a b/ü"));
        let path = names.at("date=2026-04-01/x");
        assert_eq!(names.relative(&path).unwrap(), "date=2026-04-01/x");
        assert_eq!(names.relative(&Path::from("elsewhere/x")), None);
    }
}
