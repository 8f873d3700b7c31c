//! Deviations of response bodies from the published schemas.

/// A deviation from the published schemas that real responses of the vendor show.
///
/// A client that only handles the schemas fails on these.
/// [`ServerBehavior::quirks`](crate::ServerBehavior::quirks) selects which of them the emulator produces.
///
/// ```
/// use conversations_emulator::{Quirk, ServerBehavior};
///
/// let strict = ServerBehavior::default().with_quirks([]);
/// let odd = ServerBehavior::default().with_quirks([Quirk::LatencyObject, Quirk::NullLists]);
/// let oddest = ServerBehavior::default().with_quirks(Quirk::ALL);
/// assert!(strict != odd && odd != oddest);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Quirk {
    /// A turn's `latency` is an object with `label`, `perceived_latency` and
    /// `perceived_latency_percentile_1d` instead of a number.
    LatencyObject,
    /// A turn's `latency` is null.
    LatencyNull,
    /// A turn's `intents` and `entities` are null where they are empty.
    NullLists,
    /// A turn's `is_ood` and `is_silence` are null where they are false.
    NullFlags,
    /// A turn has undocumented fields: `turn_id`, `asr_lang_code`, `tts_lang_code`,
    /// `user_input_audio_url`, `user_input_dtmf_finish_key`, `reviews`, and `llm_requests` with an RFC
    /// 2822 time.
    ExtraTurnFields,
    /// A conversation has an undocumented field.
    ExtraFields,
    /// A numeric metric is a JSON number instead of a string.
    MetricNumbers,
    /// A metric logged several times is a list of objects with `timestamp` and `value` instead of a list
    /// of strings.
    MetricObjects,
    /// On v1, an empty string is null.
    NullTexts,
    /// On v1, `turns` is null.
    NullTurns,
    /// On v1, `turns` is missing.
    AbsentTurns,
    /// Times end in `+00:00` and have six fractional digits.
    OffsetTimes,
    /// Times have no zone: on v1 those of turns, on every version those in metrics.
    ZonelessTimes,
    /// In a detail, `shortSummary` is an object with `heading` and `content`.
    SummaryObject,
    /// In a detail, `shortSummary` is null.
    SummaryNull,
    /// In a detail, `language`, `variantId`, `deploymentId`, `handoffReason`, `handoffDestination`, `note`
    /// and `polyScore` are null where they have no value.
    NullDetails,
    /// In the detail of a conversation before July 2026, `polyScore` is on the earlier scale from 0 to 10 instead of 1
    /// to 5.
    TenPointScore,
    /// In a detail, turns have `metadata` with retrieved topics, transcripts and safety.
    TurnMetadata,
    /// In a detail, `audioUrl` is a relative path, and turns have one as `user_input_audio_url`.
    RelativeAudioUrls,
    /// In a detail, `audioUrl` and the `user_input_audio_url` of turns are null.
    NullAudioUrls,
}

impl Quirk {
    /// Every quirk. Where two exclude each other, some values have one and some the other.
    pub const ALL: [Self; 20] = [
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
        Self::SummaryObject,
        Self::SummaryNull,
        Self::NullDetails,
        Self::TenPointScore,
        Self::TurnMetadata,
        Self::RelativeAudioUrls,
        Self::NullAudioUrls,
    ];
}
