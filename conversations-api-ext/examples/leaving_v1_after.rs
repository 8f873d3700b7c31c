//! How often calls are handed off, and why: written for the generated v1 client, answered from v3.

use std::{collections::BTreeMap, env, error::Error};

use conversations_api_ext::{api::ApiKey, migrate::v1};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let variable = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
    let report = report(
        &variable("POLYAI_BASE_URL")?,
        &variable("POLYAI_API_KEY")?,
        &variable("POLYAI_ACCOUNT_ID")?,
        &variable("POLYAI_PROJECT_ID")?,
    )
    .await?;
    print!("{report}");
    Ok(())
}

pub(crate) async fn report(
    base_url: &str,
    key: &str,
    account: &str,
    project: &str,
) -> Result<String, Box<dyn Error>> {
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let client = v1::Client::new_with_client(base_url, http, ApiKey::new(key)?);

    let (mut calls, mut seconds, mut silent) = (0, 0, 0);
    let mut reasons: BTreeMap<String, u32> = BTreeMap::new();
    let mut offset = 0;
    loop {
        let page = client
            .list_conversations()
            .account_id(account)
            .project_id(project)
            .start_time("2026-04-01T00:00:00Z")
            .end_time("2026-05-01T00:00:00Z")
            .in_progress(false)
            .limit(250_u64)
            .offset(offset)
            .send()
            .await?;
        for conversation in page.conversations.iter().flatten() {
            calls += 1;
            seconds += conversation.total_duration.and_then(whole).unwrap_or(0);
            let turns = conversation.turns.iter().flatten();
            silent += turns.filter(|turn| turn.user_input.is_none()).count();
            // On v1 a call that was not handed off has null here.
            if let Some(reason) = conversation.handoff_reason.as_ref() {
                *reasons.entry(reason.clone()).or_default() += 1;
            }
        }
        match page.next_offset.and_then(whole) {
            Some(next) => offset = u64::try_from(next)?,
            None => break,
        }
    }

    let mut report = format!("{calls} calls, {seconds} s, {silent} turns without a word\n");
    for (reason, count) in reasons {
        report += &format!("{count:>6}  {reason}\n");
    }
    Ok(report)
}

fn whole(number: conversations_api_ext::api::Integer) -> Option<i64> {
    number.as_i64()
}
