//! [`Holder`]: the content of a lock.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::folder::Folder;
use crate::failure::Failure;

/// The holder of a lock.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Holder {
    /// The id of the run: processes on two machines may have the same process id.
    #[serde(default)]
    pub(crate) run: String,
    pub(crate) host: String,
    pub(crate) process: u32,
    pub(crate) since: DateTime<Utc>,
    pub(crate) renewed: DateTime<Utc>,
}

impl Holder {
    pub(crate) fn this(run: &str) -> Self {
        let now = Utc::now();
        Self {
            run: run.to_owned(),
            host: gethostname::gethostname().to_string_lossy().into_owned(),
            process: std::process::id(),
            since: now,
            renewed: now,
        }
    }

    pub(crate) fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a holder is plain data")
    }

    /// Returns whether this is the content of a lock that the run holds.
    pub(crate) fn is_of(json: &[u8], run: &str) -> bool {
        serde_json::from_slice::<Self>(json).is_ok_and(|holder| holder.run == run)
    }
}

/// Returns the error that another run holds the lock.
pub(crate) fn held(folder: &Folder, holder: Option<&Holder>) -> Failure {
    let who = holder.map_or_else(
        || "another run".to_owned(),
        |holder| {
            let since = holder.since.to_rfc3339_opts(SecondsFormat::Secs, true);
            format!(
                "process {} on {}, since {since},",
                holder.process, holder.host
            )
        },
    );
    Failure::busy(format!(
        "{who} is synchronizing {}: wait for it to end; one run at a time can write there",
        folder.name
    ))
}
