//! Who speaks when in a call, from the turns of its record.

use serde_json::Value;

use crate::data::time;
use crate::hash::mix;
use crate::recording::wav::SAMPLES_PER_SECOND;

/// How long one letter is spoken, as in generated times: 45 ms by the caller, 52 ms by the agent.
const USER_LETTER_MILLIS: u64 = 45;
const AGENT_LETTER_MILLIS: u64 = 52;

/// From this length on, the rest of a call after its last turn is filled with talk: the caller and the
/// person that the call was handed off to.
const LONG_REST: u64 = 10 * SAMPLES_PER_SECOND;

/// A call: its length in samples, and what either side says.
#[derive(Debug)]
pub(crate) struct Timeline {
    pub(crate) samples: u64,
    pub(crate) user: Track,
    pub(crate) agent: Track,
    pub(crate) seed: u64,
}

/// What one side says: in order, without overlap.
#[derive(Debug, Default)]
pub(crate) struct Track(Vec<Utterance>);

/// One utterance, in samples from the start of the call.
#[derive(Debug, Clone)]
pub(crate) struct Utterance {
    pub(crate) start: u64,
    end: u64,
    /// In Hertz.
    pub(crate) pitch: u64,
    pub(crate) seed: u64,
    /// Whether a redacted recording mutes it.
    pub(crate) is_private: bool,
}

impl Timeline {
    /// The timeline of a record that started at `started_at` and lasts for `seconds`.
    pub(crate) fn new(record: &Value, started_at: i64, seconds: u64, seed: u64) -> Self {
        let samples = seconds * SAMPLES_PER_SECOND;
        let mut timeline = Self {
            samples,
            user: Track::default(),
            agent: Track::default(),
            seed,
        };
        let turns = record["turns"].as_array().map_or(&[][..], Vec::as_slice);
        let told = values_told(turns);
        for turn in turns {
            timeline.add_turn(turn, started_at, &told);
        }
        timeline.fill_the_rest();
        timeline
    }

    fn add_turn(&mut self, turn: &Value, started_at: i64, told: &[&str]) {
        let offset = |name: &str| {
            let at = time::parse(turn[name].as_str()?)?;
            let micros = u64::try_from(at.checked_sub(started_at)?).ok()?;
            // Saturates far beyond the end of any recording.
            Some(micros.saturating_mul(SAMPLES_PER_SECOND) / 1_000_000)
        };
        let said = |name: &str| turn[name].as_str().filter(|text| !text.is_empty());
        if let (Some(end), Some(text)) = (offset("user_input_datetime"), said("user_input")) {
            // The time is that of the end: the agent has understood.
            let start = end.saturating_sub(spoken(text, USER_LETTER_MILLIS));
            let gave = turn["entities"]
                .as_array()
                .is_some_and(|given| !given.is_empty());
            self.say(false, start, end, gave || is_private(text, told));
        }
        if let (Some(start), Some(text)) =
            (offset("agent_response_datetime"), said("agent_response"))
        {
            let end = start.saturating_add(spoken(text, AGENT_LETTER_MILLIS));
            self.say(true, start, end, is_private(text, told));
        }
    }

    fn fill_the_rest(&mut self) {
        let mut at = self.user.end().max(self.agent.end());
        if self.samples.saturating_sub(at) < LONG_REST {
            return;
        }
        for number in 0.. {
            let draw = mix(self.seed ^ mix(number));
            let start = at + SAMPLES_PER_SECOND / 2 + draw % SAMPLES_PER_SECOND;
            at = start + 2 * SAMPLES_PER_SECOND + (draw >> 16) % (5 * SAMPLES_PER_SECOND);
            if at >= self.samples {
                return;
            }
            self.say(
                number.is_multiple_of(2),
                start,
                at,
                (draw >> 40).is_multiple_of(4),
            );
        }
    }

    fn say(&mut self, by_agent: bool, start: u64, end: u64, is_private: bool) {
        let (track, pitch) = match by_agent {
            true => (&mut self.agent, 190),
            false => (&mut self.user, 95 + mix(self.seed) % 70),
        };
        let start = start.max(track.end());
        let end = end.min(self.samples);
        if start < end {
            track.0.push(Utterance {
                start,
                end,
                pitch,
                seed: mix(self.seed ^ start),
                is_private,
            });
        }
    }
}

fn spoken(text: &str, letter_millis: u64) -> u64 {
    text.chars().count() as u64 * letter_millis * SAMPLES_PER_SECOND / 1_000
}

/// The values that the caller gave in any turn.
fn values_told(turns: &[Value]) -> Vec<&str> {
    let entities = turns.iter().filter_map(|turn| turn["entities"].as_array());
    let values = entities.flatten().filter_map(Value::as_object);
    let values = values
        .flat_map(|entity| entity.values())
        .flat_map(|value| match value {
            Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
            value => value.as_str().into_iter().collect::<Vec<_>>(),
        });
    values.filter(|value| value.len() > 1).collect()
}

fn is_private(text: &str, told: &[&str]) -> bool {
    text.contains(|letter: char| letter.is_ascii_digit())
        || told.iter().any(|value| text.contains(value))
}

impl Track {
    fn end(&self) -> u64 {
        self.0.last().map_or(0, |utterance| utterance.end)
    }

    pub(crate) fn cursor(&self) -> Cursor<'_> {
        Cursor {
            track: self,
            next: None,
        }
    }
}

/// Finds the utterances of increasing indices.
pub(crate) struct Cursor<'a> {
    track: &'a Track,
    /// The first utterance that has not ended; unknown before the first index.
    next: Option<usize>,
}

impl Cursor<'_> {
    /// The utterance at `index`, which must not decrease from call to call.
    pub(crate) fn at(&mut self, index: u64) -> Option<&Utterance> {
        let utterances = &self.track.0;
        let first = || utterances.partition_point(|utterance| utterance.end <= index);
        let mut next = self.next.unwrap_or_else(first);
        while utterances
            .get(next)
            .is_some_and(|utterance| utterance.end <= index)
        {
            next += 1;
        }
        self.next = Some(next);
        utterances
            .get(next)
            .filter(|utterance| utterance.start <= index)
    }
}
