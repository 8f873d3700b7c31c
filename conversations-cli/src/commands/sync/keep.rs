//! Rows of a published file that its successor keeps.
//!
//! Where a response holds malformed records, a record that is missing from it may be one of them. Its row is copied
//! from the file that is there, as nothing else has its content.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, BufRead as _, BufReader, Read};

use bytes::{Buf as _, Bytes};
use conversations_table::TableError;
use serde::Deserialize;

use super::arrived::hash;
use crate::output::{Compression, Format, Layout, Sink};

/// Copies the rows with these ids into a new file, and says how many there were. None of a CSV file: its columns
/// depend on its rows.
pub(crate) fn copy_rows(
    sink: &mut Sink,
    layout: &Layout,
    file: Bytes,
    ids: &HashSet<u64>,
) -> Result<usize, TableError> {
    match layout.format {
        Format::Parquet => sink.copy_rows(file, |id| ids.contains(&hash(id))),
        Format::Jsonl => copy_lines(sink, layout.compression, file, ids),
        Format::Csv => Ok(0),
    }
}

fn copy_lines(
    sink: &mut Sink,
    compression: Compression,
    file: Bytes,
    ids: &HashSet<u64>,
) -> Result<usize, TableError> {
    #[derive(Deserialize)]
    struct Id<'a> {
        #[serde(borrow)]
        id: Cow<'a, str>,
    }
    let input: Box<dyn Read> = match compression {
        Compression::None => Box::new(file.reader()),
        Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(file.reader())),
        Compression::Zstd => Box::new(zstd::Decoder::new(file.reader())?),
    };
    let mut copied = 0;
    for line in BufReader::new(input).lines() {
        let line = line?;
        let Id { id } = serde_json::from_str(&line).map_err(io::Error::from)?;
        if ids.contains(&hash(&id)) {
            sink.write(&line)?;
            copied += 1;
        }
    }
    Ok(copied)
}
