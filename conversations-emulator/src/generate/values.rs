//! The concrete values of one conversation: names, dates, parcels, amounts.

use std::borrow::Cow;

use crate::generate::language::Language;
use crate::generate::random::Random;

/// A kind of value; its name is its placeholder in a line and its entity in a turn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Name,
    Date,
    Time,
    Nights,
    Guests,
    Room,
    Booking,
    Order,
    Invoice,
    Amount,
    Street,
    Item,
    Card,
}

const SLOTS: [(Slot, &str); 13] = [
    (Slot::Name, "name"),
    (Slot::Date, "date"),
    (Slot::Time, "time"),
    (Slot::Nights, "nights"),
    (Slot::Guests, "guests"),
    (Slot::Room, "room"),
    (Slot::Booking, "booking"),
    (Slot::Order, "order"),
    (Slot::Invoice, "invoice"),
    (Slot::Amount, "amount"),
    (Slot::Street, "street"),
    (Slot::Item, "item"),
    (Slot::Card, "card"),
];

impl Slot {
    pub(super) fn name(self) -> &'static str {
        SLOTS[self as usize].1
    }

    /// Whether a caller may enter it on a phone's keypad.
    pub(super) fn is_digits(self) -> bool {
        matches!(
            self,
            Self::Invoice | Self::Card | Self::Nights | Self::Guests
        )
    }
}

const GIVEN: [&str; 16] = [
    "Ada", "Bruno", "Chiara", "Dmitri", "Esme", "Farouk", "Greta", "Hugo", "Ines", "Jonas",
    "Keiko", "Lars", "Mónica", "Nadia", "Owen", "Zoë",
];

const FAMILY: [&str; 16] = [
    "Abbott",
    "Brandt",
    "Castell",
    "Duarte",
    "Eklund",
    "Ferrer",
    "Grünwald",
    "Hartley",
    "Ishida",
    "Jansen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Núñez",
    "O’Shea",
    "Pryce",
];

const STREETS: [&str; 8] = [
    "14 Alder Row",
    "3 Canal Street",
    "208 Foundry Lane",
    "77 Orchard Close",
    "9 Mill Bank, flat 2",
    "51 Harbour View",
    "1 Saint Brendan’s Square",
    "620 Prospect Avenue",
];

const ITEMS: [&str; 8] = [
    "desk lamp",
    "coffee grinder",
    "set of three \"Nordic\" bowls",
    "hiking boots",
    "winter duvet",
    "phone charger",
    "board game",
    "bicycle pump",
];

const ROOMS: [(&str, &str); 4] = [
    ("double room", "Doppelzimmer"),
    ("twin room", "Zweibettzimmer"),
    ("family room", "Familienzimmer"),
    ("garden room", "Gartenzimmer"),
];

#[derive(Clone)]
struct Value {
    en: Cow<'static, str>,
    /// The German form; empty if it equals the English one.
    de: Cow<'static, str>,
}

pub(super) struct Values([Value; SLOTS.len()]);

impl Values {
    pub(super) fn draw(random: &mut Random) -> Self {
        Self(SLOTS.map(|(slot, _)| draw(slot, random)))
    }

    /// The values of another topic of the same caller.
    pub(super) fn redraw(&self, random: &mut Random) -> Self {
        let mut other = Self::draw(random);
        for kept in [Slot::Name, Slot::Booking, Slot::Card] {
            other.0[kept as usize] = self.0[kept as usize].clone();
        }
        other
    }

    pub(super) fn get(&self, slot: Slot, language: Language) -> &str {
        let value = &self.0[slot as usize];
        match language {
            Language::German if !value.de.is_empty() => &value.de,
            _ => &value.en,
        }
    }

    /// Fills in the placeholders of a line, such as `{date}`.
    pub(super) fn fill(&self, line: &'static str, language: Language) -> String {
        let mut filled = String::with_capacity(line.len() + 24);
        let mut rest = line;
        while let Some((before, placed)) = rest.split_once('{') {
            let (name, after) = placed
                .split_once('}')
                .expect("every brace in a line is closed");
            let slot = SLOTS.iter().find(|(_, known)| *known == name);
            let (slot, _) = slot.expect("every placeholder in a line is a slot");
            filled.push_str(before);
            filled.push_str(self.get(*slot, language));
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

fn draw(slot: Slot, random: &mut Random) -> Value {
    let plain = |en: String| Value {
        en: en.into(),
        de: "".into(),
    };
    match slot {
        Slot::Name => plain(format!("{} {}", random.pick(&GIVEN), random.pick(&FAMILY))),
        Slot::Date => {
            let day = random.between(2, 28);
            let ending = match day {
                2 | 22 => "nd",
                3 | 23 => "rd",
                21 => "st",
                _ => "th",
            };
            Value {
                en: format!("May {day}{ending}").into(),
                de: format!("{day}. Mai").into(),
            }
        }
        Slot::Time => {
            let hour = random.between(1, 6);
            Value {
                en: format!("{hour} pm").into(),
                de: format!("{} Uhr", hour + 12).into(),
            }
        }
        Slot::Nights => plain(random.between(2, 6).to_string()),
        Slot::Guests => plain(random.between(2, 4).to_string()),
        Slot::Room => {
            let (en, de) = random.pick(&ROOMS);
            Value {
                en: en.into(),
                de: de.into(),
            }
        }
        Slot::Booking => plain(code(random)),
        Slot::Order => plain(format!("P-{:07}", random.below(10_000_000))),
        Slot::Invoice => plain(format!("26{:05}", random.below(100_000))),
        Slot::Amount => {
            let (whole, cents) = (random.between(12, 480), random.below(100));
            Value {
                en: format!("{whole}.{cents:02}").into(),
                de: format!("{whole},{cents:02}").into(),
            }
        }
        Slot::Street => plain(random.pick(&STREETS).into()),
        Slot::Item => plain(random.pick(&ITEMS).into()),
        Slot::Card => plain(format!("{:04}", random.below(10_000))),
    }
}

/// Six letters and digits that cannot be confused when spoken or read.
fn code(random: &mut Random) -> String {
    (0..6)
        .map(|_| char::from(random.pick(b"ACDEFHJKLMNPRTUVWXY34679")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_listed_in_their_own_order() {
        for (position, (slot, _)) in SLOTS.iter().enumerate() {
            assert_eq!(*slot as usize, position);
        }
    }
}
