//! [`Source`]: the API that a command reads: the configured server, or an emulator in this process.

pub(crate) mod api_key;
mod dot_env;
pub(crate) mod outage;
pub(crate) mod projects;
pub(crate) mod settings;
pub(crate) mod text_file;
mod variables;

use conversations_api_ext::Client;
use conversations_emulator::{Dataset, Emulator};

use crate::args::SourceArguments;
use crate::failure::Failure;

/// A client, and the in-process emulator it uses, if any.
pub(crate) struct Source {
    pub(crate) client: Client,
    _emulator: Option<Emulator>,
}

impl Source {
    pub(crate) async fn open(arguments: &SourceArguments) -> Result<Self, Failure> {
        if !arguments.demo {
            return Ok(Self {
                client: settings::client(&arguments.connection)?,
                _emulator: None,
            });
        }
        let (client, emulator) = demo().await?;
        Ok(Self {
            client,
            _emulator: Some(emulator),
        })
    }
}

/// Starts an emulator with the sample data, and returns a client for it. It accepts the same key on every version.
pub(crate) async fn demo() -> Result<(Client, Emulator), Failure> {
    let started = Emulator::builder().data(Dataset::demo()).start().await;
    let emulator =
        started.map_err(|error| Failure::other(format!("cannot start the emulator: {error}")))?;
    Ok((settings::demo_client(&emulator)?, emulator))
}
