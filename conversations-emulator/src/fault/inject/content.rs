//! Faults inside the JSON of a page.

use bytes::Bytes;

use crate::fault::inject::page_text::PageText;
use crate::fault::kind::Kind;
use crate::fault::options::Edge;
use crate::fault::plan_run::request_info::{PagePosition, RequestInfo};
use crate::fault::plan_run::{PlanRun, Step};

/// Applies the page faults of `steps` and reports what each of them did.
pub(crate) fn edit(page: &mut PageText, steps: &[Step], info: &RequestInfo, run: &PlanRun) {
    for step in steps.iter().filter(|step| step.fault.edits_the_page()) {
        match apply(page, step, info, run) {
            Ok(what) => run.triggered(info.number, step, what),
            Err(why) => run.missed(info.number, step, why),
        }
    }
}

fn apply(
    page: &mut PageText,
    step: &Step,
    info: &RequestInfo,
    run: &PlanRun,
) -> Result<String, String> {
    match &step.fault {
        Kind::Malformed { record, how } => {
            let count = page.records.len();
            if *record >= count {
                return Err(format!(
                    "its page had {count} records, none at index {record}"
                ));
            }
            let records = page.records_changed();
            records[*record] = how.of(&records[*record]).into();
            Ok(format!("sent record {record} {}", how.words()))
        }
        Kind::RepeatedCursor {} => match &info.position {
            PagePosition::Cursor(cursor) => {
                page.set_cursor(cursor);
                Ok("returned the request's cursor as the next one".into())
            }
            PagePosition::Offset(offset) => {
                page.set_next_offset(*offset);
                Ok("returned the request's offset as the next one".into())
            }
            PagePosition::Start => {
                Err("it requested the first page, which has no cursor yet".into())
            }
        },
        Kind::EndlessCursors {} => {
            if !page.next().is_none() {
                return Err("its response already named a next page".into());
            }
            if page.has_cursor() {
                page.set_cursor(&run.make_up_cursor(step.rule, info.number));
                return Ok("returned a new cursor with the last page".into());
            }
            let from = match info.position {
                PagePosition::Offset(offset) => offset,
                _ => 0,
            };
            page.set_next_offset(from + info.limit().unwrap_or(1).max(1));
            Ok("returned a next offset with the last page".into())
        }
        Kind::Duplicate { edge, count } => duplicate(page, *edge, *count, info, run),
        Kind::Missing { edge, count } => {
            let records = page.records_changed();
            let count = records.len().min(*count);
            if count == 0 {
                return Err("its page had no records".into());
            }
            match edge {
                Edge::Start => drop(records.drain(..count)),
                Edge::End => records.truncate(records.len() - count),
            }
            Ok(format!("left {} out", counted(count, *edge)))
        }
        _ => Err("it changes nothing inside a page".into()),
    }
}

fn duplicate(
    page: &mut PageText,
    edge: Edge,
    count: usize,
    info: &RequestInfo,
    run: &PlanRun,
) -> Result<String, String> {
    let tail = match edge {
        Edge::End => tail_of(page, count),
        Edge::Start => {
            let before = run.tail_before(info).ok_or(
                "the previous page was not served under this plan, so its records are unknown",
            )?;
            before[before.len().saturating_sub(count)..].to_vec()
        }
    };
    if tail.is_empty() {
        return Err("its page had no records".into());
    }
    let sent = counted(tail.len(), edge);
    match edge {
        Edge::End => page.records_changed().extend(tail),
        Edge::Start => drop(page.records_changed().splice(..0, tail)),
    }
    Ok(format!("sent {sent} twice"))
}

/// The last records of a page, at most `most`.
pub(crate) fn tail_of(page: &PageText, count: usize) -> Vec<Bytes> {
    page.records[page.records.len().saturating_sub(count)..].to_vec()
}

fn counted(count: usize, edge: Edge) -> String {
    let records = if count == 1 { "record" } else { "records" };
    match edge {
        Edge::Start => format!("{count} {records} where the page before joins on"),
        Edge::End => format!("{count} {records} where the next page joins on"),
    }
}
