//! The variants of the demonstration agent.

use crate::generate::language::Language;
use crate::generate::scenario::billing;
use crate::generate::scenario::delivery;
use crate::generate::scenario::hotel;
use crate::generate::scenario::{Line, Scenario, both, en};

pub(super) struct Variant {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) language: Language,
    pub(super) locale: &'static str,
    pub(super) number: &'static str,
    pub(super) greetings: &'static [Line],
    pub(super) scenarios: &'static [Scenario],
}

/// The percentage of conversations of each variant.
pub(super) const WEIGHTS: [u64; 4] = [34, 18, 28, 20];

pub(super) static VARIANTS: [Variant; 4] = [
    Variant {
        id: "VARIANT-5d20c81f",
        name: "Harbour Hotel – Reservations & Café",
        language: Language::English,
        locale: "en-GB",
        number: "+442079460018",
        greetings: &[
            en("Harbour Hotel, good to hear from you. What can I do for you?"),
            en("Welcome to the Harbour Hotel. How may I help?"),
        ],
        scenarios: &hotel::SCENARIOS,
    },
    Variant {
        id: "VARIANT-91be4407",
        name: "Köln Gästeservice",
        language: Language::German,
        locale: "de-DE",
        number: "+442079460021",
        greetings: &[both(
            "Harbour Hotel Cologne, hello. How can I help you?",
            "Harbour Hotel Köln, guten Tag. Wie kann ich Ihnen helfen?",
        )],
        scenarios: &hotel::SCENARIOS,
    },
    Variant {
        id: "VARIANT-c3f7a2d9",
        name: "parcel-desk",
        language: Language::English,
        locale: "en-US",
        number: "+12025550180",
        greetings: &[
            en("This is the parcel desk. What are you calling about?"),
            en("Hi, parcel desk here. How can I help with your delivery?"),
        ],
        scenarios: &delivery::SCENARIOS,
    },
    Variant {
        id: "VARIANT-08e61b3a",
        name: "Billing EN",
        language: Language::English,
        locale: "en-US",
        number: "+12025550191",
        greetings: &[en("You've reached billing. How can I help today?")],
        scenarios: &billing::SCENARIOS,
    },
];
