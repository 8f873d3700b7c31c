//! The dialogue state of a record.

use crate::generate::dialogue::{Dialogue, Matter};
use crate::generate::json::JsonWriter;
use crate::generate::language::Language;
use crate::generate::random::Random;
use crate::generate::turns::Times;
use crate::generate::values::Slot;

pub(super) struct StateInputs<'a> {
    pub(super) id: &'a str,
    pub(super) from_number: &'a str,
    pub(super) to_number: &'a str,
    pub(super) locale: &'static str,
    pub(super) dialogue: &'a Dialogue,
    pub(super) times: &'a [Times],
}

/// Writes the keys that every agent has, then those of this one: nested values of every JSON type.
pub(super) fn write(random: &mut Random, inputs: &StateInputs<'_>, json: &mut JsonWriter<'_>) {
    let StateInputs {
        id,
        from_number,
        to_number,
        locale,
        dialogue,
        times,
    } = inputs;
    json.object(|json| {
        json.key("from_").text(from_number);
        json.key("to").text(to_number);
        json.key("call_sid").text(id);
        json.key("locale").text(locale);
        json.key("caller").object(|json| {
            json.key("name").text(
                dialogue.matters[0]
                    .values
                    .get(Slot::Name, Language::English),
            );
            json.key("verified").boolean(random.percent(60));
            json.key("contact").object(|json| {
                json.key("id").integer(random.between(1 << 30, 1 << 50));
                json.key("tags").array(|json| {
                    for tag in ["returning", "newsletter", "vip"] {
                        if random.percent(30) {
                            json.text(tag);
                        }
                    }
                });
            });
        });
        json.key("attempts").integer(random.between(1, 3));
        json.key("confidence").thousandths(random.between(400, 999));
        json.key("callback_number").null();
        json.key("tasks").array(|json| {
            for Matter { scenario, values } in &dialogue.matters {
                let value = |slot| values.get(slot, Language::English);
                json.object(|json| {
                    json.key("intent").text(scenario.intent);
                    json.key("slots").object(|json| {
                        for slot in scenario.exchanges.iter().flat_map(|exchange| exchange.told) {
                            json.key(slot.name()).array(|json| json.text(value(*slot)));
                        }
                    });
                    json.key("tool").object(|json| {
                        json.key("name").text(scenario.tool);
                        json.key("took_ms").integer(random.between(40, 1_900));
                        json.key("status")
                            .integer(if random.percent(97) { 200 } else { 503 });
                        json.key("result").object(|json| {
                            json.key("reference").text(value(Slot::Booking));
                            json.key("amount").text(value(Slot::Amount));
                        });
                    });
                });
            }
        });
        json.key("history").array(|json| {
            for (turn, times) in dialogue.turns.iter().zip(*times) {
                json.object(|json| {
                    json.key("flow").text(turn.intent.unwrap_or("smalltalk"));
                    json.key("step").text(match (turn.is_silence, turn.is_ood) {
                        (true, _) => "no_input",
                        (_, true) => "no_match",
                        _ => "answered",
                    });
                    json.key("at").integer((times.agent / 1_000) as u64);
                });
            }
        });
    });
}
