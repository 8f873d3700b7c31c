//! `conversations emulator`: runs a Conversations API on this machine, or injects faults in front of another one.

mod args;

use std::borrow::Cow;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use conversations_api_ext::ApiKey;
use conversations_emulator::fault::FaultPlan;
use conversations_emulator::{
    ChaosProxy, Dataset, Emulator, EndOfRange, Order, ServerBehavior, Transition,
};
use serde_json::Value;

use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::term::escape::printable;
use crate::term::stderr::say;
use crate::term::stdout;

use args::{EmulatorCommand, FaultArguments, ProxyArguments};

pub(crate) use args::EmulatorArguments;

pub(crate) async fn run(arguments: &EmulatorArguments) -> Result<ExitCode, Failure> {
    match &arguments.command {
        None => serve(arguments).await,
        Some(EmulatorCommand::Proxy(arguments)) => forward(arguments).await,
        Some(EmulatorCommand::Schema) => {
            stdout::print_json(&format!("{}\n", FaultPlan::json_schema()))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn serve(arguments: &EmulatorArguments) -> Result<ExitCode, Failure> {
    let data = match &arguments.data {
        Some(file) => Dataset::from_jsonl_file(file)
            .map_err(|error| Failure::usage(printable(&format!("{}: {error}", file.display()))))?,
        None => Dataset::generate(arguments.seed, arguments.records),
    };
    let mut builder = Emulator::builder()
        .server_behavior(server_behavior(arguments))
        .address(address(arguments.port))
        .agents_port(arguments.agents_port)
        .clock(arguments.faults.clock.clone())
        .admin(!arguments.faults.no_admin);
    if let Some(seed) = arguments.transitions {
        builder = builder.transitions(Transition::seeded(&data, seed));
    }
    if let Some(key) = &arguments.key {
        builder = builder.api_key(usable("--key", key)?);
    }
    if let Some(key) = &arguments.legacy_key {
        builder = builder.legacy_api_key(usable("--legacy-key", key)?);
    }
    if let Some(key) = &arguments.agents_key {
        builder = builder.agents_api_key(usable("--agents-key", key)?);
    }
    for (name, plan) in plans(&arguments.faults)? {
        builder = builder.named_fault_plan(name, plan);
    }
    let started = builder.data(data).start().await;
    let emulator = started.map_err(|error| match arguments.agents_port {
        0 => cannot_listen(arguments.port, &error),
        agents_port => Failure::other(format!(
            "cannot listen on ports {} and {agents_port}: {error}; port 0 takes a free one",
            arguments.port
        )),
    })?;
    // Listen before announcing the address: a reader of that line may send a signal at once.
    let mut interrupts = Interrupts::listen()?;
    announce(&emulator, !arguments.faults.no_admin)?;
    interrupts.wait().await;
    emulator.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

async fn forward(arguments: &ProxyArguments) -> Result<ExitCode, Failure> {
    let mut builder = ChaosProxy::builder()
        .upstream(&arguments.upstream)
        .address(address(arguments.port))
        .clock(arguments.faults.clock.clone())
        .admin(!arguments.faults.no_admin);
    for (name, plan) in plans(&arguments.faults)? {
        builder = builder.named_fault_plan(name, plan);
    }
    let proxy = builder.start().await.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => Failure::usage(format!("--upstream: {error}")),
        _ => cannot_listen(arguments.port, &error),
    })?;
    let mut ready = serde_json::json!({
        "base_url": proxy.base_url(),
        "upstream": arguments.upstream,
    });
    add_admin(&mut ready, proxy.base_url(), !arguments.faults.no_admin);
    let mut interrupts = Interrupts::listen()?;
    print(&ready)?;
    if proxy.is_unencrypted() {
        say(
            "warning: --upstream is unencrypted HTTP to another machine: the API key and conversations are sent in \
             plain text",
        );
    }
    say(format_args!(
        "Forwarding {} to {}. Press Ctrl-C to stop.",
        proxy.base_url(),
        arguments.upstream,
    ));
    interrupts.wait().await;
    proxy.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Rejects a key that no client can send.
fn usable<'a>(flag: &str, key: &'a str) -> Result<&'a str, Failure> {
    ApiKey::new(key).map_err(|error| Failure::usage(format!("{flag}: {error}")))?;
    Ok(key)
}

fn plans(arguments: &FaultArguments) -> Result<Vec<(String, FaultPlan)>, Failure> {
    let read = arguments.fault.iter().map(|plan| {
        let read = FaultPlan::from_json_file(&plan.file).map_err(|error| {
            Failure::usage(printable(&format!(
                "--fault {}: {error}",
                plan.file.display()
            )))
        })?;
        Ok((plan.name.clone(), read))
    });
    read.collect()
}

fn cannot_listen(port: u16, error: &io::Error) -> Failure {
    Failure::other(format!("cannot listen on port {port}: {error}"))
        .with("to select a free port, use --port 0")
}

/// Prints one line and flushes it, because scripts wait for it.
fn print(ready: &Value) -> Result<(), Failure> {
    stdout::print_json(&format!("{ready}\n"))
}

fn add_admin(ready: &mut Value, base_url: &str, admin: bool) {
    if admin {
        ready["admin_url"] = format!("{base_url}/_emulator").into();
    }
}

fn server_behavior(arguments: &EmulatorArguments) -> ServerBehavior {
    let behavior = ServerBehavior::default()
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
        .with_gzip(!arguments.no_gzip)
        .with_v2_cursor(!arguments.v2_without_cursor)
        .with_transcripts(!arguments.no_transcripts)
        .with_ranges(!arguments.no_ranges);
    if arguments.as_published {
        return behavior.with_quirks([]);
    }
    behavior
}

/// Prints one line of JSON for scripts, and a command to paste for people.
fn announce(emulator: &Emulator, admin: bool) -> Result<(), Failure> {
    let data = emulator.data();
    let mut ready = serde_json::json!({
        "base_url": emulator.base_url(),
        "agents_base_url": emulator.agents_base_url(),
        "api_key": emulator.api_key(),
        "agents_api_key": emulator.agents_api_key(),
        "legacy_api_key": emulator.legacy_api_key(),
        "account_id": data.account_id(),
        "project_id": data.project_id(),
        "records": data.len(),
    });
    add_admin(&mut ready, emulator.base_url(), admin);
    print(&ready)?;
    say(format_args!(
        "Serving {} conversations. To export them, run in another terminal:\n  \
         POLYAI_API_KEY={} conversations export --base-url {} --account {} --project {} -o out.jsonl\n\
         Press Ctrl-C to stop.",
        data.len(),
        quoted(emulator.api_key()),
        emulator.base_url(),
        quoted(data.account_id()),
        quoted(data.project_id()),
    ));
    Ok(())
}

/// Quotes a word of a shell command if necessary.
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
