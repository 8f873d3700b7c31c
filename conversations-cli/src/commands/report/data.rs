//! The conversations of the table as JSON for the page's script.

use std::collections::HashMap;

use serde::Serialize;

use super::row::Row;

/// Approximate length of a block of transcripts. The script parses one block at a time, so that it never blocks the
/// page for long.
const BLOCK: usize = 512 * 1024;

/// A block of transcripts.
pub(super) struct Block {
    /// The index of the first row in it.
    pub(super) first: usize,
    /// A JSON array, safe in a `script` element.
    pub(super) json: String,
}

/// The rows by columns of equal length; a label is its index in `labels`.
#[derive(Serialize)]
struct Table<'a> {
    labels: Vec<&'a str>,
    metrics: &'a [String],
    rows: Vec<TableRow<'a>>,
}

/// Written as an array, in this order.
#[derive(Serialize)]
struct TableRow<'a>(
    &'a str,
    Option<i64>,
    usize,
    usize,
    usize,
    Option<bool>,
    Option<usize>,
    Option<f64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    u64,
    Option<f64>,
    Vec<Vec<usize>>,
    Option<&'a str>,
);

/// The distinct labels, each with an index.
#[derive(Default)]
struct Labels<'a> {
    all: Vec<&'a str>,
    indexes: HashMap<&'a str, usize>,
}

impl<'a> Labels<'a> {
    fn index(&mut self, label: &'a str) -> usize {
        *self.indexes.entry(label).or_insert_with(|| {
            self.all.push(label);
            self.all.len() - 1
        })
    }
}

/// Returns the rows without transcripts as JSON, safe in a `script` element.
pub(super) fn table(rows: &[Row], metrics: &[String]) -> String {
    let mut labels = Labels::default();
    let rows = rows.iter().map(|row| {
        TableRow(
            &row.id,
            row.local,
            labels.index(&row.channel),
            labels.index(&row.variant),
            labels.index(&row.environment),
            row.handoff,
            row.reason.as_deref().map(|reason| labels.index(reason)),
            row.duration,
            row.turns,
            row.silences,
            row.out_of_domain,
            row.barge_ins,
            row.latency,
            row.metrics
                .iter()
                .map(|values| values.iter().map(|value| labels.index(value)).collect())
                .collect(),
            row.recording.as_deref(),
        )
    });
    let rows = rows.collect();
    let table = Table {
        labels: labels.all,
        metrics,
        rows,
    };
    embedded(&serde_json::to_string(&table).unwrap_or_default())
}

/// Returns the transcripts in blocks, in the order of the rows; `null` for one that cannot be shown. A block is made when
/// it is needed, because all of them take as much memory as the rows.
pub(super) fn blocks(rows: &[Row]) -> impl Iterator<Item = Block> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let first = next;
        let mut json = String::new();
        while json.len() < BLOCK
            && let Some(row) = rows.get(next)
        {
            json.push(if json.is_empty() { '[' } else { ',' });
            json.push_str(row.transcript.as_deref().unwrap_or("null"));
            next += 1;
        }
        (next > first).then(|| Block {
            first,
            json: embedded(&(json + "]")),
        })
    })
}

/// Escapes JSON so that nothing in it can end a `script` element or begin a comment.
fn embedded(json: &str) -> String {
    json.replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_end_the_element_that_it_is_in() {
        let mut row = Row::with_id("</script><!--<script>");
        row.transcript = Some(r#"[{"user":"</SCRIPT>"}]"#.to_owned());
        let rows = [row];
        let (table, block) = (table(&rows, &[]), blocks(&rows).next().unwrap());
        assert!(!table.contains('<') && !block.json.contains('<'));
        let value: serde_json::Value = serde_json::from_str(&table).unwrap();
        assert_eq!(value["rows"][0][0], "</script><!--<script>");
    }

    #[test]
    fn blocks_hold_all_transcripts_in_order() {
        let rows: Vec<_> = (0..5_u32)
            .map(|number| Row {
                transcript: (number != 2).then(|| format!("[{}]", "1,".repeat(BLOCK / 5) + "1")),
                ..Row::default()
            })
            .collect();
        let parsed = blocks(&rows).map(|block| {
            let all: Vec<serde_json::Value> = serde_json::from_str(&block.json).unwrap();
            (block.first, all.len())
        });
        assert_eq!(parsed.collect::<Vec<_>>(), [(0, 4), (4, 1)]);
    }
}
