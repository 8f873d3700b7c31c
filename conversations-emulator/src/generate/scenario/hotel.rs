//! Matters of hotel guests, in English and German.

use crate::generate::scenario::{Exchange, Scenario, both};
use crate::generate::values::Slot;

pub(in crate::generate) static SCENARIOS: [Scenario; 4] = [
    Scenario {
        intent: "book_room",
        opening: &[
            both(
                "I'd like to book a room, please.",
                "Ich möchte gern ein Zimmer buchen.",
            ),
            both(
                "Do you have anything free in May?",
                "Haben Sie im Mai noch etwas frei?",
            ),
            both(
                "We need a place to stay for {nights} nights.",
                "Wir brauchen eine Unterkunft für {nights} Nächte.",
            ),
        ],
        exchanges: &[
            Exchange {
                ask: &[
                    both(
                        "Gladly. Which day would you arrive?",
                        "Sehr gern. An welchem Tag reisen Sie an?",
                    ),
                    both(
                        "Happy to look. What is your arrival date?",
                        "Ich sehe gleich nach. Wann kommen Sie an?",
                    ),
                ],
                reply: &[
                    both("On {date}.", "Am {date}."),
                    both(
                        "We arrive {date}, around {time}.",
                        "Wir kommen am {date} gegen {time}.",
                    ),
                ],
                told: &[Slot::Date],
            },
            Exchange {
                ask: &[both(
                    "And how many nights would that be?",
                    "Und wie viele Nächte wären das?",
                )],
                reply: &[
                    both("{nights}, please.", "{nights}, bitte."),
                    both("Let's say {nights} nights.", "Sagen wir {nights} Nächte."),
                ],
                told: &[Slot::Nights],
            },
            Exchange {
                ask: &[
                    both(
                        "For {guests} people I could offer a {room}. Would that suit you?",
                        "Für {guests} Personen kann ich Ihnen ein {room} anbieten. Passt das?",
                    ),
                    both(
                        "There is a {room} left for {guests}. Shall I take it?",
                        "Es ist noch ein {room} für {guests} frei. Soll ich es nehmen?",
                    ),
                ],
                reply: &[
                    both("A {room} is perfect.", "Ein {room} ist genau richtig."),
                    both("Yes, the {room} sounds good.", "Ja, das {room} klingt gut."),
                ],
                told: &[Slot::Room, Slot::Guests],
            },
            Exchange {
                ask: &[both(
                    "Under which name may I put it?",
                    "Auf welchen Namen darf ich reservieren?",
                )],
                reply: &[
                    both("{name}.", "{name}."),
                    both("It's {name}.", "Mein Name ist {name}."),
                ],
                told: &[Slot::Name],
            },
        ],
        settled: &[both(
            "Thank you, {name}. Your {room} from {date} is booked; the reference is {booking}.",
            "Danke, {name}. Ihr {room} ab {date} ist gebucht, die Nummer lautet {booking}.",
        )],
        tool: "create_booking",
    },
    Scenario {
        intent: "change_booking",
        opening: &[
            both(
                "I have to move my reservation.",
                "Ich muss meine Reservierung verschieben.",
            ),
            both(
                "Can I come on another day than planned?",
                "Kann ich an einem anderen Tag anreisen als geplant?",
            ),
        ],
        exchanges: &[
            Exchange {
                ask: &[both(
                    "No problem. What is your booking reference?",
                    "Kein Problem. Wie lautet Ihre Buchungsnummer?",
                )],
                reply: &[
                    both("It says {booking}.", "Hier steht {booking}."),
                    both("{booking}", "{booking}"),
                ],
                told: &[Slot::Booking],
            },
            Exchange {
                ask: &[both(
                    "I have it: a {room} for {nights} nights. Which day suits you better?",
                    "Ich habe sie gefunden: {room}, {nights} Nächte. Welcher Tag passt Ihnen besser?",
                )],
                reply: &[both("{date} would be ideal.", "Ideal wäre der {date}.")],
                told: &[Slot::Date],
            },
            Exchange {
                ask: &[both(
                    "The new date costs {amount} euros more. Is that all right?",
                    "Der neue Termin kostet {amount} Euro mehr. Ist das in Ordnung?",
                )],
                reply: &[
                    both("That's fine with me.", "Das ist in Ordnung."),
                    both("Well, if it has to be.", "Na gut, wenn es sein muss."),
                ],
                told: &[],
            },
        ],
        settled: &[both(
            "Done: you arrive on {date} now.",
            "Erledigt: Sie reisen jetzt am {date} an.",
        )],
        tool: "move_booking",
    },
    Scenario {
        intent: "late_checkout",
        opening: &[
            both(
                "Could I keep the room a little longer?",
                "Könnte ich das Zimmer etwas länger behalten?",
            ),
            both(
                "When do I have to check out?",
                "Bis wann muss ich auschecken?",
            ),
        ],
        exchanges: &[Exchange {
            ask: &[both(
                "Checkout is at eleven, {time} is possible for {amount} euros. Would you like that?",
                "Check-out ist um elf, {time} ist für {amount} Euro möglich. Möchten Sie das?",
            )],
            reply: &[
                both("Yes, {time} please.", "Ja, {time} bitte."),
                both(
                    "Great, put it on my bill.",
                    "Prima, setzen Sie es auf die Rechnung.",
                ),
            ],
            told: &[Slot::Time],
        }],
        settled: &[both(
            "It's arranged, the room is yours until {time}.",
            "Das ist notiert, Sie haben das Zimmer bis {time}.",
        )],
        tool: "extend_stay",
    },
    Scenario {
        intent: "hotel_information",
        opening: &[
            both(
                "Where can I leave my car?",
                "Wo kann ich mein Auto abstellen?",
            ),
            both(
                "Is breakfast part of the price?",
                "Ist das Frühstück im Preis enthalten?",
            ),
            both("Are dogs welcome?", "Sind Hunde willkommen?"),
        ],
        exchanges: &[Exchange {
            ask: &[both(
                "Let me look that up for you. Are you already staying with us?",
                "Ich sehe nach. Sind Sie schon bei uns zu Gast?",
            )],
            reply: &[
                both(
                    "Yes, the booking is {booking}.",
                    "Ja, die Buchung ist {booking}.",
                ),
                both("Not yet, from {date} on.", "Noch nicht, erst ab {date}."),
            ],
            told: &[],
        }],
        settled: &[both(
            "That is included for our guests, and the front desk shows you the way.",
            "Das ist für unsere Gäste inbegriffen, der Empfang zeigt Ihnen alles.",
        )],
        tool: "search_knowledge",
    },
];
