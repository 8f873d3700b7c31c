//! Draws a random sample of conversations for an audit, without what the callers said.
//!
//! Run with `cargo run -p conversations-api-ext --example audit`.

use std::error::Error;

use conversations_api_ext::{ApiKey, BaseUrl, BoundedRange, Client, Project, Query, Redaction};
use conversations_emulator::{Dataset, Emulator};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let emulator = Emulator::builder()
        .data(Dataset::generate(7, 500))
        .start()
        .await?;
    let base_url: BaseUrl = emulator.base_url().parse()?;
    let data = emulator.data();
    let project = Project::new(data.account_id(), data.project_id())?;
    let client = Client::builder(base_url, project, ApiKey::new(emulator.api_key())?).build()?;

    let april = BoundedRange::new("2026-04-01", "2026-05-01")?;
    let sample = Query::v3().random_sample(april)?.page_size(5)?;
    let redaction = Redaction::default().keep(["language"]);
    let mut records = client.records(sample);
    let mut shown = 0;
    while let Some(record) = records.next_record().await? {
        let conversation = redaction.record(&record).decode()?;
        println!("{}", conversation.id);
        for turn in conversation.turns.iter().flatten() {
            let said = turn.user_input.as_deref().unwrap_or_default();
            let answered = turn.agent_response.as_deref().unwrap_or_default();
            assert!(!said.chars().any(char::is_alphanumeric));
            println!("  caller: {said}\n  agent:  {answered}");
        }
        shown += 1;
    }
    assert_eq!(shown, 5);
    Ok(())
}
