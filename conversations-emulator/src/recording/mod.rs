//! Recordings of calls, generated while they are sent.

pub(crate) mod body;
pub(crate) mod range;
pub(crate) mod speech;
pub(crate) mod timeline;
pub(crate) mod wav;

use crate::hash::mix;
use crate::recording::timeline::{Timeline, Track};

/// Which side of a call a recording has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Direction {
    Combined,
    User,
    Agent,
}

impl Direction {
    pub(crate) const NAMES: [&'static str; 3] = ["combined", "user", "agent"];

    pub(crate) fn named(name: &str) -> Self {
        match name {
            "user" => Self::User,
            "agent" => Self::Agent,
            _ => Self::Combined,
        }
    }
}

/// One recording: any of its bytes can be generated without the others.
#[derive(Debug)]
pub(crate) struct Recording {
    tracks: Vec<Track>,
    samples: u64,
    redacted: bool,
    seed: u64,
    tag: u64,
}

impl Recording {
    /// A recording of a call. `version` identifies the record that the timeline was made of.
    pub(crate) fn new(
        timeline: Timeline,
        direction: Direction,
        redacted: bool,
        version: u64,
    ) -> Self {
        let Timeline {
            samples,
            user,
            agent,
            seed,
        } = timeline;
        let tracks = match direction {
            Direction::Combined => vec![user, agent],
            Direction::User => vec![user],
            Direction::Agent => vec![agent],
        };
        let kind = direction as u64 * 2 + u64::from(redacted);
        Self {
            tracks,
            samples,
            redacted,
            seed,
            tag: mix(mix(seed ^ kind) ^ version),
        }
    }

    /// The length of the file in bytes.
    pub(crate) fn len(&self) -> u64 {
        wav::HEADER_BYTES + self.samples * wav::BYTES_PER_SAMPLE
    }

    /// The strong entity tag, in quotes.
    pub(crate) fn etag(&self) -> String {
        format!("\"{:016x}\"", self.tag)
    }

    /// Appends the bytes of a range that lies within the file.
    pub(crate) fn write(&self, from: u64, to: u64, out: &mut Vec<u8>) {
        let header = wav::header(self.samples);
        let mut at = from;
        while at < to.min(wav::HEADER_BYTES) {
            out.push(header[at as usize]);
            at += 1;
        }
        let mut cursors: Vec<_> = self.tracks.iter().map(Track::cursor).collect();
        while at < to {
            let offset = at - wav::HEADER_BYTES;
            let index = offset / wav::BYTES_PER_SAMPLE;
            let mut sample = speech::noise(self.seed, index);
            let mut muted = false;
            for cursor in &mut cursors {
                if let Some(utterance) = cursor.at(index) {
                    muted |= self.redacted && utterance.is_private;
                    sample += speech::sample(utterance, index);
                }
            }
            // Muted is silent to the last bit, which background noise never is.
            let sample = if muted { 0 } else { speech::clip(sample) };
            let bytes = sample.to_le_bytes();
            let skip = (offset % wav::BYTES_PER_SAMPLE) as usize;
            let take = bytes.len().min(skip + (to - at) as usize);
            out.extend_from_slice(&bytes[skip..take]);
            at += (take - skip) as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn recording(redacted: bool) -> Recording {
        let record = serde_json::json!({"turns": [
            {"user_input": "hello", "user_input_datetime": "1970-01-01T00:00:01Z",
             "agent_response": "it is 7", "agent_response_datetime": "1970-01-01T00:00:01.5Z"},
        ]});
        let timeline = Timeline::new(&record, 0, 3, 7);
        Recording::new(timeline, Direction::Combined, redacted, 1)
    }

    proptest! {
        #[test]
        fn any_part_is_that_part_of_the_whole(from in 0_u64..48_044, len in 0_u64..48_044, redacted: bool) {
            let recording = recording(redacted);
            let mut whole = Vec::new();
            recording.write(0, recording.len(), &mut whole);
            prop_assert_eq!(whole.len(), 48_044);
            let to = (from + len).min(recording.len());
            let mut part = Vec::new();
            recording.write(from, to, &mut part);
            prop_assert!(part == whole[from as usize..to as usize]);
        }
    }
}
