//! Writes the conversations of a day to a JSONL file, and resumes where an earlier run stopped.
//!
//! Run with `cargo run -p conversations-api-ext --example export`: it needs no key and no network.

use std::{
    error::Error,
    fs,
    io::{self, Write},
    path::Path,
};

use conversations_api_ext::{ApiKey, BaseUrl, Checkpoint, Client, Project, Query, TimeRange};
use conversations_emulator::{Dataset, Emulator};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    // Stands in for the API. With a key at hand, all of this is `Client::from_env()?`.
    let emulator = Emulator::builder()
        .data(Dataset::generate(7, 500))
        .start()
        .await?;
    let base_url: BaseUrl = emulator.base_url().parse()?;
    let data = emulator.data();
    let project = Project::new(data.account_id(), data.project_id())?;
    let client = Client::builder(base_url, project, ApiKey::new(emulator.api_key())?).build()?;

    let folder = tempfile::tempdir()?;
    let (first, _) = export(&client, folder.path(), Some(100)).await?;
    let (second, complete) = export(&client, folder.path(), None).await?;
    println!("{first} lines, then {second} more; complete: {complete}");
    assert!(complete);
    Ok(())
}

/// Writes up to `most` conversations. The checkpoint is saved after the lines, so that a run that dies in
/// between repeats lines and loses none.
async fn export(
    client: &Client,
    folder: &Path,
    most: Option<usize>,
) -> Result<(usize, bool), Box<dyn Error>> {
    let range = TimeRange::new(Some("2026-04-01"), Some("2026-05-01"))?;
    let query = Query::v3().time_range(range).page_size(50)?;
    let mut records = client.records(query);
    let saved = folder.join("checkpoint");
    match fs::read_to_string(&saved) {
        Ok(text) => records = records.resume(&text.parse::<Checkpoint>()?)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {} // The first run.
        Err(error) => return Err(error.into()),
    }
    let lines = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("conversations.jsonl"))?;
    let mut lines = io::BufWriter::new(lines);
    let mut count = 0;
    while most.is_none_or(|most| count < most)
        && let Some(record) = records.next_record().await?
    {
        lines.write_all(record.raw_bytes())?;
        lines.write_all(b"\n")?;
        count += 1;
    }
    lines.flush()?;
    let checkpoint = records.checkpoint();
    // Renamed, because a crash would leave half of it.
    let new = folder.join("checkpoint.new");
    fs::write(&new, checkpoint.to_string())?;
    fs::rename(new, saved)?;
    Ok((count, checkpoint.is_end()))
}
