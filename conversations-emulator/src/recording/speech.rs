//! Something like speech: syllables of a few harmonics, in integers, the same on every machine.
//!
//! Every sample is a function of its index, so that a range is generated without what precedes it.

use crate::hash::mix;
use crate::recording::timeline::Utterance;
use crate::recording::wav::SAMPLES_PER_SECOND;

/// The samples of one syllable: 180 ms.
const SYLLABLE: u64 = SAMPLES_PER_SECOND * 180 / 1_000;

/// The background noise of a phone line.
pub(crate) fn noise(seed: u64, index: u64) -> i32 {
    (mix(seed ^ index) & 0x1f) as i32 - 16
}

/// The sample of an utterance at an index within it.
pub(crate) fn sample(utterance: &Utterance, index: u64) -> i32 {
    let at = index - utterance.start;
    let (syllable, within) = (at / SYLLABLE, at % SYLLABLE);
    let draw = mix(utterance.seed ^ syllable);
    // A pause between words.
    if draw.is_multiple_of(9) {
        return 0;
    }
    let pitch = utterance.pitch + utterance.pitch * (draw >> 8 & 0xff) / 1_024;
    let phase = at * pitch * 65_536 / SAMPLES_PER_SECOND;
    let (vowel, other) = (2 + (draw >> 16) % 4, 6 + (draw >> 24) % 6);
    let voice = wave(phase) + wave(phase * vowel) / 2 + wave(phase * other) / 4;
    let within = within as i64;
    let rise_and_fall = 4 * within * (SYLLABLE as i64 - within) / SYLLABLE as i64;
    (i64::from(voice) * rise_and_fall / (SYLLABLE as i64 * 5)) as i32
}

/// A sine in the range of 16 bits, approximated by two parabolas; a period is 65,536.
fn wave(phase: u64) -> i32 {
    let half = (phase & 0x7fff) as i32;
    let arc = half * (0x8000 - half) / 8_193;
    if phase & 0x8000 == 0 { arc } else { -arc }
}

/// Limits a sum to 16 bits.
pub(crate) fn clip(sample: i32) -> i16 {
    sample.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}
