//! Generates one record.

use crate::generate::calendar::{self, SECOND, Zone};
use crate::generate::dialogue::{self, Ending, Turn};
use crate::generate::json::JsonWriter;
use crate::generate::metrics;
use crate::generate::random::Random;
use crate::generate::state;
use crate::generate::turns::{self, Extras, TurnsWriter};
use crate::generate::variants::{VARIANTS, Variant, WEIGHTS};

const CHANNELS: [&str; 4] = ["VOICE-SIP", "WEBCHAT", "CHAT", "SMS"];
const CHANNEL_WEIGHTS: [u64; 4] = [66, 18, 10, 6];

const ENVIRONMENTS: [&str; 3] = ["live", "sandbox", "pre-release"];
const ENVIRONMENT_WEIGHTS: [u64; 3] = [82, 12, 6];

/// The properties of a conversation apart from its dialogue.
struct Call {
    id: String,
    channel: &'static str,
    by_voice: bool,
    environment: &'static str,
    variant: &'static Variant,
    from_number: String,
    to_number: String,
    in_progress: bool,
    started_at: i64,
    zone: Zone,
}

impl Call {
    fn draw(random: &mut Random) -> Self {
        let channel = CHANNELS[random.weighted(&CHANNEL_WEIGHTS)];
        let by_voice = channel == "VOICE-SIP";
        let outbound = by_voice && random.percent(9);
        let variant = &VARIANTS[random.weighted(&WEIGHTS)];
        let (user, agent) = match channel {
            "VOICE-SIP" | "SMS" => (telephone_number(random), variant.number.to_owned()),
            _ => (String::new(), String::new()),
        };
        let (from_number, to_number) = if outbound {
            (agent, user)
        } else {
            (user, agent)
        };
        let in_progress = random.percent(1);
        // Half of those in progress have just started; the others never received the event that ends
        // them.
        let just_now = in_progress && random.percent(50);
        let started_at = if just_now {
            calendar::started_just_now(random)
        } else {
            calendar::started_at(random)
        };
        Self {
            id: id(channel, outbound, random),
            channel,
            by_voice,
            environment: ENVIRONMENTS[random.weighted(&ENVIRONMENT_WEIGHTS)],
            variant,
            from_number,
            to_number,
            in_progress,
            started_at,
            zone: if random.percent(15) {
                Zone::Letter
            } else {
                Zone::Offset
            },
        }
    }
}

/// Appends record `index` of a seed.
pub(super) fn write(seed: u64, index: u64, account_id: &str, project_id: &str, out: &mut Vec<u8>) {
    let random = &mut Random::for_record(seed, index);
    let call = Call::draw(random);
    let variant = call.variant;
    let mut dialogue = dialogue::play(random, variant, call.by_voice);
    if call.in_progress {
        dialogue.break_off(random);
    }
    let times = turns::times(random, &dialogue, call.started_at, call.by_voice);
    let last = times.last().map_or(call.started_at, |times| times.agent);
    let polyai_duration = ((last - call.started_at) / SECOND) as u64 + random.between(2, 9);
    let mut total_duration = polyai_duration;
    let mut handoff = None;
    if let Ending::HandedOff(passed_on) = dialogue.ending {
        total_duration += random.between(45, 600);
        handoff = Some(passed_on);
    }
    let turns = &dialogue.turns;
    let count = |is: fn(&Turn) -> bool| turns.iter().filter(|turn| is(turn)).count() as u64;

    JsonWriter::new(out).object(|json| {
        json.key("id").text(&call.id);
        json.key("account_id").text(account_id);
        json.key("project_id").text(project_id);
        json.key("variant_id").text(variant.id);
        // Later versions may omit it, as they may omit `state`.
        if !random.percent(2) {
            json.key("variant_name").text(variant.name);
        }
        json.key("environment").text(call.environment);
        json.key("started_at").time(call.started_at, call.zone);
        json.key("channel").text(call.channel);
        json.key("from_number").text(&call.from_number);
        json.key("to_number").text(&call.to_number);
        json.key("in_progress").boolean(call.in_progress);
        json.key("num_turns").integer(turns.len() as u64);
        json.key("total_duration").integer(total_duration);
        json.key("polyai_duration").integer(polyai_duration);
        json.key("handoff").boolean(handoff.is_some());
        json.key("handoff_reason")
            .text(handoff.map_or("", |handoff| handoff.reason));
        json.key("handoff_destination")
            .text(handoff.map_or("", |handoff| handoff.destination));
        json.key("num_silences")
            .integer(count(|turn| turn.is_silence));
        json.key("num_ood").integer(count(|turn| turn.is_ood));
        let inputs = metrics::MetricInputs {
            dialogue: &dialogue,
            times: &times,
            seconds: total_duration,
            locale: variant.locale,
            in_progress: call.in_progress,
        };
        metrics::write(random, &inputs, json.key("metrics"));
        if !random.percent(2) {
            let inputs = state::StateInputs {
                id: &call.id,
                from_number: &call.from_number,
                to_number: &call.to_number,
                locale: variant.locale,
                dialogue: &dialogue,
                times: &times,
            };
            state::write(random, &inputs, json.key("state"));
        }
        let extras = Extras::draw(random);
        let mut writer = TurnsWriter {
            random,
            locale: variant.locale,
            by_voice: call.by_voice,
            zone: call.zone,
            extras,
        };
        writer.write(turns, &times, json.key("turns"));
        if random.percent(8) {
            json.key("recording").object(|json| {
                json.key("status").text("stored");
                json.key("channels").integer(2);
                json.key("retention_days").null();
            });
        }
    });
}

fn id(channel: &str, outbound: bool, random: &mut Random) -> String {
    let (high, low) = (random.next(), random.next());
    match channel {
        "VOICE-SIP" if outbound => {
            let (a, b, c) = (high >> 32, (high >> 16) & 0xffff, high & 0xffff);
            let (d, e) = (low >> 48, low & 0xffff_ffff_ffff);
            format!("OUT-{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}")
        }
        "VOICE-SIP" => format!("CA{high:016x}{low:016x}"),
        "SMS" => format!("SM{high:016x}{low:016x}"),
        _ => format!("chat-{high:016x}{low:016x}"),
    }
}

/// A phone number from the ranges reserved for fiction in the US and in London.
fn telephone_number(random: &mut Random) -> String {
    if random.percent(60) {
        format!("+120255501{:02}", random.below(100))
    } else {
        format!("+442079460{:03}", random.below(1_000))
    }
}
