//! The index of a folder of recordings: one row for each.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The format of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum IndexFormat {
    Csv,
    Jsonl,
}

/// The columns of an index.
const NAMES: [&str; 6] = ["id", "file", "bytes", "seconds", "direction", "redacted"];

/// A recording in the folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) file: String,
    pub(super) bytes: u64,
    /// From the header of the file; absent if it is not a WAV file.
    pub(super) seconds: Option<f64>,
    pub(super) direction: String,
    /// Whether the redacted recording was requested. If not, the server may have sent it all the same: it does to keys
    /// without access to personal data, and does not report it.
    pub(super) redacted: bool,
}

impl IndexFormat {
    /// The name of the index in the folder.
    pub(super) const fn file_name(self) -> &'static str {
        match self {
            Self::Csv => "index.csv",
            Self::Jsonl => "index.jsonl",
        }
    }

    /// Reads an index. Fails with the number of the first line that is not of an index.
    pub(super) fn read(self, content: &[u8]) -> Result<Vec<Row>, u64> {
        match self {
            Self::Csv => {
                let mut reader = csv::Reader::from_reader(content);
                let names = reader.headers().map_err(|_| 1_u64)?;
                if !content.is_empty() && *names != NAMES[..] {
                    return Err(1);
                }
                let rows = reader.deserialize();
                rows.map(|row| row.map_err(|error| error.position().map_or(0, csv::Position::line)))
                    .collect()
            }
            Self::Jsonl => {
                let lines = content.split(|byte| *byte == b'\n');
                let lines = (1..).zip(lines).filter(|(_, line)| !line.is_empty());
                lines
                    .map(|(number, line)| serde_json::from_slice(line).map_err(|_| number))
                    .collect()
            }
        }
    }

    pub(super) fn write(self, rows: &[Row]) -> Vec<u8> {
        const PLAIN: &str = "rows are plain data, and writing to memory cannot fail";
        match self {
            Self::Csv => {
                let mut writer = csv::WriterBuilder::new()
                    .has_headers(false)
                    .from_writer(Vec::new());
                writer.write_record(NAMES).expect(PLAIN);
                for row in rows {
                    writer.serialize(row).expect(PLAIN);
                }
                writer.into_inner().expect(PLAIN)
            }
            Self::Jsonl => {
                let mut content = Vec::new();
                for row in rows {
                    serde_json::to_writer(&mut content, row).expect(PLAIN);
                    content.push(b'\n');
                }
                content
            }
        }
    }
}

/// Adds the rows of a run to those of earlier runs, by file name in order.
pub(super) fn merged(earlier: Vec<Row>, rows: Vec<Row>) -> Vec<Row> {
    let by_file = earlier
        .into_iter()
        .chain(rows)
        .map(|row| (row.file.clone(), row));
    let by_file: std::collections::BTreeMap<_, _> = by_file.collect();
    by_file.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, bytes: u64) -> Row {
        Row {
            id: id.into(),
            file: format!("{id}.wav"),
            bytes,
            seconds: (bytes > 0).then_some(1.5),
            direction: "combined".into(),
            redacted: true,
        }
    }

    #[test]
    fn what_was_written_is_read_again() {
        let rows = [row("CA1", 24_044), row("a,\"b\"", 0)];
        for format in [IndexFormat::Csv, IndexFormat::Jsonl] {
            assert_eq!(
                format.read(&format.write(&rows)).unwrap(),
                rows,
                "{format:?}"
            );
            assert_eq!(format.read(&format.write(&[])).unwrap(), []);
            assert_eq!(format.read(b"").unwrap(), []);
        }
        let csv = String::from_utf8(IndexFormat::Csv.write(&rows[..1])).unwrap();
        assert_eq!(
            csv,
            "id,file,bytes,seconds,direction,redacted\nCA1,CA1.wav,24044,1.5,combined,true\n"
        );
    }

    #[test]
    fn a_later_row_replaces_the_earlier_one_of_the_same_file() {
        let rows = merged(
            vec![row("b", 1), row("c", 2)],
            vec![row("c", 3), row("a", 4)],
        );
        assert_eq!(rows, [row("a", 4), row("b", 1), row("c", 3)]);
    }

    #[test]
    fn a_file_of_another_kind_is_not_an_index() {
        let csv = IndexFormat::Csv.write(&[row("a", 1)]);
        let more = [&csv[..], b"a,a.wav,many,1.5,combined,true\n"].concat();
        for (format, content, line) in [
            (IndexFormat::Csv, &b"name,amount\nx,1\n"[..], 1),
            (IndexFormat::Csv, b"\0\xff", 1),
            (IndexFormat::Csv, &more, 3),
            (IndexFormat::Jsonl, b"{\"id\": 1}\n", 1),
            (IndexFormat::Jsonl, &csv, 1),
        ] {
            assert_eq!(format.read(content), Err(line), "{format:?}");
        }
    }
}
