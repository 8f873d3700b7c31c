//! Lines that occur in every dialogue, whatever its topic.

use crate::generate::scenario::{Exchange, Handoff, Line, both};

pub(in crate::generate) static THANKS: [Line; 4] = [
    both("Thanks, that's all.", "Danke, das war alles."),
    both("Wonderful, thank you!", "Wunderbar, vielen Dank!"),
    both("OK, bye.", "Gut, tschüss."),
    both(
        "No, nothing else. Thank you for your help.",
        "Nein, sonst nichts. Danke für Ihre Hilfe.",
    ),
];

pub(in crate::generate) static GOODBYE: [Line; 3] = [
    both(
        "You're welcome. Goodbye!",
        "Gern geschehen. Auf Wiederhören!",
    ),
    both(
        "Glad I could help. Have a good day.",
        "Das freut mich. Einen schönen Tag noch.",
    ),
    both(
        "Thank you for getting in touch.",
        "Danke, dass Sie sich gemeldet haben.",
    ),
];

pub(in crate::generate) static STILL_THERE: [Line; 2] = [
    both("Are you still there?", "Sind Sie noch da?"),
    both(
        "I didn't hear anything. Please say that again.",
        "Ich habe nichts gehört. Bitte sagen Sie es noch einmal.",
    ),
];

pub(in crate::generate) static OFF_TOPIC: [Line; 4] = [
    both(
        "Hang on, the kettle is boiling over.",
        "Moment, das Wasser kocht über.",
    ),
    both(
        "who won the match last night",
        "wer hat gestern eigentlich gewonnen",
    ),
    both(
        "no not you, I'm talking to the dog",
        "nein, nicht Sie, ich rede mit dem Hund",
    ),
    both("mhm the the thing with the", "mhm das das Ding mit dem"),
];

pub(in crate::generate) static NOT_UNDERSTOOD: [Line; 2] = [
    both(
        "Sorry, I can't help with that. Let's get back to your request.",
        "Dabei kann ich leider nicht helfen. Zurück zu Ihrem Anliegen.",
    ),
    both(
        "I'm afraid I didn't follow. Could you put it differently?",
        "Das habe ich leider nicht verstanden. Können Sie es anders sagen?",
    ),
];

/// An unrelated question of the user and the agent's response.
pub(in crate::generate) static ASIDES: [(Line, Line); 5] = [
    (
        both(
            "Am I talking to a machine?",
            "Spreche ich mit einer Maschine?",
        ),
        both(
            "I'm the automated assistant, and I can do most things.",
            "Ich bin die automatische Assistenz und kann das meiste erledigen.",
        ),
    ),
    (
        both("How long is this going to take?", "Wie lange dauert das?"),
        both(
            "Just a minute or two. Now, back to my question.",
            "Nur ein, zwei Minuten. Zurück zu meiner Frage.",
        ),
    ),
    (
        both(
            "Hold on, let me find a pen.",
            "Moment, ich suche einen Stift.",
        ),
        both(
            "Take your time, I'm not going anywhere.",
            "Lassen Sie sich Zeit, ich bin da.",
        ),
    ),
    (
        both("Sorry, what was that?", "Entschuldigung, wie bitte?"),
        both(
            "I said I need one more detail from you.",
            "Ich brauche noch eine Angabe von Ihnen.",
        ),
    ),
    (
        both(
            "Is my data safe with you?",
            "Sind meine Daten bei Ihnen sicher?",
        ),
        both(
            "We use it for this request only.",
            "Wir verwenden sie nur für dieses Anliegen.",
        ),
    ),
];

/// The last question before a topic is resolved.
pub(in crate::generate) static CONFIRMATIONS: [Exchange; 2] = [
    Exchange {
        ask: &[both(
            "I have all I need. Shall I go ahead?",
            "Ich habe alles. Soll ich es so machen?",
        )],
        reply: &[
            both("Yes, go ahead.", "Ja, machen Sie das."),
            both("Please do.", "Ja, bitte."),
        ],
        told: &[],
    },
    Exchange {
        ask: &[both(
            "Before I do that: is there anything to add?",
            "Bevor ich das tue: Möchten Sie etwas ergänzen?",
        )],
        reply: &[
            both("No, that's it.", "Nein, das ist alles."),
            both("Not that I know of.", "Nicht dass ich wüsste."),
        ],
        told: &[],
    },
];

pub(in crate::generate) static HANDOFFS: [Handoff; 5] = [
    Handoff {
        reason: "person requested",
        destination: "front line",
        user: both(
            "I'd rather talk to a human.",
            "Ich möchte lieber mit einem Menschen sprechen.",
        ),
        agent: both(
            "I understand. I'm putting you through.",
            "Das verstehe ich. Ich verbinde Sie.",
        ),
    },
    Handoff {
        reason: "identity not confirmed",
        destination: "security",
        user: both(
            "I don't have that with me.",
            "Das habe ich gerade nicht zur Hand.",
        ),
        agent: both(
            "Then a colleague has to check that with you. One moment.",
            "Dann muss das eine Kollegin prüfen. Einen Moment.",
        ),
    },
    Handoff {
        reason: "complaint – supervisor",
        destination: "supervisor",
        user: both(
            "This is unacceptable, get me your manager.",
            "Das geht so nicht, geben Sie mir Ihre Chefin.",
        ),
        agent: both(
            "I'm sorry. I'm transferring you to a supervisor.",
            "Es tut mir leid. Ich verbinde Sie mit der Leitung.",
        ),
    },
    Handoff {
        reason: "exception to policy",
        destination: "back office",
        user: both(
            "Can't you make an exception?",
            "Können Sie keine Ausnahme machen?",
        ),
        agent: both(
            "I can't decide that, but I know who can. Please hold.",
            "Das darf ich nicht entscheiden, ich verbinde Sie.",
        ),
    },
    Handoff {
        reason: "system unavailable",
        destination: "front line",
        user: both("And? Did it work?", "Und? Hat es geklappt?"),
        agent: both(
            "Our system does not answer. A colleague will do it by hand.",
            "Unser System antwortet nicht. Ein Kollege erledigt es von Hand.",
        ),
    },
];
