//! What an emulator knows, and the one function that answers a request from it.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, StatusCode};
use bytes::Bytes;

use crate::cursor::Binding;
use crate::dataset::Dataset;
use crate::hash::mix;
use crate::journal::Journal;
use crate::keyring::Keyring;
use crate::page::{self, Envelope};
use crate::parameters::{Parameters, pages_by_cursor};
use crate::problem::{self, Problem};
use crate::readings::Readings;
use crate::route::{Route, Version};
use crate::select::{Start, select};
use crate::view::{Shape, View};

/// The header that names one answer to the vendor's support.
const CORRELATION_ID: &str = "x-polyai-correlation-id";

/// What a path of the API understands.
const METHODS: &str = "GET, HEAD, OPTIONS";

/// Everything an answer depends on.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) data: Dataset,
    pub(crate) readings: Readings,
    pub(crate) keys: Keyring,
    pub(crate) journal: Journal,
    pub(crate) answered: AtomicU64,
}

impl State {
    /// Answers one request.
    pub(crate) fn answer(&self, request: &Parts) -> Response<Bytes> {
        let correlation_id = self.next_correlation_id();
        let outcome = self.page(request);
        let mut response = Response::new(Bytes::new());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let named = HeaderValue::from_str(&correlation_id)
            .expect("hexadecimal digits and hyphens are a header value");
        headers.insert(CORRELATION_ID, named);
        match outcome {
            Ok(_) if request.method == Method::OPTIONS => {
                headers.remove(CONTENT_TYPE);
                headers.insert(ALLOW, HeaderValue::from_static(METHODS));
                *response.status_mut() = StatusCode::NO_CONTENT;
            }
            Ok(body) => *response.body_mut() = body.into(),
            Err(problem) => {
                if problem.status == StatusCode::METHOD_NOT_ALLOWED {
                    headers.insert(ALLOW, HeaderValue::from_static(METHODS));
                }
                *response.status_mut() = problem.status;
                *response.body_mut() = problem
                    .body(self.readings.error_shape, &correlation_id)
                    .into();
            }
        }
        response
    }

    fn page(&self, request: &Parts) -> Result<Vec<u8>, Problem> {
        let route = Route::parse(request.uri.path()).ok_or_else(problem::no_such_route)?;
        if request.method == Method::OPTIONS {
            return Ok(Vec::new());
        }
        if !matches!(request.method, Method::GET | Method::HEAD) {
            return Err(problem::method_not_allowed());
        }
        let key = self.keys.admit(route.version, &request.headers)?;
        if !self.data.has_account(&route.account_id) {
            return Err(problem::no_such_account());
        }
        let project = self.data.project(&route.account_id, &route.project_id);
        let project = project.ok_or_else(problem::no_such_project)?;
        key.check_project(&route.account_id, &route.project_id)?;

        let query = request.uri.query().unwrap_or_default();
        let parameters = Parameters::parse(query, route.version, &self.readings)?;
        let binding = Binding::new(&route, &parameters.filters, &parameters.retrieval);
        let start = match &parameters.cursor {
            Some(cursor) => Start::After(binding.decode(cursor)?),
            None => Start::Offset(parameters.offset),
        };
        let selection = select(
            &self.data,
            project,
            &parameters,
            &start,
            self.readings.order,
        );
        let envelope = match route.version {
            Version::V1 => Envelope::V1,
            version if pages_by_cursor(version, &self.readings) => {
                Envelope::Cursor(selection.next.as_ref().map(|next| binding.encode(next)))
            }
            _ => Envelope::Offset,
        };
        Ok(page::body(
            &selection,
            &self.view(route.version, &parameters),
            &envelope,
        ))
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
            transcripts: self.readings.transcripts,
            bodies: self.readings.bodies(version == Version::V1),
        }
    }

    /// A text in the form of a UUID: from the data's seed and the number of the answer, so that a test
    /// that is run again sees the same ones.
    fn next_correlation_id(&self) -> String {
        let number = self.answered.fetch_add(1, Ordering::Relaxed);
        let high = mix(self.data.seed() ^ mix(number));
        let low = mix(high ^ number);
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            (low >> 48) & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff,
        )
    }
}
