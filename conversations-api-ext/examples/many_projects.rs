//! Counts the conversations of several projects, each with a key of its own, one of them out of order.
//!
//! Run with `cargo run -p conversations-api-ext --example many_projects`.

use std::error::Error;

use conversations_api_ext::{ApiKey, BaseUrl, Client, Project, ProjectOutcome, Projects, Query};
use conversations_emulator::{Dataset, Emulator};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let sales = emulator(1, 200).await?;
    let support = emulator(2, 300).await?;
    let projects = Projects::new([
        client(&sales, sales.api_key())?,
        client(&support, support.api_key())?,
        client(&support, "a-key-that-was-revoked")?,
    ]);

    let mut records = projects.records(Query::v3());
    let mut failures = Vec::new();
    loop {
        match records.next_record().await {
            Ok(Some(_)) => {}
            Err(failure) => failures.push(failure),
            Ok(None) => break,
        }
    }
    for (client, outcome) in records.outcomes() {
        let project = client.project().project();
        match outcome {
            ProjectOutcome::Complete(count) => println!("{project}: {count} conversations"),
            other => println!("{project}: {} conversations, not all", other.records()),
        }
    }
    for failure in &failures {
        eprintln!("{failure}");
    }
    assert!(failures.len() == 1 && failures[0].is_unauthorized());
    Ok(())
}

async fn emulator(seed: u64, records: usize) -> Result<Emulator, Box<dyn Error>> {
    let data = Dataset::generate(seed, records);
    Ok(Emulator::builder().data(data).start().await?)
}

fn client(emulator: &Emulator, key: &str) -> Result<Client, Box<dyn Error>> {
    let base_url: BaseUrl = emulator.base_url().parse()?;
    let data = emulator.data();
    let project = Project::new(data.account_id(), data.project_id())?;
    Ok(Client::builder(base_url, project, ApiKey::new(key)?).build()?)
}
