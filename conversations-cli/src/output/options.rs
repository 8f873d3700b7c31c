//! Determines the output format from the flags and the name of the output.

use std::path::Path;

use conversations_table::Columns;

use crate::args::LayoutArguments;
use crate::failure::Failure;
use crate::output::{Compression, Format, Layout};
use crate::term::escape::printable;

/// Returns the layout. Flags take precedence; the name of the output supplies what they do not set. `detail` is whether
/// the records have the fields that only a conversation requested by its id has.
pub(crate) fn layout(
    arguments: &LayoutArguments,
    output: &Path,
    detail: bool,
) -> Result<Layout, Failure> {
    let (by_name, packed_by_name) = match (read_name(output), arguments.format) {
        (Ok(read), _) => read,
        (Err(_), Some(_)) => (None, Compression::None),
        (Err(ending), None) => {
            return Err(Failure::usage(format!(
                "unknown file extension `.{ending}` of {}",
                printable(&output.to_string_lossy())
            ))
            .with(&format!("use {EXTENSIONS}, or give --format")));
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
    let reject = |what: &str, hint: &str| Err(Failure::usage(what).with(hint));
    if arguments.turns && format != Format::Csv {
        return reject(
            "--turns is only for CSV",
            "JSONL and Parquet always contain the turns of each conversation",
        );
    }
    if format == Format::Jsonl && !arguments.columns.is_empty() {
        return reject(
            "--columns is only for CSV and Parquet",
            "add --format csv or --format parquet; JSONL contains each record as received",
        );
    }
    if format != Format::Csv && arguments.csv_safe {
        return reject(
            "--csv-safe is only for CSV",
            "remove it; other formats cannot contain formulas",
        );
    }
    if format == Format::Parquet && !cfg!(feature = "parquet") {
        return reject(
            "this program was built without Parquet",
            "use --format jsonl or --format csv, or build it with the feature `parquet`",
        );
    }
    if format == Format::Parquet && compression != Compression::None {
        return reject(
            "Parquet files are always compressed internally with zstd",
            "remove --gzip and --zstd, and use the file extension .parquet",
        );
    }
    let mut columns = if arguments.columns.is_empty() {
        Columns::default()
    } else {
        let names = arguments.columns.iter().map(|name| name.trim());
        Columns::select(names).map_err(|error| Failure::usage(format!("--columns: {error}")))?
    };
    if detail {
        columns = columns.details();
    } else if let Some(name) = columns.selected_detail() {
        return reject(
            &format!("--columns: the list of conversations does not have {name:?}"),
            "add --detail to `export`, which requests each conversation by its id",
        );
    }
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
const EXTENSIONS: &str =
    ".jsonl, .ndjson, .json or .csv, optionally followed by .gz or .zst, or .parquet";

/// Returns the format of exports that have such a name.
pub(crate) fn format_of_name(output: &Path) -> Option<Format> {
    read_name(output).ok()?.0
}

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
    fn the_name_of_an_output_determines_its_format() {
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
