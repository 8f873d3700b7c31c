//! A socket that can be told to end with a reset, and that tells when everything was handed over.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};

use super::Never;

/// What an answer can do to the connection it goes out on.
#[derive(Debug)]
pub(crate) struct Line {
    reset: AtomicBool,
    flushes: AtomicU64,
    flushed: Notify,
    stopped: watch::Receiver<Never>,
}

impl Line {
    pub(super) fn new(stopped: watch::Receiver<Never>) -> Self {
        Self {
            reset: AtomicBool::new(false),
            flushes: AtomicU64::new(0),
            flushed: Notify::new(),
            stopped,
        }
    }

    /// Lets the connection end with a TCP reset instead of an orderly close.
    pub(crate) fn reset_on_close(&self) {
        self.reset.store(true, Ordering::Release);
    }

    /// Waits until all that was written before the call is with the operating system.
    pub(crate) async fn flushed(&self) {
        let seen = self.flushes.load(Ordering::Acquire);
        loop {
            let mut flushed = std::pin::pin!(self.flushed.notified());
            flushed.as_mut().enable();
            if self.flushes.load(Ordering::Acquire) != seen {
                return;
            }
            flushed.await;
        }
    }

    /// Waits until the server is told to stop.
    pub(crate) async fn stopped(&self) {
        let mut stopped = self.stopped.clone();
        // The one way this ends is the sender's end, which is the signal.
        while stopped.changed().await.is_ok() {}
    }
}

/// The server's side of a connection.
pub(super) struct Wire {
    stream: TcpStream,
    line: Arc<Line>,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, line: Arc<Line>) -> Self {
        Self { stream, line }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes once its own buffer is empty, so this is the moment when all is handed over.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let line = Arc::clone(&self.line);
        ready!(self.stream().poll_flush(cx))?;
        line.flushes.fetch_add(1, Ordering::AcqRel);
        line.flushed.notify_waiters();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The orderly close would reach the client ahead of the reset.
        if self.line.reset.load(Ordering::Acquire) {
            return Poll::Ready(Ok(()));
        }
        self.stream().poll_shutdown(cx)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.line.reset.load(Ordering::Acquire) {
            // Where the platform refuses, the client sees an orderly close in place of a reset.
            let _ = self.stream.set_zero_linger();
        }
    }
}
