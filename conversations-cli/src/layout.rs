//! From flags and the name of an output to the form in which records are written.

use std::path::Path;

use conversations_table::Columns;

use crate::arguments::LayoutArguments;
use crate::failure::Failure;
use crate::output::{Compression, Format, Layout};

/// What the flags say counts; where they are silent, the name of the output.
pub(crate) fn layout(arguments: &LayoutArguments, output: &Path) -> Result<Layout, Failure> {
    let (by_name, packed_by_name) = read_name(output);
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
    if format == Format::Jsonl && (!arguments.columns.is_empty() || arguments.time_zone.is_some()) {
        return refuse(
            "--columns and --time-zone are for CSV and Parquet",
            "JSONL holds each record as it was received; add --format csv or --format parquet",
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
    if let Some(zone) = arguments.time_zone {
        columns = columns.time_zone(zone);
    }
    Ok(Layout {
        format,
        turns: arguments.turns,
        columns,
        compression,
        redaction: arguments.redact.redaction(),
    })
}

fn read_name(output: &Path) -> (Option<Format>, Compression) {
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
        _ => None,
    };
    (format, compression)
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
            assert_eq!(read_name(Path::new(name)), (format, compression), "{name}");
        }
    }
}
