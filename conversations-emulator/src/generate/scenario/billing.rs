//! Matters of invoices and payments.

use crate::generate::scenario::{Exchange, Scenario, en};
use crate::generate::values::Slot;

pub(in crate::generate) static SCENARIOS: [Scenario; 3] = [
    Scenario {
        intent: "pay_invoice",
        opening: &[
            en("I want to pay a bill."),
            en("There's an invoice here for {amount}, can I settle it right away?"),
            en("I got a reminder, but I thought I had paid."),
        ],
        exchanges: &[
            Exchange {
                ask: &[en(
                    "Of course. Please tell me the invoice number, or key it in.",
                )],
                reply: &[en("It's {invoice}."), en("Number {invoice}")],
                told: &[Slot::Invoice],
            },
            Exchange {
                ask: &[
                    en("That one is open with {amount} dollars. Shall I use the card on file?"),
                    en("I see {amount} dollars outstanding. Do you want to pay all of it now?"),
                ],
                reply: &[en("Yes, all of it."), en("Use the card, yes.")],
                told: &[],
            },
            Exchange {
                ask: &[en(
                    "To be sure it's you: what are the last four digits of that card?",
                )],
                reply: &[en("{card}"), en("It ends in {card}.")],
                told: &[Slot::Card],
            },
        ],
        settled: &[en(
            "Thank you. {amount} dollars are paid and invoice {invoice} is closed.",
        )],
        tool: "take_payment",
    },
    Scenario {
        intent: "dispute_charge",
        opening: &[
            en("You charged me twice!"),
            en("There is a charge of {amount} that I don't recognise."),
            en("My bill is wrong again and I'm getting frustrated."),
        ],
        exchanges: &[
            Exchange {
                ask: &[en("I'm sorry about that. Which invoice is it on?")],
                reply: &[
                    en("On {invoice}."),
                    en("The number is {invoice}, if I read it right."),
                ],
                told: &[Slot::Invoice],
            },
            Exchange {
                ask: &[en(
                    "I can see {amount} dollars on it. Is that the amount you mean?",
                )],
                reply: &[en("Exactly, {amount}."), en("That's the one.")],
                told: &[Slot::Amount],
            },
            Exchange {
                ask: &[en("Who shall we write to about the outcome?")],
                reply: &[en("To me, {name}."), en("{name}, same address as always.")],
                told: &[Slot::Name],
            },
            Exchange {
                ask: &[en(
                    "Would you like the money back or a credit on the next bill?",
                )],
                reply: &[en("Money back, please."), en("A credit is fine.")],
                told: &[],
            },
        ],
        settled: &[en(
            "I have opened a dispute over {amount} dollars; you hear from us within five days.",
        )],
        tool: "open_dispute",
    },
    Scenario {
        intent: "refund_status",
        opening: &[
            en("Where is my refund?"),
            en("I was promised {amount} dollars back weeks ago."),
        ],
        exchanges: &[
            Exchange {
                ask: &[en("Let me check. Whose name is the account in?")],
                reply: &[en("{name}"), en("Mine, {name}.")],
                told: &[Slot::Name],
            },
            Exchange {
                ask: &[en("And the last four digits of the card it goes to?")],
                reply: &[en("{card}.")],
                told: &[Slot::Card],
            },
        ],
        settled: &[
            en("It left us this week; allow the bank until {date}."),
            en("{amount} dollars are on their way to the card ending in {card}."),
        ],
        tool: "find_refund",
    },
];
