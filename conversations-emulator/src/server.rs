//! Starting, serving and stopping.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use crate::api_key::Key;
use crate::dataset::Dataset;
use crate::journal::{Journal, JournalEntry};
use crate::keyring::Keyring;
use crate::readings::Readings;
use crate::state::State;

/// How long [`Emulator::shutdown`] waits for clients that are slow to read their answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// A running Conversations API.
///
/// It stops when it is dropped: no connection is accepted any more, idle ones are closed, and answers
/// under way are finished in the background. [`shutdown`](Self::shutdown) does the same and waits.
///
/// ```
/// use conversations_emulator::{Dataset, Emulator, Order, Readings};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let emulator = Emulator::builder()
///     .data(Dataset::generate(1, 20))
///     .readings(Readings::default().with_order(Order::Descending))
///     .api_key("a-key-for-v3")
///     .legacy_api_key("a-key-for-v1-and-v2")
///     .start()
///     .await?;
/// assert!(emulator.base_url().starts_with("http://127.0.0.1:"));
/// emulator.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub struct Emulator {
    base_url: String,
    address: SocketAddr,
    state: Arc<State>,
    // Dropping the sender is the signal to stop.
    stop: oneshot::Sender<Infallible>,
    served: JoinHandle<io::Result<()>>,
}

impl Emulator {
    /// A builder: every setting has a default.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder {
            data: None,
            readings: Readings::default(),
            keys: Keyring::new("emulator-key"),
            address: (Ipv4Addr::LOCALHOST, 0).into(),
        }
    }

    /// Where it listens, as `http://127.0.0.1:PORT`, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The key that v3 accepts.
    #[must_use]
    pub fn api_key(&self) -> &str {
        self.state.keys.v3()
    }

    /// The key that v1 and v2 accept.
    #[must_use]
    pub fn legacy_api_key(&self) -> &str {
        self.state.keys.legacy()
    }

    /// The conversations it serves.
    #[must_use]
    pub fn data(&self) -> &Dataset {
        &self.state.data
    }

    /// The requests so far, the last 10,000 at most, in the order they were answered. A request is in
    /// it by the time its client has the answer.
    #[must_use]
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.state.journal.entries()
    }

    /// Stops, and waits until the port is free again and every answer under way has been read, though
    /// no longer than a second for clients that do not read.
    pub async fn shutdown(self) {
        let Self { stop, served, .. } = self;
        drop(stop);
        // A client that never reads its answer may keep its connection; the listener is closed by then.
        let _ = tokio::time::timeout(PATIENCE, served).await;
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("base_url", &self.base_url)
            .field("data", &self.state.data)
            .finish_non_exhaustive()
    }
}

/// The settings of an emulator that is about to start.
///
/// ```
/// use conversations_emulator::Emulator;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// # let port = 0;
/// let address = ([127, 0, 0, 1], port).into();
/// let emulator = Emulator::builder().address(address).api_key("my-key").start().await?;
/// assert_eq!(emulator.api_key(), "my-key");
/// assert_eq!(emulator.legacy_api_key(), "my-key");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is served before `start`"]
pub struct EmulatorBuilder {
    data: Option<Dataset>,
    readings: Readings,
    keys: Keyring,
    address: SocketAddr,
}

impl EmulatorBuilder {
    /// The conversations to serve. Default: [`Dataset::demo`].
    pub fn data(self, data: Dataset) -> Self {
        Self {
            data: Some(data),
            ..self
        }
    }

    /// How to read what the vendor's pages leave open. Default: [`Readings::default`].
    pub fn readings(self, readings: Readings) -> Self {
        Self { readings, ..self }
    }

    /// The key that v3 accepts. Default: `emulator-key`. A key with white space in it is accepted by no
    /// version.
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        self.keys.set_v3(api_key.into());
        self
    }

    /// The key that v1 and v2 accept, which are older and have keys of their own (PolyAI docs,
    /// Conversations API overview, API versions). Default: the key of v3.
    pub fn legacy_api_key(mut self, legacy_api_key: impl Into<String>) -> Self {
        self.keys.set_legacy(legacy_api_key.into());
        self
    }

    /// One more key, beside the two above, that may open less than they do.
    pub fn key(mut self, key: Key) -> Self {
        self.keys.add(key);
        self
    }

    /// The region this emulator is in, which matters to keys of one region. Default: `us-1`.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.keys.set_region(region.into());
        self
    }

    /// Where to listen. Default: 127.0.0.1 with a free port chosen by the operating system.
    ///
    /// Keep to loopback: the connection is not encrypted, and whoever reaches the port and knows the
    /// key reads every conversation.
    pub fn address(self, address: SocketAddr) -> Self {
        Self { address, ..self }
    }

    /// Starts serving on the tokio runtime this is called in; connections are accepted as soon as it
    /// returns.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on: the port is taken, or the address is not this machine's.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled.
    pub async fn start(self) -> io::Result<Emulator> {
        let listener = TcpListener::bind(self.address).await?;
        let address = listener.local_addr()?;
        let data = match self.data {
            Some(data) => data,
            None => tokio::task::spawn_blocking(Dataset::demo)
                .await
                .map_err(io::Error::other)?,
        };
        let gzip = self.readings.gzip;
        let state = Arc::new(State {
            data,
            readings: self.readings,
            keys: self.keys,
            journal: Journal::default(),
            answered: 0.into(),
        });
        // Loopback has bandwidth to spare, the processor does not.
        let compression = CompressionLayer::new()
            .quality(CompressionLevel::Fastest)
            .gzip(gzip);
        let router = Router::new()
            .fallback(handle)
            .layer(compression)
            .with_state(Arc::clone(&state));
        // Without it the last packet of an answer can wait for the client's acknowledgement.
        let listener = listener.tap_io(|connection| {
            let _ = connection.set_nodelay(true);
        });
        let (stop, stopped) = oneshot::channel();
        let serving = axum::serve(listener, router).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        let served = tokio::spawn(serving.into_future());
        Ok(Emulator {
            base_url: format!("http://{address}"),
            address,
            state,
            stop,
            served,
        })
    }
}

async fn handle(
    axum::extract::State(state): axum::extract::State<Arc<State>>,
    request: Request,
) -> Response<Body> {
    let (request, _) = request.into_parts();
    let response = state.answer(&request);
    state.journal.record(&request, response.status());
    response.map(Body::from)
}
