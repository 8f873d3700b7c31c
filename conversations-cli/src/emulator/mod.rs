//! `conversations emulator`: a Conversations API on this machine.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use conversations_api_ext::ApiKey;
use conversations_emulator::{Dataset, Emulator, EndOfRange, Order, Readings};

use crate::arguments::EmulatorArguments;
use crate::failure::Failure;
use crate::say::say;

pub(crate) async fn run(arguments: &EmulatorArguments) -> Result<ExitCode, Failure> {
    let data = match &arguments.data {
        Some(file) => Dataset::from_jsonl_file(file)
            .map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?,
        None => Dataset::generate(arguments.seed, arguments.records),
    };
    let mut builder = Emulator::builder()
        .data(data)
        .readings(readings(arguments))
        .address(SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port)));
    if let Some(key) = &arguments.key {
        // A key that no client can send would serve nobody.
        ApiKey::new(key).map_err(|error| Failure::usage(format!("--key: {error}")))?;
        builder = builder.api_key(key);
    }
    let emulator = builder.start().await.map_err(|error| {
        Failure::other(format!(
            "cannot listen on port {}: {error}; --port 0 takes a free one",
            arguments.port
        ))
    })?;
    announce(&emulator).map_err(|error| Failure::output("standard output", &error))?;
    tokio::signal::ctrl_c()
        .await
        .map_err(|error| Failure::other(format!("cannot wait for an interrupt: {error}")))?;
    emulator.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

fn readings(arguments: &EmulatorArguments) -> Readings {
    Readings::default()
        .with_end_of_range(if arguments.end_inclusive {
            EndOfRange::Inclusive
        } else {
            EndOfRange::Exclusive
        })
        .with_order(if arguments.descending {
            Order::Descending
        } else {
            Order::Ascending
        })
        .with_v2_cursor(!arguments.v2_without_cursor)
        .with_transcripts(!arguments.no_transcripts)
}

/// One line of JSON for scripts, and a command to paste for people.
fn announce(emulator: &Emulator) -> io::Result<()> {
    let data = emulator.data();
    let ready = serde_json::json!({
        "base_url": emulator.base_url(),
        "api_key": emulator.api_key(),
        "account_id": data.account_id(),
        "project_id": data.project_id(),
        "records": data.len(),
    });
    let mut out = io::stdout().lock();
    writeln!(out, "{ready}")?;
    out.flush()?;
    say(format_args!(
        "Serving {} conversations. In another terminal:\n  \
         POLYAI_API_KEY={} conversations export --base-url {} --account {} --project {} -o out.jsonl\n\
         Ctrl-C ends it.",
        data.len(),
        quoted(emulator.api_key()),
        emulator.base_url(),
        quoted(data.account_id()),
        quoted(data.project_id()),
    ));
    Ok(())
}

/// A word of a shell command, in quotes if it needs any.
fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_only_where_a_shell_would_take_it_apart() {
        for (word, form) in [
            ("ws-demo", "ws-demo"),
            ("a b", "'a b'"),
            ("$HOME", "'$HOME'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), form);
        }
    }
}
