//! The accept loop: hyper on sockets that faults can take hold of.

mod body;
pub(crate) mod buffers;
mod compress;
mod wire;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub(crate) use body::{Body, BoxError, collected, full};
pub(crate) use compress::compressed;
pub(crate) use wire::Line;

use wire::Wire;

/// How long [`Server::shutdown`] waits for clients that are slow to read their answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long the loop rests after the operating system refused it a connection, for want of file
/// descriptors, say.
const REST: Duration = Duration::from_millis(20);

/// What turns requests into answers.
pub(crate) trait Answering: Send + Sync + 'static {
    /// Answers one request; an error closes the connection without an answer.
    fn respond(
        &self,
        request: Request<Incoming>,
        line: Arc<Line>,
    ) -> impl Future<Output = Result<Response<Body>, Hangup>> + Send;
}

/// The connection is to be closed before a head was sent.
#[derive(Debug, thiserror::Error)]
#[error("a fault closed the connection")]
pub(crate) struct Hangup;

/// A listening server. Dropping it stops it: no connection is accepted any more, idle ones are closed,
/// answers under way are finished in the background.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    // Dropping the sender is the signal to stop.
    stop: watch::Sender<Never>,
    served: JoinHandle<()>,
}

/// Nothing is ever sent; only that the sender is gone matters.
type Never = Option<Infallible>;

impl Server {
    pub(crate) async fn start(address: SocketAddr, answering: impl Answering) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(None);
        let served = tokio::spawn(accept(listener, Arc::new(answering), stopped));
        Ok(Self {
            address,
            stop,
            served,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops, and waits until the port is free and every answer under way has been read, for a second
    /// at most; whoever has not read by then is cut off.
    pub(crate) async fn shutdown(self) {
        let Self {
            stop, mut served, ..
        } = self;
        drop(stop);
        if tokio::time::timeout(PATIENCE, &mut served).await.is_err() {
            served.abort();
        }
    }
}

async fn accept(
    listener: TcpListener,
    answering: Arc<impl Answering>,
    mut stopped: watch::Receiver<Never>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, Arc::clone(&answering), stopped.clone()));
                }
                Err(_) => tokio::time::sleep(REST).await,
            },
            // Without it the results of ended connections would pile up.
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn serve(
    stream: TcpStream,
    answering: Arc<impl Answering>,
    mut stopped: watch::Receiver<Never>,
) {
    // Without it the last packet of an answer can wait for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    let line = Arc::new(Line::new(stopped.clone()));
    let wire = TokioIo::new(Wire::new(stream, Arc::clone(&line)));
    let service = service_fn(|request| {
        let (answering, line) = (Arc::clone(&answering), Arc::clone(&line));
        async move { answering.respond(request, line).await }
    });
    let mut connection = pin!(http1::Builder::new().serve_connection(wire, service));
    tokio::select! {
        // How a connection ended is the client's business; the server goes on with the others.
        _ = connection.as_mut() => return,
        _ = stopped.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
