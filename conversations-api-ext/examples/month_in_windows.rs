//! Reads a month in several windows at once, counts calls by the hour, and looks for what the API document does
//! not describe.
//!
//! Run with `cargo run -p conversations-api-ext --example month_in_windows`.

use std::error::Error;

use chrono::Timelike;
use conversations_api_ext::{ApiKey, BaseUrl, BoundedRange, Client, Drift, Project, Query};
use conversations_emulator::{Dataset, Emulator};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let emulator = Emulator::builder()
        .data(Dataset::generate(7, 2000))
        .start()
        .await?;
    let base_url: BaseUrl = emulator.base_url().parse()?;
    let data = emulator.data();
    let project = Project::new(data.account_id(), data.project_id())?;
    let client = Client::builder(base_url, project, ApiKey::new(emulator.api_key())?).build()?;

    let april = BoundedRange::new("2026-04-01", "2026-05-01")?;
    let mut records = client
        .parallel(Query::v3().page_size(100)?, april)
        .at_once(8)?
        .skip_malformed();
    let mut hours = [0_u32; 24];
    let mut drift = Drift::default();
    while let Some(record) = records.next().await? {
        if let Some(start) = record.started_at() {
            hours[start.hour() as usize] += 1;
        }
        drift.observe(&record);
    }
    for (hour, calls) in hours.iter().enumerate() {
        println!("{hour:02} h {calls:5}");
    }
    for met in drift.met() {
        println!("{}: {}, {} times", met.path(), met.what(), met.count());
    }
    assert!(hours.iter().sum::<u32>() > 1000);
    assert_eq!(records.skipped(), 0);
    Ok(())
}
