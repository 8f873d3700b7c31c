//! `conversations list`: the first or newest conversations as a table.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use comfy_table::{ContentArrangement, Table, presets};
use conversations_api_ext::api::Integer;
use conversations_api_ext::{Conversation, Environment, ErrorKind, Record};

use crate::arguments::{Environments, ListArguments};
use crate::export::Source;
use crate::failure::{Exit, Failure};
use crate::filters::Filters;

type Row = [String; COLUMNS.len()];

const COLUMNS: [&str; 8] = [
    "started (UTC)",
    "id",
    "environment",
    "channel",
    "variant",
    "seconds",
    "turns",
    "handoff",
];

pub(crate) async fn run(arguments: &ListArguments) -> Result<ExitCode, Failure> {
    let filters = Filters::new(&arguments.filters, Environments::One(Environment::Live))?;
    let source = Source::open(arguments.demo, &arguments.connection).await?;
    let mut kept = Kept::new(arguments.limit as usize, arguments.newest);
    let mut malformed = 0;
    for environment in filters.environments() {
        let mut records = filters.records(&source.client, *environment)?;
        loop {
            match records.next_record().await {
                Ok(Some(record)) => kept.offer(record),
                Ok(None) => break,
                Err(error) if error.kind() == ErrorKind::MalformedRecord => {
                    malformed += 1;
                    eprintln!("warning: {error}");
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    let seen = kept.seen;
    let rows: Vec<Row> = kept.into_sorted().iter().map(row).collect();
    print(&rows).map_err(|error| Failure::output("standard output", &error))?;
    if rows.len() < seen {
        let which = if arguments.newest { "newest" } else { "first" };
        eprintln!("the {which} {} of {seen}; --limit shows more", rows.len());
    }
    Ok(if malformed > 0 {
        Exit::LeftOut.into()
    } else {
        ExitCode::SUCCESS
    })
}

/// The `limit` records that come first in the asked order, whatever order they arrive in.
struct Kept {
    limit: usize,
    newest: bool,
    seen: usize,
    heap: BinaryHeap<Entry>,
}

/// Ordered so that the heap's greatest entry is the first to be dropped.
struct Entry {
    rank: Rank,
    record: Record,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Oldest(Option<DateTime<Utc>>, String),
    Newest(Reverse<Option<DateTime<Utc>>>, String),
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl Kept {
    const fn new(limit: usize, newest: bool) -> Self {
        Self {
            limit,
            newest,
            seen: 0,
            heap: BinaryHeap::new(),
        }
    }

    fn offer(&mut self, record: Record) {
        self.seen += 1;
        let id = record.id().to_owned();
        let rank = if self.newest {
            Rank::Newest(Reverse(record.started_at()), id)
        } else {
            Rank::Oldest(record.started_at(), id)
        };
        if self.heap.len() == self.limit && self.heap.peek().is_some_and(|last| last.rank <= rank) {
            return;
        }
        // A record keeps its whole page in memory; the few that stay get memory of their own.
        self.heap.push(Entry {
            rank,
            record: record.detached(),
        });
        if self.heap.len() > self.limit {
            self.heap.pop();
        }
    }

    fn into_sorted(self) -> Vec<Record> {
        let sorted = self.heap.into_sorted_vec();
        sorted.into_iter().map(|entry| entry.record).collect()
    }
}

/// A record whose typed form cannot be read still has its id and start.
fn row(record: &Record) -> Row {
    let conversation = record.decode().ok();
    let text = |field: fn(&Conversation) -> &Option<String>| {
        let text = conversation
            .as_ref()
            .and_then(|conversation| field(conversation).as_deref());
        printable(text.unwrap_or_default())
    };
    let number = |field: fn(&Conversation) -> Option<Integer>| {
        let number = conversation.as_ref().and_then(field);
        number.map(|number| number.to_string()).unwrap_or_default()
    };
    let variant = text(|c| &c.variant_name);
    let handoff = conversation
        .as_ref()
        .and_then(|conversation| *conversation.handoff);
    [
        record
            .started_at()
            .map(|time| time.format("%Y-%m-%d %H:%M:%S").to_string())
            .unwrap_or_default(),
        printable(record.id()),
        text(|c| &c.environment),
        text(|c| &c.channel),
        if variant.is_empty() {
            text(|c| &c.variant_id)
        } else {
            variant
        },
        number(|c| *c.total_duration),
        number(|c| *c.num_turns),
        handoff
            .map_or("", |yes| if yes { "yes" } else { "no" })
            .to_owned(),
    ]
}

/// Text from outside, without what a terminal would take for a command.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn print(rows: &[Row]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if out.is_terminal() {
        let mut table = Table::new();
        table
            .load_style(presets::UTF8_HORIZONTAL_ONLY)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(COLUMNS)
            .add_rows(rows);
        writeln!(out, "{table}")?;
    } else {
        writeln!(out, "{}", COLUMNS.join("\t"))?;
        for row in rows {
            writeln!(out, "{}", row.join("\t"))?;
        }
    }
    out.flush()
}
