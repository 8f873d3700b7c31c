//! The metrics of a record.

use crate::generate::calendar::{SECOND, Zone};
use crate::generate::dialogue::{Dialogue, Ending};
use crate::generate::json::JsonWriter;
use crate::generate::random::Random;
use crate::generate::turns::Times;

/// The inputs of a conversation's metrics.
pub(super) struct MetricInputs<'a> {
    pub(super) dialogue: &'a Dialogue,
    pub(super) times: &'a [Times],
    pub(super) seconds: u64,
    pub(super) locale: &'static str,
    pub(super) in_progress: bool,
}

/// Writes strings and lists of strings, as published; some records also get the numbers, objects and
/// times without a zone that real responses contain.
pub(super) fn write(random: &mut Random, inputs: &MetricInputs<'_>, json: &mut JsonWriter<'_>) {
    let MetricInputs {
        dialogue,
        times,
        seconds,
        locale,
        in_progress,
    } = inputs;
    let first = times[0].user;
    json.object(|json| {
        if random.percent(4) {
            json.key("CALL_DURATION").integer(*seconds);
        } else {
            json.key("CALL_DURATION").text(&seconds.to_string());
        }
        let zone = if random.percent(5) {
            Zone::Absent
        } else {
            Zone::Letter
        };
        json.key("CALL_TURN")
            .array(|json| times.iter().for_each(|times| json.time(times.agent, zone)));
        json.key("CALL_IN_PROGRESS").time(first, zone);
        json.key("LANGUAGE").text(locale);
        json.key("INTENT");
        match dialogue.matters.as_slice() {
            [only] => json.text(only.scenario.intent),
            several => json.array(|json| {
                for matter in several {
                    json.text(matter.scenario.intent);
                }
            }),
        }
        if random.percent(5) {
            json.key("SENTIMENT").array(|json| {
                for times in times.iter().take(3) {
                    json.object(|json| {
                        json.key("timestamp").time(times.user, Zone::Offset);
                        json.key("value")
                            .text(random.pick(&["calm", "neutral", "annoyed"]));
                    });
                }
            });
        }
        if *in_progress {
            return;
        }
        let last = first + *seconds as i64 * SECOND;
        json.key("CALL_COMPLETED").time(last, zone);
        match dialogue.ending {
            Ending::Settled => {
                json.key("TASK_COMPLETED").text("true");
                if random.percent(20) {
                    let score = random.between(2, 5);
                    json.key("CSAT");
                    if random.percent(15) {
                        json.integer(score);
                    } else {
                        json.text(&score.to_string());
                    }
                }
            }
            Ending::HandedOff(handoff) => {
                json.key("TASK_COMPLETED").text("false");
                json.key("HANDOFF_TO").text(handoff.destination);
                json.key("HANDOFF_REASON").text(handoff.reason);
            }
            Ending::HungUp => {
                json.key("TASK_COMPLETED").text("false");
                json.key("HANGUP_BY").text("caller");
            }
        }
    });
}
