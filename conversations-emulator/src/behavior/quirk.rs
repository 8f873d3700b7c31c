//! What bodies hold beyond the published schemas.

/// A way in which bodies differ from the published schemas, seen in real responses of the vendor.
///
/// A client that is right for the schemas alone breaks on these. Which of them an emulator shows is
/// [`Readings::oddities`](crate::Readings::oddities).
///
/// ```
/// use conversations_emulator::{Oddity, Readings};
///
/// let strict = Readings::default().with_oddities([]);
/// let odd = Readings::default().with_oddities([Oddity::LatencyObject, Oddity::NullLists]);
/// let oddest = Readings::default().with_oddities(Oddity::ALL);
/// assert!(strict != odd && odd != oddest);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Oddity {
    /// A turn's `latency` is an object with `label`, `perceived_latency` and
    /// `perceived_latency_percentile_1d` instead of a number.
    LatencyObject,
    /// A turn's `latency` is null.
    LatencyNull,
    /// A turn's `intents` and `entities` are null where they are empty.
    NullLists,
    /// A turn's `is_ood` and `is_silence` are null where they are false.
    NullFlags,
    /// A turn has fields that no page lists: `turn_id`, `asr_lang_code`, `tts_lang_code`,
    /// `user_input_audio_url`, `user_input_dtmf_finish_key`, `reviews`, and `llm_requests` with a time as
    /// in RFC 2822.
    ExtraTurnFields,
    /// A conversation has a field that no page lists.
    ExtraFields,
    /// A metric that is a number is a JSON number instead of text.
    MetricNumbers,
    /// A metric written several times is a list of objects with `timestamp` and `value` instead of a
    /// list of texts.
    MetricObjects,
    /// On v1, an empty text is null.
    NullTexts,
    /// On v1, `turns` is null.
    NullTurns,
    /// On v1, there is no `turns`.
    AbsentTurns,
    /// Times end in `+00:00` and have six digits of a second.
    OffsetTimes,
    /// Times have no zone: those of turns on v1, those in metrics on every version.
    ZonelessTimes,
}

impl Oddity {
    /// Every oddity. Where two exclude each other, some values show the one and some the other.
    pub const ALL: [Self; 13] = [
        Self::LatencyObject,
        Self::LatencyNull,
        Self::NullLists,
        Self::NullFlags,
        Self::ExtraTurnFields,
        Self::ExtraFields,
        Self::MetricNumbers,
        Self::MetricObjects,
        Self::NullTexts,
        Self::NullTurns,
        Self::AbsentTurns,
        Self::OffsetTimes,
        Self::ZonelessTimes,
    ];
}
