//! A socket that can end with a TCP reset, and that reports when its data was handed to the operating
//! system.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};

/// No value is ever sent; only the drop of the sender matters.
pub(super) type Never = Option<std::convert::Infallible>;

/// How a response can affect its connection.
#[derive(Debug)]
pub(crate) struct ConnectionHandle {
    reset: AtomicBool,
    flushes: AtomicU64,
    flushed: Notify,
    stopped: watch::Receiver<Never>,
}

impl ConnectionHandle {
    pub(super) fn new(stopped: watch::Receiver<Never>) -> Self {
        Self {
            reset: AtomicBool::new(false),
            flushes: AtomicU64::new(0),
            flushed: Notify::new(),
            stopped,
        }
    }

    /// Ends the connection with a TCP reset instead of an orderly close.
    pub(crate) fn reset_on_close(&self) {
        self.reset.store(true, Ordering::Release);
    }

    /// Waits until everything written before this call has been handed to the operating system.
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

    /// Waits until the server stops.
    pub(crate) async fn stopped(&self) {
        let mut stopped = self.stopped.clone();
        // The watch ends only when its sender is dropped, which is the signal.
        while stopped.changed().await.is_ok() {}
    }
}

/// The server side of a connection.
pub(super) struct Wire {
    stream: TcpStream,
    handle: Arc<ConnectionHandle>,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, handle: Arc<ConnectionHandle>) -> Self {
        Self { stream, handle }
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

    /// hyper flushes once its own buffer is empty, so at this point all data has been handed over.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let handle = Arc::clone(&self.handle);
        ready!(self.stream().poll_flush(cx))?;
        handle.flushes.fetch_add(1, Ordering::AcqRel);
        handle.flushed.notify_waiters();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Otherwise the orderly close would reach the client before the reset.
        if self.handle.reset.load(Ordering::Acquire) {
            return Poll::Ready(Ok(()));
        }
        self.stream().poll_shutdown(cx)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.handle.reset.load(Ordering::Acquire) {
            // If the platform refuses, the client sees an orderly close instead of a reset.
            let _ = self.stream.set_zero_linger();
        }
    }
}
