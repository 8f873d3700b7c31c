//! Conversations in columns, for the width of a terminal or for a pipe.

use std::io::{self, IsTerminal, Write};

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, presets};
use conversations_api_ext::api::Integer;
use conversations_api_ext::{Conversation, Record};

use crate::terminal::{printable, width_of};

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

/// One conversation, without anyone's words or numbers.
#[derive(Debug, Clone)]
pub(crate) struct Row([String; COLUMNS.len()]);

impl Row {
    /// A record whose typed form cannot be read still has its id and start.
    pub(crate) fn new(record: &Record) -> Self {
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
        Self([
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
        ])
    }
}

/// Writes rows to `out`: for people on a terminal, tab-separated in a pipe.
pub(crate) fn print(rows: &[Row], out: &mut (impl Write + IsTerminal)) -> io::Result<()> {
    if out.is_terminal() {
        let width = Table::new().width().unwrap_or(80);
        writeln!(out, "{}", for_width(rows, width))?;
    } else {
        writeln!(out, "{}", COLUMNS.join("\t"))?;
        for Row(cells) in rows {
            writeln!(out, "{}", cells.join("\t"))?;
        }
    }
    out.flush()
}

fn for_width(rows: &[Row], width: u16) -> Table {
    let mut table = Table::new();
    // A rule between single lines would only double their number.
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()))
        .set_header(COLUMNS)
        .add_rows(rows.iter().map(|Row(cells)| cells));
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
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_header(stack(COLUMNS))
        .add_rows(
            rows.iter()
                .map(|Row(cells)| stack(cells.each_ref().map(String::as_str))),
        );
    align_right(&mut table, STACKED.len() - 1);
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
        Row(cells.map(str::to_owned))
    }

    fn lines(width: u16) -> Vec<String> {
        let table = for_width(&[row(), row()], width).to_string();
        table.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_table_fits_its_terminal_and_keeps_ids_in_one_piece() {
        for width in [80, 100, 120, 160] {
            let lines = lines(width);
            for line in &lines {
                assert!(
                    line.chars().count() <= usize::from(width),
                    "{width}: {line}"
                );
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
    fn a_narrow_terminal_is_not_overrun() {
        for line in lines(44) {
            assert!(line.chars().count() <= 44, "{line}");
        }
    }
}
