//! Checks whether a request satisfies the conditions of a rule, and explains failures.

use crate::fault::kind::Kind;
use crate::fault::plan_run::request_info::{NextPage, PagePosition, RequestInfo};
use crate::fault::rule::{Page, Paging, When, fits};

/// The conditions that a request fails, in words that show neither keys nor parameter values. The caller
/// checks occurrence, probability and times, which need counters.
pub(crate) fn untriggered(
    when: &When,
    info: &RequestInfo,
    page: Option<u64>,
    next: Option<&NextPage>,
) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(count) = when.request.filter(|count| !count.takes(info.number)) {
        let number = info.number;
        reasons.push(format!("it was request {number}, not {}", count.words()));
    }
    if let Some(wanted) = when.page
        && let Some(found) = other_page(wanted, info, page, next)
    {
        reasons.push(format!("{found}, not {}", wanted.words()));
    }
    if let Some(wanted) = when.paging {
        let found = match info.position {
            PagePosition::Cursor(_) => Paging::Cursor,
            _ if info.given("offset").is_some() => Paging::Offset,
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
    if when.key.is_some() && when.key != info.key {
        reasons.push(match info.key {
            Some(_) => "it had another key".into(),
            None => "it had no key".into(),
        });
    }
    if let Some(wanted) = &when.version {
        let found = info.version();
        if found != wanted {
            reasons.push(format!("it went to {found}, not {wanted}"));
        }
    }
    if let Some(pattern) = &when.path
        && !fits(pattern, &info.path)
    {
        reasons.push(format!("its path {} does not match {pattern}", info.path));
    }
    for (name, wanted) in &when.query {
        match info.given(name) {
            Some(value) if value == wanted => {}
            Some(_) => reasons.push(format!("its parameter {name} had another value")),
            None => reasons.push(format!("it had no parameter {name}")),
        }
    }
    reasons
}

/// Why a fault cannot apply to a request, whatever the conditions of its rule.
pub(crate) fn unfit(fault: &Kind, info: &RequestInfo, next: Option<&NextPage>) -> Option<String> {
    let reason = match fault {
        Kind::ExpiredCursor {} => match info.position {
            PagePosition::Cursor(_) => return None,
            _ => "it had no cursor that could expire",
        },
        Kind::RepeatedCursor {} => match info.position {
            PagePosition::Start => "it requested the first page, so nothing can be repeated",
            _ => return None,
        },
        Kind::EndlessCursors {} => match next {
            Some(next) if next.is_none() => return None,
            Some(_) => "its response already named a next page",
            None => "its response was not a page",
        },
        _ => return None,
    };
    Some(reason.into())
}

/// Describes the requested page if it is not the wanted one.
fn other_page(
    wanted: Page,
    info: &RequestInfo,
    page: Option<u64>,
    next: Option<&NextPage>,
) -> Option<String> {
    let is_first = info.position == PagePosition::Start;
    match (wanted, next) {
        (Page::First, _) => (!is_first).then(|| "it requested a later page".into()),
        (Page::Number(wanted), _) => match page {
            Some(page) => (page != wanted).then(|| format!("it requested page {page}")),
            None => Some("it requested a page whose number is unknown".into()),
        },
        (Page::Middle, _) if is_first => Some("it requested the first page".into()),
        (Page::Middle | Page::Last, None) => Some("its response was not a page".into()),
        (Page::Middle, Some(next)) => next
            .is_none()
            .then(|| "it requested the last page".to_owned()),
        (Page::Last, Some(next)) => {
            (!next.is_none()).then(|| "its response named a next page".to_owned())
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
