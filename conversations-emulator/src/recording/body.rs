//! The body of a response with a recording, generated piece by piece.

use std::convert::Infallible;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::recording::Recording;
use crate::transport::buffers::Buffers;

/// The number of bytes generated at a time.
const PIECE: u64 = 32 * 1_024;

pub(crate) struct RecordingBody {
    pub(crate) recording: Recording,
    pub(crate) left: Range<u64>,
    pub(crate) buffers: Arc<Buffers>,
}

impl http_body::Body for RecordingBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let body = self.get_mut();
        if body.left.is_empty() {
            return Poll::Ready(None);
        }
        let end = body.left.end.min(body.left.start + PIECE);
        let mut out = body.buffers.take(PIECE as usize);
        body.recording.write(body.left.start, end, &mut out);
        body.left.start = end;
        Poll::Ready(Some(Ok(Frame::data(body.buffers.piece(out)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.end - self.left.start)
    }
}
