//! Generates the dialogue of one conversation, from greeting to goodbye.

use crate::generate::language::Language;
use crate::generate::random::Random;
use crate::generate::scenario::smalltalk::{
    ASIDES, CONFIRMATIONS, GOODBYE, HANDOFFS, NOT_UNDERSTOOD, OFF_TOPIC, STILL_THERE, THANKS,
};
use crate::generate::scenario::{Handoff, Line, Scenario};
use crate::generate::values::{Slot, Values};
use crate::generate::variants::Variant;

/// Maximum number of turns of a conversation.
const MOST_TURNS: usize = 20;

/// The number of turns after which nothing digresses, so that the rest fits below [`MOST_TURNS`].
const LONG: usize = 12;

/// A text as spoken or typed, with its English translation if it was in another language.
#[derive(Default)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) english: String,
}

pub(super) struct Turn {
    pub(super) user: Said,
    pub(super) agent: Said,
    pub(super) intent: Option<&'static str>,
    pub(super) told: Vec<Told>,
    /// The digits the user typed instead of speaking.
    pub(super) dtmf: String,
    pub(super) is_ood: bool,
    pub(super) is_silence: bool,
}

/// A value that the user gave, as given and in English.
pub(super) struct Told {
    pub(super) slot: Slot,
    pub(super) value: String,
    pub(super) english: String,
}

#[derive(Clone, Copy)]
pub(super) enum Ending {
    Settled,
    HandedOff(&'static Handoff),
    HungUp,
}

/// One topic of a conversation.
pub(super) struct Matter {
    pub(super) scenario: &'static Scenario,
    pub(super) values: Values,
}

pub(super) struct Dialogue {
    pub(super) turns: Vec<Turn>,
    pub(super) matters: Vec<Matter>,
    pub(super) ending: Ending,
}

/// The user's next input.
#[derive(Clone, Copy)]
struct Pending {
    line: Line,
    told: &'static [Slot],
}

struct Stage<'a> {
    random: &'a mut Random,
    values: Values,
    language: Language,
    by_voice: bool,
    turns: Vec<Turn>,
}

pub(super) fn play(random: &mut Random, variant: &'static Variant, by_voice: bool) -> Dialogue {
    let ending = match random.weighted(&[76, 14, 10]) {
        0 => Ending::Settled,
        1 => Ending::HandedOff(random.choose(&HANDOFFS)),
        _ => Ending::HungUp,
    };
    let values = Values::draw(random);
    let mut stage = Stage {
        random,
        values,
        language: variant.language,
        by_voice,
        turns: Vec::new(),
    };
    let greeting = stage.random.pick(variant.greetings);
    stage.turn(Said::default(), greeting, None);

    let first = stage.random.choose(variant.scenarios);
    let second = stage.random.choose(variant.scenarios);
    let mut earlier = None;
    if let Ending::HandedOff(handoff) = ending {
        let exchanges = stage.random.between(1, first.exchanges.len() as u64) as usize;
        stage.negotiate(first, exchanges);
        stage.exchange(handoff.user, handoff.agent, Some(first.intent));
    } else {
        stage.settle(first);
        if second.intent != first.intent && stage.turns.len() <= LONG && stage.random.percent(60) {
            let other = stage.values.redraw(stage.random);
            earlier = Some(std::mem::replace(&mut stage.values, other));
            stage.settle(second);
        }
        let (thanks, goodbye) = (stage.random.pick(&THANKS), stage.random.pick(&GOODBYE));
        stage.exchange(thanks, goodbye, None);
    }
    let Stage {
        random,
        values,
        turns,
        ..
    } = stage;
    debug_assert!(turns.len() <= MOST_TURNS, "{} turns", turns.len());
    let matters = match earlier {
        None => vec![Matter {
            scenario: first,
            values,
        }],
        Some(earlier) => vec![
            Matter {
                scenario: first,
                values: earlier,
            },
            Matter {
                scenario: second,
                values,
            },
        ],
    };
    let mut dialogue = Dialogue {
        turns,
        matters,
        ending,
    };
    if let Ending::HungUp = ending {
        dialogue.break_off(random);
    }
    dialogue
}

impl Dialogue {
    /// Ends the conversation somewhere before its last turn, with nothing resolved.
    pub(super) fn break_off(&mut self, random: &mut Random) {
        let last = (self.turns.len() as u64 - 1).max(2);
        self.turns.truncate(random.between(2, last) as usize);
        self.ending = Ending::HungUp;
        let turns = &self.turns;
        let came_up = |intent| turns.iter().any(|turn| turn.intent == Some(intent));
        self.matters
            .retain(|matter| came_up(matter.scenario.intent));
    }
}

impl Stage<'_> {
    /// Plays a topic to its end.
    fn settle(&mut self, scenario: &'static Scenario) {
        let mut pending = self.negotiate(scenario, scenario.exchanges.len());
        if self.random.percent(60) {
            let confirmation = self.random.choose(&CONFIRMATIONS);
            let ask = self.random.pick(confirmation.ask);
            self.turn_of(pending, ask, Some(scenario.intent));
            pending = Pending {
                line: self.random.pick(confirmation.reply),
                told: confirmation.told,
            };
        }
        let settled = self.random.pick(scenario.settled);
        self.turn_of(pending, settled, Some(scenario.intent));
    }

    /// Plays the first questions of a topic and returns the user's reply to the last one.
    fn negotiate(&mut self, scenario: &'static Scenario, exchanges: usize) -> Pending {
        let mut pending = Pending {
            line: self.random.pick(scenario.opening),
            told: &[],
        };
        for exchange in &scenario.exchanges[..exchanges] {
            let ask = self.random.pick(exchange.ask);
            self.turn_of(pending, ask, Some(scenario.intent));
            self.digress();
            pending = Pending {
                line: self.random.pick(exchange.reply),
                told: exchange.told,
            };
        }
        pending
    }

    /// Occasionally inserts silence or an unrelated remark.
    fn digress(&mut self) {
        if self.turns.len() >= LONG {
            return;
        }
        if self.by_voice && self.random.percent(5) {
            let agent = self.random.pick(&STILL_THERE);
            self.turn(Said::default(), agent, None).is_silence = true;
        }
        if self.random.percent(24) {
            let (user, agent) = self.random.pick(&ASIDES);
            self.exchange(user, agent, None);
        }
        if self.random.percent(5) {
            let (user, agent) = (
                self.random.pick(&OFF_TOPIC),
                self.random.pick(&NOT_UNDERSTOOD),
            );
            self.exchange(user, agent, None).is_ood = true;
        }
    }

    /// A turn in which the user gives no value.
    fn exchange(&mut self, user: Line, agent: Line, intent: Option<&'static str>) -> &mut Turn {
        self.turn_of(
            Pending {
                line: user,
                told: &[],
            },
            agent,
            intent,
        )
    }

    fn turn_of(
        &mut self,
        pending: Pending,
        agent: Line,
        intent: Option<&'static str>,
    ) -> &mut Turn {
        let typed = match pending.told {
            [slot] if self.by_voice && slot.is_digits() && self.random.percent(35) => {
                self.values.get(*slot, self.language).to_owned()
            }
            _ => String::new(),
        };
        let told = pending.told.iter().map(|slot| Told {
            slot: *slot,
            value: self.values.get(*slot, self.language).to_owned(),
            english: self.values.get(*slot, Language::English).to_owned(),
        });
        let told = told.collect();
        let user = if typed.is_empty() {
            self.said(pending.line)
        } else {
            Said::default()
        };
        let turn = self.turn(user, agent, intent);
        turn.told = told;
        turn.dtmf = typed;
        turn
    }

    fn turn(&mut self, user: Said, agent: Line, intent: Option<&'static str>) -> &mut Turn {
        let agent = self.said(agent);
        let turn = Turn {
            user,
            agent,
            intent,
            told: Vec::new(),
            dtmf: String::new(),
            is_ood: false,
            is_silence: false,
        };
        self.turns.push(turn);
        self.turns.last_mut().expect("a turn has just been pushed")
    }

    fn said(&self, line: Line) -> Said {
        let english = self.values.fill(line.en, Language::English);
        match self.language {
            Language::English => Said {
                text: english,
                english: String::new(),
            },
            Language::German => Said {
                text: self.values.fill(line.de, Language::German),
                english,
            },
        }
    }
}
