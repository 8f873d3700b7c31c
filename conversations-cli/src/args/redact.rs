//! Flags that mask personal data.

use clap::Args;
use conversations_api_ext::Redaction;

/// Which personal data is masked.
#[derive(Debug, Clone, Args)]
pub(crate) struct RedactArguments {
    /// Mask what callers said and typed, the values of metrics and entities, `state`, tags and handoff reasons, and
    /// in all other text long numbers, email addresses and what the agent repeats. This is not anonymization: ids,
    /// times and lengths remain, and the agent may spell a name differently
    #[arg(long)]
    redact: bool,

    /// With --redact, do not mask the metric, entity or top-level key of `state` with this name, or `tags`;
    /// repeatable
    #[arg(long, value_name = "NAME", requires = "redact")]
    keep: Vec<String>,
}

impl RedactArguments {
    /// Fills in options that were not given from the settings of an earlier run.
    pub(crate) fn fill_in(&mut self, redact: bool, keep: &[String]) {
        if redact && self.keep.is_empty() {
            self.keep = keep.to_vec();
        }
        self.redact |= redact;
    }

    /// Returns the redaction; `None` if nothing is masked.
    pub(crate) fn redaction(&self) -> Option<Redaction> {
        self.redact.then(|| Redaction::default().keep(&self.keep))
    }
}
