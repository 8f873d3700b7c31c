//! The emulator: startup, serving, shutdown.

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
use crate::behavior::server_behavior::ServerBehavior;
use crate::clock::Clock;
use crate::data::dataset::Dataset;
use crate::data::edit::{Edit, EditError};
use crate::data::live::Live;
use crate::data::transition::Transition;
use crate::fault::{DEFAULT_PLAN, FaultPlan, Faults, InnerService, Middleware};
use crate::hosts::Hosts;
use crate::journal::{Journal, Log};
use crate::state::{Host, State};
use crate::transport::{Body, Server};

/// A running local Conversations API server.
///
/// Dropping it stops it: no new connections are accepted, idle ones are closed, and responses in progress
/// finish in the background. [`shutdown`](Self::shutdown) does the same and waits.
///
/// ```
/// use conversations_emulator::{Dataset, Emulator, Order, ServerBehavior};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let emulator = Emulator::builder()
///     .data(Dataset::generate(1, 20))
///     .server_behavior(ServerBehavior::default().with_order(Order::Descending))
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
    agents_base_url: String,
    state: Arc<State>,
    faults: Faults,
    clock: Clock,
    journal: Arc<Log>,
    server: Server,
    agents_server: Server,
}

impl Emulator {
    /// Creates a builder; every setting has a default.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder {
            data: None,
            behavior: ServerBehavior::default(),
            keys: Keyring::new("emulator-key"),
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            agents_port: 0,
            plans: Vec::new(),
            clock: Clock::system(),
            transitions: Vec::new(),
            admin: false,
        }
    }

    /// The base URL, `http://127.0.0.1:PORT`, without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The base URL of the agents host, `http://127.0.0.1:PORT` with a port of its own, without a trailing
    /// slash. Neither host has the paths of the other.
    #[must_use]
    pub fn agents_base_url(&self) -> &str {
        &self.agents_base_url
    }

    /// The listening address.
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

    /// The key that the agents host accepts.
    #[must_use]
    pub fn agents_api_key(&self) -> &str {
        self.state.keys.agents()
    }

    /// The initial conversations, which [`reset`](Self::reset) restores.
    #[must_use]
    pub fn data(&self) -> &Dataset {
        &self.state.data
    }

    /// A snapshot of the current conversations; later edits do not change it.
    #[must_use]
    pub fn current_data(&self) -> Dataset {
        self.state.live.snapshot(self.clock.now())
    }

    /// Edits the conversations of the running emulator. Clients see all changes at once; a page that is
    /// being sent does not change. Cursors keep their position; offsets shift, as they do in production.
    ///
    /// # Errors
    ///
    /// The error that `change` returns; the conversations are then unchanged.
    pub fn edit<T>(
        &self,
        change: impl FnOnce(&mut Edit<'_>) -> Result<T, EditError>,
    ) -> Result<T, EditError> {
        self.state.live.edit(change)
    }

    /// Schedules a change.
    pub fn schedule(&self, transition: Transition) {
        self.state.live.schedule(transition, self.clock.now());
    }

    /// Goes back to the start: the conversations and transitions it was started with, an empty journal,
    /// no fault triggered. The clock goes on.
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

    /// Clears the journal.
    pub fn clear_journal(&self) {
        self.journal.clear();
    }

    /// Its fault plans, and which of their faults were triggered.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Stops, and waits until the port is free again and every answer under way has been read, though
    /// no longer than a second for clients that do not read.
    pub async fn shutdown(self) {
        tokio::join!(self.server.shutdown(), self.agents_server.shutdown());
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

/// The settings of a new emulator.
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
#[must_use = "a builder has no effect before `start`"]
pub struct EmulatorBuilder {
    data: Option<Dataset>,
    behavior: ServerBehavior,
    keys: Keyring,
    address: SocketAddr,
    agents_port: u16,
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

    /// The behavior that the documentation leaves open. Default: [`ServerBehavior::default`].
    pub fn server_behavior(self, behavior: ServerBehavior) -> Self {
        Self { behavior, ..self }
    }

    /// The key that v3 accepts. Default: `emulator-key`. A key that contains white space is always rejected.
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

    /// The key that the agents host accepts; keys for v3 then do not open it. Default: every key for v3
    /// does.
    pub fn agents_api_key(mut self, agents_api_key: impl Into<String>) -> Self {
        self.keys.set_agents(agents_api_key.into());
        self
    }

    /// An additional key, which may grant less access.
    pub fn key(mut self, key: Key) -> Self {
        self.keys.add(key);
        self
    }

    /// The region of the emulator, which restricted keys are checked against. Default: `us-1`.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.keys.set_region(region.into());
        self
    }

    /// The address to listen on. Default: 127.0.0.1 with a free port chosen by the operating system.
    ///
    /// Listen on loopback only: the connection is not encrypted, and anyone who can reach the port and knows
    /// the key can read every conversation. On loopback, requests whose `Host` header names another host are
    /// rejected with 421, so that no web page reaches the server through a name of its own (DNS rebinding).
    pub fn address(self, address: SocketAddr) -> Self {
        Self { address, ..self }
    }

    /// The port of the agents host, at the same address. Default: a free port chosen by the operating system.
    pub fn agents_port(self, agents_port: u16) -> Self {
        Self {
            agents_port,
            ..self
        }
    }

    /// The fault plan of requests that select none. Default: no faults.
    pub fn fault_plan(self, plan: FaultPlan) -> Self {
        self.named_fault_plan(DEFAULT_PLAN, plan)
    }

    /// Adds a fault plan for requests that select it with the header `x-emulator-plan`.
    pub fn named_fault_plan(mut self, name: impl Into<String>, plan: FaultPlan) -> Self {
        self.plans.push((name.into(), plan));
        self
    }

    /// The clock. Default: the system clock.
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Schedules a change of the conversations; can be called repeatedly.
    pub fn transition(mut self, transition: Transition) -> Self {
        self.transitions.push(transition);
        self
    }

    /// Schedules changes of the conversations, such as those of
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
            behavior: self.behavior,
            keys: self.keys,
            responses: 0.into(),
            buffers: Arc::default(),
        });
        let journal = Arc::new(Log::default());
        let admin = self.admin.then(|| Admin {
            faults: faults.clone(),
            clock: self.clock.clone(),
            journal: Arc::clone(&journal),
            state: Some(Arc::clone(&state)),
        });
        let front = |host, admin| Middleware {
            admin,
            hosts: Hosts::of(self.address),
            inner: Served {
                host,
                state: Arc::clone(&state),
            },
            faults: faults.clone(),
            clock: self.clock.clone(),
            journal: Arc::clone(&journal),
        };
        let server = Server::start(self.address, front(Host::List, admin)).await?;
        let agents_address = SocketAddr::new(self.address.ip(), self.agents_port);
        let agents_server = Server::start(agents_address, front(Host::Agents, None)).await?;
        Ok(Emulator {
            base_url: format!("http://{}", server.address()),
            agents_base_url: format!("http://{}", agents_server.address()),
            agents_server,
            state,
            faults,
            clock: self.clock,
            journal,
            server,
        })
    }
}

/// One of the hosts that a state serves.
struct Served {
    host: Host,
    state: Arc<State>,
}

impl InnerService for Served {
    fn respond(&self, request: Request<Incoming>) -> impl Future<Output = Response<Body>> + Send {
        let (request, _) = request.into_parts();
        std::future::ready(self.state.respond(self.host, &request))
    }

    fn gzip(&self) -> bool {
        self.state.behavior.gzip
    }
}
