//! Reads three fields of each conversation into a struct of the program's own, without copying a text, and asks for them
//! with a parameter that the crate does not know.
//!
//! Run with `cargo run -p conversations-api-ext --example own_struct`.

use std::{borrow::Cow, collections::BTreeMap, error::Error};

use conversations_api_ext::{ApiKey, BaseUrl, Client, Project, Query};
use conversations_emulator::{Dataset, Emulator};
use futures_util::{StreamExt, TryStreamExt};
use serde::Deserialize;

/// The fields that matter here, borrowed from the record. `Cow` also reads texts with escapes.
#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow)]
    channel: Option<Cow<'a, str>>,
    handoff: Option<bool>,
    num_turns: Option<u32>,
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let data = Dataset::generate(5, 300);
    let project = Project::new(data.account_id(), data.project_id())?;
    let emulator = Emulator::builder().data(data).start().await?;
    let base_url: BaseUrl = emulator.base_url().parse()?;
    let client = Client::builder(base_url, project, ApiKey::new(emulator.api_key())?).build()?;

    // A parameter that a later version of the API may have. A server ignores it until then.
    let query = Query::v3().page_size(100)?.extra_param("min_turns", "2")?;
    // The combinators of `futures` work on every stream.
    let turns = client
        .records(query)
        .try_filter(|record| std::future::ready(!record.in_progress()))
        .take(150)
        .try_fold(
            BTreeMap::<String, u32>::new(),
            |mut turns, record| async move {
                let call: Call<'_> = record.decode_as()?;
                if call.handoff != Some(true) {
                    let channel = call.channel.unwrap_or_default().into_owned();
                    *turns.entry(channel).or_default() += call.num_turns.unwrap_or(0);
                }
                Ok::<_, conversations_api_ext::Error>(turns)
            },
        )
        .await?;
    for (channel, turns) in &turns {
        println!("{channel}: {turns} turns");
    }
    assert!(turns.values().sum::<u32>() > 0);
    let journal = emulator.journal();
    let asked = |path: &str| path.contains("min_turns=2");
    assert!(
        journal.len() > 1
            && journal
                .iter()
                .all(|request| asked(request.path_and_query()))
    );
    Ok(())
}
