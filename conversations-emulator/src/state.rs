//! The state of an emulator and the function that responds to API requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::header::{ALLOW, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};

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
use crate::transport::{Body, full};

/// The methods that an API path supports.
const METHODS: &str = "GET, HEAD, OPTIONS";

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
    /// The methods that the path supports.
    Methods,
}

/// A page to send and the position of the next one.
struct Page {
    body: Body,
    next: NextPage,
}

impl State {
    /// Responds to one request.
    pub(crate) fn respond(&self, request: &Parts) -> Response<Body> {
        let number = self.responses.fetch_add(1, Ordering::Relaxed);
        let correlation_id = correlation::id(self.data.seed(), number);
        let mut response = match self.try_respond(request) {
            Ok(Responded::Page(page)) => {
                let mut response = Response::new(page.body);
                response.extensions_mut().insert(page.next);
                response
            }
            Ok(Responded::Methods) => {
                let mut response = Response::new(full(Vec::new()));
                *response.status_mut() = StatusCode::NO_CONTENT;
                let allowed = HeaderValue::from_static(METHODS);
                response.headers_mut().insert(ALLOW, allowed);
                response
            }
            Err(problem) => {
                let body = problem.body(self.behavior.error_shape, &correlation_id);
                let mut response = Response::new(full(body));
                *response.status_mut() = problem.status;
                if problem.status == StatusCode::METHOD_NOT_ALLOWED {
                    let allowed = HeaderValue::from_static(METHODS);
                    response.headers_mut().insert(ALLOW, allowed);
                }
                response
            }
        };
        let has_body = response.status() != StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        if has_body {
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
        let key = self.keys.admit(route.version, &request.headers)?;
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
