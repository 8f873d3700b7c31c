//! Compares the turns of two versions' records of one conversation.

use std::borrow::Cow;

use conversations_api::Timestamp;

use super::{
    Rule,
    field::{member, same_number, value},
    findings::{Difference, Findings},
    metric,
    tree::Tree,
};

const PATH: &str = "turns";

pub(super) fn compare(found: &mut Findings, ours: Option<&Tree<'_>>, theirs: Option<&Tree<'_>>) {
    let (ours, theirs) = match (ours, theirs) {
        (Some(Tree::List(ours)), Some(Tree::List(theirs)))
            if !ours.is_empty() && !theirs.is_empty() =>
        {
            (ours, theirs)
        }
        // v1 may have no turns, or null, where v3 has them.
        (Some(ours), Some(Tree::List(theirs))) if ours.is_empty() && !theirs.is_empty() => {
            return found.apply(Rule::Added);
        }
        _ => return member(found, PATH, ours, theirs, value),
    };
    if ours.len() != theirs.len() {
        return found.differ(PATH, Difference::Changed);
    }
    let in_place = pairs(ours.iter().zip(theirs));
    if in_place.differences.is_empty() {
        return found.absorb(in_place);
    }
    match by_content(ours, theirs) {
        Some(matched) => {
            found.differ(PATH, Difference::Reordered);
            found.absorb(matched);
        }
        None => found.absorb(in_place),
    }
}

fn pairs<'b, 'a: 'b>(pairs: impl Iterator<Item = (&'b Tree<'a>, &'b Tree<'a>)>) -> Findings {
    let mut found = Findings::default();
    for (ours, theirs) in pairs {
        turn(&mut found, ours, theirs);
    }
    found
}

/// Pairs turns by content, and returns the findings if every turn has a counterpart and the order differs.
fn by_content(ours: &[Tree<'_>], theirs: &[Tree<'_>]) -> Option<Findings> {
    let (ours, theirs) = (sorted(ours), sorted(theirs));
    let same = ours
        .iter()
        .zip(&theirs)
        .all(|((one, _), (two, _))| one == two);
    same.then(|| {
        pairs(
            ours.iter()
                .zip(&theirs)
                .map(|((_, ours), (_, theirs))| (*ours, *theirs)),
        )
    })
}

/// The content of a turn that both versions have: who said what, and when.
type Content<'b> = (Option<i64>, Option<i64>, Cow<'b, str>, Cow<'b, str>);

fn sorted<'b, 'a>(turns: &'b [Tree<'a>]) -> Vec<(Content<'b>, &'b Tree<'a>)> {
    let mut turns: Vec<_> = turns.iter().map(|turn| (content(turn), turn)).collect();
    turns.sort_by(|one, two| one.0.cmp(&two.0));
    turns
}

fn content<'b>(turn: &'b Tree<'_>) -> Content<'b> {
    let text = |name| match turn.get(name) {
        Some(Tree::Text(text)) => Cow::Borrowed(text.as_ref()),
        _ => Cow::Borrowed(""),
    };
    let time = |name| {
        Timestamp::from(text(name).as_ref())
            .to_utc()
            .map(|time| time.timestamp())
    };
    (
        time("user_input_datetime"),
        time("agent_response_datetime"),
        text("user_input"),
        text("agent_response"),
    )
}

fn turn(found: &mut Findings, ours: &Tree<'_>, theirs: &Tree<'_>) {
    if !matches!((ours, theirs), (Tree::Object(_), Tree::Object(_))) {
        return value(found, PATH, ours, theirs);
    }
    for (name, ours, theirs) in ours.union(theirs) {
        let path = field(name);
        match (name, ours, theirs) {
            (
                "latency" | "translated_user_input" | "english_agent_response",
                None | Some(Tree::Null),
                Some(theirs),
            ) if !matches!((ours, theirs), (_, Tree::Null)) => found.apply(Rule::TurnField),
            ("latency", Some(ours), Some(theirs)) => latency(found, &path, ours, theirs),
            ("entities", ours, theirs) => {
                member(found, &path, ours, theirs, metric::compare_entities);
            }
            (_, ours, theirs) => member(found, &path, ours, theirs, value),
        }
    }
}

/// Returns a static path for a documented field: a comparison uses each of them in every turn.
fn field(name: &str) -> Cow<'static, str> {
    Cow::Borrowed(match name {
        "agent_response" => "turns.agent_response",
        "agent_response_datetime" => "turns.agent_response_datetime",
        "english_agent_response" => "turns.english_agent_response",
        "entities" => "turns.entities",
        "intents" => "turns.intents",
        "is_ood" => "turns.is_ood",
        "is_silence" => "turns.is_silence",
        "latency" => "turns.latency",
        "translated_user_input" => "turns.translated_user_input",
        "user_input" => "turns.user_input",
        "user_input_datetime" => "turns.user_input_datetime",
        "user_input_dtmf" => "turns.user_input_dtmf",
        other => return Cow::Owned(format!("{PATH}.{other}")),
    })
}

fn latency(found: &mut Findings, path: &str, ours: &Tree<'_>, theirs: &Tree<'_>) {
    let (number, object) = match (ours, theirs) {
        (Tree::Number(number), object @ Tree::Object(_))
        | (object @ Tree::Object(_), Tree::Number(number)) => (number, object),
        _ => return member(found, path, Some(ours), Some(theirs), value),
    };
    match object.get("perceived_latency") {
        Some(Tree::Number(other)) if same_number(number, other) => found.apply(Rule::LatencyForm),
        _ => found.differ(path, Difference::Changed),
    }
}
