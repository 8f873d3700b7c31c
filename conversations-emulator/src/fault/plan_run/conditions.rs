//! Whether a request satisfies the conditions of a rule, and if not, why not.

use crate::fault::kind::Kind;
use crate::fault::plan_run::request_facts::{NextPage, Place, RequestFacts};
use crate::fault::rule::{Page, Paging, When, fits};

/// The conditions that a request does not satisfy, in words that show neither keys nor values of
/// parameters. Those of occurrence, chance and times are left to the one who counts.
pub(crate) fn unmet(
    when: &When,
    facts: &RequestFacts,
    page: Option<u64>,
    next: Option<&NextPage>,
) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(count) = when.request.filter(|count| !count.takes(facts.number)) {
        let number = facts.number;
        reasons.push(format!("it was request {number}, not {}", count.words()));
    }
    if let Some(wanted) = when.page
        && let Some(found) = other_page(wanted, facts, page, next)
    {
        reasons.push(format!("{found}, not {}", wanted.words()));
    }
    if let Some(wanted) = when.paging {
        let found = match facts.place {
            Place::Cursor(_) => Paging::Cursor,
            _ if facts.given("offset").is_some() => Paging::Offset,
            _ => Paging::Neither,
        };
        if found != wanted {
            reasons.push(format!(
                "it had {}, not {}",
                parameter(found),
                parameter(wanted)
            ));
        }
    }
    if when.key.is_some() && when.key != facts.key {
        reasons.push(match facts.key {
            Some(_) => "it came with another key".into(),
            None => "it came without a key".into(),
        });
    }
    if let Some(wanted) = &when.version {
        let found = facts.version();
        if found != wanted {
            reasons.push(format!("it went to {found}, not {wanted}"));
        }
    }
    if let Some(pattern) = &when.path
        && !fits(pattern, &facts.path)
    {
        reasons.push(format!("its path {} does not fit {pattern}", facts.path));
    }
    for (name, wanted) in &when.query {
        match facts.given(name) {
            Some(value) if value == wanted => {}
            Some(_) => reasons.push(format!("its parameter {name} had another value")),
            None => reasons.push(format!("it had no parameter {name}")),
        }
    }
    reasons
}

/// Why a fault cannot happen to a request, whatever the conditions of its rule.
pub(crate) fn unfit(fault: &Kind, facts: &RequestFacts, next: Option<&NextPage>) -> Option<String> {
    let reason = match fault {
        Kind::ExpiredCursor {} => match facts.place {
            Place::Cursor(_) => return None,
            _ => "it had no cursor that could expire",
        },
        Kind::RepeatedCursor {} => match facts.place {
            Place::Start => "it asked for the first page, so nothing can be repeated",
            _ => return None,
        },
        Kind::EndlessCursors {} => match next {
            Some(next) if next.is_none() => return None,
            Some(_) => "its answer named a next page by itself",
            None => "its answer was no page",
        },
        _ => return None,
    };
    Some(reason.into())
}

/// The page that was asked for, in words, when it is another than the one wanted.
fn other_page(
    wanted: Page,
    facts: &RequestFacts,
    page: Option<u64>,
    next: Option<&NextPage>,
) -> Option<String> {
    let is_first = facts.place == Place::Start;
    match (wanted, next) {
        (Page::First, _) => (!is_first).then(|| "it asked for a later page".into()),
        (Page::Number(wanted), _) => match page {
            Some(page) => (page != wanted).then(|| format!("it asked for page {page}")),
            None => Some("it asked for a page whose number is not known".into()),
        },
        (Page::Middle, _) if is_first => Some("it asked for the first page".into()),
        (Page::Middle | Page::Last, None) => Some("its answer was no page".into()),
        (Page::Middle, Some(next)) => next
            .is_none()
            .then(|| "it asked for the last page".to_owned()),
        (Page::Last, Some(next)) => {
            (!next.is_none()).then(|| "its answer named a next page".to_owned())
        }
    }
}

fn parameter(paging: Paging) -> &'static str {
    match paging {
        Paging::Cursor => "a cursor",
        Paging::Offset => "an offset",
        Paging::Neither => "neither cursor nor offset",
    }
}
