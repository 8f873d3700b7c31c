//! The state of an emulator and the function that responds to API requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::header::{ALLOW, CONTENT_RANGE, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};

use crate::agents::route::AgentsRoute;
use crate::auth::keyring::Keyring;
use crate::behavior::server_behavior::ServerBehavior;
use crate::clock::Clock;
use crate::data::dataset::Dataset;
use crate::data::live::Live;
use crate::fault::NextPage;
use crate::query::cursor::Binding;
use crate::query::parameters::{Parameters, pages_by_cursor};
use crate::query::select::{Start, select};
use crate::response::correlation;
use crate::response::page::{self, Envelope};
use crate::response::problem::{self, Problem};
use crate::response::view::{Shape, View};
use crate::route::{Route, Version};
use crate::transport::buffers::Buffers;
use crate::transport::{Body, full, no_content};

/// The two hosts of the API. Neither has the paths of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    /// Conversations page by page.
    List,
    /// One conversation by its id.
    Agents,
}

impl Host {
    /// The methods that a path supports.
    fn methods(self, path: &str) -> &'static str {
        let route = AgentsRoute::parse(path).filter(|_| self == Self::Agents);
        route.map_or("GET, HEAD, OPTIONS", |route| route.methods())
    }
}

/// Everything that a response depends on.
#[derive(Debug)]
pub(crate) struct State {
    /// The initial data.
    pub(crate) data: Dataset,
    pub(crate) live: Live,
    pub(crate) clock: Clock,
    pub(crate) behavior: ServerBehavior,
    pub(crate) keys: Keyring,
    pub(crate) responses: AtomicU64,
    pub(crate) buffers: Arc<Buffers>,
}

/// The headers of a successful response.
enum Responded {
    Page(Page),
    /// The response of the agents host, complete but for the common headers.
    Other(Response<Body>),
    /// The methods that the path supports.
    Methods,
}

/// A page to send and the position of the next one.
struct Page {
    body: Body,
    next: NextPage,
}

impl State {
    /// Responds to one request to one of the hosts.
    pub(crate) fn respond(&self, host: Host, request: &Parts) -> Response<Body> {
        let number = self.responses.fetch_add(1, Ordering::Relaxed);
        let correlation_id = correlation::id(self.data.seed(), number);
        let responded = match host {
            Host::List => self.try_respond(request),
            Host::Agents => self.respond_as_agents(request).map(Responded::Other),
        };
        let mut response = match responded {
            Ok(Responded::Page(page)) => {
                let mut response = Response::new(page.body);
                response.extensions_mut().insert(page.next);
                response
            }
            Ok(Responded::Other(mut response)) => {
                // It is one page of its own, and a fault plan need not read it to know that.
                response.extensions_mut().insert(NextPage::default());
                response
            }
            Ok(Responded::Methods) => no_content(),
            Err(problem) => {
                let body = problem.body(self.behavior.error_shape, &correlation_id);
                let mut response = Response::new(full(body));
                *response.status_mut() = problem.status;
                if let Some(bytes) = problem.file_bytes {
                    let range = HeaderValue::from_str(&format!("bytes */{bytes}"));
                    let range = range.expect("digits and punctuation form a valid header value");
                    response.headers_mut().insert(CONTENT_RANGE, range);
                }
                response
            }
        };
        let status = response.status();
        let headers = response.headers_mut();
        if matches!(
            status,
            StatusCode::NO_CONTENT | StatusCode::METHOD_NOT_ALLOWED
        ) {
            let allowed = HeaderValue::from_static(host.methods(request.uri.path()));
            headers.insert(ALLOW, allowed);
        }
        if status != StatusCode::NO_CONTENT && !headers.contains_key(CONTENT_TYPE) {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let named = HeaderValue::from_str(&correlation_id)
            .expect("hexadecimal digits and hyphens form a valid header value");
        headers.insert(correlation::HEADER, named);
        response
    }

    fn try_respond(&self, request: &Parts) -> Result<Responded, Problem> {
        let route = Route::parse(request.uri.path()).ok_or_else(problem::no_such_route)?;
        if request.method == Method::OPTIONS {
            return Ok(Responded::Methods);
        }
        if !matches!(request.method, Method::GET | Method::HEAD) {
            return Err(problem::method_not_allowed());
        }
        let key = self
            .keys
            .admit(route.version.key_family(), &request.headers)?;
        let data = self.live.snapshot(self.clock.now());
        if !data.has_account(&route.account_id) {
            return Err(problem::no_such_account());
        }
        let project = data.project(&route.account_id, &route.project_id);
        let project = project.ok_or_else(problem::no_such_project)?;
        key.check_project(&route.account_id, &route.project_id)?;

        let query = request.uri.query().unwrap_or_default();
        let parameters = Parameters::parse(query, route.version, &self.behavior)?;
        let binding = Binding::new(&route, &parameters.filters, &parameters.retrieval);
        let start = match &parameters.cursor {
            Some(cursor) => Start::After(binding.decode(cursor)?),
            None => Start::Offset(parameters.offset),
        };
        let selection = select(&data, project, &parameters, &start, self.behavior.order);
        self.live.looked(&selection.entries);
        let envelope = match route.version {
            Version::V1 => Envelope::V1,
            version if pages_by_cursor(version, &self.behavior) => {
                Envelope::Cursor(selection.next.as_ref().map(|next| binding.encode(next)))
            }
            _ => Envelope::Offset,
        };
        let next = NextPage {
            cursor: match &envelope {
                Envelope::Cursor(cursor) => cursor.clone(),
                Envelope::V1 | Envelope::Offset => None,
            },
            offset: selection.next.as_ref().map(|next| next.passed),
        };
        let view = self.view(route.version, &parameters);
        let streaming = self.behavior.chunked.then_some(&self.buffers);
        let body = page::body(selection, view, &envelope, streaming);
        Ok(Responded::Page(Page { body, next }))
    }

    fn view(&self, version: Version, parameters: &Parameters) -> View {
        let shape = match version {
            Version::V1 => Shape::V1 {
                context_state: parameters.include_context_state,
            },
            Version::V2 | Version::V3 => Shape::V2AndV3 {
                latency: parameters.include_latency,
                turn_metadata: parameters.include_turn_metadata,
            },
        };
        View {
            shape,
            transcripts: self.behavior.transcripts,
            bodies: self.behavior.bodies(version == Version::V1),
        }
    }
}
