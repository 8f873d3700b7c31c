//! Starting, serving and stopping.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;

use crate::admin::Admin;
use crate::auth::api_key::Key;
use crate::auth::keyring::Keyring;
use crate::behavior::server_behavior::Readings;
use crate::clock::Clock;
use crate::data::dataset::Dataset;
use crate::data::edit::{Edit, EditError};
use crate::data::live::Live;
use crate::data::transition::Transition;
use crate::fault::{Behind, DEFAULT_PLAN, FaultPlan, Faults, Front};
use crate::journal::{Journal, Log};
use crate::state::State;
use crate::transport::{Body, Server};

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
    state: Arc<State>,
    faults: Faults,
    clock: Clock,
    journal: Arc<Log>,
    server: Server,
}

impl Emulator {
    /// A builder: every setting has a default.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder {
            data: None,
            readings: Readings::default(),
            keys: Keyring::new("emulator-key"),
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            plans: Vec::new(),
            clock: Clock::system(),
            transitions: Vec::new(),
            admin: false,
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
        self.server.address()
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

    /// The conversations it was started with, which a [`reset`](Self::reset) goes back to.
    #[must_use]
    pub fn data(&self) -> &Dataset {
        &self.state.data
    }

    /// The conversations as they are now: a snapshot that later edits leave alone.
    #[must_use]
    pub fn current_data(&self) -> Dataset {
        self.state.live.snapshot(self.clock.now())
    }

    /// Changes the conversations while it serves. Clients see all of it at once; a page that is being
    /// sent stays as it was. Cursors keep their place, offsets count anew and drift, as they do in
    /// production.
    ///
    /// # Errors
    ///
    /// The error that `change` returns; nothing is changed then.
    pub fn edit<T>(
        &self,
        change: impl FnOnce(&mut Edit<'_>) -> Result<T, EditError>,
    ) -> Result<T, EditError> {
        self.state.live.edit(change)
    }

    /// Lets a change happen later, by itself.
    pub fn schedule(&self, transition: Transition) {
        self.state.live.schedule(transition, self.clock.now());
    }

    /// Goes back to the start: the conversations and transitions it was started with, an empty journal,
    /// no fault met. The clock goes on.
    pub fn reset(&self) {
        self.state.live.reset(None, self.clock.now());
        self.journal.clear();
        self.faults.reset();
    }

    /// The requests so far, the last 10,000 at most, in the order they arrived. A request is in it, with
    /// its status, by the time its client has the answer.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.journal.journal()
    }

    /// Forgets the requests so far.
    pub fn clear_journal(&self) {
        self.journal.clear();
    }

    /// Its fault plans, and what was met of them.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Stops, and waits until the port is free again and every answer under way has been read, though
    /// no longer than a second for clients that do not read.
    pub async fn shutdown(self) {
        self.server.shutdown().await;
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
    plans: Vec<(String, FaultPlan)>,
    clock: Clock,
    transitions: Vec<Transition>,
    admin: bool,
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

    /// What goes wrong with requests that choose no plan. Default: nothing.
    pub fn fault_plan(self, plan: FaultPlan) -> Self {
        self.named_fault_plan(DEFAULT_PLAN, plan)
    }

    /// What goes wrong with requests that choose this plan by the header `x-emulator-plan`.
    pub fn named_fault_plan(mut self, name: impl Into<String>, plan: FaultPlan) -> Self {
        self.plans.push((name.into(), plan));
        self
    }

    /// The time it lives in. Default: the machine's.
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// A change of the conversations that happens by itself; call it again for more.
    pub fn transition(mut self, transition: Transition) -> Self {
        self.transitions.push(transition);
        self
    }

    /// Changes of the conversations that happen by themselves, such as those of
    /// [`Transition::seeded`].
    pub fn transitions(mut self, transitions: impl IntoIterator<Item = Transition>) -> Self {
        self.transitions.extend(transitions);
        self
    }

    /// Whether it has the [admin paths](crate::admin), by which programs in any language steer it.
    /// Default: it has none.
    pub fn admin(self, admin: bool) -> Self {
        Self { admin, ..self }
    }

    /// Starts serving on the tokio runtime this is called in; connections are accepted as soon as it
    /// returns.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on: the port is taken, or the address is not this machine's.
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) when a value of a fault plan makes no sense.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled.
    pub async fn start(self) -> io::Result<Emulator> {
        let faults = Faults::default();
        for (name, plan) in self.plans {
            let set = faults.set(name, plan);
            set.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        }
        let data = match self.data {
            Some(data) => data,
            None => tokio::task::spawn_blocking(Dataset::demo)
                .await
                .map_err(io::Error::other)?,
        };
        let state = Arc::new(State {
            live: Live::new(data.clone(), self.transitions, self.clock.now()),
            clock: self.clock.clone(),
            data,
            readings: self.readings,
            keys: self.keys,
            answered: 0.into(),
            buffers: Arc::default(),
        });
        let journal = Arc::new(Log::default());
        let admin = self.admin.then(|| Admin {
            faults: faults.clone(),
            clock: self.clock.clone(),
            journal: Arc::clone(&journal),
            state: Some(Arc::clone(&state)),
        });
        let front = Front {
            admin,
            behind: Arc::clone(&state),
            faults: faults.clone(),
            clock: self.clock.clone(),
            journal: Arc::clone(&journal),
        };
        let server = Server::start(self.address, front).await?;
        Ok(Emulator {
            base_url: format!("http://{}", server.address()),
            state,
            faults,
            clock: self.clock,
            journal,
            server,
        })
    }
}

impl Behind for Arc<State> {
    fn answer(&self, request: Request<Incoming>) -> impl Future<Output = Response<Body>> + Send {
        let (request, _) = request.into_parts();
        std::future::ready(State::answer(self, &request))
    }

    fn gzip(&self) -> bool {
        self.readings.gzip
    }
}
