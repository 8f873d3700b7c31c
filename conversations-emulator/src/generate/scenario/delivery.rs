//! Matters of parcels.

use crate::generate::scenario::{Exchange, Scenario, en};
use crate::generate::values::Slot;

pub(in crate::generate) static SCENARIOS: [Scenario; 3] = [
    Scenario {
        intent: "track_parcel",
        opening: &[
            en("Where's my parcel?"),
            en("I'm still waiting for the {item} I ordered."),
            en("Tracking has said \"out for delivery\" since yesterday."),
        ],
        exchanges: &[
            Exchange {
                ask: &[
                    en("I'll find it. What is the order number?"),
                    en("Could you read me the order number?"),
                ],
                reply: &[en("{order}."), en("That would be {order}.")],
                told: &[Slot::Order],
            },
            Exchange {
                ask: &[
                    en("I see one {item}, going to {street}. Is that the one?"),
                    en("Is it the {item} for {street}?"),
                ],
                reply: &[en("That's it."), en("Yes, {street}.")],
                told: &[Slot::Street, Slot::Item],
            },
        ],
        settled: &[
            en("The driver has it on board and should be with you by {time}."),
            en("It is held at the depot and goes out again on {date}."),
        ],
        tool: "track_order",
    },
    Scenario {
        intent: "change_address",
        opening: &[
            en("I've moved, can you send it to my new place?"),
            en("The address on my order is wrong."),
        ],
        exchanges: &[
            Exchange {
                ask: &[en("Sure. Which order is it?")],
                reply: &[en("Order {order}."), en("{order}, the {item}.")],
                told: &[Slot::Order],
            },
            Exchange {
                ask: &[en("And where should it go?")],
                reply: &[en("To {street}."), en("{street}, please.")],
                told: &[Slot::Street],
            },
            Exchange {
                ask: &[en("Whose name is on the door there?")],
                reply: &[en("{name}.")],
                told: &[Slot::Name],
            },
            Exchange {
                ask: &[en(
                    "It would then arrive on {date}. Are you at home around {time}?",
                )],
                reply: &[en("I can be, yes."), en("{time} works.")],
                told: &[Slot::Time],
            },
        ],
        settled: &[en("All set: {order} goes to {street} on {date}.")],
        tool: "redirect_order",
    },
    Scenario {
        intent: "missing_item",
        opening: &[
            en("The box came, but the {item} isn't in it."),
            en("Something is missing from my delivery."),
            en("The {item} arrived broken."),
        ],
        exchanges: &[
            Exchange {
                ask: &[en("I'm sorry to hear that. What was the order number?")],
                reply: &[en("{order}")],
                told: &[Slot::Order],
            },
            Exchange {
                ask: &[en(
                    "Do you want a new {item} or your {amount} dollars back?",
                )],
                reply: &[en("A new {item}."), en("Just the money.")],
                told: &[Slot::Item],
            },
        ],
        settled: &[en(
            "Agreed. You get a confirmation within the hour, and there's nothing to send back.",
        )],
        tool: "report_missing",
    },
];
