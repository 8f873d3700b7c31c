//! The turns of a record.

use crate::generate::calendar::{SECOND, Zone};
use crate::generate::dialogue::{Dialogue, Turn};
use crate::generate::json::JsonWriter;
use crate::generate::random::Random;

/// The times of the two halves of a turn, in microseconds since the Unix epoch.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) user: i64,
    pub(super) agent: i64,
}

/// The undocumented additions to the turns of a record.
pub(super) struct Extras {
    latency: bool,
    metadata: bool,
    undocumented: bool,
}

impl Extras {
    pub(super) fn draw(random: &mut Random) -> Self {
        Self {
            latency: random.percent(70),
            metadata: random.percent(25),
            undocumented: random.percent(15),
        }
    }
}

/// Distributes the turns over time: reading or listening, thinking, speaking or typing.
pub(super) fn times(
    random: &mut Random,
    dialogue: &Dialogue,
    started_at: i64,
    by_voice: bool,
) -> Vec<Times> {
    let mut now = started_at;
    let mut times = Vec::with_capacity(dialogue.turns.len());
    for (index, turn) in dialogue.turns.iter().enumerate() {
        if index > 0 {
            let pace = if by_voice { 45 } else { 110 };
            let letters = (turn.user.text.len() + turn.dtmf.len() * 4) as u64;
            now += (pace * letters * 1_000 + random.between(900_000, 4 * SECOND as u64)) as i64;
        }
        let agent = now + random.between(320_000, 2_600_000) as i64;
        times.push(Times { user: now, agent });
        let listening = if by_voice { 52 } else { 20 };
        now = agent + listening * 1_000 * turn.agent.text.len() as i64;
    }
    times
}

pub(super) struct TurnsWriter<'a> {
    pub(super) random: &'a mut Random,
    pub(super) locale: &'static str,
    pub(super) by_voice: bool,
    pub(super) zone: Zone,
    pub(super) extras: Extras,
}

impl TurnsWriter<'_> {
    pub(super) fn write(&mut self, turns: &[Turn], times: &[Times], json: &mut JsonWriter<'_>) {
        json.array(|json| {
            for (turn, times) in turns.iter().zip(times) {
                json.object(|json| self.write_turn(turn, *times, json));
            }
        });
    }

    fn write_turn(&mut self, turn: &Turn, times: Times, json: &mut JsonWriter<'_>) {
        let barge_in = self.by_voice && !turn.user.text.is_empty() && self.random.percent(6);
        json.key("user_input").text(&turn.user.text);
        json.key("user_input_dtmf").text(&turn.dtmf);
        json.key("user_input_datetime").time(times.user, self.zone);
        json.key("agent_response").text(&turn.agent.text);
        json.key("agent_response_datetime")
            .time(times.agent, self.zone);
        if self.extras.latency {
            json.key("latency");
            self.write_latency(times, json);
        }
        json.key("translated_user_input").text(&turn.user.english);
        json.key("english_agent_response").text(&turn.agent.english);
        json.key("intents")
            .array(|json| turn.intent.into_iter().for_each(|intent| json.text(intent)));
        json.key("entities")
            .array(|json| write_entities(turn, json));
        json.key("is_ood").boolean(turn.is_ood);
        json.key("is_silence").boolean(turn.is_silence);
        json.key("barge_in").boolean(barge_in);
        if self.extras.metadata {
            json.key("metadata");
            self.write_metadata(turn, json);
        }
        if self.extras.undocumented {
            let id = self.random.next();
            json.key("turn_id").text(&format!("turn-{id:016x}"));
            json.key("asr_lang_code").text(self.locale);
        }
    }

    /// Usually a number of seconds; occasionally the object that some deployments send, or null.
    fn write_latency(&mut self, times: Times, json: &mut JsonWriter<'_>) {
        let millis = ((times.agent - times.user) / 1_000) as u64;
        match self.random.below(100) {
            0 => json.null(),
            1..=3 => json.object(|json| {
                json.key("label")
                    .text(if millis < 1_200 { "fast" } else { "slow" });
                json.key("perceived_latency").thousandths(millis);
                json.key("perceived_latency_percentile_1d")
                    .integer(millis * 100 / 2_700);
            }),
            _ => json.thousandths(millis),
        }
    }

    fn write_metadata(&mut self, turn: &Turn, json: &mut JsonWriter<'_>) {
        json.object(|json| {
            json.key("model")
                .text(self.random.pick(&["larch-2", "larch-2-mini"]));
            json.key("prompt_tokens")
                .integer(self.random.between(600, 2_400));
            json.key("completion_tokens")
                .integer((turn.agent.text.len() / 4) as u64 + 3);
            json.key("sources").array(|json| {
                if self.random.percent(25) {
                    json.object(|json| {
                        json.key("topic").text(self.random.pick(&[
                            "opening hours",
                            "house rules",
                            "fees",
                        ]));
                        json.key("score").thousandths(self.random.between(510, 990));
                    });
                }
            });
            json.key("guardrail").null();
        });
    }
}

/// A value given in another language is listed as given and in English.
fn write_entities(turn: &Turn, json: &mut JsonWriter<'_>) {
    for told in &turn.told {
        json.object(|json| {
            json.key(told.slot.name());
            if told.value == told.english {
                json.text(&told.value);
            } else {
                json.array(|json| {
                    json.text(&told.value);
                    json.text(&told.english);
                });
            }
        });
    }
}
