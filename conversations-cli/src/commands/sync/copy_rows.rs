//! Copies rows from a published file to the file that replaces it.
//!
//! A record that is missing from a response with malformed records may be one of those. Its row is copied from the
//! published file, which has the only copy of its content.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, BufRead as _, BufReader, Read};

use bytes::{Buf as _, Bytes};
use conversations_table::TableError;
use serde::Deserialize;

use super::id_hash::hash;
use crate::output::{Compression, Format, Layout, Sink};

/// Copies the rows with these ids into a new file, and returns their number. Copies none from a CSV file, because
/// its columns depend on its rows.
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
