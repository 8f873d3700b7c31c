//! `cargo xtask checks`: lists the checks of `diff` with level and reason.

use std::fmt::Write as _;

use clap::ValueEnum;
use conversations_changes::{Check, Level, checks};

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// A table for a terminal
    Text,
    /// JSON
    Json,
}

pub(crate) fn run(arguments: &Arguments) -> String {
    let all = checks();
    match arguments.format {
        Format::Text => table(&all),
        Format::Json => {
            let json = serde_json::to_string_pretty(&all).expect("a check serializes to JSON");
            json + "\n"
        }
    }
}

fn table(all: &[&Check]) -> String {
    let mut text = String::new();
    for level in Level::ALL {
        let of_level: Vec<_> = all.iter().filter(|check| check.level == level).collect();
        writeln!(text, "{} ({})", level.name().to_uppercase(), of_level.len()).expect(TEXT);
        for check in of_level {
            writeln!(
                text,
                "  {:38} {:8}  {}",
                check.id, check.side, check.message
            )
            .expect(TEXT);
            writeln!(text, "    {}", check.reason).expect(TEXT);
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

const TEXT: &str = "writing to a String cannot fail";
