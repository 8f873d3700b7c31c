//! Keeps a table of conversations up to date over restarts, with its state in a file.
//!
//! Run with `cargo run -p conversations-api-ext --example follow_changes`.

use std::{collections::BTreeMap, error::Error, fs, io, path::Path, time::Duration};

use conversations_api_ext::{
    ApiKey, BaseUrl, Client, FollowState, Project, Query, TimeRange, chrono::Utc,
};
use conversations_emulator::{Dataset, Emulator};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let data = Dataset::generate(3, 200);
    let project = Project::new(data.account_id(), data.project_id())?;
    let new_call = format!(
        r#"{{"id":"CA-new","account_id":"{}","project_id":"{}","environment":"live","started_at":"{}","in_progress":true}}"#,
        data.account_id(),
        data.project_id(),
        Utc::now().format("%FT%TZ"),
    );
    let emulator = Emulator::builder().data(data).start().await?;
    let base_url: BaseUrl = emulator.base_url().parse()?;
    let client = Client::builder(base_url, project, ApiKey::new(emulator.api_key())?).build()?;
    let folder = tempfile::tempdir()?;
    let state = folder.path().join("state.json");

    // A table of a database would do; here it is a map from id to JSON.
    let mut table = BTreeMap::new();
    let first = catch_up(&client, &state, &mut table).await?;
    // As if the process had ended here and started again.
    emulator.edit(|edit| edit.add(new_call))?;
    let second = catch_up(&client, &state, &mut table).await?;
    emulator.edit(|edit| edit.finish("CA-new"))?;
    let third = catch_up(&client, &state, &mut table).await?;
    let fourth = catch_up(&client, &state, &mut table).await?;
    println!("{first} conversations, then changes: {second}, {third}, {fourth}");
    assert_eq!((second, third, fourth), (1, 1, 0));
    assert!(first > 0 && table.len() == first + 1);
    Ok(())
}

/// Stores all changes since the last call, and returns their number.
async fn catch_up(
    client: &Client,
    state: &Path,
    table: &mut BTreeMap<String, String>,
) -> Result<usize, Box<dyn Error>> {
    let query = Query::v3().time_range(TimeRange::since("2026-04-01")?);
    // With `every` instead of `once`, the loop below does not end.
    let mut changes = client
        .follow(query, Duration::from_secs(2 * 24 * 60 * 60))?
        .once();
    match fs::read_to_string(state) {
        Ok(saved) => changes = changes.resume(serde_json::from_str::<FollowState>(&saved)?)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {} // The first start.
        Err(error) => return Err(error.into()),
    }
    // With `?` alone, a malformed record would stop this program at each start.
    let mut changes = changes.skip_malformed_with(|error| eprintln!("left out: {error}"));
    let mut count = 0;
    while let Some(change) = changes.next().await? {
        let record = change.record();
        table.insert(record.id().to_owned(), record.raw().to_owned());
        count += 1;
    }
    // After everything was stored: a crash before it repeats changes, and loses none. Renamed, because a crash would
    // leave half of the state.
    let new = state.with_extension("new");
    fs::write(&new, serde_json::to_string(changes.get_ref().state())?)?;
    fs::rename(new, state)?;
    Ok(count)
}
