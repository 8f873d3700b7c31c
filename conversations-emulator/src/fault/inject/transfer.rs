//! Faults in the transfer of a body: pieces, pauses, resets, truncation.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, StreamBody};

use crate::clock::Clock;
use crate::fault::kind::Kind;
use crate::fault::options::{Framing, Time};
use crate::fault::plan_run::{PlanRun, Step};
use crate::transport::{Body, BoxError, ConnectionClosed, ConnectionHandle, collected, full};

/// Waits, unless the server stops first.
pub(crate) async fn wait(
    of: Option<Duration>,
    time: Time,
    clock: &Clock,
    handle: &ConnectionHandle,
) -> Result<(), ConnectionClosed> {
    let over = async {
        match (of, time) {
            (None, _) => std::future::pending().await,
            (Some(of), Time::Real) => tokio::time::sleep(of).await,
            (Some(of), Time::Clock) => clock.sleep(of).await,
        }
    };
    tokio::select! {
        () = over => Ok(()),
        () = handle.stopped() => Err(ConnectionClosed),
    }
}

pub(crate) fn words_for(of: Option<Duration>) -> String {
    match of {
        Some(of) => format!("for {}", humantime::format_duration(of)),
        None => "indefinitely".into(),
    }
}

/// The state that transfer faults need.
pub(crate) struct Transport {
    pub(crate) run: Arc<PlanRun>,
    pub(crate) request: u64,
    pub(crate) clock: Clock,
    pub(crate) handle: Arc<ConnectionHandle>,
}

impl Transport {
    /// Applies those faults of `steps` that concern the headers and the transfer of a response.
    pub(crate) async fn apply(self, response: Response<Body>, steps: &[Step]) -> Response<Body> {
        let (mut head, mut body) = response.into_parts();
        let mut stops = VecDeque::new();
        let mut trickle = None;
        for step in steps {
            match &step.fault {
                Kind::ContentType { is } => {
                    head.headers.remove(CONTENT_TYPE);
                    let value = HeaderValue::from_str(is).ok();
                    if let Some(value) = value.filter(|value| !value.is_empty()) {
                        head.headers.insert(CONTENT_TYPE, value);
                    }
                    self.run
                        .triggered(self.request, step, "sent another content type");
                }
                Kind::ContentLength { off_by } => {
                    let (len, same) = measured(body).await;
                    let told = len.saturating_add_signed(*off_by);
                    head.headers.insert(CONTENT_LENGTH, told.into());
                    let what = format!("announced {told} bytes for a body of {len}");
                    self.run.triggered(self.request, step, what);
                    if *off_by > 0 {
                        // The announced bytes beyond the body are never sent.
                        stops.push_back((len, step.clone()));
                    }
                    body = same;
                }
                Kind::Truncate {
                    after_bytes,
                    framing,
                } => {
                    head.headers.remove(CONTENT_LENGTH);
                    if *framing == Framing::ContentLength {
                        let (len, same) = measured(body).await;
                        head.headers.insert(CONTENT_LENGTH, len.into());
                        body = same;
                    }
                    stops.push_back((*after_bytes, step.clone()));
                }
                Kind::Reset {
                    after_bytes: Some(after),
                }
                | Kind::Stall {
                    after_bytes: Some(after),
                    ..
                } => stops.push_back((*after, step.clone())),
                Kind::Trickle { .. } => trickle = Some(step.clone()),
                _ => {}
            }
        }
        if stops.is_empty() && trickle.is_none() {
            return Response::from_parts(head, body);
        }
        stops.make_contiguous().sort_by_key(|(after, _)| *after);
        let transfer = FaultyTransfer {
            transport: self,
            source: Some(body),
            carry: Bytes::new(),
            sent: 0,
            stops,
            trickle,
        };
        let frames = stream::unfold(transfer, async |mut transfer| {
            let frame = transfer.next().await?;
            Some((frame, transfer))
        });
        let body = StreamBody::new(frames).boxed_unsync();
        Response::from_parts(head, body)
    }
}

/// The size of a body, and the same body with an unknown size, so that a header can announce a different one.
/// A body that does not know its size is collected; one that does, such as a recording, may be longer than
/// memory.
async fn measured(body: Body) -> (u64, Body) {
    let (len, body) = match body.size_hint().exact() {
        Some(len) => (len, body),
        None => {
            let whole = collected(body).await;
            (whole.len() as u64, full(whole))
        }
    };
    let frames = body.into_data_stream().map_ok(Frame::data);
    (len, StreamBody::new(frames).boxed_unsync())
}

struct FaultyTransfer {
    transport: Transport,
    /// `None` once the body has ended early.
    source: Option<Body>,
    carry: Bytes,
    sent: u64,
    stops: VecDeque<(u64, Step)>,
    trickle: Option<Step>,
}

impl FaultyTransfer {
    async fn next(&mut self) -> Option<Result<Frame<Bytes>, BoxError>> {
        self.source.as_ref()?;
        loop {
            if let Some((after, _)) = self.stops.front()
                && *after == self.sent
            {
                let (_, step) = self.stops.pop_front()?;
                if let Err(closed) = self.stop(&step).await {
                    self.source = None;
                    return Some(Err(closed.into()));
                }
                continue;
            }
            if !self.carry.is_empty() {
                return Some(self.piece().await.map(Frame::data).map_err(Into::into));
            }
            match self.source.as_mut()?.frame().await {
                Some(Ok(frame)) => self.carry = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => {
                    self.source = None;
                    return Some(Err(error));
                }
                None => {
                    for (_, step) in self.stops.drain(..) {
                        let why = format!("its body had only {} bytes", self.sent);
                        self.transport
                            .run
                            .missed(self.transport.request, &step, why);
                    }
                    return None;
                }
            }
        }
    }

    /// The next bytes to send, up to the next stop and at most one piece.
    async fn piece(&mut self) -> Result<Bytes, ConnectionClosed> {
        let mut take = self.carry.len() as u64;
        if let Some((after, _)) = self.stops.front() {
            take = take.min(after - self.sent);
        }
        if let Some(step) = &self.trickle
            && let Kind::Trickle {
                chunk_bytes,
                every,
                time,
            } = &step.fault
        {
            take = take.min(*chunk_bytes);
            let Transport {
                run,
                request,
                clock,
                handle,
            } = &self.transport;
            if self.sent == 0 {
                let every = humantime::format_duration(*every);
                let what = format!("sent the body in pieces of {chunk_bytes} bytes, {every} apart");
                run.triggered(*request, step, what);
            } else {
                wait(Some(*every), *time, clock, handle).await?;
            }
        }
        self.sent += take;
        // At most the length of the pending bytes, which is a usize.
        Ok(self.carry.split_to(take as usize))
    }

    /// What happens after a number of bytes; an error ends the connection.
    async fn stop(&mut self, step: &Step) -> Result<(), ConnectionClosed> {
        let Transport {
            run,
            request,
            clock,
            handle,
        } = &self.transport;
        let sent = self.sent;
        match &step.fault {
            Kind::Stall { lasting, time, .. } => {
                handle.flushed().await;
                let what = format!("stalled after {sent} bytes {}", words_for(*lasting));
                run.triggered(*request, step, what);
                wait(*lasting, *time, clock, handle).await
            }
            Kind::Reset { .. } => {
                // Bytes still buffered by hyper would be lost with the connection.
                handle.flushed().await;
                run.triggered(*request, step, format!("reset after {sent} bytes"));
                handle.reset_on_close();
                Err(ConnectionClosed)
            }
            Kind::Truncate { .. } => {
                handle.flushed().await;
                run.triggered(*request, step, format!("ended after {sent} bytes"));
                Err(ConnectionClosed)
            }
            _ => {
                handle.flushed().await;
                Err(ConnectionClosed)
            }
        }
    }
}
