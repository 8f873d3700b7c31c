//! Conversations in columns, for the width of a terminal or for a pipe.

use std::io::{self, IsTerminal, Write};

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, Width, presets,
};
use conversations_api_ext::api::Integer;
use conversations_api_ext::{Conversation, Record};

use crate::terminal::{Terminal, printable, width_of};

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
/// The numbers among them.
const NUMBERS: [usize; 2] = [5, 6];

/// On a terminal too narrow for a line each, two lines: which column stands above which. The id, which
/// people copy, stays in one piece in 80 columns.
const STACKED: [[usize; 2]; 4] = [[0, 1], [3, 4], [2, 7], [5, 6]];

/// The same for programs.
const CSV_COLUMNS: [&str; COLUMNS.len()] = [
    "started_utc",
    "id",
    "environment",
    "channel",
    "variant",
    "total_duration",
    "num_turns",
    "handoff",
];
const SNIPPET: &str = "snippet";

/// Around the content of a cell.
const PADDING: usize = 2;

/// One conversation, without anyone's words or numbers but for a snippet that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    cells: [String; COLUMNS.len()],
    snippet: Option<String>,
}

impl Row {
    /// A record whose typed form cannot be read still has its id and start.
    pub(crate) fn new(record: &Record, snippet: Option<String>) -> Self {
        let conversation = record.decode().ok();
        let text = |field: fn(&Conversation) -> &Option<String>| {
            let text = conversation.as_ref().and_then(|c| field(c).as_deref());
            printable(text.unwrap_or_default())
        };
        let number = |field: fn(&Conversation) -> Option<Integer>| {
            let number = conversation.as_ref().and_then(field);
            number.map(|number| number.to_string()).unwrap_or_default()
        };
        let variant = text(|c| &c.variant_name);
        let handoff = conversation.as_ref().and_then(|c| *c.handoff);
        let cells = [
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
        ];
        Self { cells, snippet }
    }

    /// All cells, the snippet last.
    fn all(&self) -> impl Iterator<Item = &str> {
        let cells = self.cells.iter().map(String::as_str);
        cells.chain(self.snippet.as_deref())
    }
}

/// Writes rows to `out`: for people on a terminal, tab-separated in a pipe.
pub(crate) fn print(rows: &[Row], out: &mut (impl Write + IsTerminal)) -> io::Result<()> {
    let has_snippets = rows.iter().any(|row| row.snippet.is_some());
    if !out.is_terminal() {
        let names = COLUMNS.into_iter().chain(has_snippets.then_some(SNIPPET));
        writeln!(out, "{}", names.collect::<Vec<_>>().join("\t"))?;
        for row in rows {
            writeln!(out, "{}", row.all().collect::<Vec<_>>().join("\t"))?;
        }
    } else if has_snippets {
        out.write_all(blocks(rows, Terminal::of_stdout()).as_bytes())?;
    } else {
        writeln!(out, "{}", for_terminal(rows, Terminal::of_stdout()))?;
    }
    out.flush()
}

/// Rows as CSV.
pub(crate) fn csv(rows: &[Row]) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let has_snippets = rows.iter().any(|row| row.snippet.is_some());
    table.write_record(
        CSV_COLUMNS
            .into_iter()
            .chain(has_snippets.then_some(SNIPPET)),
    )?;
    for row in rows {
        table.write_record(row.all())?;
    }
    table
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))
}

/// A line for each conversation, and its snippet below it.
fn blocks(rows: &[Row], terminal: Terminal) -> String {
    let indent = "    ";
    let mut out = String::new();
    for row in rows {
        let [started, id, _, channel, variant, seconds, turns, handoff] = &row.cells;
        let handoff = if handoff == "yes" { "handed off" } else { "" };
        let seconds = format!("{seconds} s");
        let turns = format!("{turns} turns");
        let parts = [started, channel, variant, &seconds, &turns, handoff];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let facts = terminal.fitted(&parts.join("  "), terminal.width);
        out.push_str(&format!("{}\n{}\n", terminal.strong(id), facts.trim_end()));
        let snippet = row.snippet.as_deref().unwrap_or_default();
        for line in textwrap::wrap(snippet, terminal.width - indent.len()) {
            out.push_str(&format!("{indent}{}\n", terminal.marked(&line)));
        }
    }
    out
}

fn for_terminal(rows: &[Row], terminal: Terminal) -> Table {
    let width = u16::try_from(terminal.width).unwrap_or(u16::MAX);
    let rules = if terminal.unicode {
        presets::UTF8_HORIZONTAL_ONLY
    } else {
        presets::ASCII_HORIZONTAL_ONLY
    };
    let mut table = Table::new();
    // A rule between single lines would only double their number.
    table
        .load_style(rules.row_separator(LineStyle::none()))
        .set_header(COLUMNS)
        .add_rows(rows.iter().map(|row| &row.cells));
    for column in NUMBERS {
        align_right(&mut table, column);
    }
    if widest_line(&table) <= usize::from(width) {
        return table;
    }
    let stack =
        |cells: [&str; 8]| STACKED.map(|[up, down]| format!("{}\n{}", cells[up], cells[down]));
    let mut table = Table::new();
    table
        .load_style(rules)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_header(stack(COLUMNS))
        .add_rows(
            rows.iter()
                .map(|row| stack(row.cells.each_ref().map(String::as_str))),
        );
    align_right(&mut table, STACKED.len() - 1);
    // People copy ids: they break last, and only where they would take more than half of the width.
    let ids = rows.iter().map(|row| width_of(&row.cells[1]));
    let widest = u16::try_from(ids.max().unwrap_or(0) + PADDING).unwrap_or(u16::MAX);
    if let Some(column) = table.column_mut(0) {
        let width = widest.min(width * 11 / 20);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
    }
    table
}

fn align_right(table: &mut Table, column: usize) {
    if let Some(column) = table.column_mut(column) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

fn widest_line(table: &Table) -> usize {
    let lines = table.lines();
    lines
        .map(|line| width_of(line.trim_end()))
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "OUT-4309bb71-e433-9968-e3f8-ae39f8c43360";

    fn row() -> Row {
        let cells = [
            "2026-04-01 02:58:18",
            ID,
            "pre-release",
            "VOICE-SIP",
            "Billing EN",
            "192",
            "14",
            "yes",
        ];
        Row {
            cells: cells.map(str::to_owned),
            snippet: None,
        }
    }

    fn lines(width: usize) -> Vec<String> {
        let table = for_terminal(&[row(), row()], Terminal::plain(width)).to_string();
        table.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_table_fits_its_terminal_and_keeps_ids_in_one_piece() {
        for width in [80, 100, 120, 160] {
            let lines = lines(width);
            for line in &lines {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
            assert_eq!(lines.iter().filter(|line| line.contains(ID)).count(), 2);
            let text = lines.join("\n");
            for heading in COLUMNS {
                assert!(text.contains(heading), "{width}: {heading}");
            }
        }
    }

    #[test]
    fn a_wide_terminal_gets_one_line_a_conversation() {
        assert!(
            lines(160)
                .iter()
                .any(|line| line.contains(ID) && line.contains("14"))
        );
        let (rules, heading, rows) = (3, 1, 2);
        assert_eq!(lines(160).len(), rules + heading + rows);
    }

    #[test]
    fn a_snippet_stands_below_its_conversation_and_fits() {
        let row = Row {
            snippet: Some(format!("caller: {}", "東京 ".repeat(30))),
            ..row()
        };
        let terminal = Terminal::plain(60);
        let text = blocks(&[row], terminal);
        assert!(text.starts_with(ID) && text.contains("\n    caller: 東京"));
        assert!(text.lines().all(|line| width_of(line) <= 60), "{text}");
    }

    #[test]
    fn wide_characters_take_two_columns_each() {
        let mut wide = row();
        wide.cells[4] = "東京ホテル予約 – 宿泊とレストランの予約".to_owned();
        let table = for_terminal(&[wide, row()], Terminal::plain(80)).to_string();
        for line in table.lines() {
            assert!(width_of(line) <= 80, "{line}");
        }
        assert_eq!(table.matches(ID).count(), 2, "{table}");
    }

    #[test]
    fn a_narrow_terminal_is_not_overrun() {
        for line in lines(44) {
            assert!(line.chars().count() <= 44, "{line}");
        }
    }
}
