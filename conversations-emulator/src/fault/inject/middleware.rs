//! Processes every response of an emulator or a proxy: journal, fault plan, faults, compression.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, Request, Response, response};
use hyper::body::Incoming;

use crate::admin::Admin;
use crate::behavior::choices::ErrorShape;
use crate::clock::Clock;
use crate::fault::faults::{DEFAULT_PLAN, Faults, PLAN_HEADER};
use crate::fault::inject::content;
use crate::fault::inject::page_text::PageText;
use crate::fault::inject::transfer::{Transport, wait, words_for};
use crate::fault::kind::Kind;
use crate::fault::plan_run::request_info::{NextPage, RequestInfo};
use crate::fault::plan_run::{PlanRun, Step};
use crate::hosts::Hosts;
use crate::journal::{Log, Ticket};
use crate::response::correlation;
use crate::response::problem::{self, Problem};
use crate::transport::{
    Body, ConnectionClosed, ConnectionHandle, RequestHandler, collected, compressed, full,
};

/// The inner service whose responses the faults apply to.
pub(crate) trait InnerService: Send + Sync + 'static {
    /// Responds to a request. The response's extensions hold a [`NextPage`] if it is a streamed page.
    fn respond(&self, request: Request<Incoming>) -> impl Future<Output = Response<Body>> + Send;

    /// Whether responses are compressed.
    fn gzip(&self) -> bool;
}

/// The middleware in front of an inner service.
pub(crate) struct Middleware<B> {
    pub(crate) inner: B,
    pub(crate) faults: Faults,
    pub(crate) clock: Clock,
    pub(crate) journal: Arc<Log>,
    pub(crate) admin: Option<Admin>,
    pub(crate) hosts: Hosts,
}

/// A response whose body is read only if a fault changes its content.
struct Fetched {
    head: response::Parts,
    content: Content,
}

enum Content {
    Unread(Body),
    Page(Box<PageText>),
    NoPage(Bytes),
}

impl<B: InnerService> RequestHandler for Middleware<B> {
    async fn respond(
        &self,
        mut request: Request<Incoming>,
        handle: Arc<ConnectionHandle>,
    ) -> Result<Response<Body>, ConnectionClosed> {
        if !self.hosts.accept(&request) {
            return Ok(refusal(&problem::foreign_host(), 0, 0));
        }
        if let Some(admin) = self
            .admin
            .as_ref()
            .filter(|_| Admin::has(request.uri().path()))
        {
            return Ok(admin.respond(request).await);
        }
        let named = request.headers_mut().remove(PLAN_HEADER);
        let name = named.as_ref().map(|name| name.to_str().unwrap_or_default());
        let run = self.faults.run(name.unwrap_or(DEFAULT_PLAN));
        let plan = run.as_ref().map(|run| run.name());
        let ticket = self.journal.open(&request, plan, self.clock.now());
        let outcome = match (&run, name) {
            (Some(run), _) => self.under_plan(run, request, ticket, handle).await,
            (None, Some(_)) => Ok(refusal(&problem::no_such_plan(), 0, 0)),
            (None, None) => {
                let asked = self.accepted(&request);
                let response = self.inner.respond(request).await;
                Ok(self.packed(&asked, response).await)
            }
        };
        if let Ok(response) = &outcome {
            self.journal.record_status(ticket, response.status());
        }
        outcome
    }
}

impl<B: InnerService> Middleware<B> {
    /// The `Accept-Encoding` headers, if responses are compressed at all.
    fn accepted(&self, request: &Request<Incoming>) -> HeaderMap {
        let mut accepted = HeaderMap::new();
        if self.inner.gzip() {
            for value in request.headers().get_all(ACCEPT_ENCODING) {
                accepted.append(ACCEPT_ENCODING, value.clone());
            }
        }
        accepted
    }

    async fn packed(&self, accepted: &HeaderMap, response: Response<Body>) -> Response<Body> {
        compressed(accepted, response).await
    }

    async fn under_plan(
        &self,
        run: &Arc<PlanRun>,
        mut request: Request<Incoming>,
        ticket: Ticket,
        handle: Arc<ConnectionHandle>,
    ) -> Result<Response<Body>, ConnectionClosed> {
        let accepted = self.accepted(&request);
        if run.needs_content() {
            request.headers_mut().remove(ACCEPT_ENCODING);
        }
        let (parts, body) = request.into_parts();
        let info = RequestInfo::new(&parts, run.next_request());
        if let Some(cursor) = run.made_up(&info) {
            return Ok(self.packed(&accepted, made_up_page(cursor)).await);
        }
        let mut request = Some(Request::from_parts(parts, body));
        let mut fetched = None;
        if run.needs_response()
            && let Some(request) = request.take()
        {
            let mut response = Fetched::new(self.inner.respond(request).await);
            response.read_unless_known().await;
            fetched = Some(response);
        }
        let next = fetched.as_ref().and_then(Fetched::next);
        let steps = run.decide(&info, next.as_ref(), self.clock.now());
        self.journal
            .decided(ticket, steps.iter().map(|step| run.plan.id_of(step.rule)));

        let refused = self.before_response(run, &info, &steps, &handle).await?;
        let response = match (refused, fetched, request) {
            (Some(refused), ..) => {
                for step in steps.iter().filter(|step| step.fault.edits_the_page()) {
                    run.missed(info.number, step, "another rule replaced the response");
                }
                refused
            }
            (None, Some(fetched), _) => fetched.edited(run, &info, &steps).await,
            (None, None, Some(request)) => {
                let fetched = Fetched::new(self.inner.respond(request).await);
                fetched.edited(run, &info, &steps).await
            }
            (None, None, None) => return Err(ConnectionClosed),
        };
        let response = self.packed(&accepted, response).await;
        let transport = Transport {
            run: Arc::clone(run),
            request: info.number,
            clock: self.clock.clone(),
            handle,
        };
        Ok(transport.apply(response, &steps).await)
    }

    /// Applies delays and refusals.
    async fn before_response(
        &self,
        run: &PlanRun,
        info: &RequestInfo,
        steps: &[Step],
        handle: &ConnectionHandle,
    ) -> Result<Option<Response<Body>>, ConnectionClosed> {
        let (seed, number) = (run.plan.seed, info.number);
        let mut refused = None;
        for step in steps {
            match &step.fault {
                Kind::Latency { of, time, .. } => {
                    let what = format!("waited {}", words_for(Some(*of)));
                    run.triggered(number, step, what);
                    wait(Some(*of), *time, &self.clock, handle).await?;
                }
                Kind::Stall {
                    after_bytes: None,
                    lasting,
                    time,
                } => {
                    let what = format!("stalled before the head {}", words_for(*lasting));
                    run.triggered(number, step, what);
                    wait(*lasting, *time, &self.clock, handle).await?;
                }
                Kind::Reset { after_bytes: None } => {
                    run.triggered(number, step, "reset the connection before the head");
                    handle.reset_on_close();
                    return Err(ConnectionClosed);
                }
                Kind::Status(status) => {
                    run.triggered(number, step, status.what());
                    let id = correlation::id(seed, number);
                    refused = Some(status.response(self.clock.now(), &id));
                }
                Kind::ExpiredCursor {} => {
                    run.triggered(number, step, "rejected the cursor as expired");
                    let expired =
                        problem::unreadable("cursor has expired; start again from the first page");
                    refused = Some(refusal(&expired, seed, number));
                }
                Kind::Redirect { to, code } => {
                    run.triggered(number, step, format!("redirected by {code}"));
                    refused = Some(redirect(to, *code, info));
                }
                _ => {}
            }
        }
        Ok(refused)
    }
}

impl Fetched {
    fn new(response: Response<Body>) -> Self {
        let (head, body) = response.into_parts();
        let content = Content::Unread(body);
        Self { head, content }
    }

    fn next(&self) -> Option<NextPage> {
        match &self.content {
            Content::Page(page) => Some(page.next()),
            _ => self.head.extensions.get().cloned(),
        }
    }

    async fn read_unless_known(&mut self) {
        if self.next().is_none() {
            self.read().await;
        }
    }

    /// Reads the body if it can be a page; a recording may be longer than memory.
    async fn read(&mut self) {
        let content_type = self.head.headers.get(CONTENT_TYPE);
        let is_audio = content_type.is_some_and(|is| is.as_bytes().starts_with(b"audio/"));
        if let Content::Unread(body) = &mut self.content
            && !is_audio
        {
            let body = std::mem::replace(body, full(Bytes::new()));
            let json = collected(body).await;
            let page = self.head.status.is_success().then(|| json.clone());
            self.content = match page.and_then(PageText::read) {
                Some(page) => Content::Page(page.into()),
                None => Content::NoPage(json),
            };
        }
    }

    /// Applies the faults inside the page, and stores what later requests need of it.
    async fn edited(mut self, run: &PlanRun, info: &RequestInfo, steps: &[Step]) -> Response<Body> {
        let edits = steps.iter().any(|step| step.fault.edits_the_page());
        if edits || run.kept_records() > 0 {
            self.read().await;
        } else if run.follows_walks() {
            self.read_unless_known().await;
        }
        if run.follows_walks() {
            let tail = match &self.content {
                Content::Page(page) => content::tail_of(page, run.kept_records()),
                _ => Vec::new(),
            };
            if let Some(next) = self.next() {
                run.record_response(info, &next, &tail);
            }
        }
        let body = match self.content {
            Content::Unread(body) => {
                for step in steps.iter().filter(|step| step.fault.edits_the_page()) {
                    run.missed(info.number, step, "its response was not a page");
                }
                return Response::from_parts(self.head, body);
            }
            Content::Page(mut page) => {
                content::edit(&mut page, steps, info, run);
                page.written()
            }
            Content::NoPage(bytes) => {
                for step in steps.iter().filter(|step| step.fault.edits_the_page()) {
                    run.missed(info.number, step, "its response was not a page");
                }
                bytes
            }
        };
        self.head.headers.remove(CONTENT_LENGTH);
        Response::from_parts(self.head, full(body))
    }
}

fn made_up_page(cursor: Option<String>) -> Response<Body> {
    let page = serde_json::json!({"conversations": [], "cursor": cursor});
    json(Response::new(full(page.to_string())))
}

fn refusal(problem: &Problem, seed: u64, number: u64) -> Response<Body> {
    let id = correlation::id(seed, number);
    let mut response = Response::new(full(problem.body(ErrorShape::Current, &id)));
    *response.status_mut() = problem.status;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(correlation::HEADER, id);
    }
    json(response)
}

fn redirect(to: &str, code: u16, info: &RequestInfo) -> Response<Body> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(&info.query);
    let query = query.finish();
    let separator = if query.is_empty() { "" } else { "?" };
    let to = to.trim_end_matches('/');
    let location = format!("{to}{}{separator}{query}", info.path);
    let mut response = Response::new(full(Bytes::new()));
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap_or(http::StatusCode::FOUND);
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

fn json(mut response: Response<Body>) -> Response<Body> {
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
