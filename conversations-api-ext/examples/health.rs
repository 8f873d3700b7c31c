//! Checks a connection and says what is wrong with it, if anything is.
//!
//! Run with `cargo run -p conversations-api-ext --example health`.

use std::error::Error;

use conversations_api_ext::{ApiKey, BaseUrl, Cause, Client, Project, Query, RetryPolicy};
use conversations_emulator::{Dataset, Emulator, ServerBehavior};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    // A project whose transcripts are switched off.
    let emulator = Emulator::builder()
        .data(Dataset::generate(7, 500))
        .server_behavior(ServerBehavior::default().with_transcripts(false))
        .start()
        .await?;
    let good = check(&emulator, emulator.api_key()).await?;
    let bad = check(&emulator, "a-wrong-key").await?;
    assert_eq!((good, bad), (Cause::TranscriptsOff, Cause::KeyRejected));
    Ok(())
}

/// Prints what was found, and gives the first of it.
async fn check(emulator: &Emulator, key: &str) -> Result<Cause, Box<dyn Error>> {
    let base_url: BaseUrl = emulator.base_url().parse()?;
    let data = emulator.data();
    let project = Project::new(data.account_id(), data.project_id())?;
    let client = Client::builder(base_url, project, ApiKey::new(key)?)
        .retry(RetryPolicy::none())
        .build()?;
    let diagnosis = client.diagnose(Query::v3().include_latency(true)).await;
    println!("{diagnosis}");
    let first = diagnosis.findings().first().ok_or("nothing was found")?;
    Ok(first.cause())
}
