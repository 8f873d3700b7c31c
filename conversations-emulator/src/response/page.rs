//! The body of a page, written while it is being sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use bytes::Bytes;
use http_body::Frame;
use http_body_util::BodyExt;

use crate::data::entry::Entry;
use crate::query::select::Selection;
use crate::response::descriptions::DESCRIPTIONS;
use crate::response::view::View;
use crate::transport::buffers::Buffers;
use crate::transport::{Body, full};

/// Number of bytes written ahead of the connection. A page that fits is sent with `Content-Length`
/// instead of in chunks.
const BUFFER: usize = 64 * 1024;

/// The bytes before the first conversation.
const OPENING: &[u8] = b"{\"conversations\":[";

/// The members next to the conversations of a page.
#[derive(Debug)]
pub(crate) enum Envelope {
    /// v1: `descriptions`, and `next_offset` unless the page is the last.
    V1,
    /// v2 without cursors: `next_offset` unless the page is the last.
    Offset,
    /// v3, and v2 with cursors: the same and `cursor`, which is null on the last page.
    Cursor(Option<String>),
}

pub(crate) fn body(
    selection: Selection,
    view: View,
    envelope: &Envelope,
    streaming: Option<&Arc<Buffers>>,
) -> Body {
    let end = end(&selection, envelope);
    let whole: usize = selection
        .entries
        .iter()
        .map(|entry| entry.raw.len() + 1)
        .sum();
    let writing = Writing {
        entries: selection.entries.into_iter(),
        view,
        written: 0,
        end: Some(end),
    };
    match streaming {
        Some(buffers) if whole > BUFFER => Streaming {
            writing,
            buffers: Arc::clone(buffers),
        }
        .map_err(|never| match never {})
        .boxed_unsync(),
        _ => full(writing.whole(whole)),
    }
}

/// The bytes after the last conversation.
fn end(selection: &Selection, envelope: &Envelope) -> Vec<u8> {
    let mut out = vec![b']'];
    if matches!(envelope, Envelope::V1) {
        out.extend_from_slice(b",\"descriptions\":");
        out.extend_from_slice(DESCRIPTIONS.as_bytes());
    }
    if let Some(next) = &selection.next {
        out.extend_from_slice(format!(",\"next_offset\":{}", next.passed).as_bytes());
    }
    match envelope {
        Envelope::Cursor(None) => out.extend_from_slice(b",\"cursor\":null"),
        // The alphabet of cursors needs no escaping.
        Envelope::Cursor(Some(cursor)) => {
            out.extend_from_slice(format!(",\"cursor\":\"{cursor}\"").as_bytes());
        }
        Envelope::V1 | Envelope::Offset => {}
    }
    out.push(b'}');
    out
}

/// A page that is partly written.
struct Writing {
    entries: vec::IntoIter<Arc<Entry>>,
    view: View,
    written: usize,
    /// `None` once everything has been written.
    end: Option<Vec<u8>>,
}

impl Writing {
    /// Writes records until there are `enough` bytes or no more records.
    fn write(&mut self, enough: usize, out: &mut Vec<u8>) {
        if self.written == 0 {
            out.extend_from_slice(OPENING);
        }
        while out.len() < enough {
            let Some(entry) = self.entries.next() else {
                if let Some(end) = self.end.take() {
                    out.extend_from_slice(&end);
                }
                break;
            };
            if self.written > 0 {
                out.push(b',');
            }
            self.view.write(&entry, out);
            self.written += 1;
        }
    }

    fn whole(mut self, records: usize) -> Bytes {
        let mut out = Vec::with_capacity(records + DESCRIPTIONS.len() + 256);
        self.write(usize::MAX, &mut out);
        out.into()
    }
}

/// A page that is written while it is being sent.
struct Streaming {
    writing: Writing,
    buffers: Arc<Buffers>,
}

impl http_body::Body for Streaming {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Self { writing, buffers } = self.get_mut();
        if writing.end.is_none() {
            return Poll::Ready(None);
        }
        // The first record is sent alone, so that it arrives while the others are being written.
        let enough = if writing.written == 0 {
            OPENING.len() + 1
        } else {
            BUFFER
        };
        // Most records fit into the capacity beyond `enough`.
        let mut out = buffers.take(BUFFER + BUFFER / 4);
        writing.write(enough, &mut out);
        Poll::Ready(Some(Ok(Frame::data(buffers.piece(out)))))
    }
}
