//! Determines the output format from the flags and the name of the output.

use std::path::Path;

use conversations_table::Columns;

use crate::args::LayoutArguments;
use crate::failure::Failure;
use crate::output::{Compression, Format, Layout};
use crate::term::escape::printable;

/// Returns the layout. Flags take precedence; the name of the output supplies what they do not set.
pub(crate) fn layout(arguments: &LayoutArguments, output: &Path) -> Result<Layout, Failure> {
    let (by_name, packed_by_name) = match (read_name(output), arguments.format) {
        (Ok(read), _) => read,
        (Err(_), Some(_)) => (None, Compression::None),
        (Err(ending), None) => {
            return Err(Failure::usage(format!(
                "the name {} ends in `.{ending}`, which names no output format: use {ENDINGS}, or give --format",
                printable(&output.to_string_lossy())
            )));
        }
    };
    let silent = if arguments.turns {
        Format::Csv
    } else {
        Format::Jsonl
    };
    let format = arguments.format.or(by_name).unwrap_or(silent);
    let compression = if arguments.gzip {
        Compression::Gzip
    } else if arguments.zstd {
        Compression::Zstd
    } else {
        packed_by_name
    };
    let refuse = |what: &str, instead: &str| Err(Failure::usage(format!("{what}: {instead}")));
    if arguments.turns && format != Format::Csv {
        return refuse(
            "--turns is for CSV",
            "JSONL and Parquet hold the turns of a conversation with it",
        );
    }
    if format == Format::Jsonl && !arguments.columns.is_empty() {
        return refuse(
            "--columns is for CSV and Parquet",
            "JSONL holds each record as it was received; add --format csv or --format parquet",
        );
    }
    if format != Format::Csv && arguments.csv_safe {
        return refuse(
            "--csv-safe is for CSV",
            "only there can a spreadsheet take a cell for a formula",
        );
    }
    if format == Format::Parquet && compression != Compression::None {
        return refuse(
            "a Parquet file is compressed inside, with zstd",
            "leave --gzip and --zstd out, and let the name end in .parquet",
        );
    }
    let mut columns = if arguments.columns.is_empty() {
        Columns::default()
    } else {
        let names = arguments.columns.iter().map(|name| name.trim());
        Columns::select(names).map_err(|error| Failure::usage(format!("--columns: {error}")))?
    };
    // For other formats the flag only sets the time zone of `--start` and `--end`.
    if let Some(zone) = arguments.time_zone
        && format != Format::Jsonl
        && !arguments.turns
    {
        columns = columns.time_zone(zone);
    }
    Ok(Layout {
        format,
        turns: arguments.turns,
        csv_safe: arguments.csv_safe,
        columns,
        compression,
        redaction: arguments.redact.redaction(),
    })
}

/// The file extensions that determine the format.
const ENDINGS: &str =
    ".jsonl, .ndjson, .json or .csv, each also with .gz or .zst after it, or .parquet";

/// Determines format and compression from a name; fails with the extension if it is unknown.
fn read_name(output: &Path) -> Result<(Option<Format>, Compression), String> {
    let ending = |path: &Path| {
        let ending = path.extension()?.to_str()?;
        Some(ending.to_ascii_lowercase())
    };
    let compression = match ending(output).as_deref() {
        Some("gz") => Compression::Gzip,
        Some("zst") => Compression::Zstd,
        _ => Compression::None,
    };
    let inner = match compression {
        Compression::None => output.to_owned(),
        Compression::Gzip | Compression::Zstd => output.with_extension(""),
    };
    let format = match ending(&inner).as_deref() {
        Some("jsonl" | "ndjson" | "json") => Some(Format::Jsonl),
        Some("csv") => Some(Format::Csv),
        Some("parquet") => Some(Format::Parquet),
        Some(other) => return Err(other.to_owned()),
        None => None,
    };
    Ok((format, compression))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_output_tells_its_form() {
        for (name, format, compression) in [
            ("a.jsonl", Some(Format::Jsonl), Compression::None),
            ("a.csv.gz", Some(Format::Csv), Compression::Gzip),
            ("a.JSONL.ZST", Some(Format::Jsonl), Compression::Zstd),
            ("s3://b/a.parquet", Some(Format::Parquet), Compression::None),
            ("a.gz", None, Compression::Gzip),
            ("-", None, Compression::None),
        ] {
            let read = read_name(Path::new(name));
            assert_eq!(read, Ok((format, compression)), "{name}");
        }
    }

    #[test]
    fn an_ending_that_names_no_format_is_not_taken_for_jsonl() {
        for (name, ending) in [
            ("april.xlsx", "xlsx"),
            ("april.tsv", "tsv"),
            ("april.pq", "pq"),
            ("april.csv.xz", "xz"),
            ("april.jsonl.BZ2", "bz2"),
            ("s3://bucket/april.txt.gz", "txt"),
        ] {
            assert_eq!(read_name(Path::new(name)), Err(ending.to_owned()), "{name}");
        }
    }
}
