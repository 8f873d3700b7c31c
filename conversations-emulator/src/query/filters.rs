//! The filters of a request.

use crate::data::entry::{Entry, Label, Labels};

/// The filters of a listing, as requested.
#[derive(Debug, Hash)]
pub(crate) struct Filters {
    pub(crate) environment: &'static str,
    /// Microseconds since the Unix epoch; inclusive.
    pub(crate) start: Option<i64>,
    /// Microseconds since the Unix epoch; exclusive.
    pub(crate) end: Option<i64>,
    /// Sorted, so that their order in the request makes no difference.
    pub(crate) channels: Vec<String>,
    pub(crate) variant: Option<Variant>,
    pub(crate) in_progress: Option<bool>,
}

/// The variant by id or by name.
#[derive(Debug, Hash)]
pub(crate) enum Variant {
    Id(String),
    Name(String),
}

impl Filters {
    /// Resolves the filters against one data set, for the fastest possible test of each record. The time
    /// range is not part of the test: it bounds the candidates.
    pub(crate) fn compile(&self, labels: &Labels) -> impl Fn(&Entry) -> bool + use<> {
        let environment = labels.find(self.environment);
        let channels: Option<Vec<Label>> = (!self.channels.is_empty()).then(|| {
            let wanted = |label: &str| self.channels.iter().any(|channel| names(channel, label));
            labels
                .iter()
                .filter(|(_, text)| wanted(text))
                .map(|(label, _)| label)
                .collect()
        });
        let (by_id, text) = match &self.variant {
            Some(Variant::Id(id)) => (true, Some(id)),
            Some(Variant::Name(name)) => (false, Some(name)),
            None => (false, None),
        };
        let variant = text.map(|text| labels.find(text));
        let in_progress = self.in_progress;
        move |entry| {
            Some(entry.environment) == environment
                && in_progress.is_none_or(|wanted| entry.in_progress == wanted)
                && channels
                    .as_ref()
                    .is_none_or(|channels| channels.contains(&entry.channel))
                && variant.is_none_or(|wanted| {
                    wanted
                        == Some(if by_id {
                            entry.variant_id
                        } else {
                            entry.variant_name
                        })
                })
        }
    }
}

/// Whether a `channel` parameter matches this label.
fn names(channel: &str, label: &str) -> bool {
    match channel {
        "voice" => label
            .get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case("voice")),
        "chat" => label.eq_ignore_ascii_case("chat") || label.eq_ignore_ascii_case("webchat"),
        other => !label.is_empty() && other.eq_ignore_ascii_case(label),
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_channel_matches_a_label_in_any_case_or_a_lower_case_family() {
        assert!(names("voice", "VOICE-SIP"));
        assert!(names("voice", "VOICE"));
        assert!(!names("VOICE", "VOICE-SIP"));
        assert!(names("voice-sip", "VOICE-SIP"));
        assert!(names("chat", "WEBCHAT"));
        assert!(names("chat", "CHAT"));
        assert!(!names("CHAT", "WEBCHAT"));
        assert!(names("Chat", "CHAT"));
        assert!(!names("chat", "chat.polyai"));
        assert!(names("CHAT.PolyAI", "chat.polyai"));
        assert!(!names("", ""));
    }
}
