//! Formats conversations in columns, for the width of a terminal or for a pipe.

use std::collections::HashMap;

use comfy_table::{CellAlignment, LineStyle, Table, presets};
use conversations_api_ext::Record;
use conversations_api_ext::api::{Integer, Nullable};
use serde::Deserialize;

use crate::term::escape::{Terminal, printable, width_of, wrapped};

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
/// The indexes of numeric columns.
const NUMBERS: [usize; 2] = [5, 6];

/// The columns in the upper of two lines, for a terminal too narrow for one line each. Long cells are in the lower
/// line, which has room for them.
const UPPER: [usize; 6] = [0, 3, 2, 5, 6, 7];
const LOWER: [usize; 2] = [1, 4];

/// The column names in CSV.
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
const PROJECT: &str = "project";

/// Maps the id of each project to its name.
pub(crate) type ProjectNames = HashMap<String, String>;

/// The fields of a record that a table shows.
#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    environment: Nullable<String>,
    #[serde(default)]
    channel: Nullable<String>,
    #[serde(default)]
    variant_name: Nullable<String>,
    #[serde(default)]
    variant_id: Nullable<String>,
    #[serde(default)]
    total_duration: Nullable<Integer>,
    #[serde(default)]
    num_turns: Nullable<Integer>,
    #[serde(default)]
    handoff: Nullable<bool>,
    #[serde(default)]
    project_id: Nullable<String>,
}

/// A table row of a conversation, without transcripts and phone numbers, except for a requested snippet.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// All cells, separated by tabs, which no cell contains, with the project and the snippet last. A table may have
    /// 100,000 rows, and one text takes a third of the memory of one for each cell.
    line: Box<str>,
    /// Whether there is a cell with the name of the project.
    has_project: bool,
    has_snippet: bool,
}

impl Row {
    /// Creates a row. A record whose fields have unexpected types still has its id and start.
    pub(crate) fn new(
        record: &Record,
        snippet: Option<String>,
        projects: Option<&ProjectNames>,
    ) -> Self {
        let fields: Option<Fields> = record.decode_as().ok();
        let text = |field: fn(&Fields) -> &Option<String>| {
            let text = fields.as_ref().and_then(|fields| field(fields).as_deref());
            printable(text.unwrap_or_default())
        };
        let number = |field: fn(&Fields) -> Option<Integer>| {
            let number = fields.as_ref().and_then(field);
            number
                .map(|number| printable(&number.to_string()))
                .unwrap_or_default()
        };
        let variant = text(|fields| &fields.variant_name);
        let handoff = fields.as_ref().and_then(|fields| *fields.handoff);
        let cells = [
            record
                .started_at()
                .map(|time| time.format("%Y-%m-%d %H:%M:%S").to_string())
                .unwrap_or_default(),
            printable(record.id()),
            text(|fields| &fields.environment),
            text(|fields| &fields.channel),
            if variant.is_empty() {
                text(|fields| &fields.variant_id)
            } else {
                variant
            },
            number(|fields| *fields.total_duration),
            number(|fields| *fields.num_turns),
            handoff
                .map_or("", |yes| if yes { "yes" } else { "no" })
                .to_owned(),
        ];
        let project = projects.map(|names| {
            let id = text(|fields| &fields.project_id);
            names.get(&id).map_or(id, |name| printable(name))
        });
        Self::from_cells(cells, project, snippet)
    }

    fn from_cells(
        cells: [String; COLUMNS.len()],
        project: Option<String>,
        snippet: Option<String>,
    ) -> Self {
        let (has_project, has_snippet) = (project.is_some(), snippet.is_some());
        let all: Vec<_> = cells.into_iter().chain(project).chain(snippet).collect();
        Self {
            line: all.join("\t").into(),
            has_project,
            has_snippet,
        }
    }

    /// Returns all cells, with the project and the snippet last.
    fn all(&self) -> impl Iterator<Item = &str> {
        self.line.split('\t')
    }

    fn cells(&self) -> [&str; COLUMNS.len()] {
        let mut all = self.all();
        [(); COLUMNS.len()].map(|()| all.next().unwrap_or_default())
    }

    /// Returns the project name; `None` unless there are several projects.
    fn project(&self) -> Option<&str> {
        self.all().nth(COLUMNS.len()).filter(|_| self.has_project)
    }

    fn snippet(&self) -> Option<&str> {
        self.all().last().filter(|_| self.has_snippet)
    }
}

/// Returns the column names, including those of the optional cells that the rows have.
fn names(
    columns: [&'static str; COLUMNS.len()],
    rows: &[Row],
) -> impl Iterator<Item = &'static str> {
    let project = rows.iter().any(|row| row.has_project);
    let snippet = rows.iter().any(|row| row.has_snippet);
    let more = [project.then_some(PROJECT), snippet.then_some(SNIPPET)];
    columns.into_iter().chain(more.into_iter().flatten())
}

/// Returns the first line of a tab-separated table of these rows.
pub(crate) fn heading(rows: &[Row]) -> String {
    names(COLUMNS, rows).collect::<Vec<_>>().join("\t") + "\n"
}

/// Formats rows as tab-separated lines, for a pipe.
pub(crate) fn tab_separated(rows: &[Row]) -> String {
    rows.iter().flat_map(|row| [&*row.line, "\n"]).collect()
}

/// Formats rows as CSV, with the column names or as the continuation of a table.
pub(crate) fn csv(rows: &[Row], has_heading: bool) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    if has_heading {
        table.write_record(names(CSV_COLUMNS, rows))?;
    }
    for row in rows {
        table.write_record(row.all())?;
    }
    table
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))
}

/// Formats each conversation as a few lines: its id, the facts, and its snippet below them.
fn blocks(rows: &[Row], terminal: Terminal) -> String {
    let indent = "    ";
    let mut out = String::new();
    for row in rows {
        let [
            started,
            id,
            environment,
            channel,
            variant,
            seconds,
            turns,
            handoff,
        ] = row.cells();
        let handoff = if handoff == "yes" { "handed off" } else { "" };
        let seconds = format!("{seconds} s");
        let turns = format!("{turns} turns");
        let parts = [
            started,
            environment,
            channel,
            variant,
            row.project().unwrap_or_default(),
            &seconds,
            &turns,
            handoff,
        ];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        out.push_str(&format!("{}\n", terminal.strong(id)));
        for line in wrapped(&parts.join("  "), terminal.width) {
            out.push_str(&format!("{line}\n"));
        }
        let snippet = row.snippet().unwrap_or_default();
        for line in wrapped(snippet, terminal.width - indent.len()) {
            out.push_str(&format!("{indent}{}\n", terminal.marked(&line)));
        }
    }
    out
}

/// Formats each conversation as one line, two lines, or a block, whichever fits; as a block if it has a snippet.
pub(crate) fn for_terminal(rows: &[Row], terminal: Terminal) -> String {
    if rows.iter().any(|row| row.has_snippet) {
        return blocks(rows, terminal);
    }
    let single = single(rows, terminal);
    if widest(&single) <= terminal.width {
        return single;
    }
    if rows.iter().any(|row| row.has_project) {
        return blocks(rows, terminal);
    }
    let stacked = stacked(rows, terminal);
    if widest(&stacked) <= terminal.width {
        return stacked;
    }
    blocks(rows, terminal)
}

fn single(rows: &[Row], terminal: Terminal) -> String {
    let rules = if terminal.unicode {
        presets::UTF8_HORIZONTAL_ONLY
    } else {
        presets::ASCII_HORIZONTAL_ONLY
    };
    let mut table = Table::new();
    // Rules between single lines would only double the number of lines.
    table
        .load_style(rules.row_separator(LineStyle::none()))
        .set_header(names(COLUMNS, rows))
        .add_rows(rows.iter().map(Row::all));
    for column in NUMBERS {
        align_right(&mut table, column);
    }
    format!("{table}\n")
}

/// Formats each conversation as two lines. A variant name is truncated if there is no room for it.
fn stacked(rows: &[Row], terminal: Terminal) -> String {
    let widest = |column: usize| {
        let cells = rows.iter().map(|row| width_of(row.cells()[column]));
        cells.max().unwrap_or(0).max(width_of(COLUMNS[column]))
    };
    let cell = |text: &str, column: usize| match NUMBERS.contains(&column) {
        true => format!("{text:>0$}", widest(column)),
        false => terminal.fitted(text, widest(column)),
    };
    let lines = |cells: &[&str]| {
        let upper = UPPER.map(|column| cell(cells[column], column)).join("   ");
        let [id, variant] = LOWER;
        let lower = format!("   {}  ", cell(cells[id], id));
        let room = terminal.width.saturating_sub(width_of(&lower));
        let lower = lower + &terminal.fitted(cells[variant], room);
        format!(" {}\n{}\n", upper.trim_end(), lower.trim_end())
    };
    let (thin, thick) = if terminal.unicode {
        ("─", "═")
    } else {
        ("-", "=")
    };
    let rule = |of: &str| format!("{}\n", of.repeat(terminal.width));
    let mut out = rule(thin) + &lines(&COLUMNS) + &rule(thick);
    for row in rows {
        out.push_str(&lines(&row.cells()));
    }
    out + &rule(thin)
}

fn align_right(table: &mut Table, column: usize) {
    if let Some(column) = table.column_mut(column) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

fn widest(text: &str) -> usize {
    let lines = text.lines().map(|line| width_of(line.trim_end()));
    lines.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "OUT-4309bb71-e433-9968-e3f8-ae39f8c43360";

    fn row() -> Row {
        named("Billing EN", None)
    }

    fn named(variant: &str, snippet: Option<&str>) -> Row {
        let cells = [
            "2026-04-01 02:58:18",
            ID,
            "pre-release",
            "VOICE-SIP",
            variant,
            "192",
            "14",
            "yes",
        ];
        Row::from_cells(cells.map(str::to_owned), None, snippet.map(str::to_owned))
    }

    fn lines(width: usize) -> Vec<String> {
        let table = for_terminal(&[row(), row()], Terminal::plain(width));
        table.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_row_takes_no_more_memory_than_its_cells() {
        let turns = "[]".repeat(100_000);
        let json = format!(
            r#"{{"id":"{ID}","environment":"live","num_turns":14,"handoff":true,"turns":{turns:?}}}"#
        );
        let row = Row::new(&Record::from_json(json).unwrap(), None, None);
        assert_eq!(&*row.line, format!("\t{ID}\tlive\t\t\t\t14\tyes"));
        assert_eq!(tab_separated(&[row.clone(), row]).lines().count(), 2);
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
        let snippet = format!("caller: {}", "東京 ".repeat(30));
        let row = named("Billing EN", Some(&snippet));
        let terminal = Terminal::plain(60);
        let text = blocks(&[row], terminal);
        assert!(text.starts_with(ID) && text.contains("\n    caller: 東京"));
        assert!(text.lines().all(|line| width_of(line) <= 60), "{text}");
    }

    #[test]
    fn wide_characters_take_two_columns_each() {
        let wide = named("東京ホテル予約 – 宿泊とレストランの予約", None);
        let table = for_terminal(&[wide, row()], Terminal::plain(80));
        for line in table.lines() {
            assert!(width_of(line) <= 80, "{line}");
        }
        assert_eq!(table.matches(ID).count(), 2, "{table}");
    }

    #[test]
    fn in_eighty_columns_no_name_is_broken() {
        let long = named("Harbour Hotel – Reservations", None);
        let table = for_terminal(&[long, row()], Terminal::plain(80));
        assert!(
            table.contains("  Harbour Hotel – Reservations\n"),
            "{table}"
        );
        let (rules, heading, rows) = (3, 2, 2);
        assert_eq!(table.lines().count(), rules + heading + 2 * rows);
        let ascii = Terminal {
            unicode: false,
            ..Terminal::plain(80)
        };
        for width in [80, 160] {
            assert!(for_terminal(&[row()], Terminal { width, ..ascii }).is_ascii());
        }
    }

    #[test]
    fn a_narrow_terminal_is_not_overrun() {
        for line in lines(44) {
            assert!(line.chars().count() <= 44, "{line}");
        }
    }
}
