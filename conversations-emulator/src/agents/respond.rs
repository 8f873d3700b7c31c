//! Responds to requests to the agents host.

use std::hash::Hasher;
use std::ops::Range;
use std::sync::Arc;

use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HOST};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body_util::BodyExt;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use serde_json::Value;

use crate::agents::detail::Detail;
use crate::agents::detail_values::DetailValues;
use crate::agents::quirks::DetailQuirks;
use crate::agents::route::{AgentsRoute, Operation};
use crate::auth::api_key::{Key, KeyFamily};
use crate::data::dataset::{Dataset, Project};
use crate::data::entry::Entry;
use crate::hash::{Fnv, mix};
use crate::query::parameters::Given;
use crate::recording::body::RecordingBody;
use crate::recording::range::{self, Requested};
use crate::recording::timeline::Timeline;
use crate::recording::{Direction, Recording, wav};
use crate::response::problem::{self, Problem};
use crate::response::view::{Shape, View};
use crate::state::State;
use crate::transport::{Body, full, no_content};

/// A conversation of the agents host.
struct Conversation<'a> {
    project: &'a Project,
    entry: &'a Arc<Entry>,
    /// The record as stored.
    record: Value,
    /// The hash of the data's seed and the id, which every generated value is drawn from.
    draw: u64,
}

impl State {
    pub(crate) fn respond_as_agents(&self, request: &Parts) -> Result<Response<Body>, Problem> {
        let path = request.uri.path();
        let route = AgentsRoute::parse(path).ok_or_else(problem::no_such_agents_route)?;
        if request.method == Method::OPTIONS {
            return Ok(no_content());
        }
        let is_read = matches!(request.method, Method::GET | Method::HEAD);
        let reads = matches!(route.operation, Operation::Detail(_) | Operation::Audio(_));
        if reads != is_read || (!reads && request.method != Method::POST) {
            return Err(problem::method_not_allowed());
        }
        let key = self.keys.admit(KeyFamily::Agents, &request.headers)?;
        let data = self.live.snapshot(self.clock.now());
        match &route.operation {
            Operation::Detail(id) => {
                let found = find(&data, key, &route.agent_id, id)?;
                let found = found.ok_or_else(problem::no_such_conversation)?;
                self.live.looked(std::slice::from_ref(found.entry));
                Ok(Response::new(full(self.detail(&found, &request.headers))))
            }
            Operation::Audio(id) => {
                let query = request.uri.query().unwrap_or_default();
                let given = Given::of(query);
                let direction = given.one_of("direction", &Direction::NAMES)?;
                let redacted = given.boolean("redacted")?.unwrap_or(false);
                let found = find(&data, key, &route.agent_id, id)?;
                let found = found.ok_or_else(problem::no_such_recording)?;
                let seconds = found
                    .recorded_seconds()
                    .ok_or_else(problem::no_such_recording)?;
                let timeline = found.timeline(seconds);
                let recording = Recording::new(
                    timeline,
                    direction.map_or(Direction::Combined, Direction::named),
                    redacted || !key.reads_personal_data(),
                    version(&found.entry.raw),
                );
                self.recording(recording, request)
            }
            // No draft is ever deployed here, so no chat can begin.
            Operation::CreateDebugChat => Err(problem::no_draft()),
            Operation::RespondDebugChat(_) => Err(problem::no_such_conversation()),
        }
    }

    fn detail(&self, found: &Conversation<'_>, headers: &HeaderMap) -> Vec<u8> {
        let view = View {
            shape: Shape::V2AndV3 {
                latency: true,
                turn_metadata: false,
            },
            transcripts: self.behavior.transcripts,
            bodies: self.behavior.bodies(false),
        };
        let mut listed = Vec::new();
        view.write(found.entry, &mut listed);
        let listed = parsed(&listed);
        let audio_url = found.recorded_seconds().is_some().then(|| {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok());
            let (agent, id) = (encoded(&found.project.project_id), encoded(&found.entry.id));
            let host = host.unwrap_or("localhost");
            format!("http://{host}/v1/agents/{agent}/conversations/{id}/audio")
        });
        Detail {
            account_id: &found.project.account_id,
            project_id: &found.project.project_id,
            started_at: found.entry.started_at,
            values: DetailValues {
                record: &found.record,
                draw: found.draw,
            },
            listed: &listed,
            quirks: DetailQuirks {
                selected: self.behavior.quirks.as_ref(),
                draw: found.draw,
            },
            audio_url,
        }
        .write()
    }

    fn recording(&self, recording: Recording, request: &Parts) -> Result<Response<Body>, Problem> {
        let (len, etag) = (recording.len(), recording.etag());
        // Other methods than GET have no ranges.
        let requested = match request.method == Method::GET && self.behavior.ranges {
            true => range::requested(&request.headers, &etag, len),
            false => Requested::Whole,
        };
        let (status, part): (_, Range<u64>) = match requested {
            Requested::Whole => (StatusCode::OK, 0..len),
            Requested::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
            Requested::Unsatisfiable => return Err(problem::range_not_satisfiable(len)),
        };
        let content_range = format!("bytes {}-{}/{len}", part.start, part.end.saturating_sub(1));
        let content_length = part.end - part.start;
        let body = RecordingBody {
            recording,
            left: part,
            buffers: Arc::clone(&self.buffers),
        };
        let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("audio/wav"));
        headers.insert(CONTENT_LENGTH, content_length.into());
        if self.behavior.ranges {
            headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
            headers.insert(ETAG, ascii(&etag));
        }
        if status == StatusCode::PARTIAL_CONTENT {
            headers.insert(CONTENT_RANGE, ascii(&content_range));
        }
        Ok(response)
    }
}

/// The conversation with this id in a project of the agent that the key can read.
fn find<'a>(
    data: &'a Dataset,
    key: &Key,
    agent_id: &str,
    id: &str,
) -> Result<Option<Conversation<'a>>, Problem> {
    let mut refused = problem::no_such_agent();
    let mut readable = false;
    for project in data.projects_named(agent_id) {
        match key.check_project(&project.account_id, &project.project_id) {
            Ok(()) => readable = true,
            Err(problem) => refused = problem,
        }
    }
    if !readable {
        return Err(refused);
    }
    let found = data.with_id(id).find(|(project, _)| {
        project.project_id == agent_id && key.check_project(&project.account_id, agent_id).is_ok()
    });
    Ok(found.map(|(project, entry)| {
        let mut hasher = Fnv::default();
        hasher.write_u64(data.seed());
        hasher.write(id.as_bytes());
        Conversation {
            project,
            entry,
            record: parsed(&entry.raw),
            draw: mix(hasher.finish()),
        }
    }))
}

impl Conversation<'_> {
    /// The length of the recording; `None` for a conversation without one.
    ///
    /// Only calls have recordings, and only once they have ended. A `recording` member of the record whose
    /// `status` is `stored` or `none` decides; otherwise one call in ten has no recording.
    fn recorded_seconds(&self) -> Option<u64> {
        let record = &self.record;
        let channel = record["channel"].as_str().unwrap_or_default();
        let is_call = channel.to_ascii_uppercase().starts_with("VOICE");
        let is_stored = match record["recording"]["status"].as_str() {
            Some("none") => false,
            Some("stored") => true,
            _ => !mix(self.draw ^ 1).is_multiple_of(10),
        };
        if !is_call || self.entry.in_progress || !is_stored {
            return None;
        }
        let lasted = ["total_duration", "polyai_duration"].map(|name| record[name].as_u64());
        let seconds = lasted.into_iter().flatten().find(|seconds| *seconds > 0)?;
        Some(seconds.min(wav::MOST_SECONDS))
    }

    fn timeline(&self, seconds: u64) -> Timeline {
        Timeline::new(&self.record, self.entry.started_at, seconds, self.draw)
    }
}

fn version(raw: &[u8]) -> u64 {
    let mut hasher = Fnv::default();
    hasher.write(raw);
    hasher.finish()
}

fn parsed(record: &[u8]) -> Value {
    // Records were validated as JSON when they were loaded; one that nests too deep has no members here.
    serde_json::from_slice(record).unwrap_or_default()
}

/// Everything that a path segment cannot have as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn encoded(id: &str) -> String {
    percent_encoding::utf8_percent_encode(id, RESERVED).to_string()
}

fn ascii(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("digits and punctuation form a valid header value")
}
