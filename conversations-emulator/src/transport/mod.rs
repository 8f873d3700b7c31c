//! The accept loop: hyper on sockets that faults can reset.

mod body;
pub(crate) mod buffers;
mod compress;
mod wire;

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

pub(crate) use body::{Body, BoxError, collected, full, no_content};
pub(crate) use compress::compressed;
pub(crate) use wire::ConnectionHandle;

use wire::{Never, Wire};

/// How long [`Server::shutdown`] waits for clients to read their responses.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// Pause of the accept loop after an error of the operating system, for example when file descriptors
/// run out.
const REST: Duration = Duration::from_millis(20);

/// Turns requests into responses.
pub(crate) trait RequestHandler: Send + Sync + 'static {
    /// Responds to one request; an error closes the connection without a response.
    fn respond(
        &self,
        request: Request<Incoming>,
        handle: Arc<ConnectionHandle>,
    ) -> impl Future<Output = Result<Response<Body>, ConnectionClosed>> + Send;
}

/// The connection is to be closed before a head is sent.
#[derive(Debug, thiserror::Error)]
#[error("a fault closed the connection")]
pub(crate) struct ConnectionClosed;

/// A listening server. Dropping it stops it: no new connections are accepted, idle ones are closed, and
/// responses in progress finish in the background.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    // Dropping the sender is the signal to stop.
    stop: watch::Sender<Never>,
    served: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(
        address: SocketAddr,
        answering: impl RequestHandler,
    ) -> io::Result<Self> {
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

    /// Stops, and waits for up to a second until every response in progress has been read and the port
    /// is free; slower clients are disconnected.
    pub(crate) async fn shutdown(self) {
        let Self {
            stop, mut served, ..
        } = self;
        drop(stop);
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, &mut served)
            .await
            .is_err()
        {
            served.abort();
        }
    }
}

async fn accept(
    listener: TcpListener,
    answering: Arc<impl RequestHandler>,
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
            // Otherwise the results of closed connections would accumulate.
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn serve(
    stream: TcpStream,
    answering: Arc<impl RequestHandler>,
    mut stopped: watch::Receiver<Never>,
) {
    // Otherwise the last packet of a response can wait for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    let handle = Arc::new(ConnectionHandle::new(stopped.clone()));
    let wire = TokioIo::new(Wire::new(stream, Arc::clone(&handle)));
    let service = service_fn(|request| {
        let (answering, handle) = (Arc::clone(&answering), Arc::clone(&handle));
        async move { answering.respond(request, handle).await }
    });
    let mut connection = pin!(http1::Builder::new().serve_connection(wire, service));
    tokio::select! {
        // A connection that fails concerns its client alone; the server keeps serving the others.
        _ = connection.as_mut() => return,
        _ = stopped.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
