//! Faults of a body on its way: pieces, pauses, resets, ends before the end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};

use crate::clock::Clock;
use crate::fault::kind::Kind;
use crate::fault::options::{Framing, Time};
use crate::fault::plan_run::{PlanRun, Step};
use crate::transport::{Body, BoxError, Hangup, Line, collected};

/// Waits, unless the server stops first.
pub(crate) async fn wait(
    of: Option<Duration>,
    time: Time,
    clock: &Clock,
    line: &Line,
) -> Result<(), Hangup> {
    let over = async {
        match (of, time) {
            (None, _) => std::future::pending().await,
            (Some(of), Time::Real) => tokio::time::sleep(of).await,
            (Some(of), Time::Clock) => clock.sleep(of).await,
        }
    };
    tokio::select! {
        () = over => Ok(()),
        () = line.stopped() => Err(Hangup),
    }
}

pub(crate) fn words_for(of: Option<Duration>) -> String {
    match of {
        Some(of) => format!("for {}", humantime::format_duration(of)),
        None => "for ever".into(),
    }
}

/// What a body needs to be faulty.
pub(crate) struct Transport {
    pub(crate) run: Arc<PlanRun>,
    pub(crate) request: u64,
    pub(crate) clock: Clock,
    pub(crate) line: Arc<Line>,
}

impl Transport {
    /// Makes the faults of `steps` that concern header and body of an answer happen.
    pub(crate) async fn spoil(self, response: Response<Body>, steps: &[Step]) -> Response<Body> {
        let (mut head, mut body) = response.into_parts();
        let mut stops = VecDeque::new();
        let mut pace = None;
        for step in steps {
            match &step.fault {
                Kind::ContentType { is } => {
                    head.headers.remove(CONTENT_TYPE);
                    let value = HeaderValue::from_str(is).ok();
                    if let Some(value) = value.filter(|value| !value.is_empty()) {
                        head.headers.insert(CONTENT_TYPE, value);
                    }
                    self.run
                        .met(self.request, step, "sent another content type");
                }
                Kind::ContentLength { off_by } => {
                    let whole = collected(body).await;
                    let told = (whole.len() as u64).saturating_add_signed(*off_by);
                    head.headers.insert(CONTENT_LENGTH, told.into());
                    let what = format!("announced {told} bytes of a body of {}", whole.len());
                    self.run.met(self.request, step, what);
                    if *off_by > 0 {
                        // The bytes that were announced and do not exist never come.
                        stops.push_back((whole.len() as u64, step.clone()));
                    }
                    body = of_unknown_length(whole);
                }
                Kind::Truncate {
                    after_bytes,
                    framing,
                } => {
                    head.headers.remove(CONTENT_LENGTH);
                    if *framing == Framing::ContentLength {
                        let whole = collected(body).await;
                        head.headers.insert(CONTENT_LENGTH, whole.len().into());
                        body = of_unknown_length(whole);
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
                Kind::Trickle { .. } => pace = Some(step.clone()),
                _ => {}
            }
        }
        if stops.is_empty() && pace.is_none() {
            return Response::from_parts(head, body);
        }
        stops.make_contiguous().sort_by_key(|(after, _)| *after);
        let pouring = Pouring {
            transport: self,
            source: Some(body),
            carry: Bytes::new(),
            sent: 0,
            stops,
            pace,
        };
        let frames = stream::unfold(pouring, async |mut pouring| {
            let frame = pouring.next().await?;
            Some((frame, pouring))
        });
        let body = StreamBody::new(frames).boxed_unsync();
        Response::from_parts(head, body)
    }
}

/// A body that does not say how long it is, so that a header may say something else.
fn of_unknown_length(whole: Bytes) -> Body {
    let frames = stream::once(async { Ok(Frame::data(whole)) });
    StreamBody::new(frames).boxed_unsync()
}

struct Pouring {
    transport: Transport,
    /// `None` once the body has broken off.
    source: Option<Body>,
    carry: Bytes,
    sent: u64,
    stops: VecDeque<(u64, Step)>,
    pace: Option<Step>,
}

impl Pouring {
    async fn next(&mut self) -> Option<Result<Frame<Bytes>, BoxError>> {
        self.source.as_ref()?;
        loop {
            if let Some((after, _)) = self.stops.front()
                && *after == self.sent
            {
                let (_, step) = self.stops.pop_front()?;
                if let Err(hangup) = self.stop(&step).await {
                    self.source = None;
                    return Some(Err(hangup.into()));
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

    /// The next bytes to send, up to the next stop and no more than one piece.
    async fn piece(&mut self) -> Result<Bytes, Hangup> {
        let mut take = self.carry.len() as u64;
        if let Some((after, _)) = self.stops.front() {
            take = take.min(after - self.sent);
        }
        if let Some(step) = &self.pace
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
                line,
            } = &self.transport;
            if self.sent == 0 {
                let every = humantime::format_duration(*every);
                let what = format!("sent the body in pieces of {chunk_bytes} bytes, {every} apart");
                run.met(*request, step, what);
            } else {
                wait(Some(*every), *time, clock, line).await?;
            }
        }
        self.sent += take;
        // No more than the length of the carried bytes, which is a usize.
        Ok(self.carry.split_to(take as usize))
    }

    /// What happens after so many bytes; an error ends the connection.
    async fn stop(&mut self, step: &Step) -> Result<(), Hangup> {
        let Transport {
            run,
            request,
            clock,
            line,
        } = &self.transport;
        let sent = self.sent;
        match &step.fault {
            Kind::Stall { lasting, time, .. } => {
                line.flushed().await;
                let what = format!("stalled after {sent} bytes {}", words_for(*lasting));
                run.met(*request, step, what);
                wait(*lasting, *time, clock, line).await
            }
            Kind::Reset { .. } => {
                // What is still with hyper would be lost with the connection.
                line.flushed().await;
                run.met(*request, step, format!("reset after {sent} bytes"));
                line.reset_on_close();
                Err(Hangup)
            }
            Kind::Truncate { .. } => {
                line.flushed().await;
                run.met(*request, step, format!("ended after {sent} bytes"));
                Err(Hangup)
            }
            _ => {
                line.flushed().await;
                Err(Hangup)
            }
        }
    }
}
